// Dumps that do what they can to this machine, in drills with the real PostgreSQL.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "backup/drill/drill_task.hpp"
#include "backup/drill/real_programs.hpp"
#include "backup/drill/scratch_engine.hpp"

using namespace maintain;
using namespace maintain::plugins::backup;
using sdk::Json;

namespace {

bool possible() {
  try {
    if (const std::string why = why_not_confined(); !why.empty()) throw DrillImpossible(why);
    make_scratch_engine("postgresql")->require();
    return true;
  } catch (const DrillImpossible& missing) {
    WARN("not tested: " << missing.what());
    return false;
  }
}

// What maintain has and a dump must not get: open to everybody, so that only the confinement can be what denies it.
struct Treasure {
  std::filesystem::path root, secret, open_directory;
  int network = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  int service = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  std::string port, service_path;

  Treasure() {
    std::string pattern = (std::filesystem::temp_directory_path() / "maintain-treasure-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    root = pattern;
    secret = root / "secret";
    open_directory = root / "open";
    std::ofstream(secret) << "treasure";
    std::filesystem::create_directory(open_directory);
    for (const auto& path : {root, open_directory}) ::chmod(path.c_str(), 0777);
    ::chmod(secret.c_str(), 0666);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(network, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::getsockname(network, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    REQUIRE(::listen(network, 1) == 0);
    port = std::to_string(ntohs(address.sin_port));
    service_path = (root / "service").string();
    sockaddr_un local{};
    local.sun_family = AF_UNIX;
    service_path.copy(local.sun_path, sizeof local.sun_path - 1);
    REQUIRE(::bind(service, reinterpret_cast<const sockaddr*>(&local), sizeof local) == 0);
    REQUIRE(::listen(service, 1) == 0);
    ::chmod(service_path.c_str(), 0777);
  }
  ~Treasure() {
    ::close(network);
    ::close(service);
    std::filesystem::remove_all(root);
  }

  // In sh, as lines of output: what it got. It tells "alive" when it was run at all.
  std::string theft() const {
    return "echo alive; cat " + secret.string() + "; touch " + (open_directory / "made").string() + "; chmod 0600 " +
           secret.string() + "; ls " + root.string() + "; bash -c ''exec 3<>/dev/tcp/127.0.0.1/" + port +
           " && echo network''; perl -MSocket -e ''socket(S, AF_UNIX, SOCK_STREAM, 0) && "
           "connect(S, pack_sockaddr_un(\"" + service_path + "\")) && print \"service\\n\"''";
  }
  void check_untouched() const {
    CHECK(content_of_file(secret) == "treasure");
    struct stat status {};
    CHECK(::stat(secret.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0666);
    CHECK(std::filesystem::is_empty(open_directory));
    CHECK(::accept(network, nullptr, nullptr) == -1);
    CHECK(::accept(service, nullptr, nullptr) == -1);
  }
};

// Everything that the theft said is in the table loot, and asked for by the assertions.
void drill(const std::string& dump) {
  sdk::testkit::FakeServer server;
  run_local_programs_really(server);
  sdk::testkit::FakeCopy copy;
  copy.time = server.now();
  copy.engine = "postgresql";
  copy.content = {{"orders.sql", dump}};
  server.store.add(copy);
  DrillTask task;
  const auto run = sdk::testkit::run_task(
      task, server,
      {.options = {{"parent", {{"type", "backup.database"}, {"options", {{"engine", "postgresql"}}}}},
                   {"assert", Json::array({"select 'alive' in (select line from loot)",
                                           "select count(*) = 1 from loot"})}}});
  std::string said;
  for (const auto& finding : server.findings) said += finding.title + "\n" + finding.detail + "\n";
  CHECK(said == "");
  CHECK(run.outcome == sdk::Outcome::ok);
}

}  // namespace

TEST_CASE("backup: a dump whose server starts programs gets nothing by them") {
  if (!possible()) return;
  const Treasure treasure;
  drill("CREATE TABLE loot (line text);\nCOPY loot FROM PROGRAM '(" + treasure.theft() + ") 2>/dev/null; true';\n");
  treasure.check_untouched();
}

TEST_CASE("backup: a dump whose client starts programs gets nothing by them") {
  if (!possible()) return;
  const Treasure treasure;
  drill("CREATE TABLE loot (line text);\n\\copy loot from program '(" + treasure.theft() +
        ") 2>/dev/null; true'\n\\! touch " + (treasure.open_directory / "also").string() + "\n");
  treasure.check_untouched();
}

TEST_CASE("backup: a dump's server reads no file but its own") {
  if (!possible()) return;
  const Treasure treasure;
  drill("CREATE TABLE loot (line text);\nINSERT INTO loot VALUES ('alive');\nDO $$ BEGIN\nINSERT INTO loot SELECT "
        "pg_read_file('" + treasure.secret.string() +
        "');\nEXCEPTION WHEN insufficient_privilege THEN NULL; END $$;\n");
  treasure.check_untouched();
}
