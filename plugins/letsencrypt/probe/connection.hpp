// One connection to one address: connects, asks for TLS, takes the certificates. Never blocks; the caller polls.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "letsencrypt/probe/served.hpp"
#include "letsencrypt/probe/starttls.hpp"
#include "letsencrypt/probe/tls_client.hpp"

namespace maintain::letsencrypt {

class Connection {
 public:
  using Clock = std::chrono::steady_clock;

  // The endpoint has an address. settings live longer.
  Connection(Endpoint endpoint, const TlsSettings& settings, Clock::time_point deadline);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  bool finished() const { return finished_; }
  Clock::time_point deadline() const { return deadline_; }
  // For poll(2), while it is not finished.
  int descriptor() const { return descriptor_; }
  short events() const;

  void proceed();    // poll said that something can be done
  void time_out();   // the deadline is over
  // When finished. The chain holds what could be read as certificates, and a problem says when that is not all.
  Served result() const;

 private:
  void connect();
  void connected();
  void receive();
  void flush();
  void step(std::string_view bytes, bool closed);
  void take_tls_result();
  void finish(Served::Kind kind, std::string problem);

  const TlsSettings& settings_;
  Clock::time_point deadline_;
  int descriptor_ = -1;
  bool connecting_ = true;
  bool finished_ = false;
  std::optional<StartTlsDialogue> dialogue_;
  std::unique_ptr<TlsClient> tls_;
  std::string output_;   // what the socket has not taken yet
  Served served_;
};

}  // namespace maintain::letsencrypt
