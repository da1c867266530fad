#include "letsencrypt/probe/tls_test_server.hpp"

#include <arpa/inet.h>
#include <csignal>
#include <netdb.h>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace maintain::letsencrypt::testing {
namespace {

using namespace std::string_literals;

void require(bool holds, const char* what) {
  if (!holds) throw std::runtime_error(what);
}

std::string common_name(const X509* certificate) {
  char text[256] = {};
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, text, sizeof text);
  return text;
}

// OpenSSL writes with write(2). Its SIGPIPE is ours to bear, and must not hide one of the code that is tested.
void block_sigpipe() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

int choose_by_name(SSL* ssl, int*, void* argument) {
  const char* wanted = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (wanted == nullptr) return SSL_TLSEXT_ERR_NOACK;
  for (const Identity& each : *static_cast<const std::vector<Identity>*>(argument))
    if (common_name(each.certificate.get()) == wanted)
      SSL_use_cert_and_key(ssl, each.certificate.get(), each.key.get(), nullptr, 1);
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

Identity::Identity(const std::string& name)
    : key(EVP_EC_gen("P-256"), EVP_PKEY_free), certificate(X509_new(), X509_free) {
  X509* x = certificate.get();
  require(key != nullptr && x != nullptr, "no key");
  X509_set_version(x, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(x), 7);
  X509_gmtime_adj(X509_getm_notBefore(x), -3600);
  X509_gmtime_adj(X509_getm_notAfter(x), 86400);
  X509_NAME* subject = X509_get_subject_name(x);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1,
                             0);
  X509_set_issuer_name(x, subject);
  X509_EXTENSION* extension =
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, ((is_address(name) ? "IP:" : "DNS:") + name).c_str());
  require(extension != nullptr, "no extension");
  X509_add_ext(x, extension, -1);
  X509_EXTENSION_free(extension);
  X509_set_pubkey(x, key.get());
  require(X509_sign(x, key.get(), EVP_sha256()) > 0, "no signature");
}

std::string Identity::pem() const {
  const std::unique_ptr<BIO, int (*)(BIO*)> bio(BIO_new(BIO_s_mem()), BIO_free);
  PEM_write_bio_X509(bio.get(), certificate.get());
  char* bytes = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &bytes);
  return {bytes, static_cast<std::size_t>(length)};
}

bool Peer::still_there(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void Peer::say(std::string_view bytes) const { (void)still_there(bytes); }

std::string Peer::hear() const {
  char bytes[4096];
  const ssize_t got = ::recv(descriptor_, bytes, sizeof bytes, 0);
  return got > 0 ? std::string(bytes, static_cast<std::size_t>(got)) : std::string();
}

std::string Peer::hear_bytes(std::size_t count) const {
  std::string text(count, '\0');
  const ssize_t got = ::recv(descriptor_, text.data(), count, MSG_WAITALL);
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return text;
}

std::string Peer::hear_line() const {
  std::string line;
  for (std::string byte; (byte = hear_bytes(1)) != "\n" && !byte.empty();) line += byte;
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

void Peer::until_it_hangs_up() const {
  while (!hear().empty()) {
  }
}

std::string Peer::tls(const Tls& settings) const {
  const std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  SSL_CTX_set_security_level(context.get(), 0);
  SSL_CTX_set_cipher_list(context.get(), "DEFAULT:@SECLEVEL=0");
  SSL_CTX_set_min_proto_version(context.get(), settings.version == 0 ? TLS1_VERSION : settings.version);
  SSL_CTX_set_max_proto_version(context.get(), settings.version);
  SSL_CTX_use_certificate(context.get(), settings.chain.at(0).certificate.get());
  SSL_CTX_use_PrivateKey(context.get(), settings.chain.at(0).key.get());
  for (std::size_t i = 1; i < settings.chain.size(); ++i)
    SSL_CTX_add1_chain_cert(context.get(), settings.chain[i].certificate.get());
  std::vector<Identity> by_name = settings.by_name;
  SSL_CTX_set_tlsext_servername_callback(context.get(), choose_by_name);
  SSL_CTX_set_tlsext_servername_arg(context.get(), &by_name);
  if (settings.wants_certificate)
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  const std::unique_ptr<SSL, void (*)(SSL*)> ssl(SSL_new(context.get()), SSL_free);
  SSL_set_fd(ssl.get(), descriptor_);
  std::string heard;
  if (SSL_accept(ssl.get()) == 1) {
    char bytes[256];
    for (int got = 0; (got = SSL_read(ssl.get(), bytes, sizeof bytes)) > 0;)
      heard.append(bytes, static_cast<std::size_t>(got));
  }
  ERR_clear_error();
  return heard;
}

TestServer::TestServer(Work work, const char* address) : work_(std::move(work)), address_(address) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  require(::getaddrinfo(address, "0", &hints, &found) == 0, "no address");
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, ::freeaddrinfo);
  listener_ = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  require(::bind(listener_, found->ai_addr, found->ai_addrlen) == 0 && ::listen(listener_, 200) == 0, "cannot listen");
  sockaddr_in6 bound{};
  socklen_t length = sizeof bound;
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&bound), &length);
  port_ = ntohs(bound.sin6_port);  // is where an IPv4 address has it, too
  acceptor_ = std::thread([this] { accept_all(); });
}

void TestServer::accept_all() {
  block_sigpipe();
  for (int descriptor; (descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;) {
    const std::lock_guard lock(mutex_);
    open_.push_back(descriptor);
    workers_.emplace_back([this, descriptor] {
      try {
        work_(Peer(descriptor));
      } catch (const std::runtime_error&) {
        // The client did not keep to the protocol; it sees the end of the connection, and the test what it makes of it.
      }
      const std::lock_guard closing(mutex_);
      std::erase(open_, descriptor);
      ::close(descriptor);
    });
  }
}

TestServer::~TestServer() {
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  {
    const std::lock_guard lock(mutex_);
    for (const int descriptor : open_) ::shutdown(descriptor, SHUT_RDWR);
  }
  for (std::thread& worker : workers_) worker.join();
  ::close(listener_);
}

Endpoint TestServer::endpoint(const std::string& name, StartTls starttls) const {
  return {.name = name, .address = address_, .port = port_, .starttls = starttls};
}

void good_server(const Peer& peer, StartTls protocol) {
  switch (protocol) {
    case StartTls::none: return;
    case StartTls::smtp:
      peer.say("220-mail.example.org ESMTP\r\n220 be nice\r\n");
      require(peer.hear_line().starts_with("EHLO "), "no EHLO");
      peer.say("250-mail.example.org\r\n250-PIPELINING\r\n250-STARTTLS\r\n250 DSN\r\n");
      require(peer.hear_line() == "STARTTLS", "no STARTTLS");
      return peer.say("220 2.0.0 Ready to start TLS\r\n");
    case StartTls::imap:
      peer.say("* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] ready.\r\n");
      for (std::string line; !(line = peer.hear_line()).empty();) {
        const std::string tag = line.substr(0, line.find(' '));
        if (line.ends_with("CAPABILITY")) peer.say("* CAPABILITY IMAP4rev1 STARTTLS\r\n");
        peer.say(tag + " OK done.\r\n");
        if (line.ends_with("STARTTLS")) return;
      }
      return;
    case StartTls::pop3:
      peer.say("+OK ready.\r\n");
      require(peer.hear_line() == "STLS", "no STLS");
      return peer.say("+OK Begin TLS negotiation now.\r\n");
    case StartTls::ldap:
      require(peer.hear_bytes(31).ends_with("1.3.6.1.4.1.1466.20037"), "no StartTLS");
      return peer.say("\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00"s);
    case StartTls::postgres:
      require(peer.hear_bytes(8) == "\x00\x00\x00\x08\x04\xd2\x16\x2f"s, "no SSLRequest");
      return peer.say("S");
  }
}

}  // namespace maintain::letsencrypt::testing
