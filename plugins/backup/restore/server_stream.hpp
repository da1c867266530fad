// A file of ours as the input of a program on the server, however long: over the bulk connection, never in memory.
#pragma once

#include <string>
#include <vector>

#include <maintain/plugin.hpp>

namespace maintain::plugins::backup {

struct ServerStream {
  std::string file;              // here
  bool unzip = false;            // through gzip -d, here
  std::string user = {};         // whom the program runs as; empty: the connection's user
  std::vector<std::string> argv; // on the server
};

// Throws sdk::Failure ("what failed: its last line") unless the program succeeded and all of the file was sent.
void stream_to_server(sdk::Context& context, const ServerStream& stream, const std::string& what);

// The words of the local command that does it. shell: of the remote shell with its destination, empty: no server
// between; become: whether the connection's user is another one than stream.user. Pure.
std::vector<std::string> stream_argv(const ServerStream& stream, const std::vector<std::string>& shell, bool become);

}  // namespace maintain::plugins::backup
