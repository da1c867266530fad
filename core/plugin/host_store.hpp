// What maintain.store/1 holds on to while a task runs.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "backup/task_copies.hpp"
#include "base/clock.hpp"
#include "plugin/host_services.hpp"

namespace maintain {

class HostStore {
 public:
  explicit HostStore(const CopiesPlace& place) : copies(place.backups, place.key, place.zfs) {}

  TaskCopies copies;
  std::optional<CopyDraft> draft = {};
  std::vector<OpenCopy> readers = {};

  // For whoever waits for a local program: whether the draft that it may be filling is still within its bounds, looked
  // at once a second. Errors: refused, system.
  Result<void> check_draft();

 private:
  Steady next_check_{};
};

}  // namespace maintain
