#include "pydeps/check/memory.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "pydeps/base/bounded_json.hpp"
#include "pydeps/base/package_name.hpp"
#include "pydeps/check/findings.hpp"

namespace maintain::pydeps {
namespace {

constexpr std::size_t largest = 250UL << 10;
constexpr std::size_t longest_detail = 1000;
constexpr std::size_t longest_vector = 300;
constexpr std::size_t longest_short_title = 120;
constexpr std::size_t most_fixes = 10;
constexpr std::size_t most_ids = 20;
constexpr std::array<std::pair<Source, const char*>, 4> sources = {{{Source::environment, "environment"},
                                                                    {Source::index, "index"},
                                                                    {Source::advisories, "advisories"},
                                                                    {Source::none, "none"}}};
constexpr std::array<Origin, 5> origins = {Origin::index, Origin::vcs, Origin::local, Origin::archive,
                                           Origin::editable};

const char* source_name(Source source) {
  for (const auto& [known, name] : sources)
    if (known == source) return name;
  return "none";
}

enum class Extent { whole, without_words };

// Some of them, that by which it was told among these: see known_ids().
std::vector<std::string> kept_ids(const Told& told) {
  std::vector<std::string> ids = told.advisories;
  if (ids.size() <= most_ids) return ids;
  const auto is_told = [&](const std::string& id) {
    return (told.finding.subject + " ").find(" " + id + " ") != std::string::npos;
  };
  std::stable_partition(ids.begin(), ids.end(), is_told);
  ids.resize(most_ids);
  return ids;
}

Json told_to_json(const Told& told, Extent extent) {
  const sdk::Finding& finding = told.finding;
  Json row = {{"state", static_cast<std::uint32_t>(finding.state)},
              {"code", finding.code},
              {"subject", finding.subject},
              {"title", extent == Extent::whole ? finding.title : shown_text(finding.title, longest_short_title)},
              {"source", source_name(told.source)},
              {"environment", told.environment},
              {"package", told.package},
              {"advisories", kept_ids(told)}};
  if (!told.given.empty() && told.given != told.environment) row["given"] = told.given;
  if (finding.remind.count() != 0) row["remind"] = finding.remind.count();
  if (!told.version.empty()) row["version"] = told.version;
  if (!told.severity.empty()) row["severity"] = told.severity;
  if (told.score) row["score"] = *told.score;
  if (extent == Extent::without_words) return row;
  if (!finding.detail.empty()) row["detail"] = shown_text(finding.detail, longest_detail);
  if (!finding.action.empty()) row["action"] = finding.action;
  if (!told.fixes.empty()) {
    const auto end = told.fixes.size() > most_fixes ? told.fixes.begin() + most_fixes : told.fixes.end();
    row["fixes"] = std::vector<std::string>(told.fixes.begin(), end);
  }
  if (!told.vector.empty()) row["vector"] = shown_text(told.vector, longest_vector);
  return row;
}

std::vector<std::string> texts_of(const Json* list) {
  std::vector<std::string> texts;
  if (list == nullptr) return texts;
  for (const Json& text : *list)
    if (text.is_string()) texts.push_back(text.get<std::string>());
  return texts;
}

std::optional<Told> told_in(const Json& row) {
  Told told;
  told.finding.code = text_member(row, "code");
  told.finding.title = text_member(row, "title");
  if (!told.finding.code.starts_with("pydeps.") || told.finding.title.empty()) return std::nullopt;
  told.finding.subject = text_member(row, "subject");
  told.finding.detail = text_member(row, "detail");
  told.finding.action = text_member(row, "action");
  if (const Json* state = member(row, "state"); state != nullptr && state->is_number_unsigned())
    told.finding.state = static_cast<sdk::State>(std::min(state->get<std::uint64_t>(), std::uint64_t{3}));
  if (const Json* remind = member(row, "remind"); remind != nullptr && remind->is_number_integer())
    told.finding.remind = sdk::Milliseconds(remind->get<std::int64_t>());
  told.environment = text_member(row, "environment");
  told.given = row.contains("given") ? text_member(row, "given") : told.environment;
  told.package = text_member(row, "package");
  for (const auto& [source, name] : sources)
    if (text_member(row, "source") == name) told.source = source;
  told.advisories = texts_of(array_member(row, "advisories"));
  told.version = text_member(row, "version");
  told.fixes = texts_of(array_member(row, "fixes"));
  told.severity = text_member(row, "severity");
  if (const Json* score = member(row, "score"); score != nullptr && score->is_number_unsigned())
    told.score = static_cast<int>(std::min(score->get<std::uint64_t>(), std::uint64_t{100}));
  told.vector = text_member(row, "vector");
  return told;
}

Json environment_to_json(const Environment& environment) {
  Json packages = Json::array();
  for (const Package& package : environment.packages)
    packages.push_back(Json::array({package.name, package.version, std::string(origin_name(package.origin))}));
  return {{"path", environment.path}, {"python", environment.python_version}, {"packages", std::move(packages)}};
}

Environment environment_in(const Json& row) {
  Environment environment{.path = text_member(row, "path"), .python_version = text_member(row, "python")};
  const Json* packages = array_member(row, "packages");
  if (packages == nullptr) return environment;
  for (const Json& fields : *packages) {
    if (!fields.is_array() || fields.size() != 3 || !fields[0].is_string() || !fields[1].is_string()) continue;
    Package package{.name = fields[0].get<std::string>(), .version = fields[1].get<std::string>()};
    package.key = normalized_name(package.name);
    for (const Origin origin : origins)
      if (fields[2] == std::string(origin_name(origin))) package.origin = origin;
    environment.packages.push_back(std::move(package));
  }
  return environment;
}

// Appends what there is room for; false when there was none for some.
bool fill(Json& list, std::size_t& room, std::size_t count, const std::function<Json(std::size_t)>& row) {
  bool all = true;
  for (std::size_t i = 0; i < count; ++i) {
    Json next = row(i);
    const std::size_t size = next.dump().size() + 1;
    if (size > room) {
      all = false;
      continue;
    }
    room -= size;
    list.push_back(std::move(next));
  }
  return all;
}

}  // namespace

Memory memory_from_json(const sdk::Json& document) {
  Memory memory;
  if (const Json* checked = member(document, "checked"); checked != nullptr && checked->is_number_integer())
    memory.checked = sdk::Moment(sdk::Milliseconds(checked->get<std::int64_t>()));
  if (const Json* cut = member(document, "cut"); cut != nullptr && cut->is_boolean()) memory.cut = cut->get<bool>();
  memory.unnamed = text_member(document, "unnamed");
  if (const Json* told = array_member(document, "told"); told != nullptr)
    for (const Json& row : *told)
      if (auto one = told_in(row)) memory.told.push_back(std::move(*one));
  if (const Json* environments = array_member(document, "environments"); environments != nullptr)
    for (const Json& row : *environments) memory.environments.push_back(environment_in(row));
  return memory;
}

sdk::Json memory_to_json(const Memory& memory) {
  std::size_t room = largest - 5000;  // for what is around the lists: a path, and little else
  bool cut = memory.cut;
  Json told = Json::array();
  std::size_t left = room;
  for (const Extent extent : {Extent::whole, Extent::without_words}) {
    told = Json::array();
    left = room;
    const auto row = [&](std::size_t i) { return told_to_json(memory.told[i], extent); };
    if (fill(told, left, memory.told.size(), row)) break;
    cut |= extent == Extent::without_words;
  }
  room = left;
  Json environments = Json::array();
  cut |= !fill(environments, room, memory.environments.size(),
               [&](std::size_t i) { return environment_to_json(memory.environments[i]); });
  return {{"checked", memory.checked.time_since_epoch().count()}, {"cut", cut},
          {"unnamed", memory.unnamed}, {"told", std::move(told)}, {"environments", std::move(environments)}};
}

std::set<std::string> known_ids(const Memory& memory) {
  std::set<std::string> ids;
  for (const Told& told : memory.told) {
    // Only the one in the subject was told.
    for (const std::string& id : told.advisories)
      for (const std::string& environment : {std::string(), told.environment})
        if (told.finding.subject == vulnerability_subject(told.package, id, environment)) ids.insert(id);
  }
  return ids;
}

}  // namespace maintain::pydeps
