#include "backup/restore/restore_task.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "backup/drill/real_programs.hpp"
#include "backup/restore/restore_database.hpp"
#include "backup/restore/server_stream.hpp"

using namespace maintain;
using namespace maintain::plugins::backup;
using sdk::Json;
namespace kit = sdk::testkit;

namespace {

struct World {
  kit::FakeServer server;
  std::filesystem::path copy;

  explicit World(const std::string& engine, std::map<std::string, std::string> files = {{"orders.dump", "PGDMP..."}}) {
    kit::FakeCopy made;
    made.time = server.now();
    made.engine = engine;
    made.bytes = 2048;
    made.content = std::move(files);
    copy = server.store.add(made).path;
  }

  kit::TaskRun restore(const std::string& to, Json more = Json::object(), bool check = false) {
    Json options = {{"to", to}, {"parent", {{"type", "backup.database"}, {"options", Json::object()}}}};
    options.update(more);
    RestoreTask task;
    return kit::run_task(task, server, {.options = options, .check = check, .lenient = true});
  }

  // SQL that was given to a client on the server, in order.
  std::string statements() const {
    std::string all;
    for (const auto& command : server.commands)
      if (!command.local && !command.input.empty()) all += command.input;
    return all;
  }
};

kit::Matcher sql(const std::string& part) {
  return kit::where("SQL with " + part, [part](const kit::SeenCommand& command) {
    return command.input.find(part) != std::string::npos;
  });
}
kit::Matcher streamed(const std::string& part) {
  return kit::where("stream to " + part, [part](const kit::SeenCommand& command) {
    return command.argv.size() > 3 && command.argv[0] == "bash" &&
           command.argv.back().find(part) != std::string::npos;
  });
}

const std::string temporary = "maintain_restoring_20261122t120000z";

}  // namespace

TEST_CASE("backup: dumps are restored to a directory here, for nobody else to read") {
  World world("postgresql", {{"orders.dump", "PGDMP..."}, {"globals.sql", "CREATE ROLE x;\n"}});
  run_local_programs_really(world.server);
  const std::filesystem::path target = world.server.directory() + "/a/b";
  auto run = world.restore(target);
  CHECK(run.message == "");
  CHECK(run.outcome == sdk::Outcome::changed);
  CHECK(content_of_file(target / "orders.dump") == "PGDMP...");
  CHECK(content_of_file(target / "globals.sql") == "CREATE ROLE x;\n");
  struct stat status = {};
  REQUIRE(::stat((target / "orders.dump").c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0600);
  CHECK(world.server.summary == "restored 2 files of the copy 20261122T120000Z to " + target.string() +
                                    ": 23 bytes in 0.0 s");
  CHECK(world.server.metrics.at("restore_bytes") == 23);

  std::ofstream(target / "orders.dump") << "mine";
  run = world.restore(target);
  CHECK(run.status == MAINTAIN_REFUSED);
  CHECK(content_of_file(target / "orders.dump") == "mine");
  CHECK(world.restore(target, {{"replace", true}}).outcome == sdk::Outcome::changed);
  CHECK(content_of_file(target / "orders.dump") == "PGDMP...");
}

TEST_CASE("backup: a dump goes to the server as the input of a program there") {
  World world("command", {{"dump", "x"}});
  world.server.expect(kit::argv({"mkdir", "-p", "--", "/srv/it's"}).as("root")).reply("");
  world.server.expect(kit::script("stat -c %s").as("root")).reply(kit::Reply::exits(4)).reply("1\n");
  world.server.expect_local(streamed("sudo -n -u root -- sh -c")).reply("");
  const auto run = world.restore("web1:/srv/it's");
  CHECK(run.message == "");
  CHECK(run.outcome == sdk::Outcome::changed);
  CHECK(world.server.problems().empty());
  const auto local = std::find_if(world.server.commands.begin(), world.server.commands.end(),
                                  [](const kit::SeenCommand& command) { return command.local; });
  REQUIRE(local != world.server.commands.end());
  const auto& argv = local->argv;
  CHECK(argv.at(4) == "file");
  CHECK(argv.at(5) == world.copy.string() + "/dump");
  CHECK(argv.at(6) == "ssh");
  CHECK(argv.back().ends_with("sh '/srv/it'\\''s/dump'"));
}

TEST_CASE("backup: a file that arrives shorter than it left is a failure") {
  World world("command", {{"dump", "xyz"}});
  world.server.expect(kit::argv({"mkdir"})).reply("");
  world.server.expect(kit::script("stat -c %s")).reply(kit::Reply::exits(4)).reply("1\n");
  world.server.stub_local(kit::anything(), kit::Reply{});
  const auto run = world.restore("web1:/srv");
  CHECK(run.message.find("/srv/dump has 1 bytes instead of 3") != std::string::npos);
}

TEST_CASE("backup: a PostgreSQL dump is restored beside, and takes its name when it is whole") {
  World world("postgresql");
  world.server.expect(sql("WHERE datname = 'it''s'")).reply("").reply("");
  world.server.expect(sql("DROP DATABASE IF EXISTS \"" + temporary + "\"")).reply("");
  world.server.expect(sql("WHERE datname = 'orders'")).reply(" OWNER shop ENCODING 'UTF8'\n");
  world.server.expect(sql("CREATE DATABASE \"" + temporary + "\" TEMPLATE template0 OWNER shop")).reply("");
  world.server.expect_local(streamed("sudo -n -u postgres -- pg_restore --exit-on-error -d " + temporary)).reply("");
  world.server.expect(sql("RENAME TO \"it's\"")).reply("");
  const auto run = world.restore("database:it's");
  CHECK(run.message == "");
  CHECK(world.server.problems() == std::vector<std::string>{});
  CHECK(run.outcome == sdk::Outcome::changed);
  for (const auto& command : world.server.commands)
    if (!command.local) CHECK(command.become_user == "postgres");
}

TEST_CASE("backup: a database that is there is not touched without replace") {
  World world("postgresql");
  world.server.stub(sql("SELECT 1"), kit::Reply{.output = "1\n"});
  const auto run = world.restore("database:orders");
  CHECK(run.status == MAINTAIN_REFUSED);
  CHECK(world.statements().find("DROP") == std::string::npos);
  CHECK(world.server.problems().empty());
}

TEST_CASE("backup: a restore that fails leaves the database that was there, and nothing beside it") {
  World world("postgresql");
  world.server.stub(kit::anything(), kit::Reply{});
  world.server.stub(sql("SELECT 1"), kit::Reply{.output = "1\n"});
  world.server.stub_local(kit::anything(), kit::Reply{.status = 1, .error_output = "pg_restore: error: role \"x\"\n"});
  const auto run = world.restore("database:orders", {{"replace", true}});
  CHECK(run.message == "restoring orders failed: pg_restore: error: role \"x\"");
  const std::string said = world.statements();
  CHECK(said.find("RENAME") == std::string::npos);
  CHECK(said.rfind("DROP DATABASE IF EXISTS \"" + temporary + "\"") > said.find("CREATE DATABASE"));
}

TEST_CASE("backup: a cut connection is told from a failed restore") {
  World world("postgresql");
  world.server.stub(kit::anything(), kit::Reply{});
  world.server.stub_local(kit::anything(), kit::Reply{.status = 255, .error_output = "Broken pipe\n"});
  CHECK(world.restore("database:orders").status == MAINTAIN_CONNECTION_LOST);
}

TEST_CASE("backup: a PostgreSQL database that cannot be replaced takes connections again") {
  World world("postgresql");
  world.server.stub(kit::anything(), kit::Reply{});
  world.server.stub(sql("SELECT 1"), kit::Reply{.output = "1\n"});
  world.server.stub(sql("COMMIT"), kit::Reply{.status = 3, .error_output = "ERROR:  being accessed by other users\n"});
  world.server.stub_local(kit::anything(), kit::Reply{});
  const auto run = world.restore("database:orders", {{"replace", true}});
  CHECK(run.message.find("being accessed by other users") != std::string::npos);
  CHECK(world.statements().rfind("ALLOW_CONNECTIONS true") > world.statements().rfind("ALLOW_CONNECTIONS false"));
}

TEST_CASE("backup: MariaDB's old database goes only when the copy was restored once beside it") {
  World world("mariadb", {{"orders.sql.gz", "x"}});
  world.server.stub(kit::script("command -v"), kit::Reply{.output = "/usr/bin/mariadb\n"});
  world.server.stub(kit::argv({"/usr/bin/mariadb"}), kit::Reply{});
  world.server.stub(sql("SELECT 1"), kit::Reply{.output = "1\n"});
  SECTION("and it was") {
    world.server.stub_local(kit::anything(), kit::Reply{});
    const auto run = world.restore("database:orders", {{"replace", true}});
    CHECK(run.message == "");
    const std::string said = world.statements();
    CHECK(said.find("DROP DATABASE `orders`") > said.find("CREATE DATABASE `" + temporary + "`"));
    CHECK(said.rfind("DROP DATABASE IF EXISTS `" + temporary + "`") > said.find("CREATE DATABASE `orders`"));
    for (const auto& command : world.server.commands)
      if (command.local) CHECK(command.argv.at(4) == "gzip");
  }
  SECTION("and it was not") {
    world.server.stub_local(kit::anything(), kit::Reply::exits(1, "ERROR 1064\n"));
    CHECK(world.restore("database:orders", {{"replace", true}}).message == "restoring orders failed: ERROR 1064");
    CHECK(world.statements().find("DROP DATABASE `orders`") == std::string::npos);
  }
}

TEST_CASE("backup: a dry run of a restore says what it would do and changes nothing") {
  World world("postgresql");
  world.server.stub(sql("SELECT 1"), kit::Reply{.output = "1\n"});
  const auto run = world.restore("database:orders", {{"replace", true}}, true);
  CHECK(run.outcome == sdk::Outcome::ok);
  CHECK(world.server.summary == "would restore the copy 20261122T120000Z (postgresql, 2.0 KiB) to the database orders "
                                "on web1, which is there: what is in it now would be lost");
  CHECK(world.server.findings.empty());
  CHECK(world.restore("database:orders", Json::object(), true).outcome == sdk::Outcome::ok);
  CHECK(world.server.summary.starts_with("would not restore the copy 20261122T120000Z"));
  CHECK(world.server.find("backup.not_restorable") != nullptr);
  CHECK(world.server.problems().empty());
}

TEST_CASE("backup: nothing of a damaged copy is restored, and it is said where it lies") {
  World world("postgresql");
  world.server.store.wrong = {{{"file", "data/orders.dump"}, {"problem", "other content"}}};
  run_local_programs_really(world.server);
  CHECK(world.restore("database:orders").message.find("is damaged") != std::string::npos);
  const std::string why = world.restore(world.server.directory() + "/x").message;
  CHECK(why.find("nothing was restored") != std::string::npos);
  CHECK(why.find("/data") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(world.server.directory() + "/x/orders.dump"));
  CHECK(world.server.find("backup.damaged", "data/orders.dump") != nullptr);
}

TEST_CASE("backup: a copy that is known to be damaged is restored when it is named, and is no success") {
  World world("postgresql");
  world.server.store.copies.front().state = "damaged";
  world.server.store.wrong = {{{"file", "data/orders.dump"}, {"problem", "other content"}}};
  run_local_programs_really(world.server);
  const auto run = world.restore(world.server.directory() + "/x", {{"at", world.server.store.copies.front().id}});
  CHECK(run.outcome == sdk::Outcome::failed);
  CHECK(std::filesystem::exists(world.server.directory() + "/x/orders.dump"));
  CHECK(world.server.find("backup.damaged", "data/orders.dump") != nullptr);
}

TEST_CASE("backup: of several databases the one that is meant must be said") {
  World world("postgresql", {{"a.dump", "x"}, {"b.dump", "x"}});
  CHECK(world.restore("database:c").message.find("say which: a, b") != std::string::npos);
  CHECK(world.restore("database:c", {{"database", "x"}}).message.find("no database 'x'") != std::string::npos);
}

TEST_CASE("backup: without a server between, a dump is the input of a local program") {
  const ServerStream stream{.file = "/copy/a.sql.gz", .unzip = true, .user = "root", .argv = {"mysql", "a b"}};
  const std::vector<std::string> argv = stream_argv(stream, {}, true);
  CHECK(std::vector<std::string>(argv.begin() + 4, argv.end()) ==
        std::vector<std::string>{"gzip", "/copy/a.sql.gz", "sudo", "-n", "-u", "root", "--", "mysql", "a b"});
  CHECK(stream_argv(stream, {"ssh", "web1"}, false).back() == "mysql 'a b'");
}

TEST_CASE("backup: a tree is restored to a directory here, and its files are counted") {
  World world("directory", {{"srv/a", "one"}, {"srv/b", "three"}});
  world.server.store.copies[0].files = 2;
  run_local_programs_really(world.server);
  const std::filesystem::path target = world.server.directory() + "/new";
  const auto run = world.restore(target);
  CHECK(run.message == "");
  CHECK(run.outcome == sdk::Outcome::changed);
  CHECK(content_of_file(target / "srv/b") == "three");
  CHECK(world.server.summary.find("restored 2 files of the copy 20261122T120000Z to ") == 0);
  CHECK(world.server.findings.empty());

  world.server.store.copies[0].files = 3;
  CHECK(world.restore(target, {{"replace", true}}).outcome == sdk::Outcome::failed);
  REQUIRE(world.server.find("backup.not_restored") != nullptr);
  CHECK(world.server.find("backup.not_restored")->title.find("has 3 files, restored were 2") != std::string::npos);
}

TEST_CASE("backup: a tree is no database") {
  World world("directory", {{"srv/a", "one"}});
  CHECK(world.restore("database:x").message.find("is one of files") != std::string::npos);
}
