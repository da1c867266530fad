// The system's ssh, for what libssh2 cannot do: ssh_config, jump hosts, certificates, hardware keys, RSA.
//
// connect() starts a master in the background that holds the connection; each command is a short ssh beside it, which
// cannot connect by itself.
#pragma once

#include <memory>
#include <string>

#include "transport/transport.hpp"

namespace maintain {

class OpensshTransport final : public Transport {
 public:
  explicit OpensshTransport(TransportSettings settings) : settings_(std::move(settings)) {}
  Result<std::unique_ptr<Connection>> connect(const Server& server) override;
  Result<std::vector<std::string>> remote_shell(const Server& server, bool with_destination) const override;

 private:
  TransportSettings settings_;
};

// Where masters listen. Made in time by those who can write nowhere else later (see confine() in run/worker.cpp).
class ControlDirectory {
 public:
  // `wanted`, or a new directory below /tmp when sockets in it would have too long a name (ssh needs 17 bytes more than
  // the path while it makes one). What was made below /tmp goes with this object.
  static Result<ControlDirectory> make(const std::string& wanted);
  ~ControlDirectory();
  ControlDirectory(ControlDirectory&& other) noexcept : path_(std::move(other.path_)), temporary_(other.temporary_) {
    other.temporary_ = false;
  }
  ControlDirectory& operator=(ControlDirectory&&) = delete;

  const std::string& path() const { return path_; }
  std::string new_socket() const;

 private:
  ControlDirectory(std::string path, bool temporary) : path_(std::move(path)), temporary_(temporary) {}

  std::string path_;
  bool temporary_;
};

}  // namespace maintain
