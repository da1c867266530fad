// direct_url.json (PEP 610): where a package came from that was not installed by name and version. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "pydeps/reading/package.hpp"

namespace maintain::pydeps {

struct DirectUrl {
  Origin origin = Origin::archive;  // never index
  std::string url;                  // without credentials
  std::string vcs = {};             // "git"
  std::string commit = {};          // what was installed
  std::string revision = {};        // what was asked for: a branch, a tag; empty: nothing particular
};

// At most 64 KiB of JSON. Nothing when it is none, has no url, or none of the three kinds of information that the PEP
// knows.
std::optional<DirectUrl> parse_direct_url(std::string_view text);

}  // namespace maintain::pydeps
