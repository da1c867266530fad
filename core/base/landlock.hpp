// Landlock: a process gives up file access for good, for itself and its children. What was given up once is not given
// back by a second set of rules. chmod, chown and the like, and sockets in the file system, are not among its rights.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.hpp"
#include "base/fd.hpp"

namespace maintain {

class Landlock {
 public:
  // What the rules are about; the rest stays as it is.
  enum class About { writing, reading_and_writing };

  // refused, with the reason, where the kernel has no Landlock or it is switched off.
  static Result<Landlock> make(About about);

  // Beneath the path, which exists. Where reading is not handled it is allowed anyway.
  Result<void> allow_reading(const std::string& path);           // and executing
  Result<void> allow_reading_and_writing(const std::string& path);  // but making no devices
  Result<void> allow_device(const std::string& path);            // an existing device file, no directory

  // From now on, for this thread and its children. Sets no_new_privs.
  Result<void> apply();

  // Kernels before 6.2 know no right for truncate(2).
  bool handles_truncation() const;

 private:
  Landlock(UniqueFd rules, std::uint64_t handled) : rules_(std::move(rules)), handled_(handled) {}
  Result<void> allow(const std::string& path, std::uint64_t rights);

  UniqueFd rules_;
  std::uint64_t handled_;
};

}  // namespace maintain
