// The directory that a draft is to fill: empty, or what an interrupted draft left, or a snapshot of the copy before. A
// part of task_copies.cpp.
#pragma once

#include <filesystem>
#include <string>

#include "backup/copy_draft.hpp"
#include "backup/tree.hpp"
#include "base/error.hpp"

namespace maintain {

// Makes _draft/data in the directory of a task. base: id of the copy to share with, or empty.
Result<DraftData> prepare_draft(const std::filesystem::path& task, const std::string& base, const DraftRequest& request,
                                const Interrupt& interrupt);

}  // namespace maintain
