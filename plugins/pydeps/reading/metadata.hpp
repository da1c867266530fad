// METADATA and PKG-INFO: Python's core metadata, headers as in mail (RFC 822) and then, after an empty line, a
// description that is of no interest here. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace maintain::pydeps {

struct Metadata {
  std::string name;                  // valid
  std::string version;               // one visible word
  std::string requires_python = {};  // printable; empty: it does not say
};

// Headers are named in any case; lines that begin with a blank continue the one before; of repeated headers the first
// counts, as for Python's email package and hence for importlib.metadata. Looks at no more than 1 MiB. Nothing when
// name or version is missing or is none.
std::optional<Metadata> parse_metadata(std::string_view text);

// The first value of a header, with its continuations joined by one blank each; nothing when it is not there.
std::optional<std::string> metadata_header(std::string_view text, std::string_view name);

}  // namespace maintain::pydeps
