// One dump on its way from the server's program into the draft.
#pragma once

#include <cstdint>
#include <string>

#include <maintain/plugin.hpp>

#include "backup/database/database_engine.hpp"

namespace maintain::plugins::backup {

struct StreamedDump {
  std::string problem = {};     // why it is no whole dump, as the end of a sentence; empty: it looks whole
  std::string said = {};        // the last lines of the program's error output
  std::uint64_t bytes = 0;
  std::string sha256 = {};
};

// "pg_dump", "the command": what prints the dump.
std::string program_name(const sdk::Command& command);

// Throws sdk::Failure, which names the dump, when its end is not known: no connection, no time, no space.
StreamedDump stream_dump(sdk::Context& context, const DatabaseDump& dump);

}  // namespace maintain::plugins::backup
