// For tests: a server on the loopback interface that does with each connection what the test says, in threads of the
// test's own process.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <openssl/ssl.h>

#include "letsencrypt/probe/endpoint.hpp"

namespace maintain::letsencrypt::testing {

// A certificate that signed itself, with its key.
struct Identity {
  explicit Identity(const std::string& name);
  std::string pem() const;
  std::shared_ptr<EVP_PKEY> key;
  std::shared_ptr<X509> certificate;
};

// One side of a connection, blocking. What fails is an end: hear() is empty, say() does nothing.
class Peer {
 public:
  explicit Peer(int descriptor) : descriptor_(descriptor) {}
  void say(std::string_view bytes) const;
  bool still_there(std::string_view bytes) const;  // says it; false when nobody listens any more
  std::string hear() const;                        // what comes next
  std::string hear_line() const;                   // without its end
  std::string hear_bytes(std::size_t count) const;
  void until_it_hangs_up() const;

  struct Tls {
    std::vector<Identity> chain;           // leaf first
    std::vector<Identity> by_name = {};    // served instead when SNI asks for the name (their common name)
    int version = 0;                       // of TLS, the only one; 0: any
    bool wants_certificate = false;        // from the client, or it ends the handshake
  };
  // Accepts TLS, and gives back what the client says in it.
  std::string tls(const Tls& settings) const;

 private:
  int descriptor_;
};

class TestServer {
 public:
  using Work = std::function<void(const Peer&)>;
  explicit TestServer(Work work, const char* address = "127.0.0.1");
  ~TestServer();
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  Endpoint endpoint(const std::string& name, StartTls starttls = StartTls::none) const;

 private:
  void accept_all();

  Work work_;
  std::string address_;
  std::uint16_t port_ = 0;
  int listener_ = -1;
  std::mutex mutex_;
  std::vector<int> open_;
  std::vector<std::thread> workers_;
  std::thread acceptor_;
};

// The server's part of a protocol until TLS begins, as a good server plays it.
void good_server(const Peer& peer, StartTls protocol);

}  // namespace maintain::letsencrypt::testing
