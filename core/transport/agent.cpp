#include "transport/agent.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include "transport/ssh_wire.hpp"

namespace maintain {
namespace {

// draft-miller-ssh-agent
constexpr char list_keys = 11, keys_answer = 12, sign_request = 13, sign_answer = 14;
constexpr std::uint32_t rsa_with_sha512 = 4;
constexpr std::uint32_t longest_answer = 256 * 1024;
constexpr std::uint32_t most_keys = 1000;

tl::unexpected<Error> no_sense() { return fail(ErrorKind::unreachable, "the ssh-agent's answer makes no sense"); }

// Waits for the agent's socket. timed_out when the deadline passes first.
Result<void> wait_for(int fd, short events, Deadline deadline) {
  for (;;) {
    pollfd wait{fd, events, 0};
    const int ready = ::poll(&wait, 1, static_cast<int>(deadline.remaining().count()));
    if (ready > 0) return {};
    if (ready == 0)
      return fail(ErrorKind::timed_out, "the ssh-agent does not answer", "unset SSH_AUTH_SOCK, or restart it");
    if (errno != EINTR) return fail_errno("cannot wait for the ssh-agent", errno);
  }
}

}  // namespace

Result<std::vector<AgentKey>> parse_agent_keys(std::string_view answer) {
  if (answer.empty() || answer[0] != keys_answer) return no_sense();
  WireReader reader(answer.substr(1));
  const auto count = reader.number();
  if (!count || *count > most_keys) return no_sense();
  std::vector<AgentKey> keys;
  for (std::uint32_t i = 0; i < *count; ++i) {
    const auto blob = reader.string(), comment = reader.string();
    if (!blob || !comment) return no_sense();
    keys.push_back({std::string(*blob), std::string(*comment)});
  }
  return keys;
}

Result<std::string> parse_agent_signature(std::string_view answer) {
  if (answer.empty() || answer[0] != sign_answer)
    return fail(ErrorKind::refused, "the ssh-agent refused to sign");
  WireReader reader(answer.substr(1));
  const auto whole = reader.string();
  if (!whole) return no_sense();
  WireReader inner(*whole);
  const auto algorithm = inner.string(), signature = inner.string();
  if (!algorithm || !signature) return no_sense();
  // An agent too old for SHA-2 answers with SHA-1, which a server of today refuses.
  if (*algorithm == "ssh-rsa") return fail(ErrorKind::refused, "the ssh-agent can sign with RSA and SHA-1 only");
  return std::string(*signature);
}

Result<Agent> Agent::connect(const std::string& path, Deadline deadline) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return fail(ErrorKind::configuration, "SSH_AUTH_SOCK is too long: " + path);
  std::memcpy(address.sun_path, path.data(), path.size());
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return fail_errno("cannot make a socket", errno);
  while (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    // A unix socket whose queue is full gives EAGAIN and no event to wait for.
    if (errno == EAGAIN && !deadline.passed()) ::poll(nullptr, 0, 20);
    else if (errno != EINTR || deadline.passed())
      return fail(ErrorKind::unreachable, "no ssh-agent answers at " + path + ": " + std::strerror(errno));
  }
  return Agent(std::move(fd));
}

Result<std::string> Agent::ask(const std::string& request, Deadline deadline) {
  const std::string message = wire_string(request);
  std::string_view left = message;
  while (!left.empty()) {
    if (auto ready = wait_for(fd_.get(), POLLOUT, deadline); !ready) return fail(ready.error());
    const ssize_t sent = ::send(fd_.get(), left.data(), left.size(), MSG_NOSIGNAL);
    if (sent > 0) left.remove_prefix(static_cast<std::size_t>(sent));
    else if (errno != EAGAIN && errno != EINTR) return fail_errno("cannot write to the ssh-agent", errno);
  }
  std::string answer;
  std::size_t expected = 4;
  while (answer.size() < expected) {
    if (auto ready = wait_for(fd_.get(), POLLIN, deadline); !ready) return fail(ready.error());
    char buffer[4096];
    const ssize_t got = ::recv(fd_.get(), buffer, std::min(sizeof buffer, expected - answer.size()), 0);
    if (got == 0) return fail(ErrorKind::unreachable, "the ssh-agent closed the connection");
    if (got < 0 && errno != EAGAIN && errno != EINTR) return fail_errno("cannot read from the ssh-agent", errno);
    if (got > 0) answer.append(buffer, static_cast<std::size_t>(got));
    if (answer.size() == 4 && expected == 4) {
      const std::uint32_t size = WireReader(answer).number().value_or(0);
      if (size == 0 || size > longest_answer) return no_sense();
      expected += size;
    }
  }
  return answer.substr(4);
}

Result<std::vector<AgentKey>> Agent::keys(Deadline deadline) {
  const auto answer = ask(std::string(1, list_keys), deadline);
  return answer ? parse_agent_keys(*answer) : fail(answer.error());
}

Result<std::string> Agent::sign(const std::string& blob, std::string_view data, Deadline deadline) {
  const std::uint32_t flags = key_type_of(blob) == "ssh-rsa" ? rsa_with_sha512 : 0;
  const auto answer =
      ask(std::string(1, sign_request) + wire_string(blob) + wire_string(data) + wire_number(flags), deadline);
  return answer ? parse_agent_signature(*answer) : fail(answer.error());
}

}  // namespace maintain
