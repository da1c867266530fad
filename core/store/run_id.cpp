#include "store/run_id.hpp"

#include <random>

#include <fmt/format.h>

namespace maintain {

std::string make_run_id(Time started, std::uint16_t random) {
  std::string moment;
  for (const char c : format_time(started))
    if (c != '-' && c != ':') moment += c;
  return fmt::format("{}-{:04x}", moment, random);
}

std::string new_run_id(Time started) {
  return make_run_id(started, static_cast<std::uint16_t>(std::random_device{}()));
}

}  // namespace maintain
