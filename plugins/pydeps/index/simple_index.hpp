// A project's page of a package index. Pure: text -> values, whatever the index says; never throws.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "pydeps/base/version_order.hpp"
#include "pydeps/index/releases.hpp"

namespace maintain::pydeps {

struct ParsedProject {
  std::optional<ProjectReleases> project = {};
  std::string problem = {};  // a sentence without its end, fit to show, when there is no project
};

// The JSON of the simple API, /simple/NAME/ asked for with `Accept: application/vnd.pypi.simple.v1+json`: PEP 691, with
// PEP 592 (yanked: false, true or a reason), PEP 700 (versions, upload-time) and PEP 792 (project-status), each where
// the index has it. A page of a later major version of the API, or of another project than was asked for, is a problem.
ParsedProject parse_simple_index(std::string_view text, std::string_view name, const VersionOrder& order);

// The older JSON, /pypi/NAME/json: for indexes that have no other, and it has no status.
ParsedProject parse_project_json(std::string_view text, std::string_view name, const VersionOrder& order);

inline constexpr std::string_view simple_index_media_type = "application/vnd.pypi.simple.v1+json";
inline constexpr std::size_t most_index_bytes = 96U << 20U;
inline constexpr std::size_t most_index_files = 100'000;  // and versions

}  // namespace maintain::pydeps
