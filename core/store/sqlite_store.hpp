// The StateStore in one SQLite file (WAL). docs/state.md says what is kept where and for how long.
#pragma once

#include <filesystem>
#include <memory>

#include "store/state_store.hpp"

namespace maintain {

enum class Access { read_write, read_only };

// read_write creates the file (0600) and missing directories (0700) and brings an older schema up to date.
// read_only works beside a writer; not_found when there is no file yet.
// refused: the schema is newer than this program, others may write to the directory, or (read_write) it belongs to
// another user, whom files of ours would lock out.
Result<std::unique_ptr<StateStore>> open_sqlite_store(const std::filesystem::path& file, Access access);

// Empty, and gone with its object: for those who look at servers while nothing is remembered, and must not begin to.
Result<std::unique_ptr<StateStore>> open_memory_store();

}  // namespace maintain
