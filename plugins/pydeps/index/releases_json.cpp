// The compact form in a cache: short keys and rows, for a fleet's packages have some hundred thousand releases.
//   {"v": 1, "name", "status", "reason", "releases": [[VERSION, SECONDS or null, FLAGS, YANK REASON, PYTHON], ...],
//    "problems": [...]}            what is empty is left out, also at the end of a row
#include <cstdint>
#include <utility>

#include "pydeps/base/package_name.hpp"
#include "pydeps/index/releases.hpp"

namespace maintain::pydeps {
namespace {

constexpr int format = 1;
constexpr std::int64_t flag_yanked = 1;
constexpr std::int64_t flag_wheel = 2;
constexpr std::int64_t flag_sdist = 4;
constexpr std::int64_t flag_without_files = 8;

Json row_of(const Release& release) {
  Json uploaded;
  if (release.uploaded) uploaded = release.uploaded->time_since_epoch().count();
  const std::int64_t flags = (release.yanked ? flag_yanked : 0) | (release.has_wheel ? flag_wheel : 0) |
                             (release.has_sdist ? flag_sdist : 0) | (release.without_files ? flag_without_files : 0);
  Json row = Json::array({release.version, uploaded, flags});
  if (!release.yank_reason.empty() || !release.requires_python.empty()) row.push_back(release.yank_reason);
  if (!release.requires_python.empty()) row.push_back(release.requires_python);
  return row;
}

std::string text_at(const Json& row, std::size_t index) {
  return index < row.size() && row[index].is_string() ? row[index].get<std::string>() : std::string();
}

std::optional<Release> release_from(const Json& row) {
  if (!row.is_array() || row.size() < 3 || !row[2].is_number_integer()) return std::nullopt;
  Release release{.version = text_at(row, 0)};
  if (!is_version_text(release.version)) return std::nullopt;
  if (row[1].is_number_integer()) {
    release.uploaded = std::chrono::sys_seconds(std::chrono::seconds(row[1].get<std::int64_t>()));
  }
  const auto flags = row[2].get<std::int64_t>();
  release.yanked = (flags & flag_yanked) != 0;
  release.has_wheel = (flags & flag_wheel) != 0;
  release.has_sdist = (flags & flag_sdist) != 0;
  release.without_files = (flags & flag_without_files) != 0;
  release.yank_reason = text_at(row, 3);
  release.requires_python = text_at(row, 4);
  return release;
}

}  // namespace

Json releases_to_json(const ProjectReleases& project) {
  Json rows = Json::array();
  for (const Release& release : project.releases) rows.push_back(row_of(release));
  Json document{{"v", format}, {"name", project.name}, {"releases", std::move(rows)}};
  if (project.status != ProjectStatus::active) document["status"] = status_name(project.status);
  if (!project.status_reason.empty()) document["reason"] = project.status_reason;
  if (!project.problems.empty()) document["problems"] = project.problems;
  return document;
}

std::optional<ProjectReleases> releases_from_json(const Json& document) {
  const Json* version = member(document, "v");
  const Json* rows = array_member(document, "releases");
  ProjectReleases project{.name = text_member(document, "name")};
  if (version == nullptr || *version != format || rows == nullptr) return std::nullopt;
  if (!is_package_name(project.name)) return std::nullopt;
  if (const std::string status = text_member(document, "status"); !status.empty()) {
    project.status = status_from_word(status);
  }
  project.status_reason = text_member(document, "reason");
  for (const Json& row : *rows) {
    auto release = release_from(row);
    if (!release) return std::nullopt;
    project.releases.push_back(std::move(*release));
  }
  if (const Json* problems = array_member(document, "problems"); problems != nullptr) {
    for (const Json& problem : *problems) {
      if (problem.is_string()) project.problems.push_back(problem);
    }
  }
  return project;
}

}  // namespace maintain::pydeps
