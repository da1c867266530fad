#include "transport/tcp_connect.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "transport/ssh_command.hpp"
#include "transport/transport.hpp"

namespace maintain {
namespace {

constexpr Milliseconds head_start{250};
constexpr std::size_t most_addresses = 16;

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;

  std::string text() const {
    char name[NI_MAXHOST] = {};
    ::getnameinfo(reinterpret_cast<const sockaddr*>(&storage), size, name, sizeof name, nullptr, 0, NI_NUMERICHOST);
    return name;
  }
};
using Addresses = std::vector<Address>;

struct Resolved {
  int error = 0;
  Addresses addresses = {};
};

Resolved resolve(const std::string& host, std::uint16_t port, int flags) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | flags;
  addrinfo* list = nullptr;
  Resolved resolved;
  resolved.error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
  if (resolved.error != 0) return resolved;
  for (const addrinfo* info = list; info != nullptr && resolved.addresses.size() < most_addresses;
       info = info->ai_next) {
    Address address;
    address.size = info->ai_addrlen;
    std::memcpy(&address.storage, info->ai_addr, info->ai_addrlen);
    resolved.addresses.push_back(address);
  }
  ::freeaddrinfo(list);
  return resolved;
}

// getaddrinfo() knows no deadline: a thread asks, and is left behind when the name servers do not answer in time.
Result<Resolved> resolve_within(const std::string& host, std::uint16_t port, Deadline deadline,
                                const Cancelled& cancelled) {
  if (auto numeric = resolve(host, port, AI_NUMERICHOST); numeric.error == 0) return numeric;
  struct Shared {
    UniqueFd done{::eventfd(0, EFD_CLOEXEC)};
    Resolved resolved;
  };
  const auto shared = std::make_shared<Shared>();
  if (!shared->done) return fail_errno("cannot make an eventfd", errno);
  try {
    std::thread([shared, host, port] {
      shared->resolved = resolve(host, port, AI_ADDRCONFIG);
      ::eventfd_write(shared->done.get(), 1);
    }).detach();
  } catch (const std::system_error& error) {
    return fail(ErrorKind::system, fmt::format("cannot start a thread to look up {}: {}", host, error.what()));
  }
  if (auto waited = wait_until_ready(shared->done.get(), POLLIN, deadline, cancelled, "looking up " + host); !waited)
    return fail(waited.error());
  return shared->resolved;
}

// v6 v4 v6 v4 ... beginning with the resolver's first choice.
Addresses take_turns(const Addresses& addresses) {
  Addresses first, second, mixed;
  for (const Address& address : addresses)
    (address.storage.ss_family == addresses[0].storage.ss_family ? first : second).push_back(address);
  for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) mixed.push_back(first[i]);
    if (i < second.size()) mixed.push_back(second[i]);
  }
  return mixed;
}

struct Attempt {
  UniqueFd fd;
  std::string address;
};

class Race {
 public:
  // Begins with one more address. The socket when it is connected at once.
  UniqueFd start(const Address& address) {
    UniqueFd fd(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd) return note(address.text(), errno);
    const int on = 1;
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.size) == 0) return fd;
    if (errno != EINPROGRESS) return note(address.text(), errno);
    running_.push_back({std::move(fd), address.text()});
    return {};
  }

  // Waits for any of them; the first that is connected.
  UniqueFd wait(Milliseconds span) {
    std::vector<pollfd> waits;
    for (const Attempt& attempt : running_) waits.push_back({attempt.fd.get(), POLLOUT, 0});
    ::poll(waits.data(), waits.size(), static_cast<int>(span.count()));
    for (std::size_t i = waits.size(); i-- > 0;) {
      if (waits[i].revents == 0) continue;
      int error = 0;
      socklen_t size = sizeof error;
      ::getsockopt(running_[i].fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
      Attempt attempt = std::move(running_[i]);
      running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(i));
      if (error == 0) return std::move(attempt.fd);
      note(attempt.address, error);
    }
    return {};
  }

  bool idle() const { return running_.empty(); }

  std::string failures() const {
    std::string text = failures_;
    for (const Attempt& attempt : running_) add(text, attempt.address, "no answer");
    return text;
  }

 private:
  static void add(std::string& text, const std::string& address, const std::string& what) {
    text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", address, what);
  }
  UniqueFd note(const std::string& address, int error) {
    add(failures_, address, std::strerror(error));
    return {};
  }

  std::vector<Attempt> running_;
  std::string failures_;
};

}  // namespace

Result<UniqueFd> connect_tcp(const std::string& host, std::uint16_t port, Milliseconds timeout,
                             const Cancelled& cancelled) {
  const Deadline deadline = Deadline::after(timeout);
  const auto resolved = resolve_within(host, port, deadline, cancelled);
  if (!resolved) {
    Error error = resolved.error();
    if (error.kind == ErrorKind::timed_out) error.kind = ErrorKind::unreachable;
    return fail(error);
  }
  if (resolved->error != 0)
    return fail(ErrorKind::unreachable, fmt::format("the name '{}' cannot be looked up: {}", host,
                                                    ::gai_strerror(resolved->error)));
  const Addresses addresses = take_turns(resolved->addresses);
  Race race;
  std::size_t next = 0;
  Deadline next_start = Deadline::after(Milliseconds::zero());
  for (;;) {
    if (cancelled && cancelled()) return fail(ErrorKind::cancelled, "connecting was cancelled");
    if (deadline.passed() || (race.idle() && next == addresses.size()))
      return fail(ErrorKind::unreachable, fmt::format("no connection to port {}: {}", port, race.failures()));
    if (next < addresses.size() && (race.idle() || next_start.passed())) {
      if (auto fd = race.start(addresses[next++])) return fd;
      next_start = Deadline::after(head_start);
      continue;
    }
    Milliseconds span = std::min(deadline.remaining(), cancel_interval);
    if (next < addresses.size()) span = std::min(span, next_start.remaining());
    if (auto fd = race.wait(span)) return fd;
  }
}

Result<UniqueFd> connect_tcp(const Server& server, const TransportSettings& settings) {
  auto socket = connect_tcp(server.host(), server.port, settings.connect_timeout, settings.cancelled);
  if (socket) return socket;
  Error error = socket.error();
  error.message = name_of(server) + ": " + error.message;
  return fail(std::move(error));
}

}  // namespace maintain
