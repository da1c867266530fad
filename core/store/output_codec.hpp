// How a task's output is kept: bounded, then compressed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace maintain {

// At most limit bytes of the output plus one line that says how much is missing: its beginning tells what was done,
// its end how it went. Cut between lines where one ends near, never inside a UTF-8 sequence.
std::string cap_output(std::string_view output, std::size_t limit);

std::string compress(std::string_view bytes);
// internal: the bytes were not made by compress(), or are larger than limit unpacked.
Result<std::string> decompress(std::string_view bytes, std::size_t limit);

}  // namespace maintain
