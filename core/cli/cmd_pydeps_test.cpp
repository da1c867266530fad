#include <limits>
#include <map>
#include <set>

#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/testing.hpp"
#include "report/python_report.hpp"
#include "store/sqlite_store.hpp"

using namespace maintain;
using namespace maintain::testing;
using Catch::Contains;
using Json = nlohmann::json;
using std::chrono::hours;
using std::chrono::minutes;

namespace {

const TaskKey shop{"web1", "shop", "python"};
const TaskKey blog{"web2", "", "packages"};

// web1 and web2, each with a task that looks at Python environments, and one task of another type.
struct Fleet : Scratch {
  Fleet() : Scratch("paths: {state: .}\n", "servers: [web1, web2, {name: web3, enabled: false}]\n") {
    now = std::chrono::floor<Seconds>(std::chrono::system_clock::now()) - minutes(200) - Seconds(30);
  }

  std::unique_ptr<StateStore> store() const {
    auto opened = open_sqlite_store(path / "state.sqlite", Access::read_write);
    REQUIRE(opened);
    return std::move(*opened);
  }
  void declare(const std::vector<TaskKey>& keys, bool active = true, std::optional<State> severity = {}) const {
    for (const TaskKey& key : keys) {
      TaskStatus python, other;
      python.key = other.key = key;
      other.key.task = "os-upgrade";
      python.type = "pydeps.check";
      other.type = "apt.upgrade";
      python.active = active;
      python.severity = severity;
      REQUIRE(store()->save_task_statuses(key.server, {python, other}, now));
    }
  }
  Json checked(const std::vector<Json>& told, const std::vector<Json>& environments) const {
    const auto moment = std::chrono::duration_cast<Milliseconds>(now.time_since_epoch()).count() + 7000;
    return {{"checked", moment}, {"cut", false}, {"told", told}, {"environments", environments}};
  }
  // A run of the task at `now`, of ten seconds, in which it saved the document.
  void save(const TaskKey& key, const Json& document, const std::vector<Finding>& findings = {}) {
    TaskCommit commit = commit_of(key, Outcome::ok, now);
    commit.result.findings = findings;
    commit.new_state = document.dump();
    REQUIRE(store()->commit_task(commit));
  }
  void fail(const TaskKey& key, Outcome outcome, Seconds later = Seconds(0)) {
    TaskCommit commit = commit_of(key, outcome, now + later);
    commit.result.summary = "no \x1b[31mroute";
    REQUIRE(store()->commit_task(commit));
  }

  std::string report(const std::string& arguments = "", bool json = false) {
    return run(add_pydeps_command, "pydeps report " + arguments, json);
  }
  Json report_json(const std::string& arguments = "") { return Json::parse(report(arguments, true)); }
  Json bom(const std::string& arguments = "") { return Json::parse(report("--format cyclonedx " + arguments)); }

 private:
  TaskCommit commit_of(const TaskKey& key, Outcome outcome, Time started) {
    Run run;
    run.id = "20261129T000000Z-" + std::to_string(1000 + ++runs_);
    run.started = started;
    REQUIRE(store()->begin_run(run));
    TaskCommit commit;
    commit.run_id = run.id;
    commit.result.server = key.server;
    commit.result.project = key.project;
    commit.result.task = key.task;
    commit.result.type = "pydeps.check";
    commit.result.outcome = outcome;
    commit.result.started = started;
    commit.result.finished = started + Seconds(10);
    return commit;
  }
  int runs_ = 0;
};

Json vulnerable(const std::string& environment = "/srv/shop/env") {
  return {{"state", 2}, {"code", "pydeps.vulnerable"}, {"subject", "django CVE-2026-7"},
          {"title", "Django 5.2.1: CVE-2026-7 (high, 7.5), fixed in 5.2.8: it leaks"},
          {"detail", "Also known as GHSA-aaaa-bbbb-cccc.\n"}, {"action", "Install Django 5.2.8 or later."},
          {"remind", 0}, {"source", "advisories"}, {"environment", environment}, {"package", "django"},
          {"advisories", {"CVE-2026-7", "GHSA-aaaa-bbbb-cccc"}}, {"version", "5.2.1"}, {"fixes", {"5.2.8", "6.0.1"}},
          {"severity", "high"}, {"score", 75}, {"vector", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"}};
}

Json outdated() {
  return {{"state", 1}, {"code", "pydeps.outdated"}, {"subject", "requests"},
          {"title", "requests 2.31.0 is outdated: 2.31.1 (bug fix)"}, {"detail", ""},
          {"action", "Upgrade to 2.31.1, or say under `ignore` why not."}, {"remind", 604800000}, {"source", "index"},
          {"environment", "/srv/shop/env"}, {"package", "requests"}, {"advisories", Json::array()}};
}

Json environment(const std::string& path = "/srv/shop/env") {
  return {{"path", path}, {"python", "3.11.2"},
          {"packages", {{"Django", "5.2.1", "index"}, {"requests", "2.31.0", "index"}, {"idna", "3.4", "index"},
                        {"zope.interface", "6.0", "archive"}, {"Shop_Own", "1.0+local", "editable"}}}};
}

}  // namespace

TEST_CASE("pydeps report: nothing is known yet, and it is said which nothing") {
  Fleet fleet;
  CHECK_THAT(fleet.report(), Contains("No task of the type pydeps.check is known here: `maintain run` learns them"));
  CHECK(fleet.exit_status == ExitStatus::well);
  CHECK(fleet.report_json() == Json{{"tasks", Json::array()}});
  CHECK_THROWS_WITH(fleet.report("--format cyclonedx"), Contains("no task of the type pydeps.check has run yet"));

  fleet.declare({shop});
  CHECK_THAT(fleet.report(), Contains("No task of the type pydeps.check has run yet; `maintain run --now") &&
                                 Contains("web1/shop/python: has not run yet") && !Contains("os-upgrade"));
  const Json task = fleet.report_json().at("tasks").at(0);
  CHECK(task["checked"].is_null());
  CHECK(task["age_seconds"].is_null());
  CHECK(task["unreadable"] == false);
  CHECK_THROWS_AS(fleet.report("--format cyclonedx"), Fatal);

  fleet.fail(shop, Outcome::unreachable);
  CHECK_THAT(fleet.report(), Contains("web1/shop/python: nothing is known yet") &&
                                 Contains("Its last run failed: ") && Contains("unreachable: no") && !Contains("\x1b"));
}

TEST_CASE("pydeps report: by environment, what was found and what mends it") {
  Fleet fleet;
  fleet.declare({shop, blog});
  const Finding absent{State::warning, "pydeps.environment", "/srv/old/env", "/srv/old/env does not exist", "",
                       "Correct `virtualenvs`."};
  const Finding repeated{State::critical, "pydeps.vulnerable", "django CVE-2026-7", "the same", "", ""};
  fleet.save(shop, fleet.checked({outdated(), vulnerable()}, {environment(), environment("/srv/api/env")}),
             {repeated, absent});
  fleet.save(blog, fleet.checked({}, {environment("/srv/blog/env")}));

  const std::string text = fleet.report();
  CHECK(fleet.exit_status == ExitStatus::well);
  CHECK_THAT(text, Contains("web1/shop/python: checked 20") && Contains("Z, 3h 20m ago\n"));
  CHECK_THAT(text, Contains("  /srv/shop/env, Python 3.11.2: 5 packages\n"
                            "    CRITICAL  Django 5.2.1: CVE-2026-7 (high, 7.5), fixed in 5.2.8: it leaks\n"
                            "      What to do: Install Django 5.2.8 or later.\n"
                            "    WARNING  requests 2.31.0 is outdated: 2.31.1 (bug fix)\n"
                            "      What to do: Upgrade to 2.31.1, or say under `ignore` why not.\n"
                            "    3 packages without findings, 1 of them from no index\n"));
  CHECK_THAT(text, Contains("  /srv/api/env, Python 3.11.2: 5 packages\n    5 packages without findings"));
  CHECK_THAT(text, Contains("  About the check itself:\n    WARNING  /srv/old/env does not exist\n"));
  CHECK_THAT(text, !Contains("the same") && Contains("\n\nweb2/packages: checked"));
  CHECK_THAT(fleet.report("web2"), Contains("web2/packages") && !Contains("web1/"));
}

TEST_CASE("pydeps report: JSON") {
  Fleet fleet;
  fleet.declare({shop});
  const Finding absent{State::warning, "pydeps.environment", "/srv/old/env", "/srv/old/env does not exist", "", ""};
  fleet.save(shop, fleet.checked({vulnerable(), outdated()}, {environment()}), {absent});
  for (const Json& document : {fleet.report_json(), Json::parse(fleet.report("--format json"))}) {
    REQUIRE(document.at("tasks").size() == 1);
    const Json& task = document["tasks"][0];
    CHECK(task["server"] == "web1");
    CHECK(task["project"] == "shop");
    CHECK(task["task"] == "python");
    CHECK(task["active"] == true);
    CHECK(task["checked"] == format_time(fleet.now + Seconds(7)));
    CHECK(task["age_seconds"] >= 200 * 60 + 23);
    CHECK(task["cut"] == false);
    CHECK(task["failed_since"].is_null());
    CHECK(task["findings"].size() == 1);
    CHECK(task["findings"][0]["code"] == "pydeps.environment");
    const Json& shown = task["environments"].at(0);
    CHECK(shown["path"] == "/srv/shop/env");
    CHECK(shown["python"] == "3.11.2");
    CHECK(shown["packages"].size() == 5);
    CHECK(shown["packages"][0] == Json{{"name", "Django"}, {"version", "5.2.1"}, {"origin", "index"}});
    REQUIRE(shown["findings"].size() == 2);
    const Json& first = shown["findings"][0];
    CHECK(first["state"] == "critical");
    CHECK(first["code"] == "pydeps.vulnerable");
    CHECK(first["subject"] == "django CVE-2026-7");
    CHECK(first["package"] == "django");
    CHECK(first["version"] == "5.2.1");
    CHECK(first["id"] == "CVE-2026-7");
    CHECK(first["advisories"] == Json{"CVE-2026-7", "GHSA-aaaa-bbbb-cccc"});
    CHECK(first["severity"] == "high");
    CHECK(first["score"] == 7.5);
    CHECK(first["fixes"] == Json{"5.2.8", "6.0.1"});
    CHECK(first["action"] == "Install Django 5.2.8 or later.");
    CHECK(!shown["findings"][1].contains("fixes"));
  }
}

TEST_CASE("pydeps report: what could not be read or renewed is told as what it is") {
  Fleet fleet;
  fleet.declare({shop});
  fleet.save(shop, fleet.checked({vulnerable("/srv/shut/env")}, {environment()}));
  fleet.fail(shop, Outcome::failed, hours(1));
  const std::string text = fleet.report();
  CHECK_THAT(text, Contains("  /srv/shut/env: could not be read; this was told before:\n    CRITICAL  Django") &&
                       Contains("  Its last run failed: " + format_time(fleet.now + hours(1)) +
                                ", failed: no"));
  const Json task = fleet.report_json()["tasks"][0];
  CHECK(task["failed_since"]["outcome"] == "failed");
  CHECK(task["failed_since"]["started"] == format_time(fleet.now + hours(1)));
  CHECK(task["environments"][0]["packages"].is_array());
  CHECK(task["environments"][1]["packages"].is_null());
  const Json bom = fleet.bom();
  CHECK(bom["compositions"] == Json::array({{{"aggregate", "incomplete"},
                                             {"assemblies", {"environment:web1/shop/python:/srv/shut/env"}}}}));
  CHECK(bom["components"][1]["components"] ==
        Json::array({{{"type", "library"}, {"bom-ref", "package:django@web1/shop/python:/srv/shut/env"},
                      {"name", "django"}, {"version", "5.2.1"}}}));

  SECTION("a success after that is the news") {
    fleet.now += hours(2);
    fleet.save(shop, fleet.checked({}, {environment()}));
    CHECK_THAT(fleet.report(), !Contains("failed") && !Contains("/srv/shut/env"));
  }
}

TEST_CASE("pydeps report: there was more than could be kept") {
  Fleet fleet;
  fleet.declare({shop});
  Json document = fleet.checked({vulnerable("/srv/large/env")}, {environment()});
  document["cut"] = true;
  fleet.save(shop, document);
  CHECK_THAT(fleet.report(), Contains("There is more than can be kept") &&
                                 Contains("/srv/large/env: its packages were not kept") &&
                                 Contains("5 packages without findings among those that were kept"));
  CHECK(fleet.report_json()["tasks"][0]["cut"] == true);
  CHECK(fleet.bom()["compositions"][0]["assemblies"] ==
        Json{"server:web1", "environment:web1/shop/python:/srv/large/env"});
}

TEST_CASE("pydeps report: nothing of a server acts on the terminal, whatever the document is") {
  Fleet fleet;
  fleet.declare({shop});
  const std::string evil = "\x1b]0;owned\x07\x1b[2J\xe2\x80\xae\r\n";
  Json told = vulnerable("/srv/" + evil);
  for (const char* name : {"title", "detail", "action", "subject", "version", "severity", "vector"})
    told[name] = evil + "x";
  told["advisories"] = {evil + "y", 3};
  told["fixes"] = {evil};
  Json shown = environment("/srv/" + evil);
  shown["python"] = evil;
  shown["packages"].push_back({"nice", evil, evil});
  shown["packages"].push_back({evil, "1.0", "index"});
  const Finding finding{State::warning, "pydeps.environment", evil, "title " + evil, evil, evil};
  fleet.save(shop, fleet.checked({told}, {shown}), {finding});
  for (const char* format : {"text", "json", "cyclonedx"}) {
    const std::string text = fleet.report(std::string("--format ") + format);
    CAPTURE(format);
    CHECK_THAT(text, !Contains("\x1b") && !Contains("\x07") && !Contains("\r") && !Contains("\xe2\x80\xae") &&
                         !Contains("\\u001b") && !Contains("\\u0007") && !Contains("\\r"));
  }
}

TEST_CASE("pydeps report: a document of another shape costs what is not understood") {
  Fleet fleet;
  fleet.declare({shop});
  for (const Json& document : {Json("text"), Json(nullptr), Json::array(), Json::object(), Json{{"checked", "now"}},
                               Json{{"checked", -5}}, Json{{"checked", 9e99}},
                               Json{{"checked", std::numeric_limits<std::int64_t>::max()}}}) {
    CAPTURE(document.dump());
    fleet.save(shop, document);
    CHECK_THAT(fleet.report(), Contains("web1/shop/python: what it saved cannot be read"));
    CHECK(fleet.report_json()["tasks"][0]["unreadable"] == true);
    CHECK_THROWS_AS(fleet.report("--format cyclonedx"), Fatal);
  }
  Json document = fleet.checked({3, Json::object(), {{"code", 1}}, outdated()},
                                {"text", {{"path", 5}}, environment(), {{"path", "/srv/b"}, {"packages", {{}, 3}}}});
  document["cut"] = "yes";
  document["told"].push_back({{"code", "pydeps.vulnerable"}, {"title", "django 1.0: ?"}, {"environment", "/srv/b"},
                              {"package", "django"}, {"advisories", "x"}, {"score", 1000}, {"fixes", {1, 2}}});
  document["told"].push_back({{"code", "pydeps.more"}, {"title", "of no environment"}, {"state", 7}});
  fleet.save(shop, document);
  const Json task = fleet.report_json()["tasks"][0];
  CHECK(task["environments"].size() == 2);
  CHECK(task["environments"][1]["packages"] == Json::array());
  CHECK(task["environments"][1]["findings"][0]["severity"] == "unknown");
  CHECK(task["environments"][1]["findings"][0]["score"].is_null());
  CHECK(task["findings"][0]["state"] == "unknown");
  CHECK_THAT(fleet.report(), Contains("/srv/b: 0 packages\n    UNKNOWN  django 1.0: ?"));
  const Json one = fleet.bom()["vulnerabilities"].at(0);
  CHECK(!one.contains("id"));
  CHECK(one["ratings"] == Json::array({{{"severity", "unknown"}}}));
  CHECK(one["affects"] == Json::array({{{"ref", "package:django@web1/shop/python:/srv/b"}}}));
}

TEST_CASE("pydeps report: a project's severity holds, and a task that is switched off says so") {
  Fleet fleet;
  fleet.declare({shop}, false, State::warning);
  fleet.save(shop, fleet.checked({vulnerable()}, {environment()}));
  CHECK_THAT(fleet.report(), Contains("web1/shop/python (switched off or not allowed): checked") &&
                                 Contains("WARNING  Django") && !Contains("CRITICAL"));
  CHECK(fleet.report_json()["tasks"][0]["active"] == false);
}

TEST_CASE("pydeps report: CycloneDX of one server") {
  Fleet fleet;
  fleet.declare({shop});
  fleet.save(shop, fleet.checked({vulnerable(), outdated()}, {environment()}));
  const Json bom = fleet.bom("web1");
  CHECK(fleet.exit_status == ExitStatus::well);
  CHECK(bom["bomFormat"] == "CycloneDX");
  CHECK(bom["specVersion"] == "1.5");
  CHECK(bom["version"] == 1);
  CHECK(!bom.contains("serialNumber"));
  CHECK(!bom.contains("compositions"));
  CHECK(parse_time(bom["metadata"]["timestamp"]));
  CHECK(bom["metadata"]["tools"]["components"] == Json::array({{{"type", "application"}, {"name", "maintain"}}}));
  CHECK(bom["metadata"]["component"] == Json{{"type", "device"}, {"bom-ref", "server:web1"}, {"name", "web1"}});

  const std::string place = "web1/shop/python:/srv/shop/env";
  REQUIRE(bom["components"].size() == 1);
  const Json& shown = bom["components"][0];
  CHECK(shown["type"] == "platform");
  CHECK(shown["bom-ref"] == "environment:" + place);
  CHECK(shown["name"] == "/srv/shop/env");
  const std::string moment = format_time(fleet.now + Seconds(7));
  CHECK(shown["properties"] == Json::array({{{"name", "maintain:server"}, {"value", "web1"}},
                                            {{"name", "maintain:project"}, {"value", "shop"}},
                                            {{"name", "maintain:task"}, {"value", "python"}},
                                            {{"name", "maintain:checked"}, {"value", moment}},
                                            {{"name", "maintain:python"}, {"value", "3.11.2"}}}));
  REQUIRE(shown["components"].size() == 5);
  CHECK(shown["components"][0] == Json{{"type", "library"}, {"bom-ref", "package:django@" + place},
                                       {"name", "Django"}, {"version", "5.2.1"}, {"purl", "pkg:pypi/django@5.2.1"}});
  CHECK(shown["components"][3]["purl"] == "pkg:pypi/zope-interface@6.0");
  const Json& own = shown["components"][4];
  CHECK(own["name"] == "Shop_Own");
  CHECK(own["bom-ref"] == "package:shop-own@" + place);
  CHECK(!own.contains("purl"));
  CHECK(own["properties"] == Json::array({{{"name", "maintain:origin"}, {"value", "editable"}}}));
  CHECK(bom["dependencies"].size() == 2);
  CHECK(bom["dependencies"][1] == Json{{"ref", "server:web1"}, {"dependsOn", {"environment:" + place}}});
  CHECK(bom["dependencies"][0]["dependsOn"].size() == 5);

  REQUIRE(bom["vulnerabilities"].size() == 1);
  const Json& found = bom["vulnerabilities"][0];
  CHECK(found["id"] == "CVE-2026-7");
  CHECK(found["source"] == Json{{"name", "OSV"}, {"url", "https://osv.dev/vulnerability/CVE-2026-7"}});
  CHECK(found["references"] ==
        Json::array({{{"id", "GHSA-aaaa-bbbb-cccc"},
                      {"source", {{"name", "OSV"}, {"url", "https://osv.dev/vulnerability/GHSA-aaaa-bbbb-cccc"}}}}}));
  CHECK(found["ratings"] == Json::array({{{"score", 7.5}, {"severity", "high"}, {"method", "CVSSv31"},
                                          {"vector", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"}}}));
  CHECK(found["recommendation"] == "Install Django 5.2.8 or later.");
  CHECK_THAT(found["description"].get<std::string>(), Contains("fixed in 5.2.8"));
  CHECK(found["affects"] ==
        Json::array({{{"ref", "package:django@" + place},
                      {"versions", Json::array({{{"version", "5.2.1"}, {"status", "affected"}}})}}}));
}

TEST_CASE("pydeps report: CycloneDX of several servers, tasks and environments names each thing once") {
  Fleet fleet;
  fleet.declare({shop, blog});
  Json doubtful = vulnerable("/srv/api/env");
  doubtful["state"] = 3;
  doubtful["subject"] = "django CVE-2026-70 in /srv/api/env";
  doubtful["advisories"] = {"CVE-2026-7", "CVE-2026-70"};
  doubtful["severity"] = "malicious";
  doubtful["score"] = nullptr;
  doubtful["vector"] = "";
  fleet.save(shop, fleet.checked({vulnerable(), doubtful}, {environment(), environment("/srv/api/env")}));
  Json packages = environment("/srv/blog/env");
  packages["packages"].push_back({"epoch", "1!2.0+a.b", "index"});
  fleet.save(blog, fleet.checked({vulnerable("/srv/blog/env")}, {packages}));
  const Json bom = fleet.bom();
  const Json& all = bom["metadata"]["component"];
  CHECK(all["bom-ref"] == "servers");
  CHECK(all["components"] == Json::array({{{"type", "device"}, {"bom-ref", "server:web1"}, {"name", "web1"}},
                                          {{"type", "device"}, {"bom-ref", "server:web2"}, {"name", "web2"}}}));
  REQUIRE(bom["components"].size() == 3);
  CHECK(bom["components"][2]["bom-ref"] == "environment:web2/packages:/srv/blog/env");
  CHECK(bom["components"][2]["components"][5]["purl"] == "pkg:pypi/epoch@1%212.0%2Ba.b");
  REQUIRE(bom["vulnerabilities"].size() == 2);
  std::map<std::string, Json> found;
  for (const Json& one : bom["vulnerabilities"]) found[one["id"].get<std::string>()] = one;
  REQUIRE(found.size() == 2);
  CHECK(found.at("CVE-2026-7")["affects"].size() == 2);
  CHECK(found.at("CVE-2026-70")["ratings"] == Json::array({{{"severity", "critical"}}}));
  CHECK(found.at("CVE-2026-70")["affects"][0]["versions"][0]["status"] == "unknown");

  std::set<std::string> references;
  std::size_t count = 3;
  for (const char* one : {"servers", "server:web1", "server:web2"}) references.insert(one);
  for (const Json& environment : bom["components"]) {
    references.insert(environment["bom-ref"].get<std::string>());
    for (const Json& package : environment["components"]) references.insert(package["bom-ref"].get<std::string>());
    count += 1 + environment["components"].size();
  }
  CHECK(references.size() == count);
  for (const Json& dependency : bom["dependencies"]) {
    CHECK(references.contains(dependency["ref"].get<std::string>()));
    for (const Json& needed : dependency["dependsOn"]) CHECK(references.contains(needed.get<std::string>()));
  }

  SECTION("a server whose task has not run is there, and incomplete") {
    REQUIRE(fleet.store()->save_task_state(blog, "{}"));
    const Json partial = fleet.bom();
    CHECK(partial["components"].size() == 2);
    CHECK(partial["compositions"][0]["assemblies"] == Json{"server:web2"});
  }
}

TEST_CASE("pydeps report: slips are told as such") {
  Fleet fleet;
  fleet.declare({shop});
  CHECK_THROWS_WITH(fleet.report("wbe1"), Contains("no server 'wbe1'") && Contains("did you mean 'web1'?"));
  CHECK_THROWS_WITH(fleet.report("--format cyclondx"),
                    Contains("no format 'cyclondx'") && Contains("did you mean 'cyclonedx'?"));
  CHECK_THROWS_WITH(fleet.report("--format pdf"), Contains("--format takes text, json, cyclonedx"));
  CHECK_THROWS_WITH(fleet.report("--format text", true), Contains("contradict"));
  try {
    fleet.report("--format pdf");
  } catch (const Fatal& fatal) {
    CHECK(fatal.exit_code() == static_cast<int>(ExitStatus::usage));
  }
  try {
    fleet.report("--format cyclonedx");
  } catch (const Fatal& fatal) {
    CHECK(fatal.exit_code() == static_cast<int>(ExitStatus::findings));
  }
}
