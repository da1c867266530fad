// Renewed is not deployed: old certificates that are still served, and hooks that fail once or always.
#include "letsencrypt/renew/testing.hpp"

using namespace maintain::letsencrypt;
using namespace maintain::letsencrypt::testing;
using namespace std::chrono_literals;

namespace {

const Json reload{{"deploy", {"reload"}}};

// The shop's certificate was renewed, and the one before is served. The client finds nothing due.
struct Stale : Scene {
  Stale() {
    served["shop.example.org"] = leaf({"shop.example.org"}, 61);
    disk["shop"] = {.issued = leaf({"shop.example.org"}, 1)};
  }
  Reply works() {
    return {.then = [this](FakeServer&) { served["shop.example.org"] = disk["shop"].issued; }};
  }
};

}  // namespace

TEST_CASE("an old certificate that is served is deployed, and then served") {
  Stale world;
  world.reloads.otherwise = world.works();
  CHECK(world.run(reload).outcome == Outcome::changed);
  const auto& commands = world.server.commands;
  const auto hook = std::find_if(commands.begin(), commands.end(), [](const SeenCommand& command) {
    return command.argv == std::vector<std::string>{"reload"};
  });
  REQUIRE(hook != commands.end());
  CHECK(hook->become_user == "root");
  CHECK(hook->environment.at("RENEWED_LINEAGE") == "/etc/letsencrypt/live/shop");
  CHECK(hook->environment.at("RENEWED_DOMAINS") == "shop.example.org");
  CHECK(world.codes().empty());
  CHECK(world.server.summary.starts_with("deployed shop; "));
  CHECK(world.server.state.at("deploy").empty());
}

TEST_CASE("a hook that fails once is run again, and nobody is woken") {
  Stale world;
  world.reloads.replies = {Reply::exits(1), world.works()};
  CHECK(world.run(reload).outcome == Outcome::ok);
  CHECK(world.server.summary.starts_with("tried in vain to deploy shop; "));
  CHECK(world.codes().empty());
  world.server.advance(5min);
  world.run(reload);
  CHECK(world.ran("reload") == 1);
  world.server.advance(15min);
  CHECK(world.run(reload).outcome == Outcome::changed);
  CHECK(world.codes().empty());
}

TEST_CASE("a hook that never works is told after the second time, and tried again with pauses") {
  Stale world;
  world.reloads.otherwise = Reply::exits(3);
  world.run(reload);
  CHECK(world.codes().empty());
  world.server.advance(16min);
  world.run(reload);
  CHECK(world.codes() == std::vector<std::string>{"deploy_failed", "served_old"});
  CHECK(world.server.find("letsencrypt.deploy_failed", "shop")->detail.find("exit status 3") != std::string::npos);
  world.server.advance(16min);
  world.run(reload);
  CHECK(world.ran("reload") == 2);  // half an hour, now
  CHECK(world.codes() == std::vector<std::string>{"deploy_failed", "served_old"});
  SECTION("it goes when the hook is removed") {
    world.run();
    CHECK(world.codes() == std::vector<std::string>{"served_old"});
    CHECK(world.server.find("letsencrypt.served_old")->action.find("Give the task a `deploy`") != std::string::npos);
  }
  SECTION("it goes when somebody reloads by hand") {
    world.works().then(world.server);
    world.run(reload);
    CHECK(world.codes().empty());
    CHECK(world.server.state.at("deploy").empty());
  }
  SECTION("by hand there is no pause") {
    world.run(reload, true);
    CHECK(world.ran("reload") == 3);
  }
}

TEST_CASE("a hook that ends well and does not help is told, too") {
  Stale world;
  world.run(reload);
  world.server.advance(16min);
  world.run(reload);
  CHECK(world.codes() == std::vector<std::string>{"served_old"});
}

TEST_CASE("a hook without an end is ended") {
  Stale world;
  world.reloads.otherwise = {.takes = 1h};
  CHECK(world.run(reload).outcome == Outcome::ok);
  CHECK(world.server.state.at("deploy").at("shop").at("signal").get<int>() == 9);
}

TEST_CASE("without a hook an old certificate is told at once") {
  Stale world;
  world.run();
  CHECK(world.codes() == std::vector<std::string>{"served_old"});
}

TEST_CASE("certbot's own hooks are run again; its own run after the renewal was the first") {
  Scene world;
  world.disk["shop"] = {.issued = world.leaf({"shop.example.org"}, 61), .has_hook = true};
  world.served["shop.example.org"] = world.disk["shop"].issued;
  world.renewals.otherwise.then = [&](FakeServer&) { world.disk["shop"].issued = world.leaf({"shop.example.org"}, 0); };
  const bool works = GENERATE(true, false);
  world.hooks.otherwise = {.status = works ? 0 : 1, .then = [&](FakeServer&) {
    if (works) world.served["shop.example.org"] = world.disk["shop"].issued;
  }};
  CHECK(world.run().outcome == Outcome::changed);
  if (works) CHECK(world.codes().empty());
  else CHECK(world.codes() == std::vector<std::string>{"deploy_failed", "served_old"});
}

TEST_CASE("the project's own deploy command runs after each renewal, also where nothing is served") {
  Scene world;
  world.disk["shop"] = {.issued = world.leaf({"shop.example.org"}, 61)};
  Json nowhere = reload;
  nowhere["endpoints"] = Json::array();
  world.renewals.replies.push_back({.then = [&](FakeServer&) {
    world.disk["shop"].issued = world.leaf({"shop.example.org"}, 0);
  }});
  world.reloads.replies.push_back(Reply::exits(1));
  world.run(nowhere);
  CHECK(world.codes().empty());
  world.server.advance(16min);
  CHECK(world.run(nowhere).outcome == Outcome::changed);
  CHECK(world.server.state.at("deploy").empty());
  world.server.advance(16min);
  CHECK(world.run(nowhere).outcome == Outcome::ok);
  CHECK(world.ran("reload") == 2);
}

TEST_CASE("a check deploys nothing and tells at once") {
  Stale world;
  CHECK(world.check({{"client", "certbot"}}).outcome == Outcome::ok);
  CHECK(world.codes() == std::vector<std::string>{"served_old"});
  CHECK(world.ran("certbot renew") == 0);
}

TEST_CASE("what nobody serves is told by where") {
  Scene world;
  world.disk["shop"] = {.issued = world.leaf({"shop.example.org", "www.shop.example.org", "*.shop.example.org"}, 1)};
  world.served["shop.example.org"] = world.disk["shop"].issued;
  world.run();
  CHECK(world.codes() == std::vector<std::string>{"served_unreachable"});
  CHECK(world.server.find("letsencrypt.served_unreachable", "www.shop.example.org 192.0.2.7:443") != nullptr);
}
