#include "pydeps/check/findings.hpp"

#include <algorithm>
#include <cstdio>

#include "pydeps/base/bounded_json.hpp"

namespace maintain::pydeps {
namespace {

using sdk::State;

constexpr std::size_t longest_subject = 180;  // the host cuts subjects at 200 bytes
constexpr std::size_t least_path = 50;        // of it, with the " in " before; an id may have 128

std::string named(const Place& place) {
  return place.package.name + " " + (place.package.version.empty() ? "(no version)" : place.package.version);
}

std::string where(const Place& place) { return "In " + place.path + ".\n"; }

std::string joined(const std::vector<std::string>& parts, std::string_view between = ", ", std::size_t most = 20) {
  std::string text;
  for (std::size_t i = 0; i < parts.size() && i < most; ++i) text += (i == 0 ? "" : std::string(between)) + parts[i];
  if (parts.size() > most) text += std::string(between) + std::to_string(parts.size() - most) + " more";
  return text;
}

// "high, 7.5", "severity unknown"
std::string rating_text(const Vulnerability& vulnerability) {
  if (vulnerability.malicious) return "malicious";
  if (vulnerability.rating == Rating::unknown) return "severity unknown";
  std::string text(rating_name(vulnerability.rating));
  if (vulnerability.score)
    text += ", " + std::to_string(*vulnerability.score / 10) + "." + std::to_string(*vulnerability.score % 10);
  return text;
}

State state_of(const Vulnerability& vulnerability) {
  if (vulnerability.verdict == Verdict::doubtful) return State::unknown;
  if (vulnerability.malicious || vulnerability.rating >= Rating::high) return State::critical;
  return State::warning;
}

std::string fix_text(const Vulnerability& vulnerability, const Remedies& remedies) {
  if (!remedies.fixes.empty()) return "fixed in " + remedies.fixes.front();
  if (!remedies.need_python.empty()) return "fixed in " + remedies.need_python.front() + ", which needs another Python";
  return vulnerability.fixes.empty() ? "no fix is known" : "no release on the index fixes it";
}

std::string vulnerability_action(const Place& place, const Vulnerability& vulnerability, const Remedies& remedies) {
  if (vulnerability.malicious)
    return "Remove " + place.package.name + ", and treat whatever it could read on the server as known to others.";
  if (!remedies.fixes.empty()) return "Install " + place.package.name + " " + remedies.fixes.front() + " or later.";
  if (!remedies.need_python.empty())
    return "Move the environment to a newer Python, and install " + place.package.name + " " +
           remedies.need_python.front() + " or later.";
  return "Find out whether the project can be attacked through it. If not, `ignore` it with the reason and "
         "`until: fixed`.";
}

// "4.2.8 (security), 4.2.9 (bug fix)", the newest last
std::string releases_text(const std::vector<Proposal>& releases, std::size_t most = 20) {
  std::vector<std::string> texts;
  const std::size_t first = releases.size() > most ? releases.size() - most : 0;
  if (first > 0) texts.push_back(std::to_string(first) + " others");
  for (std::size_t i = first; i < releases.size(); ++i)
    texts.push_back(releases[i].version.text() + " (" + std::string(kind_text(releases[i].kind)) + ")");
  return joined(texts, ", ", most + 1);
}

// Of at most so many bytes, between two characters.
std::string end_of(const std::string& text, std::size_t most) {
  if (text.size() <= most) return text;
  std::size_t begin = text.size() - most + 3;
  while (begin < text.size() && (static_cast<unsigned char>(text[begin]) & 0xC0U) == 0x80U) ++begin;
  return "..." + text.substr(begin);
}

std::string changelog(const PackageReleases* database) {
  return database == nullptr || database->changelog_url.empty() ? "" : "Changes: " + database->changelog_url + "\n";
}

}  // namespace

std::string counted(std::size_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

std::string subject_of(const std::string& what, const std::string& environment) {
  if (environment.empty()) return shown_text(what, longest_subject);
  const std::string start = shown_text(what, longest_subject - least_path) + " in ";
  return start + end_of(environment, longest_subject - start.size());
}

std::string vulnerability_subject(const std::string& package, const std::string& id, const std::string& environment) {
  const std::size_t room = longest_subject - (environment.empty() ? 0 : least_path) - 1;
  return subject_of(shown_text(package, room - std::min(id.size(), room)) + " " + id, environment);
}

Finding vulnerable_finding(const Place& place, const Vulnerability& vulnerability, const std::string& id,
                           const Remedies& remedies) {
  const bool sure = vulnerability.verdict == Verdict::affected;
  Finding finding{.state = state_of(vulnerability), .code = "pydeps.vulnerable",
                  .subject = vulnerability_subject(place.package.key, id, place.environment), .title = {}};
  finding.title = named(place) + (sure ? ": " : " may be affected: ") + id + " (" + rating_text(vulnerability) + "), " +
                  fix_text(vulnerability, remedies);
  if (!vulnerability.summary.empty()) finding.title += ": " + vulnerability.summary;
  finding.detail = where(place);
  std::vector<std::string> others;
  for (const std::string& other : vulnerability.ids)
    if (other != id) others.push_back(other);
  if (!others.empty()) finding.detail += "Also known as " + joined(others) + ".\n";
  if (!vulnerability.fixes.empty()) finding.detail += "Fixed in " + joined(vulnerability.fixes) + ".\n";
  if (!vulnerability.vector.empty()) finding.detail += vulnerability.vector + "\n";
  for (std::size_t i = 0; i < vulnerability.doubts.size() && i < 20; ++i)
    finding.detail += "In doubt: " + vulnerability.doubts[i] + "\n";
  finding.action = vulnerability_action(place, vulnerability, remedies);
  return finding;
}

Finding unread_advisory_finding(const Place& place, const UnreadAdvisory& advisory) {
  return {.state = State::unknown, .code = "pydeps.vulnerable",
          .subject = vulnerability_subject(place.package.key, advisory.id, place.environment),
          .title = named(place) + " is said to be affected by " + advisory.id + ", whose record cannot be read",
          .detail = where(place) + advisory.why,
          .action = "Look the advisory up, and upgrade or `ignore` it with the reason."};
}

Finding outdated_finding(const Place& place, const std::vector<Proposal>& releases,
                         const std::vector<Proposal>& need_python, const PackageReleases* database) {
  Finding finding{.state = State::warning, .code = "pydeps.outdated",
                  .subject = subject_of(place.package.key, place.environment), .title = {}};
  if (!releases.empty()) {
    finding.title = named(place) + " is outdated: " + releases_text(releases, 3);
    if (releases.size() > 3) finding.detail = "Newer: " + releases_text(releases) + "\n";
    finding.action = "Upgrade to " + releases.back().version.text() +
                     ", or `ignore` it `except: vulnerabilities` and say why.";
  } else {
    finding.title = named(place) + " is outdated, and newer releases need another Python: " +
                    releases_text(need_python, 3);
    finding.action = "Move the environment to a newer Python.";
  }
  if (!need_python.empty() && !releases.empty())
    finding.detail += "For another Python: " + releases_text(need_python) + "\n";
  finding.detail = where(place) + finding.detail + changelog(database);
  finding.remind = std::chrono::hours(24 * 7);
  return finding;
}

Finding security_release_finding(const Place& place, const std::vector<Proposal>& releases,
                                 const PackageReleases* database) {
  const std::string all = releases.size() > 3 ? "Lacking: " + releases_text(releases) + "\n" : "";
  return {.state = State::warning, .code = "pydeps.security_release",
          .subject = subject_of(place.package.key, place.environment),
          .title = named(place) + " lacks a security release: " + releases_text(releases, 3),
          .detail = where(place) + all + changelog(database),
          .action = "Upgrade to " + releases.front().version.text() + " or later."};
}

Finding yanked_finding(const Place& place, const Release& release) {
  return {.state = State::warning, .code = "pydeps.yanked",
          .subject = subject_of(place.package.key, place.environment),
          .title = named(place) + " was withdrawn from the index" +
                   (release.yank_reason.empty() ? "; nobody says why" : ": " + release.yank_reason),
          .detail = where(place), .action = "Install another release.", .remind = std::chrono::hours(24 * 7)};
}

Finding withdrawn_finding(const Place& place, const ProjectReleases& project) {
  const bool quarantined = project.status == ProjectStatus::quarantined;
  Finding finding{.state = quarantined ? State::critical : State::warning, .code = "pydeps.withdrawn_project",
                  .subject = subject_of(place.package.key, place.environment), .title = {}};
  const std::string reason = project.status_reason.empty() ? "" : ": " + project.status_reason;
  finding.title = place.package.name + (project.status == ProjectStatus::unfamiliar
                                            ? " has a status on the index that is not known here"
                                            : " is " + std::string(status_name(project.status)) + " on the index") +
                  reason;
  finding.detail = where(place);
  finding.action = quarantined ? "The index thinks it may harm who installs it: find out why, and remove it."
                               : "There may be no more fixes: look for a successor.";
  if (!quarantined) finding.remind = std::chrono::hours(24 * 7);
  return finding;
}

Finding unknown_package_finding(const Place& place, const std::string& index) {
  return {.state = State::warning, .code = "pydeps.unknown_package",
          .subject = subject_of(place.package.key, place.environment),
          .title = place.package.name + " is not on the index, so nobody knows whether it is outdated",
          .detail = where(place) + "Asked was " + index + ".",
          .action = "If it is your own, `ignore` it with that reason: its name is then asked for no more. Where the "
                    "name is free on a public index, anybody can take it.",
          .remind = std::chrono::hours(24 * 7)};
}

std::string date_text(std::chrono::sys_days day) {
  const std::chrono::year_month_day date(day);
  char text[16];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return text;
}

std::optional<Finding> end_of_life_finding(const std::string& product, const std::string& version,
                                           const EndOfLife& end, const std::string& path,
                                           const std::string& environment) {
  if (end.left > std::chrono::days(90)) return std::nullopt;
  std::string key = product;
  std::transform(key.begin(), key.end(), key.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  return Finding{.state = State::warning, .code = "pydeps.end_of_life", .subject = subject_of(key, environment),
                 .title = product + " " + version + (end.is_over ? " has had no security fixes of its authors since "
                                                                 : " gets security fixes of its authors only until ") +
                          date_text(end.last) + (end.or_earlier ? " or earlier" : ""),
                 .detail = "In " + path + ".\nAs was known on " + date_text(end.as_of) + ".\n",
                 .action = "Move to a later line than " + end.cycle + "; or, where the distribution looks after it, " +
                           "`ignore` it with that reason.",
                 .remind = std::chrono::hours(24 * 7)};
}

}  // namespace maintain::pydeps
