// apt.check on recorded servers.
#include "apt/apt_task.hpp"

#include <maintain/testkit.hpp>

#include "apt/scripts.hpp"
#include "apt/test_support.hpp"

using namespace maintain::plugins::apt;
using namespace maintain::sdk;
using namespace maintain::sdk::testkit;
using std::chrono::hours;

namespace {

Matcher exactly(const std::string& name, const std::string& text) {
  return where(name, [text](const SeenCommand& command) { return command.script == text; }).as("root");
}

void server_with(FakeServer& server, const std::string& packages, const std::string& effects) {
  server.stub(exactly("update", update_script()), {.output = recorded("update_fine.txt")});
  server.stub(exactly("packages", packages_script()), {.output = recorded(packages)});
  server.stub(exactly("effects", effects_script()), {.output = recorded(effects)});
}

TaskRun check(FakeServer& server, Json options = Json::object(), bool dry = false) {
  CheckTask task;
  return run_task(task, server, {.options = std::move(options), .check = dry});
}

bool worth_a_mail(const FakeServer& server) {
  return std::any_of(server.findings.begin(), server.findings.end(),
                     [](const Finding& finding) { return finding.state != State::ok; });
}

}  // namespace

TEST_CASE("pending updates are counted by class, without the held and phased ones") {
  FakeServer server;
  server_with(server, "packages_fine.txt", "effects_fine.txt");
  CHECK(check(server).outcome == Outcome::ok);
  CHECK(server.summary == "pending: 1 security fix and 3 other updates; 1 held, 1 phased");
  CHECK_FALSE(worth_a_mail(server));
  CHECK(server.metrics.at("apt_security_packages") == 1);
  CHECK(server.metrics.at("apt_other_packages") == 3);
  CHECK(server.metrics.contains("apt_lists_age_seconds"));

  SECTION("the earlier bot's threshold counts four") {
    CHECK(check(server, {{"threshold", 4}}).outcome == Outcome::ok);
    CHECK(server.find("apt.threshold") == nullptr);
    check(server, {{"threshold", 3}});
    REQUIRE(server.find("apt.threshold") != nullptr);
    CHECK(server.find("apt.threshold")->state == State::warning);
  }
  SECTION("and a fix that waits becomes a warning, then critical") {
    server.set_now(server.now() + hours(73));
    server.findings.clear();
    check(server);
    CHECK(server.find("apt.security_pending")->state == State::warning);
    server.set_now(server.now() + hours(24 * 12));
    server.findings.clear();
    check(server);
    CHECK(server.find("apt.security_pending")->state == State::critical);
    CHECK(server.metrics.at("apt_oldest_security_seconds") == 24.0 * 3600 * 15 + 3600);
  }
}

TEST_CASE("nothing pending says nothing") {
  FakeServer server;
  server_with(server, "packages_fine_after.txt", "effects_fine.txt");
  check(server, {{"threshold", 0}});
  CHECK(server.summary == "pending: 1 held, 1 phased");
  CHECK_FALSE(worth_a_mail(server));
}

TEST_CASE("lists are fetched, unless in a dry run or told not to") {
  FakeServer server;
  server_with(server, "packages_fine.txt", "effects_fine.txt");
  const auto fetches = [&] {
    return std::any_of(server.commands.begin(), server.commands.end(),
                       [](const SeenCommand& command) { return command.script == update_script(); });
  };
  SECTION("told not to") {
    check(server, {{"refresh", false}});
    CHECK_FALSE(fetches());
  }
  SECTION("dry run") {
    check(server, Json::object(), true);
    CHECK_FALSE(fetches());
    CHECK(server.refused.empty());
  }
  SECTION("otherwise") {
    check(server);
    CHECK(fetches());
  }
}

TEST_CASE("old lists are told") {
  FakeServer server;
  server_with(server, "packages_fine.txt", "effects_fine.txt");
  std::string packages = recorded("packages_fine.txt");
  const std::string mark = "begin lists\n";
  const std::size_t at = packages.find(mark) + mark.size();
  packages.replace(at, packages.find('\n', at) - at, "1799999999");
  server.stub(exactly("packages", packages_script()), {.output = packages});
  check(server, {{"refresh", false}});
  REQUIRE(server.find("apt.lists_stale") != nullptr);
  CHECK(server.find("apt.lists_stale")->state == State::warning);
}

TEST_CASE("lists that were just asked for are not old, however long nothing changed upstream") {
  FakeServer server;
  std::string packages = recorded("packages_fine.txt");
  const std::string mark = "begin lists\n";
  const std::size_t at = packages.find(mark) + mark.size();
  packages.replace(at, packages.find('\n', at) - at, "1799999999");
  server_with(server, "packages_fine.txt", "effects_fine.txt");
  server.stub(exactly("packages", packages_script()), {.output = packages});
  check(server);
  CHECK(server.find("apt.lists_stale") == nullptr);
  CHECK(server.metrics.at("apt_lists_age_seconds") == 0);
}

TEST_CASE("the check knows what the upgrade is told to leave") {
  FakeServer server;
  server_with(server, "packages_fine.txt", "effects_fine.txt");
  check(server, Json::parse(R"({"blocklist": [{"package": "demo-p*", "reason": "later"}], "threshold": 3})"));
  REQUIRE(server.find("apt.blocked") != nullptr);
  CHECK(server.find("apt.threshold") == nullptr);
  CHECK(server.metrics.at("apt_blocked_packages") == 2);
}

TEST_CASE("no package source at all") {
  FakeServer server;
  server_with(server, "packages_fine_after.txt", "effects_fine.txt");
  server.stub(exactly("update", update_script()),
              {.output = "@@maintain begin update\nReading package lists...\n\n@@maintain end 0\n"});
  CHECK(check(server).outcome == Outcome::failed);
  CHECK(server.find("apt.no_sources") != nullptr);
}

TEST_CASE("a package system in trouble") {
  FakeServer server;
  SECTION("a half-configured package") {
    server_with(server, "packages_after.txt", "effects_failed.txt");
    check(server);
    REQUIRE(server.find("apt.broken") != nullptr);
    CHECK(server.find("apt.broken")->title == "1 package is neither installed nor removed: demo-failing-postinst");
    CHECK(server.find("apt.stale_services")->detail.find("old.service") != std::string::npos);
  }
  SECTION("an interrupted dpkg") {
    server_with(server, "packages_interrupted.txt", "effects_interrupted.txt");
    check(server);
    CHECK(server.find("apt.broken")->state == State::critical);
  }
  SECTION("sources that apt cannot read") {
    server_with(server, "packages_fine.txt", "effects_fine.txt");
    server.stub(exactly("packages", packages_script()),
                {.output = "@@maintain begin held\n\n@@maintain end 0\n@@maintain begin simulate\n" +
                           recorded("update_malformed.txt") + "\n@@maintain end 100\n"});
    CHECK(check(server).outcome == Outcome::failed);
    REQUIRE(server.find("apt.unusable") != nullptr);
    CHECK(server.find("apt.unusable")->title.find("Malformed entry 1") != std::string::npos);
  }
}

TEST_CASE("a server that is in the middle of refreshing its lists is judged by the old ones") {
  FakeServer server;
  server_with(server, "packages_fine.txt", "effects_fine.txt");
  server.stub(exactly("update", update_script()), {.output = recorded("update_locked.txt")});
  CHECK(check(server).outcome == Outcome::ok);
  CHECK(server.find("apt.source_failed") == nullptr);
}
