// The StateStore in one SQLite file (WAL). docs/state.md says what is kept where and for how long.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>

#include "store/state_store.hpp"

namespace maintain {

enum class Access { read_write, read_only };

struct StoreOptions {
  std::size_t output_limit = 1024 * 1024;  // bytes of output kept per task: its beginning and its end
};

// read_write creates the file (0600) and missing directories (0700) and brings an older schema up to date.
// read_only works beside a writer; not_found when there is no file yet.
// refused: the schema is newer than this program, or others may write to the file or its directory.
Result<std::unique_ptr<StateStore>> open_sqlite_store(const std::filesystem::path& file, Access access,
                                                      StoreOptions options = {});

// A store that nothing outlives, for commands that only look where no run has made one yet.
Result<std::unique_ptr<StateStore>> open_memory_store();

}  // namespace maintain
