// Names of Python packages in one text. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace maintain::pydeps {

// The names in one text of a configuration that a template wrote: "a,b", "a b", "['a', 'b']", "" and, for nothing,
// Python's and YAML's words for it ("None", "False", "no", "[]"), which name no package here even though there is one
// called "none". What is no valid name comes back as it is, for the caller to complain about.
std::vector<std::string> split_package_names(std::string_view text);

}  // namespace maintain::pydeps
