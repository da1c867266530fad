#include "pydeps/advisory/affects.hpp"

#include <algorithm>
#include <optional>

#include "pydeps/base/package_name.hpp"

namespace maintain::pydeps {
namespace {

using Kind = RangeEvent::Kind;

constexpr std::size_t most_doubts = 10;
constexpr std::size_t most_fixes = 2000;
constexpr std::size_t most_tried_fixes = 20;  // each is evaluated in its turn

void add_doubt(std::vector<std::string>& doubts, std::string doubt) {
  if (doubts.size() < most_doubts && std::find(doubts.begin(), doubts.end(), doubt) == doubts.end()) {
    doubts.push_back(std::move(doubt));
  }
}

std::string in_quotes(std::string_view version) { return "\"" + shown_text(version, 80) + "\""; }

const char* kind_name(Kind kind) {
  switch (kind) {
    case Kind::introduced: return "introduced";
    case Kind::fixed: return "fixed";
    case Kind::last_affected: return "last_affected";
    case Kind::limit: break;
  }
  return "limit";
}

bool is_version(std::string_view text, const VersionOrder& order) { return order(text, text).has_value(); }

// An event whose version has a place in the order. "0" is before every version, also before 0.dev0.
struct PlacedEvent {
  Kind kind;
  std::string_view version;
  bool first;  // "0"
};

bool before(const PlacedEvent& a, const PlacedEvent& b, const VersionOrder& order) {
  if (a.first != b.first) return a.first;
  if (!a.first) {
    if (const auto placed = order(a.version, b.version); placed != std::strong_ordering::equal) {
      return placed == std::strong_ordering::less;
    }
  }
  // Of equal versions the last affected one still is affected, whatever else there is of it; otherwise in the order of
  // the record, which tells a range that ends where it begins from one that begins anew where another ends.
  return a.kind != Kind::last_affected && b.kind == Kind::last_affected;
}

struct RangeAnswer {
  bool affected = false;
  std::vector<std::string> open = {};  // doubts that could make an affected version of one that is not
  std::vector<std::string> odd = {};   // doubts that could make a version that is not affected of one that is
};

// Whether the version stands at the event or behind it, so that the event is over for it. Events at "0" always are.
bool reached(const PlacedEvent& event, std::string_view version, const VersionOrder& order) {
  if (event.first) return true;
  const auto place = order(version, event.version);
  return event.kind == Kind::last_affected ? place == std::strong_ordering::greater
                                           : place != std::strong_ordering::less;
}

void walk(const std::vector<PlacedEvent>& events, std::string_view version, const VersionOrder& order,
          RangeAnswer& answer) {
  bool open = false;       // at the event that is looked at, by the events before it
  bool any_open = false;   // at any of these
  bool in_segment = true;  // whether the version is behind all events before this one
  for (const PlacedEvent& event : events) {
    const bool over = reached(event, version, order);
    const bool begins = event.kind == Kind::introduced;
    if (!begins && !open) {
      std::string doubt = std::string("`") + kind_name(event.kind) + "` " + in_quotes(event.version) +
                          " ends a range that nothing before it begins";
      if (in_segment && !over) add_doubt(answer.open, std::move(doubt));
      else if (over && !any_open) add_doubt(answer.odd, std::move(doubt));
    }
    if (over) answer.affected = begins;
    in_segment = in_segment && over;
    open = begins;
    any_open = any_open || begins;
  }
}

RangeAnswer evaluate_range(const VersionRange& range, std::string_view version, const VersionOrder& order) {
  RangeAnswer answer;
  std::vector<PlacedEvent> events;
  bool limited = false;
  bool before_limit = false;
  bool any_introduced = false;
  const bool known = is_version(version, order);
  for (const RangeEvent& event : range.events) {
    const bool first = event.kind == Kind::introduced && event.version == "0";
    any_introduced = any_introduced || event.kind == Kind::introduced;
    if (event.kind == Kind::limit && event.version == "*") {
      limited = before_limit = true;
    } else if (!first && (!known || !is_version(event.version, order))) {
      const std::string& strange = known ? event.version : std::string(version);
      std::string doubt = in_quotes(strange) + " is no version of PEP 440";
      if (event.kind == Kind::introduced) add_doubt(answer.open, std::move(doubt));
      else add_doubt(answer.odd, std::move(doubt));
      if (event.kind == Kind::limit) limited = before_limit = true;
    } else if (event.kind == Kind::limit) {
      limited = true;
      before_limit = before_limit || order(version, event.version) == std::strong_ordering::less;
    } else {
      events.push_back({event.kind, event.version, first});
    }
  }
  if (limited && !before_limit) return {};
  std::stable_sort(events.begin(), events.end(),
                   [&](const PlacedEvent& a, const PlacedEvent& b) { return before(a, b, order); });
  walk(events, version, order, answer);
  // Without any beginning and any end that has a place in the order, nothing is known of it.
  if (!any_introduced && events.empty()) add_doubt(answer.open, "a range has no beginning");
  return answer;
}

bool listed(const AffectedPackage& package, std::string_view version, const VersionOrder& order) {
  return std::any_of(package.versions.begin(), package.versions.end(), [&](const std::string& entry) {
    return entry == version || order(entry, version) == std::strong_ordering::equal;
  });
}

struct Answer {
  Verdict verdict = Verdict::not_affected;
  std::vector<std::string> doubts = {};
};

// The version is looked at without its local label ("+cu118"), as PEP 440 wants it of specifiers: what is built from an
// affected version is affected.
Answer answer_of(const Advisory& advisory, std::string_view name, std::string_view version, const VersionOrder& order) {
  const std::string_view released = version.substr(0, version.find('+'));
  bool affected = false;
  std::vector<std::string> open;
  std::vector<std::string> odd;
  for (const AffectedPackage& package : advisory.affected) {
    if (package.name != name) continue;
    const bool is_listed = listed(package, version, order) || (released != version && listed(package, released, order));
    affected = affected || is_listed;
    for (const VersionRange& range : package.ranges) {
      if (range.events.empty() && !package.versions.empty()) continue;  // the list answers, and `doubts` has the rest
      const RangeAnswer answer = evaluate_range(range, released, order);
      affected = affected || answer.affected;
      for (const std::string& doubt : answer.open) add_doubt(open, doubt);
      if (!answer.affected || is_listed) continue;
      for (const std::string& doubt : answer.odd) add_doubt(odd, doubt);
    }
    if (package.ranges.empty() && package.versions.empty()) {
      for (const std::string& doubt : package.doubts) add_doubt(open, doubt);
      if (package.doubts.empty()) add_doubt(open, "it does not say which versions are affected");
    } else {
      // What is broken beside parts that answer the question is told with a version that is affected, and does not
      // bring every other version of the package into doubt.
      for (const std::string& doubt : package.doubts) add_doubt(odd, doubt);
    }
  }
  if (affected) return {Verdict::affected, std::move(odd)};
  if (!open.empty()) return {Verdict::doubtful, std::move(open)};
  return {};
}

struct Series {
  std::string_view epoch, major, minor;
  bool operator==(const Series&) const = default;
};

std::string_view take_digits(std::string_view& text) {
  std::size_t count = 0;
  while (count < text.size() && text[count] >= '0' && text[count] <= '9') ++count;
  std::string_view digits = text.substr(0, count);
  text.remove_prefix(count);
  while (digits.size() > 1 && digits[0] == '0') digits.remove_prefix(1);
  return digits;
}

// Of a text that the order takes for a version: [v][EPOCH!]MAJOR[.MINOR]...
Series series_of(std::string_view text) {
  while (!text.empty() && std::string_view(" \t\r\n\f\vvV").find(text[0]) != std::string_view::npos) {
    text.remove_prefix(1);
  }
  Series series{"0", take_digits(text), "0"};
  if (text.starts_with("!")) {
    text.remove_prefix(1);
    series.epoch = series.major;
    series.major = take_digits(text);
  }
  if (text.starts_with(".")) {
    text.remove_prefix(1);
    if (const auto minor = take_digits(text); !minor.empty()) series.minor = minor;
  }
  return series;
}

int distance(const Series& a, const Series& b) {
  if (a == b) return 0;
  return a.epoch == b.epoch && a.major == b.major ? 1 : 2;
}

}  // namespace

Evaluation evaluate(const Advisory& advisory, std::string_view package, std::string_view version,
                    const VersionOrder& order) {
  const std::string name = normalized_name(package);
  Answer answer = answer_of(advisory, name, version, order);
  Evaluation evaluation{.verdict = answer.verdict, .doubts = std::move(answer.doubts)};
  if (evaluation.verdict == Verdict::not_affected) return evaluation;
  std::vector<std::string> fixes;
  for (const AffectedPackage& affected : advisory.affected) {
    if (affected.name != name) continue;
    for (const VersionRange& range : affected.ranges) {
      for (const RangeEvent& event : range.events) {
        if (event.kind == Kind::fixed && fixes.size() < most_fixes) fixes.push_back(event.version);
      }
    }
  }
  std::size_t tried = 0;
  for (std::string& fix : ordered_fixes(std::move(fixes), version, order)) {
    if (++tried > most_tried_fixes) break;
    if (answer_of(advisory, name, fix, order).verdict != Verdict::affected) evaluation.fixes.push_back(std::move(fix));
  }
  return evaluation;
}

std::vector<std::string> ordered_fixes(std::vector<std::string> fixes, std::string_view installed,
                                       const VersionOrder& order) {
  const bool known = is_version(installed, order);
  const auto unfit = [&](const std::string& fix) {
    return !is_version(fix, order) || (known && order(fix, installed) != std::strong_ordering::greater);
  };
  fixes.erase(std::remove_if(fixes.begin(), fixes.end(), unfit), fixes.end());
  std::stable_sort(fixes.begin(), fixes.end(), [&](const std::string& a, const std::string& b) {
    return order(a, b) == std::strong_ordering::less;
  });
  const auto same = [&](const std::string& a, const std::string& b) {
    return order(a, b) == std::strong_ordering::equal;
  };
  fixes.erase(std::unique(fixes.begin(), fixes.end(), same), fixes.end());
  const Series own = known ? series_of(installed) : Series{};
  std::stable_sort(fixes.begin(), fixes.end(), [&](const std::string& a, const std::string& b) {
    return distance(series_of(a), own) < distance(series_of(b), own);
  });
  return fixes;
}

}  // namespace maintain::pydeps
