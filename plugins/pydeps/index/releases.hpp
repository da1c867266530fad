// What an index knows of one project: its releases, whether they were withdrawn ("yanked"), and whether the project is
// looked after. Plain values, and their compact form for a cache.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pydeps/base/bounded_json.hpp"
#include "pydeps/base/version_order.hpp"

namespace maintain::pydeps {

// PEP 792, the project status markers of the packaging specifications. unfamiliar: a word that did not exist then.
enum class ProjectStatus { active, archived, deprecated, quarantined, unfamiliar };

struct Release {
  std::string version = {};                                // as the index writes it
  std::optional<std::chrono::sys_seconds> uploaded = {};   // of its first file
  bool yanked = false;             // PEP 592: it has files, and all are yanked
  std::string yank_reason = {};    // of its first file that gives one; fit to show
  bool without_files = false;      // listed only (PEP 700): nobody can install it
  bool has_wheel = false;
  bool has_sdist = false;
  std::string requires_python = {};  // of its first file that says so; a specifier of PEP 440, or whatever is there
};

struct ProjectReleases {
  std::string name = {};  // normalised
  ProjectStatus status = ProjectStatus::active;
  std::string status_reason = {};       // fit to show
  std::vector<Release> releases = {};   // those whose versions are none of PEP 440 first, then the oldest to the newest
  std::vector<std::string> problems = {};  // what of the answer was passed over; fit to show
};

// A file of a release, as an index lists it.
struct ReleaseFile {
  std::string filename = {};
  std::string version = {};  // empty: what the file's name says
  std::optional<std::chrono::sys_seconds> uploaded = {};
  bool yanked = false;
  std::string yank_reason = {};
  std::string requires_python = {};
};

// Puts files and versions together. versions: all that the project has (PEP 700), or empty when the index does not say;
// files of no version in a list that is there are passed over. Versions that are equal by the order are one release,
// whose text is that of the list. Without an order (an empty function) only equal texts are; they come by their text.
std::vector<Release> releases_of(std::string_view project, const std::vector<std::string>& versions,
                                 const std::vector<ReleaseFile>& files, const VersionOrder& order,
                                 std::vector<std::string>& problems);

// nullptr when there is none with this text, or an equal one by the order.
const Release* find_release(const ProjectReleases& project, std::string_view version, const VersionOrder& order);

// "active", "archived", "deprecated", "quarantined"; "unfamiliar".
std::string_view status_name(ProjectStatus status);
ProjectStatus status_from_word(std::string_view word);

// For a cache; problems are kept as well. The way back takes whatever it is given: nothing when it is not that form.
Json releases_to_json(const ProjectReleases& project);
std::optional<ProjectReleases> releases_from_json(const Json& document);

}  // namespace maintain::pydeps
