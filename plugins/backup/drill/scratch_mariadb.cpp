// A MariaDB server for a drill, on the loopback that it has for itself: a confined program has no Unix sockets.
#include "backup/drill/scratch_engine.hpp"

namespace maintain::plugins::backup {
namespace {

const std::string inside = Scratch::inside;

// Those that the server makes for itself exist already: their copies go beside them.
std::string scratch_name(const std::string& database) {
  return database == "mysql" || database == "sys" ? "copy_of_" + database : database;
}

// binary-mode: the bytes of blobs as they are, and no commands of the client in a dump ("\! rm").
std::vector<std::string> client() {
  return {"mariadb", "--no-defaults",       "--protocol=tcp", "--host=127.0.0.1", "--port=3306", "-uroot",
          "--batch", "--skip-column-names", "--binary-mode",  "--default-character-set=utf8mb4",
          "--max-allowed-packet=1G"};
}

class ScratchMariadb final : public ScratchEngine {
 public:
  void require() override { require_programs({"mariadbd", "mariadb-install-db", "mariadb"}, "mariadb-server"); }

  SqlFacts facts(Scratch& scratch, const Dump& dump, const std::string& path) override {
    return scan_sql(scratch, "mariadb", dump, path);
  }

  ScratchPlan restore(const std::vector<DumpToRestore>& dumps, const std::string&) override {
    ScratchPlan plan;
    plan.before.push_back({.what = "making the directories",
                           .program = {{"mkdir", "-m", "700", inside + "/db", inside + "/tmp"}}});
    // MariaDB works with the real path of its data, hence `searches`. A small log: it is written in full at first.
    plan.before.push_back({.what = "mariadb-install-db",
                           .program = {{"mariadb-install-db", "--no-defaults", "--datadir=" + inside + "/db",
                                        "--tmpdir=" + inside + "/tmp", "--auth-root-authentication-method=normal",
                                        "--skip-test-db", "--skip-name-resolve", "--cross-bootstrap",
                                        "--innodb-flush-log-at-trx-commit=0", "--innodb-flush-method=nosync"},
                                       true}});
    // secure-file-priv: what a dump says must not read files here.
    plan.server = ScratchServer{
        .name = "MariaDB",
        .program = {{"mariadbd", "--no-defaults", "--datadir=" + inside + "/db", "--tmpdir=" + inside + "/tmp",
                     "--socket=", "--bind-address=127.0.0.1", "--port=3306", "--pid-file=" + inside + "/pid",
                     "--skip-log-bin", "--skip-name-resolve", "--secure-file-priv=" + inside + "/tmp",
                     "--innodb-flush-log-at-trx-commit=0", "--innodb-flush-method=nosync", "--innodb-doublewrite=0",
                     "--local-infile=0", "--max-allowed-packet=1G", "--log-bin-trust-function-creators=1"},
                    true},
        .ready = {with(client(), {"-e", "SELECT 1"})}};
    for (const DumpToRestore& one : dumps) {
      const std::string name = scratch_name(one.dump.database);
      plan.steps.push_back({.what = "making the database " + one.dump.database,
                            .program = {with(client(), {"-e", "CREATE DATABASE " + sql_quoted(name, '`')})}});
      plan.steps.push_back({.what = "restoring " + one.dump.database,
                            .program = {with(client(), {"--database=" + name})},
                            .input_file = one.path,
                            .unzip = one.dump.form == DumpForm::gzip});
    }
    return plan;
  }

  ScratchStep ask(const std::string& database, const std::string& statement) override {
    return {.what = "asking " + database,
            .program = {with(client(), {"--database=" + scratch_name(database), "-e", statement})},
            .question = true};
  }

  ScratchStep count_tables(const std::string& database) override {
    return ask(database, "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND "
                         "table_type IN ('BASE TABLE', 'SEQUENCE', 'SYSTEM VERSIONED')");
  }

 private:
  static std::vector<std::string> with(std::vector<std::string> words, const std::vector<std::string>& more) {
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
};

}  // namespace

std::unique_ptr<ScratchEngine> make_scratch_mariadb() { return std::make_unique<ScratchMariadb>(); }

}  // namespace maintain::plugins::backup
