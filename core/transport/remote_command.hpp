// From a RemoteCommand to what a server's login shell gets: the words to exec and the bytes of standard input.
//
// Ordinarily the words say everything. When they must not (a secret, or a password that sudo may or may not ask for)
// or cannot (longer than one argument may be), the command travels on standard input instead: a short loop of the
// shell's own `read` takes it from there, byte by byte, so that what follows is still the command's input.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "transport/transport.hpp"

namespace maintain {

// What preparing a command needs to know of its connection.
struct CommandContext {
  std::string user;                            // who the connection is on the server
  std::optional<std::string> password = {};    // for sudo
  std::string token;                           // unguessable (random_token), frames what travels on standard input
};

struct PreparedCommand {
  std::vector<std::string> words;
  std::string input;

  // For the login shell: it becomes the command, so that its exit status and signal are the command's own.
  std::string line() const;
};

// Refuses what cannot be passed on: neither argv nor script, NUL bytes, impossible names, arguments that are too long.
Result<PreparedCommand> prepare_command(const RemoteCommand& command, const CommandContext& context);

// Whether it runs as another user than the connection's.
bool needs_become(const RemoteCommand& command, const std::string& user);

// The error for a command that did not end within its timeout.
Error command_timeout(const std::string& server, Milliseconds timeout);

// 128 random bits in hexadecimal.
std::string random_token();

}  // namespace maintain
