#include "model/task_spec.hpp"

namespace maintain {

std::optional<Position> place_of_option(const OptionPlaces& places, std::string pointer) {
  while (!pointer.empty()) {
    if (const auto found = places.find(pointer); found != places.end()) return found->second;
    const std::size_t slash = pointer.rfind('/');
    pointer.resize(slash == pointer.npos ? 0 : slash);
  }
  return std::nullopt;
}

}  // namespace maintain
