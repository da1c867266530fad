// Environment markers ('sys_platform == "win32"'), as far as what is known of any server answers them. Pure.
#pragma once

#include <cstddef>
#include <string_view>

namespace maintain::pydeps {

enum class Applies { no, unknown, yes };  // in this order: "and" is the least of its sides, "or" the greatest

inline constexpr std::size_t longest_marker = 500;

// Whether what stands before the marker is meant for a Debian or Ubuntu server with CPython, by PEP 508, the old names
// (os.name) included. Python's version, the machine, its kernel and extras are not known. Unknown is also what has no
// meaning there: an order of such texts, ~= and === of them, a comparison of two variables or of two texts. What is no
// marker, or longer than longest_marker, or nested deeper than 20 is unknown as a whole.
Applies marker_applies(std::string_view marker);

}  // namespace maintain::pydeps
