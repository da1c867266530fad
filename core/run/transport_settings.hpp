// How connections are made, as the settings say: the same for workers and for `maintain trust`.
#pragma once

#include <filesystem>

#include "config/settings.hpp"
#include "transport/transport.hpp"

namespace maintain {

inline TransportSettings transport_settings(const Settings& settings, const std::filesystem::path& control_directory) {
  TransportSettings result;
  result.known_hosts_files = settings.known_hosts_files;
  result.identity_files = settings.identity_files;
  result.control_directory = control_directory.string();
  result.connect_timeout = settings.connect_timeout;
  result.handshake_timeout = settings.handshake_timeout;
  result.authentication_timeout = settings.authentication_timeout;
  result.keepalive = settings.keepalive;
  return result;
}

}  // namespace maintain
