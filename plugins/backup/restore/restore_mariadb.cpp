#include "backup/restore/restore_database.hpp"
#include "backup/restore/server_stream.hpp"
#include "backup/restore/sql_text.hpp"

namespace maintain::plugins::backup {
namespace {

// MariaDB cannot rename a database that has triggers or views. So one that is to be replaced is dropped only when the
// dump has been restored beside it once: it is whole, and should the second time fail, all of it is in the first.
class MariadbRestore {
 public:
  MariadbRestore(sdk::Context& context, const DatabaseRestore& restore)
      : context_(context), restore_(restore), user_(restore.options.value("user", "root")) {
    const std::string defaults = restore.options.value("defaults_file", "");
    if (!defaults.empty()) client_.push_back("--defaults-file=" + defaults);
    const auto found =
        context.exec({.script = "command -v mariadb || command -v mysql", .read_only = true, .quiet = true});
    if (!found.ok())
      throw sdk::Failure(MAINTAIN_FAILED, "there is no client of MariaDB or MySQL on " + context.server() +
                                              ": install mariadb-client there");
    client_.insert(client_.begin(), found.output.substr(0, found.output.find('\n')));
  }

  bool exists(const std::string& name) {
    return !sql("SELECT 1 FROM information_schema.schemata WHERE schema_name = " + literal(name), true).empty();
  }

  std::string run() {
    for (const char* own : {"mysql", "sys", "information_schema", "performance_schema"})
      if (restore_.name == own)
        throw sdk::Failure(MAINTAIN_REFUSED, restore_.name + " is the server's own database: give another name");
    if (!exists(restore_.name)) {
      make(restore_.name);
      return {};
    }
    const std::string proof = restoring_name(restore_.copy);
    const std::string settings = settings_of(restore_.name);
    sql("DROP DATABASE IF EXISTS " + identifier(proof), false);
    make(proof, settings);
    sql("DROP DATABASE " + identifier(restore_.name), false);
    try {
      make(restore_.name, settings);
    } catch (const sdk::Failure& failure) {
      throw sdk::Failure(failure.status(), std::string(failure.what()) + "; the old database is gone, and all of the "
                                               "copy is in the database " + proof);
    }
    drop_quietly(proof);
    return {};
  }

 private:
  static std::string identifier(const std::string& name) { return sql_quoted(name, '`'); }
  // A backslash means something in MariaDB's literals; in a hexadecimal one nothing does.
  static std::string literal(const std::string& text) {
    constexpr char digits[] = "0123456789abcdef";
    std::string quoted = "x'";
    for (const char c : text) {
      quoted += digits[static_cast<unsigned char>(c) >> 4];
      quoted += digits[static_cast<unsigned char>(c) & 15];
    }
    return "CONVERT(" + quoted + "' USING utf8)";
  }

  std::string sql(const std::string& text, bool read_only) {
    std::vector<std::string> argv = client_;
    argv.insert(argv.end(), {"--batch", "--skip-column-names"});
    return context_.must({.argv = std::move(argv),
                          .input = text + ";\n",
                          .become_user = user_,
                          .read_only = read_only,
                          .quiet = true})
        .output;
  }

  std::string settings_of(const std::string& name) {
    std::string text = sql("SELECT CONCAT(' CHARACTER SET ', default_character_set_name, ' COLLATE ', "
                           "default_collation_name) FROM information_schema.schemata WHERE schema_name = " +
                               literal(name),
                           true);
    while (text.ends_with('\n')) text.pop_back();
    return text;
  }

  // Makes it and fills it; what was not filled is removed again.
  void make(const std::string& name, std::string settings = {}) {
    if (settings.empty()) settings = settings_of(restore_.dump.database);
    sql("CREATE DATABASE " + identifier(name) + settings, false);
    std::vector<std::string> argv = client_;
    argv.insert(argv.end(), {"--binary-mode", "--default-character-set=utf8mb4", "--database=" + name});
    try {
      stream_to_server(context_,
                       {.file = restore_.path,
                        .unzip = restore_.dump.form == DumpForm::gzip,
                        .user = user_,
                        .argv = std::move(argv)},
                       "restoring " + restore_.dump.database);
    } catch (const sdk::Failure&) {
      drop_quietly(name);
      throw;
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
  std::vector<std::string> client_;
};

}  // namespace

bool mariadb_exists(sdk::Context& context, const DatabaseRestore& restore) {
  return MariadbRestore(context, restore).exists(restore.name);
}

std::string restore_mariadb(sdk::Context& context, const DatabaseRestore& restore) {
  return MariadbRestore(context, restore).run();
}

}  // namespace maintain::plugins::backup
