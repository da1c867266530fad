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
  SECTION("when somebody reloads by hand, it stays until it ends well") {
    world.works().then(world.server);
    world.run(reload);
    CHECK(world.codes() == std::vector<std::string>{"deploy_failed"});
    world.reloads.otherwise = {};
    world.server.advance(16min);
    world.run(reload);
    CHECK(world.ran("reload") == 3);
    CHECK(world.codes().empty());
    CHECK(world.server.state.at("deploy").empty());
  }
  SECTION("by hand there is no pause") {
    world.run(reload, true);
    CHECK(world.ran("reload") == 3);
  }
}

TEST_CASE("an old certificate that was told stays told while a new deploy command fails for the first time") {
  Stale world;
  world.run();
  CHECK(world.codes() == std::vector<std::string>{"served_old"});
  world.reloads.otherwise = Reply::exits(1);
  world.server.advance(16min);
  SECTION("of the same certificate") {}
  SECTION("of one that was renewed since") { world.disk["shop"].issued = world.leaf({"shop.example.org"}, 0); }
  world.run(reload);
  CHECK(world.ran("reload") == 1);
  CHECK(world.codes() == std::vector<std::string>{"served_old"});
  world.reloads.otherwise = world.works();
  world.server.advance(16min);
  world.run(reload);
  CHECK(world.codes().empty());
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

TEST_CASE("the project's own command that fails is told, though others brought the certificate to its place") {
  Scene world;
  world.disk["shop"] = {.issued = world.leaf({"shop.example.org"}, 61)};
  world.served["shop.example.org"] = world.disk["shop"].issued;
  const auto renews = [&](FakeServer&) {
    world.disk["shop"].issued = world.leaf({"shop.example.org"}, 0);
    world.served["shop.example.org"] = world.disk["shop"].issued;
  };
  world.renewals.replies.push_back({.then = renews});
  world.reloads.otherwise = Reply::exits(5);
  world.run(reload);
  CHECK(world.codes().empty());
  world.server.advance(16min);
  world.run(reload);
  CHECK(world.codes() == std::vector<std::string>{"deploy_failed"});
  CHECK(world.server.find("letsencrypt.deploy_failed", "shop")->detail.find("exit status 5") != std::string::npos);
  world.server.advance(31min);
  SECTION("until it ends well") { world.reloads.otherwise = {}; }
  SECTION("until the next renewal") { renews(world.server); }
  world.run(reload);
  CHECK(world.ran("reload") == 3);
  CHECK(world.codes().empty());
}

TEST_CASE("what this run renewed is known again, though no run before has seen it") {
  Scene world;
  const bool is_known = GENERATE(true, false);
  if (is_known) {
    world.disk["shop"] = {.issued = world.leaf({"shop.example.org"}, 80)};
    world.served["shop.example.org"] = world.disk["shop"].issued;
    world.run();
  }
  world.disk["shop"] = {.issued = world.leaf({"shop.example.org"}, 61)};
  world.served["shop.example.org"] = world.disk["shop"].issued;
  world.renewals.otherwise = {};
  world.renewals.used = 0;
  world.renewals.replies = {{.then = [&](FakeServer&) {
    world.disk["shop"].issued = world.leaf({"shop.example.org", "new.example.org"}, 0);
  }}};
  world.run({{"endpoints", {"shop.example.org"}}});
  CHECK(world.codes() == std::vector<std::string>{"served_old"});
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

TEST_CASE("no hook runs for a key that is another's, nor for a certificate that is not valid yet") {
  Stale world;
  const bool is_key = GENERATE(true, false);
  if (is_key) world.disk["shop"].key_hash = std::string(64, 'a');
  else world.disk["shop"].issued = world.leaf({"shop.example.org"}, -1);
  world.run(reload);
  CHECK(world.ran("reload") == 0);
  const auto codes = world.codes();
  CHECK(std::find(codes.begin(), codes.end(), is_key ? "key_mismatch" : "not_yet_valid") != codes.end());
}

TEST_CASE("the project's own command runs once for all certificates, certbot's hooks once for each") {
  Stale world;
  world.served["mail.example.org"] = world.leaf({"mail.example.org", "shop.example.org"}, 61);
  world.disk["mail"] = {.issued = world.leaf({"mail.example.org", "shop.example.org"}, 1), .has_hook = true};
  world.disk["shop"].has_hook = true;
  world.served["shop.example.org"] = world.leaf({"shop.example.org"}, 61);
  SECTION("own") {
    world.run(reload);
    REQUIRE(world.ran("reload") == 1);
    const auto& commands = world.server.commands;
    const auto hook = std::find_if(commands.begin(), commands.end(), [](const SeenCommand& command) {
      return command.environment.contains("RENEWED_DOMAINS");
    });
    REQUIRE(hook != commands.end());
    CHECK(hook->environment.at("RENEWED_LINEAGE") == "/etc/letsencrypt/live/mail");
    CHECK(hook->environment.at("RENEWED_DOMAINS") == "mail.example.org shop.example.org");
    CHECK(world.server.state.at("deploy").size() == 2);
  }
  SECTION("certbot's") {
    world.run();
    CHECK(world.ran("run renew_hook") == 2);
  }
}

TEST_CASE("a hook during which the run is lost counts as tried") {
  Stale world;
  world.reloads.otherwise = Reply::fails(MAINTAIN_CONNECTION_LOST, "the connection was lost");
  CHECK(world.run(reload).status == MAINTAIN_CONNECTION_LOST);
  CHECK(world.server.state.at("deploy").at("shop").at("attempts") == 1);
  CHECK(world.server.state.at("deploy").at("shop").at("hooks") == "the run ended before the command did");
  world.server.advance(5min);
  CHECK(world.run(reload).status == MAINTAIN_OK);
  CHECK(world.ran("reload") == 1);
}

TEST_CASE("hooks leave the run two minutes to tell") {
  Stale world;
  world.reloads.otherwise = {.takes = 1h};
  RenewTask task(world.probe());
  const Moment deadline = world.server.now() + GENERATE(4min, 2min);
  const TaskRun run = run_task(task, world.server, {.options = reload, .scheduled = world.server.now(),
                                                    .deadline = deadline});
  CHECK(run.status == MAINTAIN_OK);
  CHECK(world.server.now() < deadline);
  CHECK(world.server.state.at("deploy").at("shop").at("attempts") == 1);
}

TEST_CASE("a deploy hook of dehydrated that fails is no failed renewal, and told until somebody has seen to it") {
  Scene world;
  world.disk["shop"] = {.issued = world.leaf({"shop.example.org"}, 61)};
  world.server.stub(script("dehydrated --cron"), [&](const SeenCommand&) { return world.renewals.next(); });
  world.renewals.replies.push_back(
      {.status = 1, .output = "Processing shop\n + Creating fullchain.pem...\n"
                              "ERROR: deploy_cert hook returned with non-zero exit code\n",
       .then = [&](FakeServer&) { world.disk["shop"].issued = world.leaf({"shop.example.org"}, 0); }});
  const Json dehydrated{{"client", "dehydrated"}, {"endpoints", Json::array()}};
  CHECK(world.run(dehydrated).outcome == Outcome::changed);
  CHECK(world.codes() == std::vector<std::string>{"deploy_failed"});
  CHECK(world.server.find("letsencrypt.deploy_failed", "shop")->detail.find("deploy_cert: failed") !=
        std::string::npos);
  world.server.advance(24h);
  world.run(dehydrated);
  CHECK(world.codes() == std::vector<std::string>{"deploy_failed"});
  world.server.advance(1h);
  world.run(dehydrated, true);
  CHECK(world.codes().empty());
}
