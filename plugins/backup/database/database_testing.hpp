// What the tests of backup.database share.
#pragma once

#include <zlib.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include <maintain/testkit.hpp>

#include "backup/database/database_task.hpp"

namespace maintain::plugins::backup::testing {

using namespace maintain::sdk;
using namespace maintain::sdk::testkit;

inline std::string gzipped(const std::string& text) {
  z_stream z{};
  if (deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK) throw TestProblem("deflateInit2");
  std::string packed(text.size() + 1024, '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  z.avail_in = static_cast<uInt>(text.size());
  z.next_out = reinterpret_cast<Bytef*>(packed.data());
  z.avail_out = static_cast<uInt>(packed.size());
  if (deflate(&z, Z_FINISH) != Z_STREAM_END) throw TestProblem("deflate");
  packed.resize(z.total_out);
  deflateEnd(&z);
  return packed;
}

// The server has this program.
inline void has_tool(FakeServer& server, const std::string& tool, const std::string& version) {
  const auto asks = where("looks for " + tool, [tool](const SeenCommand& command) {
    return command.script.find("command -v") != std::string::npos &&
           std::find(command.argv.begin(), command.argv.end(), tool) != command.argv.end();
  });
  server.stub(asks, {.output = tool + "\n" + version + "\n"});
}

inline RunOptions with(Json options, bool check = false) { return {.options = std::move(options), .check = check}; }

inline TaskRun run_database(FakeServer& server, Json options, bool check = false) {
  DatabaseTask task;
  if (const auto problem = validate_options(task, options)) throw TestProblem("these options are refused: " + *problem);
  return run_task(task, server, with(std::move(options), check));
}

inline std::string stored(FakeServer& server, const std::string& file) {
  if (server.store.copies.empty()) throw TestProblem("there is no copy");
  std::ifstream in(server.store.copies.front().path / file, std::ios::binary);
  if (!in) throw TestProblem("the copy has no file " + file);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

inline const Json& facts(const FakeServer& server) { return server.store.copies.front().facts; }

// The commands whose output went into the copy.
inline std::vector<SeenCommand> dumping(const FakeServer& server) {
  std::vector<SeenCommand> found;
  for (const SeenCommand& command : server.commands)
    if (command.bulk) found.push_back(command);
  return found;
}

}  // namespace maintain::plugins::backup::testing
