// The beginning of TLS, until the other side has shown its certificates. Pure but for OpenSSL's random numbers: bytes
// in, bytes out, so that the socket is the caller's and no write of OpenSSL's can raise SIGPIPE.
//
// Nothing is verified and everything old is accepted: that a certificate is expired, or that a server speaks TLS 1.0
// only, is no reason to see nothing.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct ssl_st;
struct ssl_ctx_st;
struct x509_store_ctx_st;

namespace maintain::letsencrypt {

// The settings that connections share. Throws sdk::Failure when OpenSSL has no memory.
class TlsSettings {
 public:
  TlsSettings();
  ssl_ctx_st* get() const { return settings_.get(); }

 private:
  struct Free {
    void operator()(ssl_ctx_st* settings) const;
  };
  std::unique_ptr<ssl_ctx_st, Free> settings_;
};

class TlsClient {
 public:
  enum class State {
    talking,
    done,        // chain() is what the server presented, and it has shown that it has the key
    not_tls,     // what came is no TLS
    failed,
  };

  // name: sent as SNI, unless it is an address (RFC 6066 3).
  TlsClient(const TlsSettings& settings, const std::string& name);
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  State state() const { return state_; }
  // Why it failed: one printable line, to be read after the server's name: "ends TLS with ...".
  const std::string& problem() const { return problem_; }
  // DER, leaf first; at most most_certificates.
  const std::vector<std::string>& chain() const { return chain_; }

  std::string take_output();
  State add(std::string_view bytes);
  State closed();                       // the other side sends no more
  std::string goodbye(std::string_view last_words);  // when done: bytes for the server, so that it logs a proper end

  static constexpr std::size_t most_certificates = 20;
  static constexpr std::size_t most_bytes = 512 * 1024;

 private:
  struct Free {
    void operator()(ssl_st* ssl) const;
  };
  static int keep_chain(x509_store_ctx_st* context, void*);
  static int asked_for_ours(ssl_st* ssl, void* certificate, void* key);
  void advance();
  void fail(State state, std::string problem);

  State state_ = State::talking;
  bool client_certificate_wanted_ = false;
  std::string problem_;
  std::string beginning_;               // the first bytes that came
  std::size_t received_ = 0;
  std::vector<std::string> chain_;
  std::unique_ptr<ssl_st, Free> ssl_;

  friend class TlsSettings;
};

}  // namespace maintain::letsencrypt
