// What one more result does to the memory of its task. Pure; the store writes it down.
#pragma once

#include "model/plan.hpp"
#include "store/state_store.hpp"

namespace maintain {

// The mark of a success is its start, not its end: a task that is due again when now >= the first scheduled moment
// after its mark must not lose an occurrence that fell into its own long run.
TaskRecord record_after(TaskRecord record, const TaskCommit& commit);

}  // namespace maintain
