// The directory that a draft is to fill: empty, or what an interrupted draft left, or what the copy before holds. A
// part of task_copies.cpp.
#pragma once

#include <filesystem>
#include <string>

#include "backup/copy_draft.hpp"
#include "backup/tree.hpp"
#include "base/error.hpp"

namespace maintain {

// Makes _draft in the directory of a task, and the directory to fill. base: id of the copy to share with, or empty.
Result<DraftData> prepare_draft(const std::filesystem::path& task, const std::string& base, const DraftRequest& request,
                                const ZfsTask& zfs, const Interrupt& interrupt);

// Of the draft that lies there, if any: where its files are.
Sharing sharing_of_draft(const std::filesystem::path& task);

}  // namespace maintain
