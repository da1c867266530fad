// The mark of a copy that is not as it was written any more: damaged.json beside its manifest. That stays as it is, for
// readers hold a lock on it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace maintain {

struct CopyDamage {
  struct Wrong {
    std::string file;     // for people
    std::string problem;
  };
  Time found{};
  std::vector<Wrong> wrong = {};
};

// One line for people.
std::string to_string(const CopyDamage& damage);

// Of the copy in this directory; empty: it is not marked. A mark that cannot be read is one.
std::string damage_of(const std::filesystem::path& copy);

Result<void> mark_damaged(const std::filesystem::path& copy, const CopyDamage& damage);
Result<void> clear_damage(const std::filesystem::path& copy);  // OK when there is none

}  // namespace maintain
