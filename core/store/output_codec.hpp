// How a task's output is kept: compressed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace maintain {

std::string compress(std::string_view bytes);
// internal: the bytes were not made by compress(), or are larger than limit unpacked.
Result<std::string> decompress(std::string_view bytes, std::size_t limit);

}  // namespace maintain
