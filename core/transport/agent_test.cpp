#include "transport/agent.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <thread>

#include <catch2/catch.hpp>

#include "transport/ssh_wire.hpp"

using namespace maintain;

namespace {

// A unix socket that somebody may listen at.
struct Listener {
  char directory[32] = "/tmp/maintain-agent-XXXXXX";
  std::string path;
  UniqueFd fd;
  Listener() {
    REQUIRE(::mkdtemp(directory) != nullptr);
    path = std::string(directory) + "/agent";
    fd.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    REQUIRE(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(fd.get(), 4) == 0);
  }
  ~Listener() {
    ::unlink(path.c_str());
    ::rmdir(directory);
  }
};

const Deadline soon() { return Deadline::after(std::chrono::seconds(5)); }

std::string keys_answer(const std::vector<AgentKey>& keys) {
  std::string answer = std::string(1, 12) + wire_number(static_cast<std::uint32_t>(keys.size()));
  for (const AgentKey& key : keys) answer += wire_string(key.blob) + wire_string(key.comment);
  return answer;
}

}  // namespace

TEST_CASE("an agent's keys are read") {
  const auto keys = parse_agent_keys(keys_answer({{"blob1", "me@desk"}, {"blob2", ""}}));
  REQUIRE(keys);
  REQUIRE(keys->size() == 2);
  CHECK((*keys)[0].comment == "me@desk");
  CHECK((*keys)[1].blob == "blob2");
}

TEST_CASE("answers that make no sense are errors") {
  const std::string good = keys_answer({{"blob1", "me@desk"}});
  for (std::size_t length = 0; length < good.size(); ++length) CHECK_FALSE(parse_agent_keys(good.substr(0, length)));
  CHECK_FALSE(parse_agent_keys(std::string(1, 5)));
  CHECK_FALSE(parse_agent_keys(std::string(1, 12) + wire_number(0xFFFFFFFF)));
}

TEST_CASE("signatures are taken out of their wrapping, SHA-1 is not taken") {
  const auto answer = [](const std::string& algorithm) {
    return std::string(1, 14) + wire_string(wire_string(algorithm) + wire_string("signature"));
  };
  CHECK(parse_agent_signature(answer("rsa-sha2-512")).value() == "signature");
  CHECK(parse_agent_signature(answer("ssh-rsa")).error().kind == ErrorKind::refused);
  CHECK(parse_agent_signature(std::string(1, 5)).error().kind == ErrorKind::refused);
  CHECK_FALSE(parse_agent_signature(answer("ssh-ed25519").substr(0, 12)));
}

TEST_CASE("an agent that answers in pieces is understood") {
  const Listener listener;
  std::thread agent([&] {
    const UniqueFd peer(::accept(listener.fd.get(), nullptr, nullptr));
    char request[5];
    if (::recv(peer.get(), request, sizeof request, MSG_WAITALL) != 5) return;
    for (const char c : wire_string(keys_answer({{"blob1", "me@desk"}}))) ::send(peer.get(), &c, 1, MSG_NOSIGNAL);
  });
  auto connected = Agent::connect(listener.path, soon());
  REQUIRE(connected);
  const auto keys = connected->keys(soon());
  agent.join();
  REQUIRE(keys);
  CHECK(keys->at(0).blob == "blob1");
}

TEST_CASE("an agent that hangs, hangs up or is not there is an error in time") {
  CHECK(Agent::connect("/nonexistent/agent", soon()).error().kind == ErrorKind::unreachable);
  const Listener listener;
  auto silent = Agent::connect(listener.path, soon());
  REQUIRE(silent);
  CHECK(silent->keys(Deadline::after(Milliseconds(50))).error().kind == ErrorKind::timed_out);
  auto closed = Agent::connect(listener.path, soon());
  REQUIRE(closed);
  UniqueFd(::accept(listener.fd.get(), nullptr, nullptr));
  UniqueFd(::accept(listener.fd.get(), nullptr, nullptr));
  CHECK(closed->keys(soon()).error().kind != ErrorKind::timed_out);
}
