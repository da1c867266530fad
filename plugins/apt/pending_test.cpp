#include "apt/pending.hpp"

#include <algorithm>

#include "apt/findings.hpp"
#include "apt/test_support.hpp"

using namespace maintain::plugins;
using namespace maintain::plugins::apt;
using maintain::sdk::InvalidOption;
using maintain::sdk::Json;
using maintain::sdk::State;
using std::chrono::hours;
using Time = maintain::plugins::apt::Moment;

namespace {

const Time noon = *parse_day("2026-11-22") + hours(12);

PackageSurvey survey_of(const std::string& file) { return read_packages(parse_sections(recorded(file))); }

std::map<std::string, std::string> classes(const std::vector<PendingPackage>& pending) {
  std::map<std::string, std::string> kinds;
  for (const auto& package : pending) kinds[package.name] = to_string(package.kind);
  return kinds;
}

const maintain::sdk::Finding* with_code(const Findings& findings, const std::string& code) {
  const auto found = std::find_if(findings.begin(), findings.end(),
                                  [&](const auto& finding) { return finding.code == code; });
  return found == findings.end() ? nullptr : &*found;
}

PendingPackage waiting(const std::string& name, PendingClass kind, bool security, Time since) {
  return {.name = name, .installed = "1", .candidate = "2", .kind = kind, .security = security, .since = since};
}

}  // namespace

TEST_CASE("every kind of pending package, as recorded") {
  const auto survey = survey_of("packages_all_kinds.txt");
  CHECK(survey.problem.empty());
  CHECK(survey.held == std::set<std::string>{"demo-held"});
  const Options options = read_options(Json::parse(
      R"({"blocklist": [{"package": "demo-sl?w", "reason": "the shop needs it", "until": "2026-12-01"},
                        {"package": "demo-plain", "reason": "over", "until": "2026-11-22"}]})"));
  const auto pending = classify(survey, options, {{"demo-conffile", {"/etc/demo-conffile.conf"}}}, {}, noon);
  const std::map<std::string, std::string> expected{
      {"demo-conffile", "conffile_blocked"}, {"demo-failing-postinst", "other"}, {"demo-held", "held"},
      {"demo-newdep", "other"}, {"demo-phased", "phased"}, {"demo-plain", "other"}, {"demo-reboot", "other"},
      {"demo-security", "security"}, {"demo-service", "other"}, {"demo-slow", "blocked"},
      {"linux-image-demo", "other"}};
  CHECK(classes(pending) == expected);
  const auto pins = pins_for(pending, survey, options, noon);
  REQUIRE(pins.size() == 2);
  CHECK(pins[0].package == "demo-conffile");
  CHECK(pins[1].package == "demo-slow");
  CHECK(preferences_text({pins[1]}) == "Package: demo-slow\nPin: version 1.0\nPin-Priority: 32000\n\n");
  CHECK(blocklist_findings(options, noon).size() == 1);
}

TEST_CASE("security mode pins everything else") {
  const auto survey = survey_of("packages_all_kinds.txt");
  const Options options = read_options(Json{{"upgrade", "security"}});
  const auto pending = classify(survey, options, {}, {}, noon);
  const auto pins = pins_for(pending, survey, options, noon);
  CHECK(pins.size() == pending.size() - 1);
  for (const Pin& pin : pins) CHECK(pin.package != "demo-security");
}

TEST_CASE("security mode takes the fix, not the later version that hides it") {
  PackageSurvey survey;
  survey.simulate = survey.all = parse_simulation("Inst openssl [1] (3 Debian:12-updates/stable-updates [amd64])\n");
  survey.policies["openssl"] = {.installed = "1", .candidate = "3",
                                .versions = {{.version = "3"}, {.version = "2", .sources = {"http://x y-security/main amd64 Packages"}}}};
  const Options options = read_options(Json{{"upgrade", "security"}});
  const auto pending = classify(survey, options, {}, {}, noon);
  REQUIRE(pending.size() == 1);
  CHECK(pending[0].kind == PendingClass::security);
  const auto pins = pins_for(pending, survey, options, noon);
  REQUIRE(pins.size() == 1);
  CHECK(pins[0].version == "2");
  CHECK(pins_for(pending, survey, Options{}, noon).empty());
}

TEST_CASE("what the upgrade does not take is kept back") {
  PackageSurvey survey;
  survey.all = parse_simulation("Inst a [1] (2 Debian:12/stable [all])\nInst b [1] (2 Debian:12/stable [all])\n");
  survey.simulate = parse_simulation("Inst a [1] (2 Debian:12/stable [all])\n"
                                     "Inst new-kernel (5 Debian:12/stable [all])\n");
  auto pending = classify(survey, Options{}, {}, {}, noon);
  CHECK(classes(pending) == std::map<std::string, std::string>{{"a", "other"}, {"b", "kept_back"}});
  note_kept_back(pending, Simulation{}, UpgradeMode::security);
  CHECK(pending[0].kind == PendingClass::other);  // security mode leaves it on purpose
  note_kept_back(pending, Simulation{}, UpgradeMode::safe);
  CHECK(pending[0].kind == PendingClass::kept_back);
  // A blocked package is not installed anew either.
  const Options blocks = read_options(Json::parse(R"({"blocklist": [{"package": "new-*", "reason": "x"}]})"));
  const auto pins = pins_for(classify(survey, blocks, {}, {}, noon), survey, blocks, noon);
  REQUIRE(pins.size() == 1);
  CHECK(preferences_text(pins) == "Package: new-kernel\nPin: release *\nPin-Priority: -1\n\n");
}

TEST_CASE("an answer that is missing or failed is a problem, not an empty list") {
  CHECK(read_packages(parse_sections("")).problem.find("did not answer") != std::string::npos);
  CHECK(read_packages(parse_sections("@@maintain begin held\n\n@@maintain end 0\n@@maintain begin simulate\n"
                                     "Inst a [1] (2")).problem
            .find("cut off") != std::string::npos);
  CHECK(read_packages(parse_sections("@@maintain begin held\n\n@@maintain end 0\n@@maintain begin simulate\n"
                                     "E: The list of sources could not be read.\n@@maintain end 100\n")).problem ==
        "The list of sources could not be read.");
}

TEST_CASE("when apt cannot plan everything, what the upgrade leaves is known by name, and ages stay") {
  std::string text = recorded("packages_fine.txt");
  const std::size_t all = text.find("@@maintain begin all");
  const std::size_t end = text.find("@@maintain end", all);
  text.replace(all, end + 16 - all, "@@maintain begin all\nE: Unable to correct problems\n\n@@maintain end 100");
  const auto survey = read_packages(parse_sections(text));
  CHECK(survey.problem.empty());
  CHECK(survey.all_problem == "Unable to correct problems");
  const PendingSince before{{"demo-held", noon - hours(80)}, {"elsewhere", noon - hours(9)}};
  const auto pending = classify(survey, Options{}, {}, before, noon);
  CHECK(classes(pending).at("demo-held") == "held");
  CHECK(classes(pending).at("demo-phased") == "kept_back");  // nothing tells that it is phased
  CHECK(classes(pending).at("demo-plain") == "other");
  CHECK(with_code(pending_findings(pending, Options{}, noon), "apt.held")->detail == "demo-held, pending for 3 days\n");
  const auto since = memory(pending, survey, before);
  CHECK(since.at("demo-held") == noon - hours(80));
  CHECK(since.at("elsewhere") == noon - hours(9));
  REQUIRE(partly_unknown_findings(survey).size() == 1);
  CHECK(partly_unknown_findings(survey)[0].state == State::warning);
  CHECK(partly_unknown_findings(survey_of("packages_fine.txt")).empty());
}

TEST_CASE("what is kept back for a month is told; in security mode the rest waits on purpose") {
  const auto limits = [](const char* mode) { return read_options(Json{{"upgrade", mode}}).limits; };
  CHECK(limits("safe").at("kept_back").age == hours(24 * 30));
  CHECK(limits("safe").contains("other"));
  CHECK(limits("security").contains("kept_back"));
  CHECK_FALSE(limits("security").contains("other"));
}

TEST_CASE("changes that happen in spite of a pin") {
  const Simulation plan{.changes = {{.name = "stays", .from = "1", .to = "2"},
                                    {.name = "fix", .from = "1", .to = "1.1"},
                                    {.name = "new", .from = "", .to = "1"}, {.name = "gone", .from = "1", .to = ""}},
                        .kept_back = {}};
  const auto despite = changes_despite({{"stays", "1"}, {"fix", "1.1"}, {"new", ""}, {"gone", "1"}, {"other", "1"}},
                                       plan);
  REQUIRE(despite.size() == 3);
  CHECK(despite[0].name == "stays");
  CHECK(despite[1].name == "new");
  CHECK(despite[2].name == "gone");
  // Pins of 1000 and more are in use on servers.
  CHECK(preferences_text({{"stays", "1"}}) == "Package: stays\nPin: version 1\nPin-Priority: 32000\n\n");
}

TEST_CASE("age is remembered") {
  const auto survey = survey_of("packages_fine.txt");
  auto pending = classify(survey, Options{}, {}, {{"demo-security", noon - hours(80)}, {"gone", noon - hours(1)},
                                                  {"demo-plain", noon + hours(9)}}, noon);
  const auto since = memory(pending, survey, {{"gone", noon - hours(1)}});
  CHECK(since.at("demo-security") == noon - hours(80));
  CHECK(since.at("demo-plain") == noon);  // a clock that was set back
  CHECK_FALSE(since.contains("gone"));
  const auto findings = pending_findings(pending, Options{.limits = read_options(Json::object()).limits}, noon);
  REQUIRE(with_code(findings, "apt.security_pending") != nullptr);
  CHECK(with_code(findings, "apt.security_pending")->state == State::warning);
  CHECK(with_code(findings, "apt.security_pending")->detail ==
        "demo-security 1.0 -> 2.0, security, pending for 3 days\n");
  CHECK(with_code(findings, "apt.updates_pending")->state == State::ok);
  CHECK(with_code(findings, "apt.held")->state == State::ok);
}

TEST_CASE("limits") {
  const Options options = read_options(Json::parse(R"({"limits": {"security": {"age": "1d", "critical_age": "3d"},
      "other": {"count": 1}, "held": {"age": "60d"}}, "threshold": 2})"));
  const auto judge = [&](std::vector<PendingPackage> pending) { return pending_findings(pending, options, noon); };
  CHECK(judge({}).empty());
  CHECK(judge({waiting("a", PendingClass::security, true, noon - hours(23))})[0].state == State::ok);
  CHECK(judge({waiting("a", PendingClass::security, true, noon - hours(24))})[0].state == State::warning);
  CHECK(judge({waiting("a", PendingClass::security, true, noon - hours(72))})[0].state == State::critical);
  CHECK(judge({waiting("a", PendingClass::other, false, noon - hours(2000))})[0].state == State::ok);
  CHECK(judge({waiting("a", PendingClass::other, false, noon),
               waiting("b", PendingClass::other, false, noon)})[0].state ==
        State::warning);
  // A fix counts whatever keeps it away, except phasing.
  const auto held = judge({waiting("a", PendingClass::held, true, noon - hours(25)),
                           waiting("b", PendingClass::held, false, noon)});
  CHECK(held[0].state == State::warning);
  CHECK(held[0].title == "2 packages are on hold, 1 security fix");
  CHECK(judge({waiting("a", PendingClass::blocked, true, noon - hours(100))})[0].state == State::critical);
  CHECK(judge({waiting("a", PendingClass::held, false, noon - hours(100))})[0].state == State::ok);
  CHECK(judge({waiting("a", PendingClass::phased, true, noon - hours(100))})[0].state == State::ok);

  std::vector<PendingPackage> three{waiting("a", PendingClass::other, false, noon),
                                    waiting("b", PendingClass::security, true, noon),
                                    waiting("c", PendingClass::held, false, noon),
                                    waiting("d", PendingClass::phased, false, noon)};
  CHECK(threshold_findings(three, options).empty());
  three.push_back(waiting("e", PendingClass::kept_back, false, noon));
  REQUIRE(threshold_findings(three, options).size() == 1);
  CHECK(threshold_findings(three, options)[0].title == "3 updates are pending, more than the threshold of 2");
}

TEST_CASE("options") {
  CHECK(day_text(*parse_day("2028-02-29")) == "2028-02-29");
  for (const auto* wrong : {"2027-02-29", "2027-1-1", "27-01-01", "2027-13-01", "2027/01/01"})
    CHECK_FALSE(parse_day(wrong));
  CHECK(read_options(Json{{"min_free", "2G"}}).min_free_bytes == 2LL << 30);
  CHECK_THROWS_AS(read_options(Json{{"lock_wait", "soon"}}), InvalidOption);
  CHECK_THROWS_AS(read_options(Json::parse(R"({"blocklist": [{"package": "a", "reason": "b", "until": "2027-02-30"}]})")),
                  InvalidOption);
  CHECK_THROWS_AS(read_options(Json::parse(R"({"limits": {"other": {"age": "x"}}})")), InvalidOption);

  const Options rules = read_options(Json::parse(
      R"({"conffiles": "keep", "conffile_rules": [{"package": "nginx*", "policy": "new"}, {"package": "nginx-extras", "policy": "hold-back"}]})"));
  CHECK(conffile_policy(rules, "nginx") == ConffilePolicy::take_new);
  CHECK(conffile_policy(rules, "nginx-extras") == ConffilePolicy::hold_back);
  CHECK(conffile_policy(rules, "apache2") == ConffilePolicy::keep);
}

TEST_CASE("limits of classes that do not exist are refused") {
  CHECK_THROWS_AS(read_options(Json::parse(R"({"limits": {"secutiry": {"age": "1d"}}})")), InvalidOption);
}

TEST_CASE("the job's parameters") {
  const auto plain = upgrade_arguments({.mode = UpgradeMode::full});
  CHECK(plain == std::vector<std::string>{"old", "", "", "", "dist-upgrade"});
  const auto mixed = upgrade_arguments({.pins = {{"a", "1"}}, .other = {{"b", "2"}}});
  REQUIRE(mixed.size() == 6);
  CHECK(mixed[1] == "new");
  CHECK(mixed[2] == preferences_text({{"a", "1"}}));
  CHECK(mixed[3] == preferences_text({{"a", "1"}, {"b", "2"}}));
  CHECK(mixed[4] == "--with-new-pkgs");
}
