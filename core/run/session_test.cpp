#include "run/session.hpp"

#include <deque>

#include <catch2/catch.hpp>

using namespace maintain;

namespace {

// Says what the script prints on a server without configuration.
std::string answer_to(const RemoteCommand& command) {
  if (command.script.empty()) return {};
  const std::string word = command.input.substr(0, command.input.size() - 1);
  return "\n" + word + "\nuser 4 -\nroot\n" + word + "\nend 0 -\n\n" + word + "\n";
}

struct Script {
  std::deque<ErrorKind> connects = {};  // errors of the next connections; then they work
  std::deque<Result<RemoteExit>> runs = {};
  int connections = 0;
  int bulk_connections = 0;
  bool no_ssh = false;
  bool given_up = false;
  std::vector<RemoteCommand> commands = {};
};

class ScriptedConnection final : public Connection {
 public:
  explicit ScriptedConnection(Script& script) : script_(script) {}
  Result<RemoteExit> run(const RemoteCommand& command) override {
    script_.commands.push_back(command);
    if (script_.runs.empty()) {
      RemoteExit exit;
      exit.output = answer_to(command);
      return exit;
    }
    auto next = script_.runs.front();
    script_.runs.pop_front();
    return next;
  }
  bool usable() const override { return !script_.given_up; }
  std::string describe() const override { return "scripted"; }

 private:
  Script& script_;
};

class ScriptedTransport final : public Transport {
 public:
  explicit ScriptedTransport(Script& script) : script_(script) {}
  Result<std::unique_ptr<Connection>> connect(const Server&) override {
    ++script_.connections;
    script_.given_up = false;
    if (script_.connects.empty()) return std::make_unique<ScriptedConnection>(script_);
    const ErrorKind kind = script_.connects.front();
    script_.connects.pop_front();
    return fail(kind, "no");
  }
  Result<std::unique_ptr<Connection>> connect_bulk(const Server& server) override {
    if (script_.no_ssh) return fail(ErrorKind::not_found, "no ssh");
    ++script_.bulk_connections;
    return connect(server);
  }
  Result<std::vector<std::string>> remote_shell(const Server&, bool) const override {
    return std::vector<std::string>{};
  }

 private:
  Script& script_;
};

struct Scene {
  Script script = {};
  bool cancelled = false;
  ScriptedTransport transport{script};
  Session session{Server{.name = "web1"}, transport, [this] { return cancelled; }};
};

}  // namespace

TEST_CASE("a session connects when it is first needed and only once") {
  Scene scene;
  CHECK(scene.script.connections == 0);
  CHECK(scene.session.survey(true));
  CHECK(scene.session.round_trip());
  CHECK(scene.session.facts());
  CHECK(scene.script.connections == 1);
  CHECK(scene.script.commands.size() == 2);  // facts were there already
}

TEST_CASE("what is put back is not ended by a cancellation, until it has used up its own time") {
  Scene scene;
  scene.cancelled = true;
  CHECK(scene.session.cancelled());
  bool over = false;
  scene.session.set_cancelled([&] { return over; });
  CHECK_FALSE(scene.session.cancelled());
  over = true;
  CHECK(scene.session.cancelled());
  scene.session.set_cancelled({});
  over = false;
  CHECK(scene.session.cancelled());
}

TEST_CASE("after a lost connection the next call makes a new one, with new facts") {
  Scene scene;
  REQUIRE(scene.session.facts());
  scene.script.runs = {fail(ErrorKind::unreachable, "lost")};
  CHECK(scene.session.run({}).error().kind == ErrorKind::unreachable);
  CHECK(scene.session.run({}));
  CHECK(scene.script.connections == 2);
  const std::size_t before = scene.script.commands.size();
  CHECK(scene.session.facts());
  CHECK(scene.script.commands.size() == before + 1);
}

TEST_CASE("much output has a connection of its own, made when it is first needed, and anew after it was lost") {
  Scene scene;
  RemoteCommand dump;
  dump.bulk = true;
  REQUIRE(scene.session.connect());
  CHECK(scene.script.bulk_connections == 0);
  CHECK(scene.session.run(dump));
  CHECK(scene.session.run(dump));
  CHECK(scene.session.run({}));
  CHECK(scene.script.bulk_connections == 1);
  CHECK(scene.script.connections == 2);
  scene.script.runs = {fail(ErrorKind::unreachable, "lost")};
  CHECK_FALSE(scene.session.run(dump));
  CHECK(scene.session.run({}));
  CHECK(scene.session.run(dump));
  CHECK(scene.script.bulk_connections == 2);
  CHECK(scene.script.connections == 3);
}

TEST_CASE("without ssh on this machine the one connection serves for much output, too") {
  Scene scene;
  scene.script.no_ssh = true;
  RemoteCommand dump;
  dump.bulk = true;
  CHECK(scene.session.run(dump));
  CHECK(scene.session.run(dump));
  CHECK(scene.script.connections == 1);
}

TEST_CASE("a command that ran out of time does not cost the connection") {
  Scene scene;
  REQUIRE(scene.session.connect());
  scene.script.runs = {fail(ErrorKind::timed_out, "slow")};
  CHECK_FALSE(scene.session.run({}));
  CHECK(scene.session.run({}));
  CHECK(scene.script.connections == 1);
}

TEST_CASE("a connection that had to be given up in the middle of a command is not the next command's failure") {
  Scene scene;
  scene.script.runs = {fail(ErrorKind::timed_out, "slow")};
  CHECK_FALSE(scene.session.run({}));
  scene.script.given_up = true;
  CHECK(scene.session.run({}));
  CHECK(scene.script.connections == 2);
}

TEST_CASE("reconnecting waits for a server that refuses while it starts") {
  Scene scene;
  REQUIRE(scene.session.connect());
  scene.script.connects = {ErrorKind::authentication};
  CHECK(scene.session.reconnect(std::chrono::seconds(5)));
  CHECK(scene.script.connections == 3);
}

TEST_CASE("reconnecting does not go on with a changed host key, past its time, or when cancelled") {
  Scene scene;
  scene.script.connects = {ErrorKind::host_key};
  CHECK(scene.session.reconnect(std::chrono::seconds(5)).error().kind == ErrorKind::host_key);
  scene.script.connects = {ErrorKind::unreachable, ErrorKind::unreachable};
  const auto late = scene.session.reconnect(std::chrono::milliseconds(20));
  CHECK(late.error().kind == ErrorKind::unreachable);
  CHECK_THAT(late.error().message, Catch::Contains("did not come back"));
  scene.script.connects = {ErrorKind::unreachable};
  scene.cancelled = true;
  CHECK(scene.session.reconnect(std::chrono::seconds(5)).error().kind == ErrorKind::cancelled);
}

TEST_CASE("a survey that was spoilt is taken once more, and then said to be wrong with what the server complained of") {
  Scene scene;
  RemoteExit spoilt;
  spoilt.output = "nonsense";
  spoilt.status = 127;
  spoilt.error_output = "sh: head: not found\n";
  scene.script.runs = {spoilt};
  CHECK(scene.session.survey(true));
  scene.script.runs = {spoilt, spoilt};
  const auto failed = scene.session.survey(true);
  REQUIRE_FALSE(failed);
  CHECK_THAT(failed.error().message, Catch::Contains("head: not found"));
}

TEST_CASE("the random word of a survey is another one each time and never an argument") {
  Scene scene;
  REQUIRE(scene.session.survey(true));
  REQUIRE(scene.session.survey(true));
  const auto& commands = scene.script.commands;
  CHECK(commands[0].input != commands[1].input);
  CHECK(commands[0].input.size() == 33);
  CHECK(commands[0].argv == commands[1].argv);
}
