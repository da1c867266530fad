// pydeps.check from one run to the next: what stays told, and what is over.
#include "pydeps/check/still_open.hpp"

#include "pydeps/check/check_testing.hpp"

using namespace maintain::pydeps;
using namespace maintain::pydeps::testing;
using namespace maintain::sdk;
using namespace maintain::sdk::testkit;

TEST_CASE("what was told is told again while nobody can be asked, and over only when somebody says so") {
  Fleet fleet;
  fleet.add("django", {"5.2.1", "5.2.8"});
  fleet.add("requests", {"2.31.0", "2.31.1"});
  fleet.advise("CVE-2026-1", "django", "5.2.1", "5.2.8");
  fleet.check();
  REQUIRE(fleet.server.findings.size() == 2);
  fleet.osv_is_down = true;
  fleet.server.http[Fleet::page("requests")] = {.failure = "timed out"};
  CHECK(fleet.check().outcome == Outcome::ok);
  CHECK(fleet.server.find("pydeps.vulnerable", "django CVE-2026-1") != nullptr);
  CHECK(fleet.server.find("pydeps.outdated", "requests") != nullptr);
  CHECK(fleet.server.find("pydeps.outdated", "django") == nullptr);
  CHECK(fleet.server.find("pydeps.stale_data", "advisories") != nullptr);
  fleet.server.http[Fleet::page("django")] = {.failure = "timed out"};
  CHECK(fleet.check().outcome == Outcome::failed);
  CHECK(fleet.server.find("pydeps.vulnerable", "django CVE-2026-1") != nullptr);
  fleet.osv_is_down = false;
  fleet.server.http.clear();
  fleet.environments["/srv/shop/env"] = {{"django", "5.2.8"}, {"requests", "2.31.1"}};
  CHECK(fleet.check().outcome == Outcome::ok);
  CHECK(fleet.server.findings.empty());
}

TEST_CASE("a stale answer says so, and for two days to who looks only") {
  Fleet fleet;
  fleet.add("django", {"5.2.1", "5.2.8"});
  const std::string body = fleet.publish("django", {"5.2.1", "5.2.8"}).dump();
  for (const auto& [hours, state] : {std::pair{20, State::ok}, std::pair{50, State::warning}}) {
    fleet.server.http[Fleet::page("django")] = {.body = body, .origin = HttpOrigin::stale,
                                                .age = std::chrono::hours(hours)};
    CHECK(fleet.check().outcome == Outcome::ok);
    const Finding* stale = fleet.server.find("pydeps.stale_data", "index age");
    REQUIRE(stale != nullptr);
    CHECK(stale->state == state);
    CHECK(fleet.server.find("pydeps.outdated", "django") != nullptr);
    CHECK(fleet.server.summary.find("old") != std::string::npos);
  }
  fleet.server.http[Fleet::page("django")] = {.failure = "no connection"};
  for (int i = 0; i < 2; ++i) {
    fleet.check();
    CHECK(fleet.server.find("pydeps.stale_data", "index") != nullptr);
    CHECK(fleet.server.find("pydeps.stale_data", "index age") != nullptr);
  }
  fleet.server.http.clear();
  fleet.check();
  CHECK(fleet.count("pydeps.stale_data") == 0);
}

TEST_CASE("while the release database cannot be had, nothing is told of releases but what was") {
  Fleet fleet;
  fleet.add("demo", {"3.1.0", "3.1.3", "3.1.4"});
  const Json options = {{"virtualenvs", {"/srv/shop/env"}}, {"database", "https://pypi.org/team/releases.yml"}};
  FakeAnswer& database = fleet.server.http["https://pypi.org/team/releases.yml"];
  database = {.body = "demo:\n  security_releases: [3.1.3]\n  ignored_releases: [3.1.4]\n"};
  fleet.check(options);
  CHECK(fleet.server.findings.size() == 1);
  REQUIRE(fleet.server.find("pydeps.security_release", "demo") != nullptr);
  fleet.add("other", {"1.0", "1.0.1"});
  const int trouble = GENERATE(0, 1, 2);
  CAPTURE(trouble);
  database = std::vector<FakeAnswer>{{.status = 404}, {.body = "<html>log in</html>"}, {.failure = "no connection"}}
                 .at(static_cast<std::size_t>(trouble));
  fleet.check(options);
  CHECK(fleet.server.findings.size() == 2);
  CHECK(fleet.server.find("pydeps.security_release", "demo") != nullptr);
  const Finding* lacking = fleet.server.find("pydeps.stale_data", "database");
  REQUIRE(lacking != nullptr);
  CHECK(lacking->title.starts_with("the package release database cannot be had: "));
  SECTION("it is upgraded") {
    fleet.environments["/srv/shop/env"]["demo"] = "3.1.4";
    fleet.check(options);
    CHECK(fleet.count("pydeps.security_release") == 0);
  }
  SECTION("it is ignored") {
    Json ignoring = options;
    ignoring["ignored_packages"] = {"demo"};
    fleet.check(ignoring);
    CHECK(fleet.count("pydeps.security_release") == 0);
  }
  SECTION("nothing else happens") {
    fleet.check(options);
    CHECK(fleet.count("pydeps.security_release") == 1);
  }
  database = {.body = "demo:\n  ignored_releases: [3.1.3, 3.1.4]\n"};
  fleet.check(options);
  CHECK(fleet.server.findings.size() == 1);
  CHECK(fleet.server.find("pydeps.outdated", "other") != nullptr);
}

TEST_CASE("a newer table of ends of life goes before the bundled one, and while it cannot be had nothing changes") {
  Fleet fleet;
  fleet.python = "3.8.10";
  fleet.add("idna", {"3.4"});
  const Json options = {{"virtualenvs", {"/srv/shop/env"}}, {"end_of_life", "https://pypi.org/team/ends.yml"}};
  FakeAnswer& table = fleet.server.http["https://pypi.org/team/ends.yml"];
  table = {.body = "as_of: 2026-11-01\npython:\n  '3.8': 2026-11-02\n"};
  const auto told = [&] {
    fleet.check(options);
    const Finding* end = fleet.server.find("pydeps.end_of_life", "python");
    REQUIRE(end != nullptr);
    return *end;
  };
  CHECK(told().title.ends_with(" 2026-11-02"));
  CHECK(told().detail == "In /srv/shop/env.\nAs was known on 2026-11-01.\n");
  CHECK(fleet.count("pydeps.stale_data") == 0);
  table = {.body = "as_of: 2026-11-01\npython: soon\n"};
  CHECK(told().title.ends_with(" 2026-11-02"));
  const Finding* problem = fleet.server.find("pydeps.stale_data", "end of life");
  REQUIRE(problem != nullptr);
  CHECK(problem->title == "the table of when Python and Django end cannot be had: line 2: python has no lines");
  CHECK(problem->detail == "It is https://pypi.org/team/ends.yml.\n");
  Json ignoring = options;
  ignoring["ignore"] = {{{"package", "python"}, {"reason", "the server goes"}}};
  fleet.check(ignoring);
  CHECK(fleet.count("pydeps.end_of_life") == 0);
  fleet.check(options);
  CHECK(fleet.count("pydeps.end_of_life") == 0);  // nothing new while it is lacking
  table = {.body = "as_of: 2026-01-01\npython:\n  '3.8': 2026-11-02\n"};
  CHECK(told().title.ends_with(" 2024-10-07"));
  CHECK(fleet.server.find("pydeps.stale_data", "end of life age") != nullptr);
}

TEST_CASE("what was told of a record that can be read no more stays, under the name that it had") {
  Fleet fleet;
  fleet.add("django", {"5.2.1", "5.2.8"});
  fleet.advise("GHSA-aaaa-bbbb-cccc", "django", "5.2.1", "5.2.8")["aliases"] = {"CVE-2026-7"};
  fleet.check();
  REQUIRE(fleet.server.find("pydeps.vulnerable", "django CVE-2026-7") != nullptr);
  fleet.server.http[Fleet::record("GHSA-aaaa-bbbb-cccc")] = {.status = 404};
  for (int i = 0; i < 2; ++i) {
    fleet.check();
    CHECK(fleet.server.findings.size() == 1);
    CHECK(fleet.server.find("pydeps.vulnerable", "django CVE-2026-7") != nullptr);
  }
  fleet.environments["/srv/shop/env"]["django"] = "5.2.8";
  fleet.check();
  CHECK(fleet.server.findings.empty());
}

TEST_CASE("a fix of a vulnerability takes nothing from the team's security releases") {
  Fleet fleet;
  fleet.add("demo", {"4.2.1", "4.2.8", "5.2.8"});
  const Json options = {{"virtualenvs", {"/srv/shop/env"}}, {"database", "https://pypi.org/team/releases.yml"}};
  fleet.server.http["https://pypi.org/team/releases.yml"] = {.body = "demo:\n  security_releases: [4.2.8]\n"};
  fleet.check(options);
  CHECK(fleet.count("pydeps.security_release") == 1);
  fleet.advise("CVE-2026-1", "demo", "4.2.1", "5.2.8");
  fleet.check(options);
  CHECK(fleet.count("pydeps.vulnerable") == 1);
  CHECK(fleet.count("pydeps.security_release") == 1);
}

TEST_CASE("findings beyond what can be told are counted, and not remembered as told") {
  Fleet fleet;
  for (int i = 0; i < 950; ++i) fleet.add("p" + std::to_string(i), {"1.0", "1.0.1"});
  fleet.advise("CVE-2026-1", "p949", "1.0", "1.0.1");
  fleet.check();
  CHECK(fleet.server.findings.size() == 901);
  CHECK(fleet.server.findings.front().code == "pydeps.vulnerable");
  const Finding* more = fleet.server.find("pydeps.more", "");
  REQUIRE(more != nullptr);
  CHECK(more->title == "50 findings more than can be told");
  CHECK(fleet.server.state.at("told").size() == 900);
  CHECK(fleet.server.state.at("cut") == true);
  fleet.server.on_http = [](const HttpRequest&) { return FakeAnswer{.failure = "no connection"}; };
  fleet.check();
  CHECK(fleet.count("pydeps.outdated") + fleet.count("pydeps.vulnerable") == 898);
  CHECK(fleet.count("pydeps.stale_data") == 2);
}

TEST_CASE("an environment's findings keep their subjects when others join it, and when these leave") {
  Fleet fleet;
  fleet.add("requests", {"2.31.0", "2.31.1"});
  fleet.check();
  REQUIRE(fleet.server.find("pydeps.outdated", "requests") != nullptr);
  fleet.environments["/srv/blog/env"] = {{"requests", "2.31.0"}};
  for (int i = 0; i < 2; ++i) {
    fleet.check({{"virtualenvs", {"/srv/shop/env", "/srv/blog/env"}}});
    const Finding* first = fleet.server.find("pydeps.outdated", "requests");
    REQUIRE(first != nullptr);
    CHECK(first->detail == "In /srv/shop/env.\n");
    CHECK(fleet.server.find("pydeps.outdated", "requests in /srv/blog/env") != nullptr);
  }
  fleet.environments.erase("/srv/shop/env");
  for (int i = 0; i < 2; ++i) {
    fleet.check({{"virtualenvs", {"/srv/blog/env"}}});
    CHECK(fleet.server.findings.size() == 1);
    CHECK(fleet.server.find("pydeps.outdated", "requests in /srv/blog/env") != nullptr);
  }
}

TEST_CASE("a path that is missing or shut is told, and what was told of it is not over while it is named") {
  Fleet fleet;
  fleet.add("requests", {"2.31.0", "2.31.1"});
  fleet.check();
  REQUIRE(fleet.server.find("pydeps.outdated", "requests") != nullptr);
  fleet.environments.clear();
  SECTION("shut") {
    fleet.more = "none\tdenied\t/srv/shop/env\n";
    fleet.check();
    CHECK(fleet.server.find("pydeps.environment", "/srv/shop/env") != nullptr);
    CHECK(fleet.server.find("pydeps.outdated", "requests") != nullptr);
  }
  SECTION("gone") {
    fleet.more = "none\tmissing\t/srv/shop/env\n";
    for (int i = 0; i < 2; ++i) {
      fleet.check();
      CHECK(fleet.server.find("pydeps.environment", "/srv/shop/env") != nullptr);
      CHECK(fleet.server.find("pydeps.outdated", "requests") != nullptr);
    }
    fleet.more.clear();
    fleet.check({{"virtualenvs", {"/srv/blog/env"}}});
    CHECK(fleet.server.findings.empty());
  }
}
