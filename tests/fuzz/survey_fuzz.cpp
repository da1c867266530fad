// What a hostile server can answer to the survey.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "run/survey.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  (void)maintain::parse_survey(bytes, "w");
  (void)maintain::parse_survey("\nw\n" + std::string(bytes), "w");
  return 0;
}
