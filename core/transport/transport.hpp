// A way to a server. Three implementations (libssh2, the system's ssh, local) and the tests' fake one.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "model/server.hpp"

namespace maintain {

// A command for the server's shell-less exec: the transport quotes argv (see quoting.hpp) and wraps it for sudo.
struct RemoteCommand {
  std::vector<std::string> argv = {};   // either argv alone,
  std::string script = {};              // or a POSIX sh script, with argv as its positional parameters $1...
  std::string input = {};               // standard input; then end of file
  std::string become_user = {};         // empty: the connection's user
  std::map<std::string, std::string> environment = {};  // set inside sudo
  bool secret = false;                  // not to be logged
  bool bulk = false;                    // much output: worth a connection of its own (see Transport::connect_bulk)
  Milliseconds timeout = std::chrono::minutes(5);
  Milliseconds idle_timeout{0};         // 0: none
  std::size_t output_limit = 16 * 1024 * 1024;  // per stream; the rest is read and dropped
  // Called as output comes. Returning false ends the command (its channel is closed) with ErrorKind::cancelled.
  std::function<bool(std::string_view)> on_output = {};
  std::function<bool(std::string_view)> on_error_output = {};
};

// How a command ended. Only a status that the server really sent is here: a lost connection is an Error.
struct RemoteExit {
  int status = 0;      // -1 when a signal ended it
  int signal = 0;
  bool truncated = false;
  std::string output = {};        // what on_output did not take
  std::string error_output = {};
  bool ok() const { return status == 0 && signal == 0; }
};

// An open way to one server, used by one thread at a time.
// Errors of all calls: unreachable (lost or never made), authentication, host_key, timed_out, cancelled; remote when
// the server refuses to run one more command.
class Connection {
 public:
  virtual ~Connection() = default;
  virtual Result<RemoteExit> run(const RemoteCommand& command) = 0;
  // False once nothing can be run over it any more, so that a new one is due: it was lost, or had to be given up in the
  // middle of a command.
  virtual bool usable() const { return true; }
  // Which transport this is, and what was negotiated: "libssh2 (ssh-ed25519, aes256-ctr)".
  virtual std::string describe() const = 0;
};

// What decides how connections are made; the same for all transports.
struct TransportSettings {
  std::vector<std::string> known_hosts_files;   // read in order; the first is where `maintain trust` writes
  std::vector<std::string> identity_files;      // used when the server names none
  std::string control_directory;                // for ssh's ControlPath; 0700, of ours
  bool use_agent = true;                        // $SSH_AUTH_SOCK
  bool bulk = false;                            // of the system's ssh: the fastest ciphers first
  Milliseconds connect_timeout = std::chrono::seconds(15);    // TCP
  Milliseconds handshake_timeout = std::chrono::seconds(15);  // key exchange
  Milliseconds authentication_timeout = std::chrono::seconds(15);
  Milliseconds keepalive = std::chrono::seconds(20);          // 0: none
  std::function<bool()> cancelled = {};         // asked at least every 200 ms while waiting
  std::function<void(const std::string&)> log = {};  // one line, for --debug and "fell back to openssh"
};

class Transport {
 public:
  virtual ~Transport() = default;
  virtual Result<std::unique_ptr<Connection>> connect(const Server& server) = 0;
  // A connection for much output: the system's ssh, with the ciphers that this machine is fastest with. not_found: it
  // is not installed. Where there is nothing to be gained, a connection as any other.
  virtual Result<std::unique_ptr<Connection>> connect_bulk(const Server& server) { return connect(server); }
  // Words of a remote-shell command line for bulk transfers; refused for local.
  virtual Result<std::vector<std::string>> remote_shell(const Server& server, bool with_destination) const = 0;
};

// The transport that the server asks for; for `auto` libssh2, falling back to openssh when the server or its
// options need what libssh2 cannot do.
std::unique_ptr<Transport> make_transport(TransportKind kind, TransportSettings settings);

// Reads the settings' private keys, so that workers forked afterwards need not. Failures show when they connect.
void preload_keys(const TransportSettings& settings);

}  // namespace maintain
