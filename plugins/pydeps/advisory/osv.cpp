#include "pydeps/advisory/osv.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "pydeps/base/package_name.hpp"
#include "pydeps/base/timestamp.hpp"

namespace maintain::pydeps {
namespace {

constexpr std::size_t most_affected = 1000;
constexpr std::size_t most_ranges = 100;
constexpr std::size_t most_events = 1000;
constexpr std::size_t most_versions = 20'000;
constexpr std::size_t most_ids = 1000;
constexpr std::size_t most_severities = 20;
constexpr std::size_t longest_version = 256;
constexpr std::size_t longest_summary = 512;
constexpr std::size_t longest_details = 4096;

// A member that should be an array; nullptr with a doubt when it is something else.
const Json* expected_array(const Json& object, const char* name, std::vector<std::string>& doubts) {
  const Json* found = member(object, name);
  if (found == nullptr || found->is_null()) return nullptr;
  if (found->is_array()) return found;
  doubts.push_back(std::string("its `") + name + "` is no list");
  return nullptr;
}

std::vector<std::string> ids_of(const Json& record, const char* name) {
  std::vector<std::string> ids;
  const Json* list = array_member(record, name);
  if (list == nullptr) return ids;
  for (const Json& entry : *list) {
    if (ids.size() == most_ids) break;
    if (entry.is_string() && is_advisory_id(entry.get_ref<const std::string&>())) ids.push_back(entry);
  }
  return ids;
}

std::vector<Severity> severities_of(const Json& object) {
  std::vector<Severity> severities;
  const Json* list = array_member(object, "severity");
  if (list == nullptr) return severities;
  for (const Json& entry : *list) {
    if (severities.size() == most_severities) break;
    Severity severity{.type = text_member(entry, "type"), .score = text_member(entry, "score")};
    if (severity.score.size() <= 512 && !severity.score.empty()) severities.push_back(std::move(severity));
  }
  return severities;
}

std::string severity_word_of(const Json& object) {
  const Json* specific = member(object, "database_specific");
  std::string word = specific == nullptr ? std::string() : text_member(*specific, "severity");
  return word.size() <= 32 ? word : std::string();
}

// An event names one version. Records from before 1.0 had `introduced` and `fixed` in one, and a broken export has had
// events that are empty (PYSEC-2026-89): the first become two, of the others is told.
void add_events(const Json& entry, VersionRange& range, std::vector<std::string>& doubts) {
  static constexpr std::array<std::pair<const char*, RangeEvent::Kind>, 4> kinds{
      {{"introduced", RangeEvent::Kind::introduced},
       {"fixed", RangeEvent::Kind::fixed},
       {"last_affected", RangeEvent::Kind::last_affected},
       {"limit", RangeEvent::Kind::limit}}};
  bool any = false;
  for (const auto& [name, kind] : kinds) {
    std::string version = text_member(entry, name);
    if (version.empty() || version.size() > longest_version) continue;
    range.events.push_back({kind, std::move(version)});
    any = true;
  }
  if (!any) doubts.emplace_back("an event of a range names no version");
}

void add_range(const Json& entry, AffectedPackage& package) {
  const std::string type = text_member(entry, "type");
  if (type == "GIT") return;  // says which commits; which versions these are in, the rest of the record says
  if (type != "ECOSYSTEM" && type != "SEMVER") {
    package.doubts.push_back("a range is of the unknown type \"" + shown_text(type, 40) + "\"");
    return;
  }
  VersionRange range;
  const Json* events = expected_array(entry, "events", package.doubts);
  if (events != nullptr) {
    for (const Json& event : *events) {
      if (range.events.size() >= most_events) {
        package.doubts.emplace_back("a range has too many events");
        break;
      }
      add_events(event, range, package.doubts);
    }
  }
  package.ranges.push_back(std::move(range));
}

AffectedPackage affected_package(const Json& entry, std::string name) {
  AffectedPackage package{.name = std::move(name)};
  if (const Json* ranges = expected_array(entry, "ranges", package.doubts); ranges != nullptr) {
    for (const Json& range : *ranges) {
      if (package.ranges.size() == most_ranges) {
        package.doubts.emplace_back("it has too many ranges");
        break;
      }
      add_range(range, package);
    }
  }
  if (const Json* versions = expected_array(entry, "versions", package.doubts); versions != nullptr) {
    for (const Json& version : *versions) {
      if (package.versions.size() == most_versions) {
        package.doubts.emplace_back("it lists too many versions");
        break;
      }
      if (version.is_string() && version.get_ref<const std::string&>().size() <= longest_version) {
        package.versions.push_back(version);
      }
    }
  }
  package.severities = severities_of(entry);
  package.severity_word = severity_word_of(entry);
  return package;
}

}  // namespace

bool is_advisory_id(std::string_view id) {
  const auto letter_or_digit = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  if (id.empty() || id.size() > 128 || !letter_or_digit(id[0])) return false;
  return std::all_of(id.begin(), id.end(), [&](char c) {
    return letter_or_digit(c) || std::string_view(".:_-+").find(c) != std::string_view::npos;
  });
}

ParsedAdvisory parse_advisory(std::string_view text) {
  const ParsedJson parsed = parse_json(text, {.bytes = most_advisory_bytes, .depth = 64, .values = 500'000});
  if (!parsed.value) return {.problem = parsed.problem};
  return advisory_from_json(*parsed.value);
}

ParsedAdvisory advisory_from_json(const Json& record) {
  if (!record.is_object()) return {.problem = "it is no JSON object"};
  Advisory advisory{.id = text_member(record, "id")};
  if (!is_advisory_id(advisory.id)) return {.problem = "its `id` is missing or none"};
  advisory.aliases = ids_of(record, "aliases");
  advisory.modified = parse_timestamp(text_member(record, "modified"));
  advisory.withdrawn = !text_member(record, "withdrawn").empty();
  advisory.summary = shown_text(text_member(record, "summary"), longest_summary);
  advisory.details = shown_text(text_member(record, "details"), longest_details);
  advisory.severities = severities_of(record);
  advisory.severity_word = severity_word_of(record);

  const Json* affected = member(record, "affected");
  if (affected == nullptr || affected->is_null()) return {.advisory = std::move(advisory)};
  if (!affected->is_array()) return {.problem = "its `affected` is no list"};
  if (affected->size() > most_affected) return {.problem = "it lists too many packages"};
  for (const Json& entry : *affected) {
    const Json* package = member(entry, "package");
    if (package == nullptr || text_member(*package, "ecosystem") != "PyPI") continue;
    const std::string name = text_member(*package, "name");
    if (is_package_name(name)) advisory.affected.push_back(affected_package(entry, normalized_name(name)));
  }
  return {.advisory = std::move(advisory)};
}

}  // namespace maintain::pydeps
