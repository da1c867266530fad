// pydeps.check against an index and advisories in memory, in one run.
#include "pydeps/advisory/osv_query.hpp"
#include "pydeps/check/assess.hpp"
#include "pydeps/check/check_testing.hpp"
#include "pydeps/check/findings.hpp"

using namespace maintain::pydeps;
using namespace maintain::pydeps::testing;
using namespace maintain::sdk;
using namespace maintain::sdk::testkit;

TEST_CASE("a vulnerable and an outdated package are told with what mends them, and the rest is quiet") {
  Fleet fleet;
  fleet.add("django", {"5.2.1", "5.2.8", "6.0"});
  fleet.add("requests", {"2.31.0", "2.31.1", "3.0"});
  fleet.add("idna", {"3.4"});
  fleet.advise("GHSA-aaaa-bbbb-cccc", "django", "5.2.1", "5.2.8");
  const TaskRun run = fleet.check();
  CHECK(run.outcome == Outcome::ok);
  CHECK(fleet.server.findings.size() == 2);
  const Finding* vulnerable = fleet.server.find("pydeps.vulnerable", "django GHSA-aaaa-bbbb-cccc");
  REQUIRE(vulnerable != nullptr);
  CHECK(vulnerable->state == State::critical);
  CHECK(vulnerable->title == "django 5.2.1: GHSA-aaaa-bbbb-cccc (high), fixed in 5.2.8: it leaks");
  CHECK(vulnerable->action == "Install django 5.2.8 or later.");
  CHECK(vulnerable->remind == Milliseconds(0));
  const Finding* outdated = fleet.server.find("pydeps.outdated", "requests");
  REQUIRE(outdated != nullptr);
  CHECK(outdated->state == State::warning);
  CHECK(outdated->title == "requests 2.31.0 is outdated: 2.31.1 (bug fix)");
  CHECK(outdated->remind == std::chrono::hours(24 * 7));
  CHECK(fleet.server.metrics.at("pydeps_packages /srv/shop/env") == 3);
  CHECK(fleet.server.metrics.at("pydeps_vulnerable /srv/shop/env") == 1);
  CHECK(fleet.server.metrics.at("pydeps_outdated /srv/shop/env") == 2);
  CHECK(fleet.server.summary == "3 packages in 1 environment: 1 vulnerable, 2 outdated");
}

TEST_CASE("300 packages take one round trip and one question each") {
  Fleet fleet;
  for (int i = 0; i < 300; ++i) fleet.add("p" + std::to_string(i), {"1.0", "1.0.1"});
  CHECK(fleet.check().outcome == Outcome::ok);
  CHECK(fleet.count("pydeps.outdated") == 300);
  CHECK(fleet.server.commands.size() == 1);
  CHECK(fleet.server.http_requests.size() == 301);
  CHECK(fleet.server.state.dump().size() <= 256UL << 10);
}

TEST_CASE("a package that the index does not know, and one that it fails at, cost themselves only") {
  Fleet fleet;
  fleet.add("django", {"5.2.1", "5.2.8"});
  fleet.add("broken", {"1.0", "1.0.1"});
  fleet.environments["/srv/shop/env"]["shop-internal"] = "1.0";
  SECTION("500 or no connection: there is no answer") {
    fleet.server.http[Fleet::page("broken")] = {.failure = "the server answers with status 500"};
  }
  SECTION("a proxy's page") { fleet.server.http[Fleet::page("broken")] = {.status = 403, .body = "no"}; }
  SECTION("malformed JSON") { fleet.server.http[Fleet::page("broken")] = {.body = "{\"name\":"}; }
  CHECK(fleet.check().outcome == Outcome::ok);
  CHECK(fleet.server.find("pydeps.outdated", "django") != nullptr);
  const Finding* unknown = fleet.server.find("pydeps.unknown_package", "shop-internal");
  REQUIRE(unknown != nullptr);
  CHECK(unknown->state == State::warning);
  const Finding* stale = fleet.server.find("pydeps.stale_data", "index");
  REQUIRE(stale != nullptr);
  CHECK(stale->state == State::unknown);
  CHECK(stale->title.find("broken") != std::string::npos);
  CHECK(fleet.server.find("pydeps.outdated", "broken") == nullptr);
}

TEST_CASE("a package whose version is none of PEP 440 is counted as not compared") {
  Fleet fleet;
  fleet.add("idna", {"3.4"});
  fleet.add("pytz", {"2004d", "2026.1"});
  CHECK(fleet.check().outcome == Outcome::ok);
  CHECK(fleet.server.output.find(": 2 packages, 0 vulnerable, 0 outdated, 1 not compared\n") != std::string::npos);
}

TEST_CASE("the older JSON is taken where the index has no other") {
  Fleet fleet;
  fleet.environments["/srv/shop/env"]["demo"] = "1.0";
  fleet.server.http[Fleet::page("demo")] = {.body = "<!DOCTYPE html>"};
  fleet.server.http["https://pypi.org/pypi/demo/json"] = {
      .body = R"({"info": {"name": "demo"}, "releases": {"1.0": [{"filename": "demo-1.0.tar.gz"}],
                  "1.0.1": [{"filename": "demo-1.0.1.tar.gz"}]}})"};
  CHECK(fleet.check().outcome == Outcome::ok);
  CHECK(fleet.server.find("pydeps.outdated", "demo") != nullptr);
  for (const int status : {401, 403, 500}) {
    fleet.server.http[Fleet::page("demo")] = {.status = status, .body = "no"};
    fleet.check();
    CHECK(fleet.asked("https://pypi.org/pypi/demo/json") == 0);
  }
}

TEST_CASE("a version that the index lists without files is neither newer nor a fix") {
  Fleet fleet;
  fleet.add("demo", {"1.0", "1.0.1"})["files"].erase(1);
  fleet.advise("CVE-2026-1", "demo", "1.0", "1.0.1");
  fleet.check();
  const Finding* vulnerable = fleet.server.find("pydeps.vulnerable", "demo CVE-2026-1");
  REQUIRE(vulnerable != nullptr);
  CHECK(vulnerable->title == "demo 1.0: CVE-2026-1 (high), no release on the index fixes it: it leaks");
  CHECK(fleet.count("pydeps.outdated") == 0);
}

TEST_CASE("the fix that is named can be installed, or it is said what it needs") {
  Fleet fleet;
  fleet.python = "3.9.2";
  const auto told = [&fleet] {
    fleet.check();
    const Finding* vulnerable = fleet.server.find("pydeps.vulnerable", "demo CVE-2026-1");
    REQUIRE(vulnerable != nullptr);
    return *vulnerable;
  };
  SECTION("another fix suits this Python") {
    fleet.add("demo", {"1.0", "1.1", "2.0"})["files"][1]["requires-python"] = ">=3.10";
    Json& record = fleet.advise("CVE-2026-1", "demo", "1.0", "1.1");
    record["affected"][0]["ranges"][0]["events"] = {
        {{"introduced", "0"}}, {{"fixed", "1.1"}}, {{"introduced", "1.5"}}, {{"fixed", "2.0"}}};
    CHECK(told().action == "Install demo 2.0 or later.");
  }
  SECTION("the only one is for another Python") {
    fleet.add("demo", {"1.0", "1.1"})["files"][1]["requires-python"] = ">=3.10";
    fleet.advise("CVE-2026-1", "demo", "1.0", "1.1");
    const Finding vulnerable = told();
    CHECK(vulnerable.title == "demo 1.0: CVE-2026-1 (high), fixed in 1.1, which needs another Python: it leaks");
    CHECK(vulnerable.action == "Move the environment to a newer Python, and install demo 1.1 or later.");
    CHECK(fleet.count("pydeps.outdated") == 0);
    CHECK(fleet.server.metrics.at("pydeps_outdated /srv/shop/env") == 1);
  }
  SECTION("a pre-release is none") {
    fleet.add("demo", {"1.0", "2.0rc1"});
    fleet.advise("CVE-2026-1", "demo", "1.0", "2.0rc1");
    CHECK(told().title == "demo 1.0: CVE-2026-1 (high), no release on the index fixes it: it leaks");
  }
  SECTION("unless one is installed") {
    fleet.add("demo", {"2.0b1", "2.0rc1"});
    fleet.advise("CVE-2026-1", "demo", "2.0b1", "2.0rc1");
    CHECK(told().action == "Install demo 2.0rc1 or later.");
  }
}

TEST_CASE("an address with a secret is refused, and the refusal does not repeat it") {
  CheckTask task;
  for (const char* option : {"index", "osv", "database", "end_of_life"})
    for (const char* url : {"https://git.example.org/r.yml?private_token=swordfish",
                            "https://git.example.org/r.yml#swordfish", "https://u:swordfish@git.example.org/r.yml"}) {
      const auto problem = validate_options(task, {{"virtualenvs", {"/srv/shop/env"}}, {option, url}});
      REQUIRE(problem);
      CHECK(problem->find("/" + std::string(option) + ": must be a URL without") == 0);
      CHECK(problem->find("swordfish") == std::string::npos);
    }
  for (const char* database : {"https://git.example.org/team/r.yml", "/srv/a#b?.yml"})
    CHECK_FALSE(validate_options(task, {{"virtualenvs", {"/srv/shop/env"}}, {"database", database}}));
}

TEST_CASE("a server that lists packages without end does not make us ask without end") {
  std::vector<Environment> environments(2);
  const auto install = [](Environment& environment, const std::string& name) {
    environment.packages.push_back({.name = name, .key = name, .version = "1.0"});
  };
  for (std::size_t i = 0; i < most_asked; ++i) install(environments[0], "p" + std::to_string(i));
  for (const char* name : {"p7", "zope"}) install(environments[1], name);
  Ignores ignores({}, {});
  const Wanted wanted = wanted_of(environments, read_options({{"virtualenvs", {"/srv/shop/env"}}}), ignores);
  CHECK(wanted.projects.size() == most_asked);
  CHECK(wanted.versions.size() == most_asked);
  CHECK(wanted.left_out == std::set<std::string>{"zope"});
  const auto findings = stale_findings({.not_asked = wanted.left_out}, {});
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].code == "pydeps.more");
  CHECK(findings[0].title == "1 package more than can be asked about, such as zope");
}

TEST_CASE("a request to the advisories' service that fails costs the packages in it only") {
  Fleet fleet;
  for (std::size_t i = 0; i < 2 * most_queries_in_request; ++i)
    fleet.environments["/srv/shop/env"]["p" + std::to_string(10'000 + i)] = "1.0";
  fleet.advise("CVE-2026-1", "p11500", "1.0", "1.0.1");
  const Json options = {{"virtualenvs", {"/srv/shop/env"}}, {"index", false}};
  const auto answer = fleet.server.on_http;
  std::size_t requests = 0;
  FakeAnswer trouble;
  fleet.server.on_http = [&](const HttpRequest& request) {
    const bool is_first = request.method == "POST" && ++requests == 1;
    return is_first ? std::optional(trouble) : answer(request);
  };
  SECTION("refused") {
    trouble = {.status = 400, .body = "no"};
    CHECK(fleet.check(options).outcome == Outcome::ok);
    CHECK(requests == 2);
    CHECK(fleet.server.find("pydeps.vulnerable", "p11500 CVE-2026-1") != nullptr);
    const Finding* stale = fleet.server.find("pydeps.stale_data", "advisories");
    REQUIRE(stale != nullptr);
    const std::string names = "p10000, p10001, p10002, p10003, p10004 and 995 more";
    CHECK(stale->title.find(names + ": the server answers with status 400") != std::string::npos);
  }
  SECTION("nobody can be connected to") {
    trouble = {.failure = "no connection"};
    CHECK(fleet.check(options).outcome == Outcome::failed);
    CHECK(requests == 1);
  }
}

TEST_CASE("while some are not known, the age of the others' answers is told, too") {
  const auto findings = stale_findings(
      {.unanswered = {{"broken", "timed out"}}, .stale_index = {.answers = 2, .age = std::chrono::hours(72)}}, {});
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].state == State::unknown);
  CHECK(findings[0].detail == "broken: timed out\nOf others, 2 answers from the cache, up to 3 days old.\n");
}

TEST_CASE("without an index advisories are enough, and nothing is said of releases") {
  Fleet fleet;
  fleet.add("django", {"5.2.1", "5.2.8"});
  fleet.environments["/srv/shop/env"]["shop-internal"] = "1.0";
  fleet.advise("CVE-2026-1", "django", "5.2.1", "5.2.8");
  const Json options = {{"virtualenvs", {"/srv/shop/env"}}, {"index", false}};
  CHECK(fleet.check(options).outcome == Outcome::ok);
  CHECK(fleet.server.findings.size() == 1);
  const Finding* vulnerable = fleet.server.find("pydeps.vulnerable", "django CVE-2026-1");
  REQUIRE(vulnerable != nullptr);
  CHECK(vulnerable->action == "Install django 5.2.8 or later.");
  CHECK(fleet.asked(Fleet::page("django")) == 0);
  CHECK(fleet.server.summary == "2 packages in 1 environment: 1 vulnerable");
  CHECK(fleet.server.metrics.count("pydeps_outdated /srv/shop/env") == 0);
  fleet.osv_is_down = true;
  CHECK(fleet.check(options).outcome == Outcome::failed);
}

TEST_CASE("an index that is down, while advisories are told, is no failure") {
  Fleet fleet;
  fleet.add("django", {"5.2.1", "5.2.8"});
  fleet.advise("CVE-2026-1", "django", "5.2.1", "5.2.8");
  fleet.server.http[Fleet::page("django")] = {.failure = "no connection"};
  CHECK(fleet.check().outcome == Outcome::ok);
  CHECK(fleet.server.find("pydeps.stale_data", "index") != nullptr);
  CHECK(fleet.server.find("pydeps.vulnerable", "django CVE-2026-1") != nullptr);
}

TEST_CASE("withdrawn advisories are none, aliases are one, and an impossible range is in doubt") {
  Fleet fleet;
  fleet.add("django", {"5.2.1", "5.2.8"});
  SECTION("withdrawn") {
    fleet.advise("GHSA-aaaa-bbbb-cccc", "django", "5.2.1", "5.2.8")["withdrawn"] = "2026-11-02T00:00:00Z";
    fleet.check();
    CHECK(fleet.count("pydeps.vulnerable") == 0);
  }
  SECTION("aliases") {
    fleet.advise("GHSA-aaaa-bbbb-cccc", "django", "5.2.1", "5.2.8")["aliases"] = {"CVE-2026-7"};
    fleet.advise("PYSEC-2026-1", "django", "5.2.1", "5.2.8", "LOW")["aliases"] = {"CVE-2026-7"};
    fleet.check();
    CHECK(fleet.count("pydeps.vulnerable") == 1);
    CHECK(fleet.server.find("pydeps.vulnerable", "django CVE-2026-7") != nullptr);
  }
  SECTION("one that got an alias later keeps its name") {
    Json& record = fleet.advise("GHSA-aaaa-bbbb-cccc", "django", "5.2.1", "5.2.8");
    fleet.check();
    record["aliases"] = {"CVE-2026-7"};
    fleet.check();
    CHECK(fleet.count("pydeps.vulnerable") == 1);
    CHECK(fleet.server.find("pydeps.vulnerable", "django GHSA-aaaa-bbbb-cccc") != nullptr);
  }
  SECTION("fixed before it was introduced") {
    Json& record = fleet.advise("CVE-2026-8", "django", "5.2.1", "");
    record["affected"][0]["ranges"][0]["events"] = {{{"introduced", "6.0"}}, {{"fixed", "5.2.5"}}};
    fleet.check();
    const Finding* doubtful = fleet.server.find("pydeps.vulnerable", "django CVE-2026-8");
    REQUIRE(doubtful != nullptr);
    CHECK(doubtful->state == State::unknown);
  }
  SECTION("a record that is none is told of the package, and others are judged") {
    fleet.advise("CVE-2026-9", "django", "5.2.1", "5.2.8");
    fleet.advise("CVE-2026-10", "django", "5.2.1", "5.2.8", "");
    fleet.server.http[Fleet::record("CVE-2026-9")] = {.body = "[1"};
    CHECK(fleet.check().outcome == Outcome::ok);
    const Finding* unread = fleet.server.find("pydeps.vulnerable", "django CVE-2026-9");
    REQUIRE(unread != nullptr);
    CHECK(unread->state == State::unknown);
    const Finding* unrated = fleet.server.find("pydeps.vulnerable", "django CVE-2026-10");
    REQUIRE(unrated != nullptr);
    CHECK(unrated->state == State::warning);
    CHECK(unrated->title.find("severity unknown") != std::string::npos);
  }
}

TEST_CASE("a yanked release that is installed, and a project that was withdrawn, are told") {
  Fleet fleet;
  Json& page = fleet.add("demo", {"1.0"});
  page["files"][0]["yanked"] = "breaks on Sundays";
  page["project-status"] = {{"status", "archived"}};
  fleet.check();
  const Finding* yanked = fleet.server.find("pydeps.yanked", "demo");
  REQUIRE(yanked != nullptr);
  CHECK(yanked->title == "demo 1.0 was withdrawn from the index: breaks on Sundays");
  const Finding* archived = fleet.server.find("pydeps.withdrawn_project", "demo");
  REQUIRE(archived != nullptr);
  CHECK(archived->state == State::warning);
}

TEST_CASE("an environment on an LTS line hears of that line, and the database says what a release is good for") {
  Fleet fleet;
  fleet.add("django", {"5.2.1", "5.2.2", "5.2.3", "6.0"});
  fleet.server.stub(script("section \"file-$number\""),
                    {.output = "@@maintain begin file-0\nDjango:\n  security_releases: [5.2.2]\n"
                               "  feature_releases: [6.0]\n  lts_releases: [5.2.]\n\n@@maintain end 0\n"});
  fleet.check({{"virtualenvs", {"/srv/shop/env"}}, {"types", "all"}, {"database", "/srv/shop/releases.yml"}});
  const Finding* security = fleet.server.find("pydeps.security_release", "django");
  REQUIRE(security != nullptr);
  CHECK(security->title == "django 5.2.1 lacks a security release: 5.2.2 (security)");
  const Finding* outdated = fleet.server.find("pydeps.outdated", "django");
  REQUIRE(outdated != nullptr);
  CHECK(outdated->title == "django 5.2.1 is outdated: 5.2.3 (bug fix)");
}

TEST_CASE("a vulnerability does not hide the team's security releases, but for its own fixes") {
  Fleet fleet;
  fleet.add("demo", {"3.1.0", "3.1.3", "3.1.4"});
  fleet.server.stub(script("section \"file-$number\""),
                    {.output = "@@maintain begin file-0\ndemo:\n  security_releases: [3.1.3, 3.1.4]\n\n"
                               "@@maintain end 0\n"});
  std::string lacking = "3.1.3 (security), 3.1.4 (security)";
  SECTION("one without a fix") { fleet.advise("CVE-2026-1", "demo", "3.1.0", ""); }
  SECTION("one whose record cannot be read") {
    fleet.advise("CVE-2026-1", "demo", "3.1.0", "");
    fleet.server.http[Fleet::record("CVE-2026-1")] = {.body = "[1"};
  }
  SECTION("one that the first of them fixes") {
    fleet.advise("CVE-2026-1", "demo", "3.1.0", "3.1.3");
    lacking = "3.1.4 (security)";
  }
  fleet.check({{"virtualenvs", {"/srv/shop/env"}}, {"database", "/srv/shop/releases.yml"}});
  CHECK(fleet.count("pydeps.vulnerable") == 1);
  const Finding* security = fleet.server.find("pydeps.security_release", "demo");
  REQUIRE(security != nullptr);
  CHECK(security->title == "demo 3.1.0 lacks a security release: " + lacking);
}

TEST_CASE("mistakes in the release database cost themselves, and are told") {
  Fleet fleet;
  fleet.add("demo", {"3.1.0", "3.1.3"});
  fleet.server.http["https://pypi.org/team/releases.yml"] = {.body = "demo:\n  security_releases: [3.1.3, x]\n"};
  fleet.check({{"virtualenvs", {"/srv/shop/env"}}, {"database", "https://pypi.org/team/releases.yml"}});
  CHECK(fleet.server.find("pydeps.security_release", "demo") != nullptr);
  const Finding* mistakes = fleet.server.find("pydeps.stale_data", "database");
  REQUIRE(mistakes != nullptr);
  CHECK(mistakes->title.starts_with("the package release database has mistakes: line 2: demo: "));
}

TEST_CASE("of several versions that are recorded each is asked about, and a vulnerability is told once") {
  Fleet fleet;
  fleet.publish("jinja2", {"3.1.2", "3.1.3", "3.1.4"});
  fleet.advise("CVE-2026-1", "jinja2", "3.1.2", "3.1.4");
  const std::string list = GENERATE("jinja2==3.1.4 ; python_version < '3.9'\njinja2==3.1.2 ; python_version >= '3.9'\n",
                                    "jinja2==3.1.2\njinja2==3.1.4\n");
  fleet.server.stub(script("section \"file-$number\""),
                    {.output = "@@maintain begin file-0\n" + list + "\n@@maintain end 0\n"});
  fleet.check({{"freeze", {"/srv/list"}}});
  CHECK(fleet.count("pydeps.vulnerable") == 1);
  const Finding* vulnerable = fleet.server.find("pydeps.vulnerable", "jinja2 CVE-2026-1");
  REQUIRE(vulnerable != nullptr);
  CHECK(vulnerable->title.starts_with("jinja2 3.1.2: CVE-2026-1"));
  fleet.advisories["jinja2 3.1.3"] = {"CVE-2026-1"};
  fleet.server.stub(script("section \"file-$number\""),
                    {.output = "@@maintain begin file-0\njinja2==3.1.2\njinja2==3.1.3\n\n@@maintain end 0\n"});
  fleet.check({{"freeze", {"/srv/list"}}});
  CHECK(fleet.count("pydeps.vulnerable") == 1);
}

TEST_CASE("who knows none of many packages is no index") {
  Fleet fleet;
  for (const char* name : {"django", "requests", "idna"}) fleet.add(name, {"5.2.1", "5.2.2"});
  fleet.check();
  REQUIRE(fleet.count("pydeps.outdated") == 3);
  for (const char* name : {"django", "requests", "idna"}) fleet.server.http[Fleet::page(name)] = {.status = 404};
  const auto answer = fleet.server.on_http;
  fleet.server.on_http = [&](const HttpRequest& request) {
    return request.method == "POST" ? answer(request) : std::nullopt;
  };
  fleet.check();
  CHECK(fleet.count("pydeps.unknown_package") == 0);
  CHECK(fleet.count("pydeps.outdated") == 3);
  const Finding* stale = fleet.server.find("pydeps.stale_data", "index");
  REQUIRE(stale != nullptr);
  CHECK(stale->title.find("it may be no index") != std::string::npos);
}

TEST_CASE("no release is proposed that a vulnerability's fix is newer than") {
  Fleet fleet;
  fleet.add("pillow", {"9.0.0", "9.0.1", "9.0.2", "9.0.3"});
  fleet.advise("CVE-2026-1", "pillow", "9.0.0", "9.0.2");
  fleet.check();
  CHECK(fleet.count("pydeps.vulnerable") == 1);
  const Finding* outdated = fleet.server.find("pydeps.outdated", "pillow");
  REQUIRE(outdated != nullptr);
  CHECK(outdated->title == "pillow 9.0.0 is outdated: 9.0.3 (bug fix)");
}

TEST_CASE("the end of Python's line is told") {
  Fleet fleet;
  fleet.python = "3.8.10";
  fleet.add("idna", {"3.4"});
  fleet.check();
  const Finding* end = fleet.server.find("pydeps.end_of_life", "python");
  REQUIRE(end != nullptr);
  CHECK(end->title.find("Python 3.8.10 has had no security fixes of its authors since 2024-10-") == 0);
}

TEST_CASE("findings name the environment where the task may see several") {
  Fleet fleet;
  fleet.add("requests", {"2.31.0", "2.31.1"});
  fleet.environments["/srv/blog/env"] = {{"requests", "2.31.0"}};
  fleet.check({{"virtualenvs", {"/srv/*/env"}}});
  CHECK(fleet.server.find("pydeps.outdated", "requests in /srv/shop/env") != nullptr);
  CHECK(fleet.server.find("pydeps.outdated", "requests in /srv/blog/env") != nullptr);
  CHECK(fleet.asked(Fleet::page("requests")) == 1);
}
