#include "pydeps/index/releases.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <utility>

#include "pydeps/base/package_name.hpp"
#include "pydeps/index/dist_filename.hpp"

namespace maintain::pydeps {
namespace {

struct Gathered {
  Release release;
  bool listed = false;
  std::size_t files = 0;
  std::size_t yanked_files = 0;
};

void add_file(Gathered& gathered, const ReleaseFile& file, std::optional<DistributionKind> kind) {
  Release& release = gathered.release;
  ++gathered.files;
  if (file.yanked) ++gathered.yanked_files;
  if (release.yank_reason.empty() && file.yanked) release.yank_reason = file.yank_reason;
  if (release.requires_python.empty()) release.requires_python = file.requires_python;
  if (file.uploaded && (!release.uploaded || *file.uploaded < *release.uploaded)) release.uploaded = file.uploaded;
  release.has_wheel = release.has_wheel || kind == DistributionKind::wheel;
  release.has_sdist = release.has_sdist || kind == DistributionKind::sdist;
}

// from is the same version as into.
void join(Gathered& into, Gathered&& from) {
  if (from.listed && !into.listed) std::swap(into, from);
  Release& release = into.release;
  into.files += from.files;
  into.yanked_files += from.yanked_files;
  if (release.yank_reason.empty()) release.yank_reason = std::move(from.release.yank_reason);
  if (release.requires_python.empty()) release.requires_python = std::move(from.release.requires_python);
  if (from.release.uploaded && (!release.uploaded || *from.release.uploaded < *release.uploaded)) {
    release.uploaded = from.release.uploaded;
  }
  release.has_wheel = release.has_wheel || from.release.has_wheel;
  release.has_sdist = release.has_sdist || from.release.has_sdist;
}

using ByText = std::map<std::string, Gathered, std::less<>>;

Gathered& gathered_at(ByText& by_text, const std::string& version) {
  Gathered& gathered = by_text[version];
  gathered.release.version = version;
  return gathered;
}

// Those that are no versions first, by text; then the rest from the oldest to the newest, equal ones joined.
std::vector<Gathered> in_order(ByText by_text, const VersionOrder& order) {
  std::vector<Gathered> strange;
  std::vector<Gathered> sorted;
  for (auto& [text, gathered] : by_text) {
    const bool is_version = order && order(text, text).has_value();
    (is_version ? sorted : strange).push_back(std::move(gathered));
  }
  std::stable_sort(sorted.begin(), sorted.end(), [&](const Gathered& a, const Gathered& b) {
    return order(a.release.version, b.release.version) == std::strong_ordering::less;
  });
  for (Gathered& gathered : sorted) {
    const bool same = !strange.empty() && order(strange.back().release.version, gathered.release.version) ==
                                              std::strong_ordering::equal;
    if (same) join(strange.back(), std::move(gathered));
    else strange.push_back(std::move(gathered));
  }
  return strange;
}

void tell_count(std::vector<std::string>& problems, std::size_t count, const std::string& what) {
  if (count > 0) problems.push_back(std::to_string(count) + (count == 1 ? " file " : " files ") + what);
}

}  // namespace

std::vector<Release> releases_of(std::string_view project, const std::vector<std::string>& versions,
                                 const std::vector<ReleaseFile>& files, const VersionOrder& order,
                                 std::vector<std::string>& problems) {
  ByText by_text;
  std::size_t strange_versions = 0;
  for (const std::string& version : versions) {
    if (is_version_text(version)) gathered_at(by_text, version).listed = true;
    else ++strange_versions;
  }
  for (const ReleaseFile& file : files) {
    const auto name = parse_distribution_name(file.filename, project);
    const std::string& version = file.version.empty() && name ? name->version : file.version;
    if (!is_version_text(version)) continue;  // an installer, a signature
    add_file(gathered_at(by_text, version), file, name ? std::optional(name->kind) : std::nullopt);
  }
  std::vector<Release> releases;
  std::size_t unlisted = 0;
  for (Gathered& gathered : in_order(std::move(by_text), order)) {
    if (!versions.empty() && !gathered.listed) {
      unlisted += gathered.files;
      continue;
    }
    gathered.release.yanked = gathered.files > 0 && gathered.yanked_files == gathered.files;
    gathered.release.without_files = gathered.files == 0;
    if (!gathered.release.yanked) gathered.release.yank_reason.clear();
    releases.push_back(std::move(gathered.release));
  }
  if (strange_versions > 0) problems.emplace_back("the list of versions has texts that are none");
  tell_count(problems, unlisted, "of versions that the index does not list");
  return releases;
}

const Release* find_release(const ProjectReleases& project, std::string_view version, const VersionOrder& order) {
  const auto& releases = project.releases;
  const auto same_text = std::find_if(releases.begin(), releases.end(),
                                      [&](const Release& release) { return release.version == version; });
  if (same_text != releases.end()) return &*same_text;
  if (!order) return nullptr;
  const auto equal = std::find_if(releases.begin(), releases.end(), [&](const Release& release) {
    return order(release.version, version) == std::strong_ordering::equal;
  });
  return equal == releases.end() ? nullptr : &*equal;
}

std::string_view status_name(ProjectStatus status) {
  switch (status) {
    case ProjectStatus::active: return "active";
    case ProjectStatus::archived: return "archived";
    case ProjectStatus::deprecated: return "deprecated";
    case ProjectStatus::quarantined: return "quarantined";
    case ProjectStatus::unfamiliar: break;
  }
  return "unfamiliar";
}

ProjectStatus status_from_word(std::string_view word) {
  for (const auto status : {ProjectStatus::active, ProjectStatus::archived, ProjectStatus::deprecated,
                            ProjectStatus::quarantined}) {
    if (word == status_name(status)) return status;
  }
  return ProjectStatus::unfamiliar;
}

}  // namespace maintain::pydeps
