// letsencrypt.renew: renewals that work, that are not due, and that fail.
#include "letsencrypt/renew/testing.hpp"

using namespace maintain::letsencrypt;
using namespace maintain::letsencrypt::testing;
using namespace std::chrono_literals;

namespace {

const Json certbot = Json::object();

// A shop whose certificate is so many days old, and served.
void open_shop(Scene& world, std::int64_t age_days) {
  world.disk["shop"] = {.issued = world.leaf({"shop.example.org"}, age_days)};
  world.served["shop.example.org"] = world.disk["shop"].issued;
}

Reply renewing(Scene& world, bool deploys = true) {
  return {.output = "  /etc/letsencrypt/live/shop/fullchain.pem (success)\n", .then = [&world, deploys](FakeServer&) {
            world.disk["shop"].issued = world.leaf({"shop.example.org"}, 0);
            if (deploys) world.served["shop.example.org"] = world.disk["shop"].issued;
          }};
}

Reply failing(const std::string& detail = "Timeout during connect", const std::string& type = "connection") {
  return {.status = 1,
          .output = "Failed to renew certificate shop with error: urn:ietf:params:acme:error:" + type + " :: " +
                    detail + "\n  /etc/letsencrypt/live/shop/fullchain.pem (failure)\n"};
}

}  // namespace

TEST_CASE("what is not due stays as it is, and says how long it will") {
  Scene world;
  open_shop(world, 10);
  world.renewals.otherwise.output = "  /etc/letsencrypt/live/shop/fullchain.pem expires on 2027-04-05 (skipped)\n";
  CHECK(world.run().outcome == Outcome::ok);
  CHECK(world.codes().empty());
  CHECK(world.server.summary == "1 certificate, to end in 79 days (shop)");
  CHECK(world.server.metrics.at("certificate_lifetime_left_min") == Approx(80.0 / 90).margin(0.001));
}

TEST_CASE("a renewed certificate that is served is a change and no trouble") {
  Scene world;
  open_shop(world, 70);
  world.renewals.replies.push_back(renewing(world));
  CHECK(world.run().outcome == Outcome::changed);
  CHECK(world.codes().empty());
  CHECK(world.server.summary == "renewed shop; 1 certificate, to end in 89 days (shop)");
}

TEST_CASE("a renewal that fails is a finding, and the next one waits") {
  Scene world;
  open_shop(world, 61);
  world.renewals.replies = {failing(), failing(), renewing(world)};
  CHECK(world.run().outcome == Outcome::ok);
  REQUIRE(world.codes() == std::vector<std::string>{"renewal_failed"});
  const Finding* finding = world.server.find("letsencrypt.renewal_failed", "shop");
  REQUIRE(finding != nullptr);
  CHECK(finding->state == State::warning);
  CHECK(finding->detail.find("Timeout during connect") != std::string::npos);
  CHECK(finding->detail.find("tried again by the task's schedule, not before 2027-01-15 09:00 UTC") !=
        std::string::npos);
  const std::string title = finding->title;

  world.server.advance(15min);
  CHECK(world.run().outcome == Outcome::ok);  // told again, not tried again
  CHECK(world.ran("certbot renew") == 1);
  REQUIRE(world.server.find("letsencrypt.renewal_failed", "shop") != nullptr);
  CHECK(world.server.find("letsencrypt.renewal_failed", "shop")->title == title);
  CHECK(world.server.summary.starts_with("a failed renewal waits until 2027-01-15 09:00 UTC; "));

  world.server.advance(1h);
  world.run();
  CHECK(world.ran("certbot renew") == 2);
  world.server.advance(1h);
  world.run();
  CHECK(world.ran("certbot renew") == 2);  // two hours, now
  world.server.advance(1h);
  CHECK(world.run().outcome == Outcome::changed);
  CHECK(world.codes().empty());
  CHECK(world.server.state.at("failure").is_null());
}

TEST_CASE("who starts it by hand, changes the command or renews by other means does not wait") {
  Scene world;
  open_shop(world, 61);
  world.renewals.replies.push_back(failing());
  world.run();
  SECTION("by hand") {
    world.renewals.replies.push_back(renewing(world));
    CHECK(world.run(certbot, true).outcome == Outcome::changed);
    CHECK(world.codes().empty());
  }
  SECTION("another command") {
    world.server.expect(argv({"/srv/renew"})).reply(renewing(world));
    CHECK(world.run({{"command", {"/srv/renew"}}}).outcome == Outcome::changed);
    CHECK(world.codes().empty());
  }
  SECTION("renewed by other means") {
    renewing(world).then(world.server);
    world.renewals.replies.push_back({.output = "nothing\n"});
    world.run();
    CHECK(world.codes().empty());
  }
}

TEST_CASE("a rate limit is told with its end, and waited for") {
  Scene world;
  open_shop(world, 61);
  world.renewals.replies.push_back(
      failing("too many certificates already issued, retry after 2027-01-16 12:00:00 UTC", "rateLimited"));
  world.run();
  const Finding* finding = world.server.find("letsencrypt.renewal_failed");
  REQUIRE(finding != nullptr);
  CHECK(finding->detail.find("rate limit refills on 2027-01-16 12:00 UTC") != std::string::npos);
  world.server.advance(24h);
  world.run();
  CHECK(world.ran("certbot renew") == 1);
  world.server.advance(4h);
  world.renewals.replies.push_back(renewing(world));
  CHECK(world.run().outcome == Outcome::changed);
}

TEST_CASE("a renewal that fails while the end is near is critical") {
  Scene world;
  open_shop(world, 80);
  world.renewals.replies.push_back(failing());
  world.run();
  REQUIRE(world.server.find("letsencrypt.renewal_failed") != nullptr);
  CHECK(world.server.find("letsencrypt.renewal_failed")->state == State::critical);
  CHECK(world.server.find("letsencrypt.overdue") != nullptr);
  CHECK(world.server.summary.starts_with("the renewal of"));
}

TEST_CASE("a renewal without an end is ended and counts as failed") {
  Scene world;
  open_shop(world, 61);
  world.renewals.replies.push_back({.takes = 3h});
  CHECK(world.run().outcome == Outcome::ok);
  REQUIRE(world.server.find("letsencrypt.renewal_failed") != nullptr);
  CHECK(world.server.find("letsencrypt.renewal_failed")->detail.starts_with("it did not end within 30m"));
}

TEST_CASE("another certbot at work is no failure") {
  Scene world;
  open_shop(world, 10);
  world.renewals.replies.push_back({.status = 1, .output = "Another instance of Certbot is already running.\n"});
  CHECK(world.run().outcome == Outcome::ok);
  CHECK(world.codes().empty());
  CHECK(world.server.summary.starts_with("the client is at work already; "));
}

TEST_CASE("without the client nothing is run, and that is told") {
  Scene world;
  open_shop(world, 10);
  world.client_found = false;
  CHECK(world.run().outcome == Outcome::ok);
  CHECK(world.codes() == std::vector<std::string>{"client_missing"});
  CHECK(world.ran("certbot renew") == 0);
}

TEST_CASE("a store that may not be read makes the task fail: nothing recovers by not being seen") {
  Scene world;
  world.store_trouble = "denied";
  const TaskRun run = world.run();
  CHECK(run.status == MAINTAIN_FAILED);
  CHECK(run.message.find("may not be read") != std::string::npos);
  CHECK(world.codes().empty());
}

TEST_CASE("one file that may not be read is a finding") {
  Scene world;
  open_shop(world, 10);
  world.disk["mail"] = {.issued = world.leaf({"mail.example.org"}, 1), .trouble = "denied"};
  world.renewals.replies.push_back({.output = "nothing\n"});
  CHECK(world.run().outcome == Outcome::ok);
  CHECK(world.codes() == std::vector<std::string>{"unreadable"});
}

TEST_CASE("a server that answers nonsense makes the task fail") {
  FakeServer server;
  server.stub(anything(), {.status = 1, .output = "letsencrypt client found\n", .error_output = "sh: no\x01pe\n"});
  RenewTask task([](const auto&, auto, const auto&) { return std::vector<Served>{}; });
  const TaskRun run = run_task(task, server);
  CHECK(run.status == MAINTAIN_FAILED);
  CHECK(run.message.find("exit status 1") != std::string::npos);
  CHECK(run.message.find("no?pe") != std::string::npos);
}

TEST_CASE("a dry run looks, and changes nothing") {
  Scene world;
  open_shop(world, 61);
  world.served["shop.example.org"] = world.leaf({"shop.example.org"}, 80);
  CHECK(world.run({{"deploy", "reload"}}, false, true).outcome == Outcome::ok);
  CHECK(world.ran("certbot renew") == 0);
  CHECK(world.ran("reload") == 0);
  CHECK(world.server.refused.empty());
  CHECK(world.server.summary.find("would run the client's renewal; would deploy shop; ") != std::string::npos);
}

TEST_CASE("the earlier bot's entry: files and exit status decide, its texts are hints") {
  Scene world;
  open_shop(world, 61);
  const Json legacy{{"client", "command"}, {"user", "root"}, {"command", "/usr/local/bin/renew.sh --quiet"},
                    {"not_due_output", "Cert not yet due for renewal"}, {"renewed_output", "all renewals succeeded"}};
  const Matcher command = script("/usr/local/bin/renew.sh --quiet").as("root");
  SECTION("renewed") {
    Reply reply = renewing(world);
    reply.output = "Congratulations, all renewals succeeded\n";
    world.server.expect(command).reply(reply);
    CHECK(world.run(legacy).outcome == Outcome::changed);
    CHECK(world.codes().empty());
  }
  SECTION("not due") {
    world.server.expect(command).reply("Cert not yet due for renewal\n");
    CHECK(world.run(legacy).outcome == Outcome::ok);
    CHECK(world.codes().empty());
  }
  SECTION("says that it has renewed, and has not") {
    world.server.expect(command).reply("Congratulations, all renewals succeeded\n");
    CHECK(world.run(legacy).outcome == Outcome::ok);
    CHECK(world.codes() == std::vector<std::string>{"not_renewed"});
  }
  SECTION("says that nothing was due, and fails") {
    world.server.expect(command).reply({.status = 1, .output = "Cert not yet due for renewal\n"});
    CHECK(world.run(legacy).outcome == Outcome::ok);
    CHECK(world.codes() == std::vector<std::string>{"renewal_failed"});
  }
}

TEST_CASE("a rehearsal that fails is told until one works, and does not count as a failed renewal") {
  Scene world;
  open_shop(world, 10);
  const Json monthly{{"rehearse", "monthly"}};
  world.rehearsals.replies.push_back(failing());
  CHECK(world.run(monthly).outcome == Outcome::ok);
  CHECK(world.codes() == std::vector<std::string>{"rehearsal_failed"});
  world.server.advance(12h);
  world.run(monthly);
  CHECK(world.codes() == std::vector<std::string>{"rehearsal_failed"});
  CHECK(world.ran("--dry-run") == 1);
  world.server.advance(12h);
  world.run(monthly);
  CHECK(world.codes().empty());
  CHECK(world.ran("--dry-run") == 2);
  world.server.advance(24h * 20);
  world.run(monthly);
  CHECK(world.ran("--dry-run") == 2);
}

TEST_CASE("a renewal during which the run is lost counts as failed, and that is known before it begins") {
  Scene world;
  open_shop(world, 61);
  world.renewals.replies.push_back(Reply::fails(MAINTAIN_CONNECTION_LOST, "the connection was lost"));
  CHECK(world.run().status == MAINTAIN_CONNECTION_LOST);
  CHECK(world.server.state.at("failure").at("failures") == 1);
  world.server.advance(15min);
  SECTION("the next one waits") {
    world.run();
    CHECK(world.codes() == std::vector<std::string>{"renewal_failed"});
    CHECK(world.ran("certbot renew") == 1);
  }
  SECTION("unless it had renewed") {
    world.disk["shop"].issued = world.leaf({"shop.example.org"}, 0);
    world.served["shop.example.org"] = world.disk["shop"].issued;
    world.run();
    CHECK(world.codes().empty());
  }
}

TEST_CASE("a failed renewal is remembered when the second look fails") {
  Scene world;
  open_shop(world, 61);
  Reply reply = failing();
  reply.then = [&](FakeServer&) { world.store_trouble = "denied"; };
  world.renewals.replies.push_back(reply);
  CHECK(world.run().status == MAINTAIN_FAILED);
  CHECK(world.server.state.at("failure").at("names") == Json::array({"shop"}));
}

TEST_CASE("a client that is busy for a day is told, until it is not") {
  Scene world;
  open_shop(world, 10);
  world.renewals.otherwise = {.status = 1, .output = "Another instance of Certbot is already running.\n"};
  world.run();
  CHECK(world.server.state.at("failure").is_null());
  world.server.advance(23h);
  world.run();
  CHECK(world.codes().empty());
  world.server.advance(1h);
  world.run();
  REQUIRE(world.codes() == std::vector<std::string>{"renewal_failed"});
  CHECK(world.server.findings.front().detail.find("at work since 2027-01-15 08:00 UTC") != std::string::npos);
  world.renewals.otherwise = {};
  world.run();
  CHECK(world.codes().empty());
  CHECK_FALSE(world.server.state.contains("busy_since"));
}

TEST_CASE("a rehearsal beside another certbot has no result and stays due") {
  Scene world;
  open_shop(world, 10);
  world.rehearsals.replies.push_back({.status = 1, .output = "Another instance of Certbot is already running.\n"});
  const Json monthly{{"rehearse", "monthly"}};
  world.run(monthly);
  CHECK(world.codes().empty());
  CHECK(world.server.state.at("rehearsal").is_null());
  world.run(monthly);
  CHECK(world.ran("--dry-run") == 2);
}

TEST_CASE("a late lineage that certbot does not renew lifts nobody's rate limit") {
  Scene world;
  open_shop(world, 61);
  world.disk["gone"] = {.issued = world.leaf({"gone.example.org"}, 80), .is_configured = false};
  world.renewals.replies.push_back(
      failing("too many certificates already issued, retry after 2027-01-16 12:00:00 UTC", "rateLimited"));
  world.run();
  world.server.advance(12h);
  world.run();
  CHECK(world.ran("certbot renew") == 1);
}
