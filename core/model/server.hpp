// A maintained machine and the way to it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace maintain {

enum class TransportKind { automatic, libssh2, openssh, local };

// How commands become another user on the server. Only sudo is offered (see sudo(8)).
struct Become {
  bool enabled = false;
  std::string user = "root";
  std::string password_file = {};                  // first line is the password; must not be readable by others
  std::vector<std::string> password_command = {};  // argv whose first output line is the password
};

struct Server {
  std::string name;                 // unique in the inventory
  std::string address = {};         // host name or IP address; empty: the name
  std::uint16_t port = 22;
  std::string user = {};            // empty: the local user's name (or what ssh_config says, for openssh)
  TransportKind transport = TransportKind::automatic;
  bool transient = false;           // absent is normal; staleness is what is reported
  bool enabled = true;
  int wave = 0;                     // lower waves are handled first
  std::vector<std::string> groups = {};
  std::vector<std::string> tags = {};
  std::vector<std::string> identity_files = {};  // private keys, tried in order after the agent's
  std::vector<std::string> ssh_options = {};     // words for ssh's command line (ansible_ssh_common_args); need openssh
  Become become = {};
  std::map<std::string, std::string> expect = {};  // facts that must hold: {"os": "debian-12"}
  std::optional<Position> where = {};              // where the inventory declares it

  const std::string& host() const { return address.empty() ? name : address; }
};

}  // namespace maintain
