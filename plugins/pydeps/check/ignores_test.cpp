#include "pydeps/check/check_testing.hpp"

using namespace maintain::pydeps;
using namespace maintain::pydeps::testing;
using namespace maintain::sdk;
using namespace maintain::sdk::testkit;

namespace {

Json options_with(Json entry) {
  entry["reason"] = "we know";
  return {{"virtualenvs", {"/srv/shop/env"}}, {"ignore", Json::array({std::move(entry)})}};
}

}  // namespace

TEST_CASE("what is ignored is not told, for as long as it was said") {
  Fleet fleet;
  fleet.add("Django", {"5.2.1", "5.2.2"});
  fleet.advise("CVE-2026-1", "django", "5.2.1", "");
  fleet.publish("django", {"5.2.1", "5.2.2"});
  fleet.check();
  REQUIRE(fleet.count("pydeps.vulnerable") == 1);
  REQUIRE(fleet.count("pydeps.outdated") == 1);

  SECTION("the package, by any spelling, and then nobody is asked for it") {
    fleet.check(options_with({{"package", "DJANGO"}}));
    CHECK(fleet.server.findings.empty());
    CHECK(fleet.asked(Fleet::page("django")) == 0);
    CHECK(fleet.asked("https://api.osv.dev/v1/querybatch") == 0);
  }
  SECTION("the package until a day that is to come") {
    fleet.check(options_with({{"package", "django"}, {"until", "2026-11-23"}}));
    CHECK(fleet.server.findings.empty());
  }
  SECTION("the package until today") {
    fleet.check(options_with({{"package", "django"}, {"until", "2026-11-22"}}));
    CHECK(fleet.count("pydeps.vulnerable") == 1);
    CHECK(fleet.server.find("pydeps.ignore_expired", "django") != nullptr);
  }
  SECTION("this version") {
    fleet.check(options_with({{"package", "django"}, {"version", "5.2.1"}}));
    CHECK(fleet.server.findings.empty());
  }
  SECTION("another version") {
    fleet.check(options_with({{"package", "django"}, {"version", "5.2"}}));
    CHECK(fleet.count("pydeps.vulnerable") == 1);
    CHECK(fleet.server.find("pydeps.ignore_unused", "django 5.2") != nullptr);
  }
  SECTION("this advisory") {
    fleet.check(options_with({{"package", "django"}, {"advisory", "cve-2026-1"}}));
    CHECK(fleet.count("pydeps.vulnerable") == 0);
    CHECK(fleet.count("pydeps.outdated") == 1);
    CHECK(fleet.count("pydeps.ignore_unused") == 0);
  }
  SECTION("another advisory") {
    fleet.check(options_with({{"package", "django"}, {"advisory", "CVE-2026-2"}}));
    CHECK(fleet.count("pydeps.vulnerable") == 1);
    CHECK(fleet.server.find("pydeps.ignore_unused", "django CVE-2026-2") != nullptr);
  }
  SECTION("until it is fixed") {
    const Json options = options_with({{"package", "django"}, {"advisory", "CVE-2026-1"}, {"until", "fixed"}});
    fleet.check(options);
    CHECK(fleet.count("pydeps.vulnerable") == 0);
    CHECK(fleet.count("pydeps.ignore_expired") == 0);
    fleet.advise("CVE-2026-1", "django", "5.2.1", "5.2.2");
    fleet.check(options);
    CHECK(fleet.count("pydeps.vulnerable") == 1);
    CHECK(fleet.server.find("pydeps.ignore_expired", "django CVE-2026-1") != nullptr);
  }
  SECTION("the earlier bot's list hides versions, not vulnerabilities, and may be of no use") {
    fleet.check({{"virtualenvs", {"/srv/shop/env"}}, {"ignored_packages", {"django", "html5lib"}}});
    CHECK(fleet.count("pydeps.outdated") == 0);
    CHECK(fleet.count("pydeps.vulnerable") == 1);
    CHECK(fleet.count("pydeps.ignore_unused") == 0);
  }
  SECTION("whether an entry is of use is not known while somebody cannot be asked") {
    fleet.osv_is_down = true;
    fleet.check(options_with({{"package", "django"}, {"advisory", "CVE-2026-2"}}));
    CHECK(fleet.count("pydeps.ignore_unused") == 0);
  }
}

TEST_CASE("while the index cannot be asked, what is ignored until it is fixed stays as it was") {
  Fleet fleet;
  const Json options = options_with({{"package", "demo"}, {"advisory", "CVE-2026-1"}, {"until", "fixed"}});
  fleet.advise("CVE-2026-1", "demo", "1.0", "1.1");
  SECTION("not told, for the fix is not released") {
    fleet.add("demo", {"1.0"});
    for (const bool is_down : {false, true, true}) {
      if (is_down) fleet.server.http[Fleet::page("demo")] = {.failure = "timed out"};
      fleet.check(options);
      CHECK(fleet.count("pydeps.vulnerable") == 0);
      CHECK(fleet.count("pydeps.ignore_expired") == 0);
    }
  }
  SECTION("told, for it is") {
    fleet.add("demo", {"1.0", "1.1"});
    for (const bool is_down : {false, true, true}) {
      if (is_down) fleet.server.http[Fleet::page("demo")] = {.failure = "timed out"};
      fleet.check(options);
      CHECK(fleet.count("pydeps.vulnerable") == 1);
      CHECK(fleet.count("pydeps.ignore_expired") == 1);
    }
  }
}

TEST_CASE("an entry may leave vulnerabilities out") {
  Fleet fleet;
  fleet.add("numpy", {"1.26.4", "1.26.5"});
  const Json entry = {{"package", "numpy"}, {"except", "vulnerabilities"}, {"reason", "the model needs it"}};
  const Json options = {{"virtualenvs", {"/srv/shop/env"}}, {"ignore", {entry}}};
  fleet.check(options);
  CHECK(fleet.server.findings.empty());
  fleet.advise("CVE-2026-1", "numpy", "1.26.4", "1.26.5");
  fleet.check(options);
  CHECK(fleet.server.findings.size() == 1);
  CHECK(fleet.server.find("pydeps.vulnerable", "numpy CVE-2026-1") != nullptr);
  const Json advisory = {{"package", "numpy"}, {"advisory", "CVE-2026-1"}, {"reason", "nobody can reach it"}};
  fleet.check({{"virtualenvs", {"/srv/shop/env"}}, {"ignore", {entry, advisory}}});
  CHECK(fleet.server.findings.empty());
  CHECK(fleet.server.summary == "1 package in 1 environment: 0 vulnerable, 0 outdated, 1 vulnerability ignored");
  CheckTask task;
  for (const auto& [key, value] : {std::pair{"advisory", "CVE-2026-1"}, std::pair{"until", "fixed"}}) {
    Json wrong = entry;
    wrong[key] = value;
    const auto problem = validate_options(task, {{"virtualenvs", {"/srv/shop/env"}}, {"ignore", {wrong}}});
    REQUIRE(problem);
    CHECK(problem->find("/ignore/0/except: leaves nothing to ignore") == 0);
  }
}

TEST_CASE("an entry whose fix was told stays told while advisories are not known") {
  Fleet fleet;
  Json& page = fleet.add("django", {"5.2.1", "5.2.8"});
  SECTION("a fix for this Python") {}
  SECTION("a fix for another") { page["files"][1]["requires-python"] = ">=3.12"; }
  fleet.advise("CVE-2026-1", "django", "5.2.1", "5.2.8");
  const Json options = {{"virtualenvs", {"/srv/shop/env"}},
                        {"ignore", {{{"package", "django"}, {"advisory", "CVE-2026-1"}, {"reason", "no fix"},
                                     {"until", "fixed"}}}}};
  fleet.check(options);
  CHECK(fleet.count("pydeps.ignore_expired") == 1);
  CHECK(fleet.count("pydeps.vulnerable") == 1);
  fleet.osv_is_down = true;
  fleet.check(options);
  CHECK(fleet.count("pydeps.ignore_expired") == 1);
  CHECK(fleet.count("pydeps.vulnerable") == 1);
  CHECK(fleet.count("pydeps.ignore_unused") == 0);
  fleet.osv_is_down = false;
  fleet.environments["/srv/shop/env"]["django"] = "5.2.8";
  fleet.check(options);
  CHECK(fleet.count("pydeps.ignore_expired") == 0);
  CHECK(fleet.count("pydeps.ignore_unused") == 1);
}

TEST_CASE("an entry of no use is not told anew for each package that is not known") {
  Fleet fleet;
  fleet.add("django", {"5.2.1", "5.2.8"});
  fleet.add("idna", {"3.4"});
  const Json options = {{"virtualenvs", {"/srv/shop/env"}},
                        {"ignore", {{{"package", "numpy"}, {"reason", "the model needs it"}}}}};
  fleet.server.http[Fleet::page("idna")] = {.failure = "timed out"};
  fleet.check(options);
  CHECK(fleet.count("pydeps.ignore_unused") == 0);
  fleet.server.http.clear();
  fleet.check(options);
  CHECK(fleet.count("pydeps.ignore_unused") == 1);
  fleet.server.http[Fleet::page("idna")] = {.failure = "timed out"};
  fleet.check(options);
  CHECK(fleet.count("pydeps.ignore_unused") == 1);
}

TEST_CASE("options that make no sense are refused where they stand") {
  CheckTask task;
  const auto problem = [&](Json options) { return validate_options(task, options).value_or(""); };
  CHECK(problem({{"virtualenvs", {"/srv/env"}}}).empty());
  CHECK(problem(Json::object()).find("where the packages are") != std::string::npos);
  CHECK(problem({{"discover", false}}).find("where the packages are") != std::string::npos);
  CHECK(problem(options_with({{"package", "a b"}})).find("/ignore/0/package") == 0);
  CHECK(problem(options_with({{"package", "a"}, {"until", "2026-02-30"}})).find("/ignore/0/until") == 0);
  CHECK(problem(options_with({{"package", "a"}, {"until", "fixed"}})).empty());
  CHECK(problem(options_with({{"package", "a"}, {"advisory", "no id"}})).find("/ignore/0/advisory") == 0);
  CHECK(problem(options_with({{"package", "a"}, {"version", "1 0"}})).find("/ignore/0/version") == 0);
  CHECK(problem({{"discover", true}, {"index", "https://me:secret@pypi.example/simple/"}}).find("/index") == 0);
  CHECK(problem({{"discover", true}, {"osv", "https://osv.example/?x"}}).find("/osv") == 0);
}
