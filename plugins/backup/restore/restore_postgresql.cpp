#include "backup/restore/restore_database.hpp"
#include "backup/restore/server_stream.hpp"
#include "backup/restore/sql_text.hpp"

namespace maintain::plugins::backup {
namespace {

using namespace std::chrono_literals;

class PostgresqlRestore {
 public:
  PostgresqlRestore(sdk::Context& context, const DatabaseRestore& restore)
      : context_(context),
        restore_(restore),
        user_(restore.options.value("user", "postgres")),
        temporary_(restoring_name(restore.copy)) {}

  bool exists(const std::string& name) {
    return !sql("SELECT 1 FROM pg_database WHERE datname = " + literal(name), true).empty();
  }

  std::string run() {
    for (const char* own : {"postgres", "template0", "template1"})
      if (restore_.name == own)
        throw sdk::Failure(MAINTAIN_REFUSED, restore_.name + " is PostgreSQL's own database: give another name");
    const bool replaces = exists(restore_.name);
    sql("DROP DATABASE IF EXISTS " + identifier(temporary_), false);
    create(replaces ? restore_.name : restore_.dump.database);
    try {
      fill();
      if (replaces) swap();
      else sql("ALTER DATABASE " + identifier(temporary_) + " RENAME TO " + identifier(restore_.name), false);
    } catch (const sdk::Failure&) {
      drop_quietly(temporary_);
      throw;
    }
    if (!replaces) return {};
    drop_quietly(replaced());
    return "grants and settings of the database itself are not part of a dump: see ALTER DATABASE … SET";
  }

 private:
  static std::string identifier(const std::string& name) { return sql_quoted(name, '"'); }
  static std::string literal(const std::string& text) { return sql_quoted(text, '\''); }
  std::string replaced() const { return temporary_ + "_old"; }

  // As the input, so that it is in no process list.
  std::string sql(const std::string& text, bool read_only) {
    return context_.must({.argv = {"psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", "postgres"},
                          .input = "SET standard_conforming_strings = on;\n" + text + ";\n",
                          .become_user = user_,
                          .read_only = read_only,
                          .quiet = true})
        .output;
  }

  // With the owner, encoding and locale of the one that it is made like, if that is there.
  void create(const std::string& like) {
    const std::string statement =
        sql("SELECT format(' OWNER %I ENCODING %L LC_COLLATE %L LC_CTYPE %L', pg_get_userbyid(datdba), "
            "pg_encoding_to_char(encoding), datcollate, datctype) FROM pg_database WHERE datname = " + literal(like),
            true);
    sql("CREATE DATABASE " + identifier(temporary_) + " TEMPLATE template0" + statement, false);
  }

  void fill() {
    std::vector<std::string> argv = {"psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", temporary_};
    if (restore_.dump.form == DumpForm::custom) argv = {"pg_restore", "--exit-on-error", "-d", temporary_};
    stream_to_server(context_,
                     {.file = restore_.path,
                      .unzip = restore_.dump.form == DumpForm::gzip,
                      .user = user_,
                      .argv = std::move(argv)},
                     "restoring " + restore_.dump.database);
  }

  // Both names change in one transaction. Who is connected has to go first, and takes a moment to; nobody new may come
  // in meanwhile, hence in one call: it goes on when we are killed.
  void swap() {
    const std::string old = identifier(restore_.name);
    sql("DROP DATABASE IF EXISTS " + identifier(replaced()), false);
    for (int tries = 1;; ++tries) {
      try {
        sql("ALTER DATABASE " + old + " WITH ALLOW_CONNECTIONS false;\n"
            "SELECT count(pg_terminate_backend(pid)), pg_sleep(0.1) FROM pg_stat_activity WHERE datname = " +
                literal(restore_.name) + ";\nBEGIN;\nALTER DATABASE " + old + " RENAME TO " + identifier(replaced()) +
                ";\nALTER DATABASE " + identifier(temporary_) + " RENAME TO " + old + ";\nCOMMIT",
            false);
        return;
      } catch (const sdk::Failure& failure) {
        if (failure.status() == MAINTAIN_FAILED && tries < 20) {
          context_.sleep(250ms);
          continue;
        }
        open_again();
        throw;
      }
    }
  }

  void open_again() {
    try {
      sql("ALTER DATABASE " + identifier(restore_.name) + " WITH ALLOW_CONNECTIONS true", false);
    } catch (const sdk::Failure& failure) {
      context_.log(sdk::Level::error, "the database " + restore_.name + " takes no connections, and that could not be "
                                      "undone: " + failure.what());
    }
  }

  void drop_quietly(const std::string& name) {
    try {
      sql("DROP DATABASE IF EXISTS " + identifier(name), false);
    } catch (const sdk::Failure& failure) {
      context_.log(sdk::Level::warning, "the database " + name + " could not be removed: " + failure.what());
    }
  }

  sdk::Context& context_;
  const DatabaseRestore& restore_;
  std::string user_;
  std::string temporary_;
};

}  // namespace

bool postgresql_exists(sdk::Context& context, const DatabaseRestore& restore) {
  return PostgresqlRestore(context, restore).exists(restore.name);
}

std::string restore_postgresql(sdk::Context& context, const DatabaseRestore& restore) {
  return PostgresqlRestore(context, restore).run();
}

}  // namespace maintain::plugins::backup
