#include "pydeps/advisory/merge.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <numeric>
#include <set>
#include <utility>

#include "pydeps/base/package_name.hpp"

namespace maintain::pydeps {
namespace {

constexpr std::size_t most_doubts = 20;

int rank(std::string_view id) {
  if (id.starts_with("CVE-")) return 0;
  if (id.starts_with("GHSA-")) return 1;
  if (id.starts_with("PYSEC-")) return 2;
  return 3;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The run of digits, or the one other character, at the start of text, which loses it. Leading zeros do not count.
std::string_view take_piece(std::string_view& text) {
  std::size_t length = 1;
  if (is_digit(text[0])) {
    while (length < text.size() && is_digit(text[length])) ++length;
  }
  std::string_view piece = text.substr(0, length);
  text.remove_prefix(length);
  while (piece.size() > 1 && piece[0] == '0') piece.remove_prefix(1);
  return piece;
}

int compare_naturally(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    const std::string_view left = take_piece(a);
    const std::string_view right = take_piece(b);
    if (is_digit(left[0]) && is_digit(right[0]) && left.size() != right.size()) {
      return left.size() < right.size() ? -1 : 1;
    }
    if (const int order = left.compare(right); order != 0) return order;
  }
  return a.empty() && b.empty() ? 0 : a.empty() ? -1 : 1;
}

struct Judged {
  const Advisory* advisory;
  Evaluation evaluation;
};

// Those that speak of the package, each id once, without the withdrawn ones. In the order of their ids.
std::vector<Judged> judge(std::string_view name, std::string_view version, const std::vector<Advisory>& advisories,
                          const VersionOrder& order) {
  std::map<std::string_view, const Advisory*> newest;
  for (const Advisory& advisory : advisories) {
    const auto concerns = [&](const AffectedPackage& affected) { return affected.name == name; };
    if (std::none_of(advisory.affected.begin(), advisory.affected.end(), concerns)) continue;
    const auto [found, added] = newest.emplace(advisory.id, &advisory);
    if (!added && advisory.modified > found->second->modified) found->second = &advisory;
  }
  std::vector<Judged> judged;
  for (const auto& [id, advisory] : newest) {
    if (!advisory->withdrawn) judged.push_back({advisory, evaluate(*advisory, name, version, order)});
  }
  std::stable_sort(judged.begin(), judged.end(),
                   [](const Judged& a, const Judged& b) { return id_before(a.advisory->id, b.advisory->id); });
  return judged;
}

// Which vulnerability each belongs to: the index of one of its records.
std::vector<std::size_t> components(const std::vector<Judged>& judged) {
  std::vector<std::size_t> parent(judged.size());
  std::iota(parent.begin(), parent.end(), std::size_t{0});
  const auto root = [&](std::size_t at) {
    while (parent[at] != at) at = parent[at] = parent[parent[at]];
    return at;
  };
  std::map<std::string_view, std::size_t> by_id;
  for (std::size_t i = 0; i < judged.size(); ++i) {
    const auto join = [&](std::string_view id) {
      const auto [found, added] = by_id.emplace(id, i);
      if (!added) parent[root(i)] = root(found->second);
    };
    join(judged[i].advisory->id);
    for (const std::string& alias : judged[i].advisory->aliases) join(alias);
  }
  for (std::size_t i = 0; i < judged.size(); ++i) parent[i] = root(i);
  return parent;
}

void add_doubt(Vulnerability& vulnerability, const std::string& id, const std::string& doubt) {
  if (vulnerability.doubts.size() < most_doubts) vulnerability.doubts.push_back(id + ": " + doubt);
}

std::string first_line(const std::string& text) { return text.substr(0, std::min(text.find('\n'), text.size())); }

void add_texts(Vulnerability& vulnerability, const std::vector<const Judged*>& members) {
  for (const Judged* member : members) {
    if (vulnerability.summary.empty()) vulnerability.summary = first_line(member->advisory->summary);
  }
  for (const Judged* member : members) {
    if (vulnerability.summary.empty()) vulnerability.summary = shown_text(first_line(member->advisory->details), 200);
  }
}

void add_ids(Vulnerability& vulnerability, const std::vector<const Judged*>& members) {
  std::set<std::string> ids;
  for (const Judged* member : members) {
    vulnerability.records.push_back(member->advisory->id);
    ids.insert(member->advisory->id);
    ids.insert(member->advisory->aliases.begin(), member->advisory->aliases.end());
  }
  vulnerability.ids.assign(ids.begin(), ids.end());
  std::sort(vulnerability.ids.begin(), vulnerability.ids.end(), id_before);
  vulnerability.id = vulnerability.ids.front();
  vulnerability.malicious = std::any_of(ids.begin(), ids.end(), [](const auto& id) { return id.starts_with("MAL-"); });
}

void add_severity(Vulnerability& vulnerability, const std::vector<const Judged*>& members, std::string_view name) {
  std::vector<std::pair<std::string, std::string>> doubts;
  for (const Judged* member : members) {
    RatedSeverity severity = severity_of(*member->advisory, name);
    if (!severity.doubt.empty()) doubts.emplace_back(member->advisory->id, severity.doubt);
    const bool higher = severity.rating > vulnerability.rating ||
                        (severity.rating == vulnerability.rating && severity.score > vulnerability.score);
    if (!higher) continue;
    vulnerability.rating = severity.rating;
    vulnerability.score = severity.score;
    vulnerability.vector = std::move(severity.vector);
  }
  if (vulnerability.rating != Rating::unknown) return;
  for (const auto& [id, doubt] : doubts) add_doubt(vulnerability, id, doubt);
}

void add_fixes(Vulnerability& vulnerability, const std::vector<const Judged*>& members, std::string_view name,
               std::string_view version, const VersionOrder& order) {
  constexpr std::size_t most_fixes = 50;
  std::vector<std::string> all;
  for (const Judged* member : members) {
    all.insert(all.end(), member->evaluation.fixes.begin(), member->evaluation.fixes.end());
  }
  all = ordered_fixes(std::move(all), version, order);
  if (all.size() > most_fixes) all.resize(most_fixes);
  for (const std::string& fix : all) {
    const auto still_affected = [&](const Judged* member) {
      return evaluate(*member->advisory, name, fix, order).verdict == Verdict::affected;
    };
    if (std::none_of(members.begin(), members.end(), still_affected)) vulnerability.fixes.push_back(fix);
  }
  if (all.empty() || !vulnerability.fixes.empty()) return;
  vulnerability.fixes = std::move(all);
  add_doubt(vulnerability, vulnerability.id, "its records disagree on which version fixes it");
}

Vulnerability merged(const std::vector<const Judged*>& members, std::string_view name, std::string_view version,
                     const VersionOrder& order) {
  Vulnerability vulnerability;
  add_ids(vulnerability, members);
  add_texts(vulnerability, members);
  for (const Judged* member : members) {
    vulnerability.verdict = std::max(vulnerability.verdict, member->evaluation.verdict);
    for (const std::string& doubt : member->evaluation.doubts) add_doubt(vulnerability, member->advisory->id, doubt);
    if (member->evaluation.verdict == Verdict::not_affected) {
      add_doubt(vulnerability, member->advisory->id, "says that this version is not affected");
    }
  }
  add_severity(vulnerability, members, name);
  add_fixes(vulnerability, members, name, version, order);
  return vulnerability;
}

}  // namespace

bool id_before(std::string_view a, std::string_view b) {
  if (rank(a) != rank(b)) return rank(a) < rank(b);
  if (const int order = compare_naturally(a, b); order != 0) return order < 0;
  return a < b;  // 01 and 1
}

std::vector<Vulnerability> vulnerabilities(std::string_view package, std::string_view version,
                                           const std::vector<Advisory>& advisories, const VersionOrder& order) {
  const std::string name = normalized_name(package);
  const std::vector<Judged> judged = judge(name, version, advisories, order);
  const std::vector<std::size_t> component = components(judged);
  std::map<std::size_t, std::vector<const Judged*>> members;
  for (std::size_t i = 0; i < judged.size(); ++i) members[component[i]].push_back(&judged[i]);
  std::vector<Vulnerability> found;
  for (const auto& [root, group] : members) {
    const auto unaffected = [](const Judged* member) { return member->evaluation.verdict == Verdict::not_affected; };
    if (!std::all_of(group.begin(), group.end(), unaffected)) found.push_back(merged(group, name, version, order));
  }
  std::sort(found.begin(), found.end(), [](const Vulnerability& a, const Vulnerability& b) {
    if (a.malicious != b.malicious) return a.malicious;
    return a.rating != b.rating ? a.rating > b.rating : id_before(a.id, b.id);
  });
  return found;
}

}  // namespace maintain::pydeps
