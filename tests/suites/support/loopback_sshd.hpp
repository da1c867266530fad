// A real sshd on loopback, as an ordinary user: its own keys and configuration in a directory of its own. This process
// listens and starts `sshd -i` for each connection, so that there is no port to guess, nothing to wait for, and each
// connection's sshd can be killed.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/fd.hpp"
#include "model/server.hpp"
#include "transport/transport.hpp"

namespace maintain {

// A directory that vanishes with its object.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  std::string path(const std::string& name) const { return (path_ / name).string(); }
  // Writes a file there and gives its path.
  std::string write(const std::string& name, const std::string& content, mode_t mode = 0600) const;

 private:
  std::filesystem::path path_;
};

struct SshdOptions {
  std::vector<std::string> host_key_types = {"ed25519"};
  std::vector<std::string> user_key_types = {"ed25519"};   // files user_ed25519...; all are authorized
  std::vector<std::string> configuration = {};             // further lines of sshd_config, before ours
  std::vector<std::string> wrapper = {};                   // words before `/usr/sbin/sshd -i`
  bool resets = false;                                     // what ends a connection resets it
};

class LoopbackSshd {
 public:
  explicit LoopbackSshd(const SshdOptions& options = {});
  ~LoopbackSshd();
  LoopbackSshd(const LoopbackSshd&) = delete;
  LoopbackSshd& operator=(const LoopbackSshd&) = delete;

  // Why it cannot run here; empty when it can.
  static std::string unavailable();

  // A server and settings that fit: known_hosts holds all its keys, user_ed25519 (or the first) is the identity.
  Server server() const;
  TransportSettings settings() const;

  const TemporaryDirectory& directory() const { return directory_; }
  std::string user_key(const std::string& type) const { return directory_.path("user_" + type); }
  // "ssh-ed25519 AAAA..." of a host key.
  std::string host_key(const std::string& type) const;
  // The blob in the public key file of that path.
  static std::string key_blob(const std::string& path);
  std::string known_hosts() const { return directory_.path("known_hosts"); }
  std::uint16_t port() const { return port_; }

  int connections() const { return connections_; }
  // Kills every sshd of every open connection, as a power cut would.
  void kill_connections();
  // Stops and resumes them: the server is there and says nothing.
  void signal_connections(int signal);

 private:
  void accept_all();
  void start_sshd(int connection);

  SshdOptions options_;
  TemporaryDirectory directory_;
  UniqueFd listener_, stop_;
  std::uint16_t port_ = 0;
  std::atomic<int> connections_ = 0;
  std::mutex mutex_;
  std::vector<pid_t> children_;
  std::thread thread_;
};

}  // namespace maintain
