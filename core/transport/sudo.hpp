// Becoming another user on a server, through sudo: its password, and telling its failures from the command's.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "model/server.hpp"
#include "transport/remote_command.hpp"
#include "transport/transport.hpp"
#include "transport/wait.hpp"

namespace maintain {

// Whether sudo says that sudoers does not allow this command, whatever the password.
bool sudo_forbids(std::string_view error_output);

// Whether sudo says that there is no user of the name that the command is to become, whatever the password.
bool sudo_knows_no_user(const RemoteCommand& command, std::string_view error_output);

// Whether sudo says that the command's program is not there. It ends with 1 then, where a shell ends with 127.
bool sudo_finds_no_program(const RemoteCommand& command, int status, std::string_view error_output);

// The error when it was sudo that ended and not the command: from the exit status and the start of standard error.
// user: who the connection is on the server.
std::optional<Error> sudo_failure(const std::string& server, const std::string& user, const RemoteCommand& command,
                                  int status, std::string_view error_output);

// The password from the file or the command that the server's entry names; nothing when it names none.
// refused: a file that others may read.
Result<std::optional<std::string>> read_sudo_password(const Server& server, const Cancelled& cancelled);

// What a connection knows of sudo. A refusal that may be about the password is remembered: trying it again and again
// would lock the account.
class Sudo {
 public:
  Sudo(const Server& server, std::string user, Cancelled cancelled)
      : server_(server), user_(std::move(user)), cancelled_(std::move(cancelled)) {}
  ~Sudo();
  Sudo(const Sudo&) = delete;
  Sudo& operator=(const Sudo&) = delete;

  // prepare_command with the password, where one is needed.
  Result<PreparedCommand> prepare(const RemoteCommand& command);
  // The exit itself (127 where the program is not there, as without sudo), or authentication when sudo did not run the
  // command. error_head: how standard error began.
  Result<RemoteExit> judge(const RemoteCommand& command, RemoteExit exit, std::string_view error_head);

 private:
  Server server_;
  std::string user_;
  Cancelled cancelled_;
  bool password_read_ = false;
  std::optional<std::string> password_ = {};
  std::optional<Error> refusal_ = {};
};

}  // namespace maintain
