// Names and versions of Python packages, as texts that may be used.
#pragma once

#include <string>
#include <string_view>

namespace maintain::pydeps {

// PEP 503: in lower case, and every run of '-', '_' and '.' is one '-'. Names that are the same package become the same
// text. Takes any bytes; only ASCII letters change.
std::string normalized_name(std::string_view name);

// Whether it is a name by the packaging specification (ASCII letters, digits, '-', '_' and '.', a letter or digit at
// both ends), hence safe in a URL's path. At most 214 characters: longer ones do not occur, and paths have bounds.
bool is_package_name(std::string_view name);

// Whether it can be a version: printable ASCII without blanks, at most 256 bytes. Not whether it is one of PEP 440:
// many that people released before it are not.
bool is_version_text(std::string_view version);

}  // namespace maintain::pydeps
