// servers.yml: the servers, and what of each differs from the inventory or is known nowhere else.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "model/server.hpp"

namespace maintain {

// What servers.yml says of one server; unset: what the inventory says, else Server's own default.
struct ServerEntry {
  std::string name;
  Position where = {};
  std::optional<std::string> address = {};
  std::optional<std::uint16_t> port = {};
  std::optional<std::string> user = {};
  std::optional<TransportKind> transport = {};
  std::optional<std::vector<std::string>> identity_files = {};
  std::optional<std::vector<std::string>> ssh_options = {};
  std::optional<bool> become = {};
  std::optional<std::string> become_user = {};
  std::optional<std::string> password_file = {};
  std::optional<std::vector<std::string>> password_command = {};
  bool transient = false;
  bool enabled = true;
  int wave = 0;
  std::vector<std::string> groups = {};  // besides the inventory's
  std::vector<std::string> tags = {};
  std::map<std::string, std::string> expect = {};
};

// In the order of the file. All that is wrong is in one error.
Result<std::vector<ServerEntry>> parse_servers_file(const std::string& file, std::string_view text);

}  // namespace maintain
