// How versions compare, as a parameter: what reads advisories and indexes does not care how PEP 440 is carried out.
#pragma once

#include <compare>
#include <functional>
#include <optional>
#include <string_view>

namespace maintain::pydeps {

// How the first version stands to the second by PEP 440; nothing when one of them is no version of PEP 440. A total
// order over what it accepts.
using VersionOrder = std::function<std::optional<std::strong_ordering>(std::string_view, std::string_view)>;

}  // namespace maintain::pydeps
