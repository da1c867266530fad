#include "pydeps/check/memory.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <map>
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

bool is_about_releases(const Told& told) {
  return told.finding.code == "pydeps.outdated" || told.finding.code == "pydeps.security_release";
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

std::string unnamed_environment(const Memory& before, const Gathered& gathered, const Options& options) {
  const auto holds = [](const std::vector<Environment>& environments, const std::string& path) {
    return std::any_of(environments.begin(), environments.end(),
                       [&](const Environment& environment) { return environment.path == path; });
  };
  const auto& read = gathered.inventory.environments;
  const auto is_away = [&](const Told& told) {
    return told.environment == before.unnamed && may_still_be(gathered, told.environment, told.given);
  };
  if (!before.unnamed.empty() &&
      (holds(read, before.unnamed) || std::any_of(before.told.begin(), before.told.end(), is_away)))
    return before.unnamed;
  const bool is_new = read.size() == 1 && !holds(before.environments, read.front().path);
  return is_new && !options.names_several() ? read.front().path : std::string();
}

void keep_what_is_not_over(const Memory& before, const Gathered& gathered, const Knowledge& knowledge,
                           Ignores& ignores, Assessment& now) {
  std::map<std::string, const Environment*> read;
  for (const Environment& environment : gathered.inventory.environments) read.emplace(environment.path, &environment);
  using Name = std::pair<std::string, std::string>;
  std::set<Name> told_now;
  std::set<Name> told_before;
  for (const Told& told : now.told) told_now.emplace(told.finding.code, told.finding.subject);
  for (const Told& told : before.told) told_before.emplace(told.finding.code, told.finding.subject);
  const auto is_record_broken = [&](const Told& told) {
    const auto unread = knowledge.unread_advisories.find({told.package, told.version});
    return std::any_of(told.advisories.begin(), told.advisories.end(), [&](const std::string& id) {
      return knowledge.broken_ids.contains(id) ||
             (unread != knowledge.unread_advisories.end() &&
              std::any_of(unread->second.begin(), unread->second.end(), [&](const auto& one) { return one.id == id; }));
    });
  };
  const auto is_ignored = [&](const Told& told) {
    return told.source == Source::advisories
               ? ignores.covers({told.package, told.version, told.advisories, true})  // else it were not told
               : ignores.covers_package(told.package, told.version);
  };
  const auto is_unknown = [&](const Told& told) {
    const auto environment = read.find(told.environment);
    if (environment == read.end()) return may_still_be(gathered, told.environment, told.given);
    const bool is_end = told.finding.code == "pydeps.end_of_life" && knowledge.lacks_end_of_life();
    if (told.package == "python") return is_end && told.version == environment->second->python_version;
    const auto& packages = environment->second->packages;
    const auto installed = std::find_if(packages.begin(), packages.end(),
                                        [&](const Package& package) { return package.key == told.package; });
    if (installed == packages.end()) return !told.package.empty() && is_incomplete(*environment->second);
    if (knowledge.not_asked.contains(told.package)) return told.source != Source::environment;
    const bool is_same = told.version == installed->version;
    if (is_same && (is_end || (is_about_releases(told) && knowledge.lacks_judgement(told.package)))) return true;
    if (told.source == Source::index) return knowledge.unanswered.contains(told.package);
    if (told.source != Source::advisories) return false;
    const auto& others = installed->other_versions;
    const bool is_there = is_same || std::find(others.begin(), others.end(), told.version) != others.end();
    return knowledge.unchecked.contains(told.package) || (is_there && is_record_broken(told));
  };
  std::vector<Told> open;
  for (const Told& told : before.told)
    if (told.source != Source::none && !told_now.contains({told.finding.code, told.finding.subject}) &&
        is_unknown(told) && !is_ignored(told))
      open.push_back(told);
  // What is said anew of the same vulnerability, or of a release that mends it, is not news.
  const auto is_known = [&](const Told& told) {
    const bool is_record = told.source == Source::advisories && told.severity.empty();
    if (!is_record && !is_about_releases(told)) return false;
    if (told_before.contains({told.finding.code, told.finding.subject})) return false;
    return std::any_of(open.begin(), open.end(), [&](const Told& one) {
      if (one.source != Source::advisories || one.package != told.package || one.environment != told.environment)
        return false;
      return !is_record || std::find(one.advisories.begin(), one.advisories.end(), told.advisories.front()) !=
                               one.advisories.end();
    });
  };
  std::erase_if(now.told, is_known);
  std::move(open.begin(), open.end(), std::back_inserter(now.told));
}

}  // namespace maintain::pydeps
