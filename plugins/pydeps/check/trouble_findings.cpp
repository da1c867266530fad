// Findings about what could not be looked at, asked or ignored, rather than about a package.
#include <algorithm>

#include "common/duration.hpp"
#include "common/sections.hpp"
#include "pydeps/check/findings.hpp"

namespace maintain::pydeps {
namespace {

using sdk::State;

constexpr std::size_t most_lines = 50;
constexpr sdk::Milliseconds worth_a_mail = std::chrono::hours(48);  // an index that is down for an hour is not

std::string absence_text(Absence why) {
  switch (why) {
    case Absence::missing: return "does not exist";
    case Absence::denied: return "may not be looked at by this user";
    case Absence::partly_denied: return "matches in places that this user may not look at";
    case Absence::unmatched: return "matches no virtual environment";
    case Absence::no_environment:
      return "is no virtual environment: it has neither pyvenv.cfg nor lib/python*/site-packages";
    case Absence::relative: return "is no absolute path";
    case Absence::odd_name: return "has control characters in its name";
  }
  return "cannot be read";
}

// "a, b and 3 more"
std::string some(const std::map<std::string, std::string, std::less<>>& names) {
  std::string text;
  std::size_t count = 0;
  for (const auto& [name, why] : names) {
    if (count == 5) break;
    text += (count++ == 0 ? "" : ", ") + name;
  }
  return names.size() > count ? text + " and " + std::to_string(names.size() - count) + " more" : text;
}

std::string reasons(const std::map<std::string, std::string, std::less<>>& names) {
  std::string text;
  std::size_t lines = 0;
  for (const auto& [name, why] : names)
    if (lines++ < most_lines) text += name + ": " + why + "\n";
  return text;
}

// What is missing is another finding than what is old: it is news for who was told of the age.
void add_stale(std::vector<Finding>& findings, const std::string& subject, const std::string& what, const Stale& stale,
               const std::map<std::string, std::string, std::less<>>& missing) {
  if (!missing.empty()) {
    Finding finding{.state = State::unknown, .code = "pydeps.stale_data", .subject = subject,
                    .title = "not known: " + what + " of " + some(missing) + ": " + missing.begin()->second,
                    .detail = reasons(missing),
                    .action = "What was told of them before stays. If it lasts, look at what is said here, and at the "
                              "way from the maintenance server to there (proxy, firewall, `http` in maintain.yml)."};
    if (stale.answers > 0)
      finding.detail += "Of others, " + counted(stale.answers, "answer") + " from the cache, up to " +
                        plugins::age_text(stale.age) + " old.\n";
    findings.push_back(std::move(finding));
  } else if (stale.answers > 0) {
    findings.push_back({.state = stale.age >= worth_a_mail ? State::warning : State::ok, .code = "pydeps.stale_data",
                        .subject = subject + " age",
                        .title = what + " are up to " + plugins::age_text(stale.age) +
                                 " old, for who knows them cannot be asked",
                        .detail = counted(stale.answers, "answer") + " from the cache.",
                        .action = "Look at the way from the maintenance server to there."});
  }
}

void add_database(std::vector<Finding>& findings, const Knowledge& knowledge, const Options& options) {
  std::string first = knowledge.database_problem;
  std::string detail;
  for (const DatabaseProblem& problem : knowledge.database.problems) {
    const std::string line = (problem.line > 0 ? "line " + std::to_string(problem.line) + ": " : "") + problem.message;
    if (first.empty()) first = line;
    detail += line + "\n";
  }
  if (first.empty()) return;
  if (knowledge.database.more_problems > 0) detail += std::to_string(knowledge.database.more_problems) + " more.\n";
  const bool is_lacking = knowledge.lacks_database();
  findings.push_back({.state = State::warning, .code = "pydeps.stale_data", .subject = "database",
                      .title = (is_lacking ? "the package release database cannot be had: "
                                           : "the package release database has mistakes: ") + first,
                      .detail = "It is " + options.database_url + options.database_file + ".\n" + detail,
                      .action = is_lacking ? "Mend it; until then nothing new is told of newer releases, and what was "
                                             "told stays."
                                           : "Mend them; what is right counts."});
}

std::string entry_text(const IgnoreEntry& entry) {
  std::string text = entry.package;
  if (!entry.version.empty()) text += " " + entry.version;
  if (!entry.advisory.empty()) text += " " + entry.advisory;
  return text;
}

}  // namespace

std::optional<Finding> doubt_finding(const Environment& environment) {
  if (environment.problems.empty()) return std::nullopt;
  const auto is_serious = [](const Problem& problem) {
    return problem.doubt == Doubt::duplicate || problem.doubt == Doubt::unreadable ||
           problem.doubt == Doubt::incomplete;
  };
  const bool serious = std::any_of(environment.problems.begin(), environment.problems.end(), is_serious);
  Finding finding{.state = serious ? State::warning : State::ok, .code = "pydeps.environment",
                  .subject = subject_of("packages", environment.path), .title = {}};
  finding.title = "what " + environment.path + " holds is not known for sure: " + environment.problems.front().text;
  if (environment.problems.size() > 1)
    finding.title += " (and " + std::to_string(environment.problems.size() - 1) + " more)";
  for (std::size_t i = 0; i < environment.problems.size() && i < most_lines; ++i)
    finding.detail += environment.problems[i].text + "\n";
  finding.action = "Make the environment anew, or mend what is listed.";
  finding.remind = std::chrono::hours(24 * 7);
  return finding;
}

std::vector<Finding> absence_findings(const Gathered& gathered) {
  std::vector<Finding> findings;
  const auto add = [&](State state, const std::string& subject, std::string title, std::string action) {
    if (findings.size() < 2 * most_lines)
      findings.push_back({.state = state, .code = "pydeps.environment", .subject = subject_of(subject, ""),
                          .title = std::move(title), .action = std::move(action)});
  };
  for (const Absent& absent : gathered.inventory.absent)
    add(State::warning, absent.path, absent.path + " " + absence_text(absent.why),
        absent.why == Absence::denied || absent.why == Absence::partly_denied
            ? "Name a `user` who may, or let the login user read it."
            : "Correct `virtualenvs`.");
  for (const Hidden& hidden : gathered.inventory.hidden)
    add(State::warning, hidden.path, hidden.path + ", which " + hidden.by + " uses, may not be looked at",
        "Let `user` be root.");
  for (const Unread& unread : gathered.unread)
    add(State::unknown, unread.subject,
        (unread.subject.empty() ? "what is installed" : unread.subject) + " is not known: " + unread.why,
        "Try it on the server as the user that reads it.");
  if (gathered.inventory.left_out > 0)
    add(State::warning, "left out", counted(gathered.inventory.left_out, "environment") + " more than are looked at",
        "Name them in several tasks.");
  return findings;
}

std::vector<Finding> stale_findings(const Knowledge& knowledge, const Options& options) {
  std::vector<Finding> findings;
  add_stale(findings, "index", "the releases on " + options.index, knowledge.stale_index, knowledge.unanswered);
  add_stale(findings, "advisories", "the advisories", knowledge.stale_advisories, knowledge.unchecked);
  add_stale(findings, "database", "the entries of the package release database", knowledge.stale_database, {});
  if (!knowledge.not_asked.empty())
    findings.push_back({.state = State::warning, .code = "pydeps.more", .subject = "packages",
                        .title = counted(knowledge.not_asked.size(), "package") + " more than can be asked about, " +
                                 "such as " + *knowledge.not_asked.begin(),
                        .detail = "Not all is known of them. What was told of them before is told again.",
                        .action = "Divide the environments among several tasks."});
  if (!knowledge.broken_records.empty()) {
    std::string lines;
    for (const std::string& record : knowledge.broken_records) lines += record + "\n";
    findings.push_back({.state = State::ok, .code = "pydeps.stale_data", .subject = "records",
                        .title = "some records of the export cannot be read: " + knowledge.broken_records.front(),
                        .detail = lines});
  }
  add_database(findings, knowledge, options);
  const std::string table = options.end_of_life_url + options.end_of_life_file;
  if (knowledge.lacks_end_of_life())
    findings.push_back({.state = State::warning, .code = "pydeps.stale_data", .subject = "end of life",
                        .title = "the table of when Python and Django end cannot be had: " +
                                 knowledge.end_of_life_problem,
                        .detail = "It is " + table + ".\n",
                        .action = "Mend it; until then nothing new is told of ends and of Django's releases, and what "
                                  "was told stays."});
  if (knowledge.end_of_life_is_old)
    findings.push_back({.state = State::warning, .code = "pydeps.stale_data", .subject = "end of life age",
                        .title = "the table of when Python and Django end is older than the one that is built in, of " +
                                 date_text(knowledge.end_of_life.as_of) + ", which counts",
                        .detail = "It is " + table + ".\n", .action = "Renew it, or leave `end_of_life` out.",
                        .remind = std::chrono::hours(24 * 7)});
  return findings;
}

std::vector<Finding> ignore_findings(const std::vector<Ignores::Outcome>& outcomes) {
  std::vector<Finding> findings;
  for (const auto& [entry, state] : outcomes) {
    if (state == IgnoreState::used) continue;
    Finding finding{.state = State::warning, .code = {}, .subject = subject_of(entry_text(*entry), ""), .title = {},
                    .detail = "Its reason: " + plugins::printable(entry->reason), .remind = std::chrono::hours(24 * 7)};
    const std::string name = "`ignore` of " + entry_text(*entry);
    switch (state) {
      case IgnoreState::expired:
        finding.code = "pydeps.ignore_expired";
        finding.title = name + " has expired and counts no more";
        finding.action = "Remove it, or give it another day.";
        break;
      case IgnoreState::fix_released:
        finding.code = "pydeps.ignore_expired";
        finding.title = name + " counts no more: there is a release that fixes it";
        finding.action = "Upgrade, and remove the entry.";
        break;
      case IgnoreState::unused:
      case IgnoreState::used:
        finding.code = "pydeps.ignore_unused";
        finding.title = name + " hides nothing";
        finding.action = "Remove it.";
        break;
    }
    findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace maintain::pydeps
