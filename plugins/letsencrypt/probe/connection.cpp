#include "letsencrypt/probe/connection.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace maintain::letsencrypt {
namespace {

std::string error_text(int error) { return std::generic_category().message(error); }

bool is_no_way(int error) {
  return error == ENETUNREACH || error == EADDRNOTAVAIL || error == EAFNOSUPPORT ||
         error == EACCES || error == EPERM;
}

// Our end of the connection, as digits; empty when nobody knows.
std::string own_address(int descriptor) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  std::array<char, NI_MAXHOST> host{};
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::getsockname(descriptor, generic, &length) != 0 ||
      ::getnameinfo(generic, length, host.data(), host.size(), nullptr, 0, NI_NUMERICHOST) != 0)
    return {};
  const std::string_view text(host.data());
  return std::string(text.substr(0, text.find('%')));
}

}  // namespace

Connection::Connection(Endpoint endpoint, const TlsSettings& settings, Clock::time_point deadline)
    : settings_(settings), deadline_(deadline) {
  served_.endpoint = std::move(endpoint);
  connect();
}

Connection::~Connection() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

short Connection::events() const {
  return static_cast<short>((connecting_ ? 0 : POLLIN) | (connecting_ || !output_.empty() ? POLLOUT : 0));
}

void Connection::connect() {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;  // asks nobody, so it does not block
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(served_.endpoint.port);
  if (::getaddrinfo(served_.endpoint.address.c_str(), port.c_str(), &hints, &found) != 0 || found == nullptr)
    return finish(Served::Kind::failed, "has no address that can be connected to");
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, ::freeaddrinfo);
  descriptor_ = ::socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor_ >= 0 && ::connect(descriptor_, found->ai_addr, found->ai_addrlen) == 0) return connected();
  const int error = errno;
  if (descriptor_ >= 0 && (error == EINPROGRESS || error == EINTR)) return;
  // What connect says at once, our own kernel says: nobody was asked.
  if (is_no_way(error)) return finish(Served::Kind::no_route, "cannot be reached from here: " + error_text(error));
  if (error == ECONNREFUSED) return finish(Served::Kind::refused, "refuses connections");
  finish(Served::Kind::failed, "could not be connected to: " + error_text(error));
}

void Connection::proceed() {
  if (finished_) return;
  if (connecting_) {
    int error = 0;
    socklen_t length = sizeof error;
    if (::getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &error, &length) != 0) error = errno;
    if (error == ECONNREFUSED) return finish(Served::Kind::refused, "refuses connections");
    if (error == ETIMEDOUT) return finish(Served::Kind::timed_out, "does not answer");
    if (error != 0) return finish(Served::Kind::failed, "cannot be connected to: " + error_text(error));
    return connected();
  }
  receive();
  if (!finished_) flush();
}

void Connection::connected() {
  connecting_ = false;
  dialogue_.emplace(served_.endpoint.starttls, address_literal(own_address(descriptor_)));
  step({}, false);
  if (!finished_) flush();
}

void Connection::receive() {
  std::array<char, 16384> bytes{};
  const ssize_t got = ::recv(descriptor_, bytes.data(), bytes.size(), 0);
  if (got > 0) return step({bytes.data(), static_cast<std::size_t>(got)}, false);
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return;
  step({}, true);  // an end, or a reset, which comes to the same here
}

void Connection::flush() {
  while (!output_.empty()) {
    // Whoever has hung up must not end us by SIGPIPE.
    const ssize_t sent = ::send(descriptor_, output_.data(), output_.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    // What it said before it hung up is still to be read; then its end is seen.
    if (sent < 0) output_.clear();
    else output_.erase(0, static_cast<std::size_t>(sent));
  }
}

void Connection::step(std::string_view bytes, bool closed) {
  if (tls_ == nullptr) {
    using State = StartTlsDialogue::State;
    const State state = dialogue_->add(bytes);
    output_ += dialogue_->take_output();
    if (state == State::refused) return finish(Served::Kind::no_starttls, dialogue_->problem());
    if (state == State::nonsense) return finish(Served::Kind::no_tls, dialogue_->problem());
    if (state == State::talking) {
      if (closed) finish(Served::Kind::failed, "closes the connection before TLS begins");
      return;
    }
    tls_ = std::make_unique<TlsClient>(settings_, served_.endpoint.name);
  } else {
    tls_->add(bytes);
    if (closed) tls_->closed();
  }
  output_ += tls_->take_output();
  if (tls_->state() != TlsClient::State::talking) take_tls_result();
}

void Connection::take_tls_result() {
  if (tls_->state() == TlsClient::State::not_tls) return finish(Served::Kind::no_tls, tls_->problem());
  if (tls_->state() == TlsClient::State::failed) return finish(Served::Kind::failed, tls_->problem());
  output_ += tls_->goodbye(farewell(served_.endpoint.starttls));
  flush();
  for (const std::string& der : tls_->chain()) {
    auto certificate = parse_der(der);
    if (!certificate) break;
    served_.chain.push_back(std::move(*certificate));
  }
  if (served_.chain.empty()) return finish(Served::Kind::failed, "presents something that is no certificate");
  const bool whole = served_.chain.size() == tls_->chain().size();
  finish(Served::Kind::answered, whole ? "" : "presents a chain of which a part is no certificate");
}

void Connection::time_out() {
  if (finished_) return;
  if (connecting_) return finish(Served::Kind::timed_out, "does not answer");
  if (tls_ != nullptr) return finish(Served::Kind::timed_out, "does not come to an end with the beginning of TLS");
  finish(Served::Kind::timed_out, "answers, but too slowly, or not at all, before TLS begins");
}

Served Connection::result() const { return served_; }

void Connection::finish(Served::Kind kind, std::string problem) {
  served_.kind = kind;
  served_.problem = std::move(problem);
  finished_ = true;
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
  tls_.reset();
}

}  // namespace maintain::letsencrypt
