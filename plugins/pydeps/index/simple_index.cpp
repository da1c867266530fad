#include "pydeps/index/simple_index.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "pydeps/base/package_name.hpp"
#include "pydeps/base/timestamp.hpp"

namespace maintain::pydeps {
namespace {

constexpr JsonBounds bounds{.bytes = most_index_bytes, .depth = 32, .values = 3'000'000};
constexpr std::size_t longest_reason = 500;
constexpr std::size_t longest_specifier = 200;

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_read_of_simple(std::size_t, std::string_view name) {
  return is_one_of(name, {"meta", "api-version", "name", "versions", "files", "filename", "yanked", "upload-time",
                          "requires-python", "project-status", "status", "reason"});
}

// Depth 2 are the members of `info`, and the versions in `releases`.
bool is_read_of_project(std::size_t depth, std::string_view name) {
  if (depth == 2) return name != "description";
  return is_one_of(name, {"info", "releases", "filename", "yanked", "yanked_reason", "upload_time_iso_8601",
                          "requires_python"});
}

std::string specifier_at(const Json& file, const char* name) {
  const std::string text = text_member(file, name);
  return text.size() <= longest_specifier ? shown_text(text, longest_specifier) : std::string();
}

// PEP 592: `false`, `true`, or why. An empty reason means nothing to the JSON form; we take it for yanked, as the HTML
// form has it, rather than recommend what somebody withdrew.
void read_yanked(const Json& file, ReleaseFile& read) {
  const Json* yanked = member(file, "yanked");
  if (yanked == nullptr) return;
  read.yanked = yanked->is_string() || (yanked->is_boolean() && yanked->get<bool>());
  if (yanked->is_string()) read.yank_reason = shown_text(yanked->get_ref<const std::string&>(), longest_reason);
}

std::string too_many(const char* what) {
  return std::string("it lists more than ") + std::to_string(most_index_files) + " " + what;
}

bool is_this_project(const std::string& said, std::string_view asked) {
  return !said.empty() && normalized_name(said) == normalized_name(asked);
}

void read_status(const Json& page, ProjectReleases& project) {
  const Json* status = member(page, "project-status");
  if (status == nullptr) return;
  const std::string word = text_member(*status, "status");
  if (word.empty()) return;  // nothing stated is active
  project.status = status_from_word(word);
  project.status_reason = shown_text(text_member(*status, "reason"), longest_reason);
  if (project.status == ProjectStatus::unfamiliar) {
    project.problems.push_back("the project's status \"" + shown_text(word, 40) + "\" is unfamiliar");
  }
}

// Nothing, or why the page cannot be read. PEP 629: a later major version may mean anything.
std::string version_problem(const Json& page) {
  const Json* meta = member(page, "meta");
  const std::string version = meta == nullptr ? std::string() : text_member(*meta, "api-version");
  if (version.empty() || version == "1" || version.starts_with("1.")) return {};
  return "its API has the version \"" + shown_text(version, 20) + "\", and this reads 1";
}

}  // namespace

ParsedProject parse_simple_index(std::string_view text, std::string_view name, const VersionOrder& order) {
  const ParsedJson parsed = parse_json(text, bounds, is_read_of_simple);
  if (!parsed.value) return {.problem = parsed.problem};
  const Json& page = *parsed.value;
  if (std::string problem = version_problem(page); !problem.empty()) return {.problem = std::move(problem)};
  const Json* listed_files = array_member(page, "files");
  if (listed_files == nullptr) return {.problem = "it has no `files`"};
  if (!is_this_project(text_member(page, "name"), name)) return {.problem = "it is the page of another project"};
  if (listed_files->size() > most_index_files) return {.problem = too_many("files")};

  ProjectReleases project{.name = normalized_name(name)};
  std::vector<std::string> versions;
  if (const Json* list = array_member(page, "versions"); list != nullptr) {
    if (list->size() > most_index_files) return {.problem = too_many("versions")};
    for (const Json& version : *list) {
      versions.push_back(version.is_string() ? version.get<std::string>() : std::string());
    }
  }
  std::vector<ReleaseFile> files;
  std::size_t nameless = 0;
  for (const Json& entry : *listed_files) {
    ReleaseFile file{.filename = text_member(entry, "filename"),
                     .uploaded = parse_timestamp(text_member(entry, "upload-time")),
                     .requires_python = specifier_at(entry, "requires-python")};
    read_yanked(entry, file);
    if (file.filename.empty()) ++nameless;
    else files.push_back(std::move(file));
  }
  if (nameless > 0) project.problems.push_back(std::to_string(nameless) + " of its files have no name");
  read_status(page, project);
  project.releases = releases_of(name, versions, files, order, project.problems);
  return {.project = std::move(project)};
}

ParsedProject parse_project_json(std::string_view text, std::string_view name, const VersionOrder& order) {
  const ParsedJson parsed = parse_json(text, bounds, is_read_of_project);
  if (!parsed.value) return {.problem = parsed.problem};
  const Json* info = member(*parsed.value, "info");
  const Json* releases = member(*parsed.value, "releases");
  if (info == nullptr || releases == nullptr || !releases->is_object()) return {.problem = "it has no `releases`"};
  if (!is_this_project(text_member(*info, "name"), name)) return {.problem = "it is of another project"};
  if (releases->size() > most_index_files) return {.problem = too_many("versions")};

  ProjectReleases project{.name = normalized_name(name)};
  std::vector<std::string> versions;
  std::vector<ReleaseFile> files;
  for (const auto& [version, entries] : releases->items()) {
    versions.push_back(version);
    if (!entries.is_array()) continue;
    for (const Json& entry : entries) {
      if (files.size() == most_index_files) return {.problem = too_many("files")};
      ReleaseFile file{.filename = text_member(entry, "filename"),
                       .version = version,
                       .uploaded = parse_timestamp(text_member(entry, "upload_time_iso_8601")),
                       .yank_reason = shown_text(text_member(entry, "yanked_reason"), longest_reason),
                       .requires_python = specifier_at(entry, "requires_python")};
      const Json* yanked = member(entry, "yanked");
      file.yanked = yanked != nullptr && yanked->is_boolean() && yanked->get<bool>();
      files.push_back(std::move(file));
    }
  }
  project.releases = releases_of(name, versions, files, order, project.problems);
  return {.project = std::move(project)};
}

}  // namespace maintain::pydeps
