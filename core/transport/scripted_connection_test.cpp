#include "transport/scripted_connection.hpp"

#include <catch2/catch.hpp>

using namespace maintain;

TEST_CASE("a scripted server answers by what a command contains") {
  ScriptedServer server;
  server.reply("uptime", {.output = "up\n"}).reply_once("apt-get", {.status = 100}).reply("apt-get", ScriptedReply{});
  ScriptedTransport transport({{"web1", &server}});
  auto connection = transport.connect({.name = "web1"});
  REQUIRE(connection);
  CHECK((*connection)->run({.argv = {"uptime", "-p"}})->output == "up\n");
  CHECK((*connection)->run({.script = "apt-get update"})->status == 100);
  CHECK(server.unused().empty());
  CHECK((*connection)->run({.script = "apt-get update"})->status == 0);
  CHECK((*connection)->run({.argv = {"reboot"}}).error().kind == ErrorKind::internal);
  CHECK(server.commands().size() == 4);
  CHECK(server.was_asked("uptime -p"));
  CHECK_FALSE(transport.connect({.name = "web2"}));
}

TEST_CASE("a scripted server can go down, fail, stream and cut") {
  ScriptedServer server;
  server.reply("lost", {.error = Error{ErrorKind::unreachable, "gone", {}, {}}});
  server.reply("long", {.output = "0123456789"});
  ScriptedTransport transport({{"web1", &server}});
  auto connection = transport.connect({.name = "web1"});
  REQUIRE(connection);
  CHECK((*connection)->run({.argv = {"lost"}}).error().message == "gone");
  const auto cut = (*connection)->run({.argv = {"long"}, .output_limit = 4});
  CHECK(cut->output == "0123");
  CHECK(cut->truncated);
  std::string streamed;
  RemoteCommand streaming{.argv = {"long"}};
  streaming.on_output = [&](std::string_view piece) { return !streamed.append(piece).empty(); };
  CHECK((*connection)->run(streaming)->output.empty());
  CHECK(streamed == "0123456789");
  server.set_down(Error{ErrorKind::unreachable, "rebooting", {}, {}});
  CHECK_FALSE((*connection)->run({.argv = {"long"}}));
  CHECK_FALSE(transport.connect({.name = "web1"}));
  server.set_down({});
  CHECK(transport.connect({.name = "web1"}));
  CHECK(server.connections() == 2);
}
