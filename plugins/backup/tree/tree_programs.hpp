// rsync here, and its way to the server.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <maintain/plugin.hpp>

namespace maintain::plugins::backup {

struct WayToServer {
  std::vector<std::string> shell;  // words of the remote shell, without the destination; empty: the server is this one
  std::string host;                // the destination
};
WayToServer way_to_server(sdk::Context& context);

// Throws sdk::Failure that says what to install when there is none.
std::string local_rsync_version(sdk::Context& context);

// The last line with something in it, printable.
std::string last_line(std::string_view text);

}  // namespace maintain::plugins::backup
