#include "letsencrypt/probe/tls_client.hpp"

#include <array>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <maintain/plugin.hpp>

#include "letsencrypt/probe/endpoint.hpp"
#include "letsencrypt/probe/one_line.hpp"

namespace maintain::letsencrypt {
namespace {

constexpr long longest_chain = 256 * 1024;  // of a certificate message; OpenSSL's own limit is 100 KiB

// Whether bytes can be the beginning of a TLS record: an alert or a handshake of version 3.x (RFC 8446 5.1).
bool begins_tls(std::string_view bytes) {
  if (bytes.empty()) return true;
  if (bytes[0] != 0x15 && bytes[0] != 0x16) return false;
  return bytes.size() < 2 || bytes[1] == 0x03;
}

std::string der_of(const X509* certificate) {
  unsigned char* bytes = nullptr;
  const int length = i2d_X509(certificate, &bytes);
  if (length <= 0) return {};
  std::string der(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length));
  OPENSSL_free(bytes);
  return der;
}

[[noreturn]] void no_memory() { throw sdk::Failure(MAINTAIN_INTERNAL, "OpenSSL gives no TLS connection"); }

}  // namespace

void TlsSettings::Free::operator()(ssl_ctx_st* settings) const { SSL_CTX_free(settings); }
void TlsClient::Free::operator()(ssl_st* ssl) const { SSL_free(ssl); }

TlsSettings::TlsSettings() : settings_(SSL_CTX_new(TLS_client_method())) {
  SSL_CTX* settings = settings_.get();
  if (settings == nullptr) no_memory();
  SSL_CTX_set_min_proto_version(settings, TLS1_VERSION);
  SSL_CTX_set_max_proto_version(settings, 0);
  // Level 0: TLS 1.0 and short keys need it (SSL_CTX_set_security_level(3)).
  SSL_CTX_set_security_level(settings, 0);
  SSL_CTX_set_cipher_list(settings, "DEFAULT:@SECLEVEL=0");
  SSL_CTX_set_options(settings, SSL_OP_LEGACY_SERVER_CONNECT);
  SSL_CTX_set_max_cert_list(settings, longest_chain);
  SSL_CTX_set_session_cache_mode(settings, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_verify(settings, SSL_VERIFY_NONE, nullptr);
  // Is called although nothing is verified, as soon as the certificates are there; a handshake that ends later, for
  // the server wants a certificate from us, has shown them all the same.
  SSL_CTX_set_cert_verify_callback(settings, TlsClient::keep_chain, nullptr);
  SSL_CTX_set_client_cert_cb(settings, [](SSL* ssl, X509** certificate, EVP_PKEY** key) {
    return TlsClient::asked_for_ours(ssl, static_cast<void*>(certificate), static_cast<void*>(key));
  });
}

TlsClient::TlsClient(const TlsSettings& settings, const std::string& name) : ssl_(SSL_new(settings.get())) {
  if (ssl_ == nullptr) no_memory();
  BIO* input = BIO_new(BIO_s_mem());
  BIO* output = BIO_new(BIO_s_mem());
  if (input == nullptr || output == nullptr) {
    BIO_free(input);
    BIO_free(output);
    no_memory();
  }
  BIO_set_mem_eof_return(input, -1);  // empty means: later
  SSL_set_bio(ssl_.get(), input, output);
  SSL_set_app_data(ssl_.get(), this);
  SSL_set_connect_state(ssl_.get());
  if (!is_address(name)) SSL_set_tlsext_host_name(ssl_.get(), name.c_str());
  advance();
}

int TlsClient::keep_chain(X509_STORE_CTX* context, void*) {
  const auto* ssl = static_cast<const SSL*>(X509_STORE_CTX_get_ex_data(context, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* client = ssl == nullptr ? nullptr : static_cast<TlsClient*>(SSL_get_app_data(ssl));
  if (client == nullptr) return 0;
  try {
    client->chain_.clear();
    const STACK_OF(X509)* presented = X509_STORE_CTX_get0_untrusted(context);  // the leaf is among them
    for (int i = 0; i < sk_X509_num(presented) && client->chain_.size() < most_certificates; ++i)
      client->chain_.push_back(der_of(sk_X509_value(presented, i)));
  } catch (...) {
    return 0;  // no memory; an exception must not cross OpenSSL
  }
  return 1;
}

int TlsClient::asked_for_ours(SSL* ssl, void*, void*) {
  if (auto* client = static_cast<TlsClient*>(SSL_get_app_data(ssl))) client->client_certificate_wanted_ = true;
  return 0;  // we have none
}

std::string TlsClient::take_output() {
  std::string bytes;
  std::array<char, 4096> part{};
  for (int got = 0; (got = BIO_read(SSL_get_wbio(ssl_.get()), part.data(), static_cast<int>(part.size()))) > 0;)
    bytes.append(part.data(), static_cast<std::size_t>(got));
  return bytes;
}

TlsClient::State TlsClient::add(std::string_view bytes) {
  if (state_ != State::talking || bytes.empty()) return state_;
  if (beginning_.size() < 64) beginning_ += bytes.substr(0, 64);
  received_ += bytes.size();
  if (!begins_tls(beginning_)) {
    fail(State::not_tls, "does not speak TLS there");
  } else if (received_ > most_bytes) {
    fail(State::failed, "sends too much before TLS is agreed on");
  } else if (BIO_write(SSL_get_rbio(ssl_.get()), bytes.data(), static_cast<int>(bytes.size())) !=
             static_cast<int>(bytes.size())) {
    fail(State::failed, "could not be listened to: no memory");
  } else {
    advance();
  }
  return state_;
}

TlsClient::State TlsClient::closed() {
  if (state_ != State::talking) return state_;
  if (client_certificate_wanted_ && !chain_.empty()) state_ = State::done;
  else if (received_ == 0) fail(State::failed, "closes the connection as soon as TLS begins");
  else fail(State::failed, "closes the connection before TLS is agreed on");
  return state_;
}

void TlsClient::advance() {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) {
    if (chain_.empty()) fail(State::failed, "presents no certificate");
    else state_ = State::done;
    return;
  }
  const int error = SSL_get_error(ssl_.get(), result);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return;
  // It wants a certificate and does not go on without one. Its own it has shown, and has signed with the key.
  if (client_certificate_wanted_ && !chain_.empty()) {
    state_ = State::done;
    ERR_clear_error();
    return;
  }
  const unsigned long code = ERR_peek_last_error();
  const char* reason = ERR_reason_error_string(code);
  fail(State::failed, "cannot agree with us on TLS: " + one_line(reason == nullptr ? "unknown error" : reason));
  ERR_clear_error();
}

std::string TlsClient::goodbye(std::string_view last_words) {
  if (SSL_is_init_finished(ssl_.get()) == 0) return {};
  ERR_clear_error();
  if (!last_words.empty()) SSL_write(ssl_.get(), last_words.data(), static_cast<int>(last_words.size()));
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
  return take_output();
}

void TlsClient::fail(State state, std::string problem) {
  state_ = state;
  problem_ = std::move(problem);
}

}  // namespace maintain::letsencrypt
