// A server whose host key nobody has pinned: what is told of it, and of pinning it.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "base/fd.hpp"
#include "transport/host_key_scan.hpp"
#include "transport/libssh2_transport.hpp"
#include "transport/ssh_wire.hpp"

using namespace maintain;

namespace {

// A port of the loopback interface that is ours: connections to it are refused until something listens there.
struct Port {
  UniqueFd fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  Server server;
  Port() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0);
    REQUIRE(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    server.name = "web1";
    server.address = "127.0.0.1";
    server.port = ntohs(address.sin_port);
  }
  void listen() const { REQUIRE(::listen(fd.get(), 4) == 0); }
};

struct Directory {
  char path[32] = "/tmp/maintain-pins-XXXXXX";
  Directory() { REQUIRE(::mkdtemp(path) != nullptr); }
  ~Directory() { std::filesystem::remove_all(path); }
  std::string file(const std::string& name) const { return std::string(path) + "/" + name; }
};

TransportSettings settings_without_keys() {
  TransportSettings settings;
  settings.known_hosts_files = {"/nonexistent/known_hosts"};
  settings.identity_files = {"/nonexistent/key"};
  settings.use_agent = false;
  return settings;
}

HostKey key(char fill) {
  const std::string blob = wire_string("ssh-ed25519") + wire_string(std::string(32, fill));
  return {"ssh-ed25519", blob, fingerprint(blob), "web1"};
}

}  // namespace

TEST_CASE("where nobody answers a server is away, and its host key is no matter yet") {
  const Port port;
  const auto plan = plan_connection(port.server, settings_without_keys(), SshConfig::ignored);
  REQUIRE_FALSE(plan);
  CHECK(plan.error().kind == ErrorKind::unreachable);
  CHECK_THAT(plan.error().message,
             Catch::StartsWith("web1 (127.0.0.1:") && Catch::EndsWith("127.0.0.1: Connection refused"));

  Server nowhere = port.server;
  nowhere.address = "web1.invalid";  // RFC 6761: a name that never resolves
  const auto lost = plan_connection(nowhere, settings_without_keys(), SshConfig::ignored);
  REQUIRE_FALSE(lost);
  CHECK(lost.error().kind == ErrorKind::unreachable);
  CHECK_THAT(lost.error().message, Catch::Contains("web1.invalid"));
}

TEST_CASE("of a machine that answers the unknown host key is told") {
  const Port port;
  port.listen();
  const auto plan = plan_connection(port.server, settings_without_keys(), SshConfig::ignored);
  REQUIRE_FALSE(plan);
  CHECK(plan.error().kind == ErrorKind::host_key);
}

TEST_CASE("a port that refuses connections is told as such when its keys are asked for") {
  const Port port;
  const auto keys = scan_host_keys(port.server, settings_without_keys());
  REQUIRE_FALSE(keys);
  CHECK(keys.error().kind == ErrorKind::unreachable);
  CHECK_THAT(keys.error().message, Catch::EndsWith("127.0.0.1: Connection refused"));
}

TEST_CASE("before anybody compares fingerprints it is known whether there is anything to pin") {
  const Directory directory;
  const std::vector<std::string> files{directory.file("known_hosts")};
  Server server;
  server.name = "web1";
  CHECK(are_pinned(server, {key('a')}, files, false) == false);
  REQUIRE(trust_host_keys(server, {key('a')}, files, false));
  CHECK(are_pinned(server, {key('a')}, files, false) == true);
  CHECK(are_pinned(server, {key('a')}, files, true) == true);

  const auto other = are_pinned(server, {key('b')}, files, false);
  REQUIRE_FALSE(other);
  CHECK(other.error().kind == ErrorKind::host_key);
  CHECK_THAT(other.error().describe(), Catch::StartsWith(files[0] + ":1: ") && Catch::Contains(key('a').fingerprint) &&
                                           Catch::Contains("--replace"));
  CHECK(are_pinned(server, {key('b')}, files, true) == false);
}

TEST_CASE("a key that only another file has is still to be pinned in ours") {
  const Directory directory;
  const std::vector<std::string> other{directory.file("other")};
  Server server;
  server.name = "web1";
  REQUIRE(trust_host_keys(server, {key('a')}, other, false));
  CHECK(are_pinned(server, {key('a')}, {directory.file("known_hosts"), other[0]}, false) == false);
}

TEST_CASE("who cannot pin because somebody else is pinning learns what to do") {
  const Directory directory;
  const std::vector<std::string> files{directory.file("known_hosts")};
  Server server;
  server.name = "web1";
  const auto held = lock_file(files[0] + ".lock");
  REQUIRE(held);
  const auto filed = trust_host_keys(server, {key('a')}, files, false, Milliseconds(10));
  REQUIRE_FALSE(filed);
  CHECK(filed.error().kind == ErrorKind::busy);
  CHECK_THAT(filed.error().message, Catch::Contains(files[0] + ".lock"));
  CHECK_THAT(filed.error().hint, Catch::Contains("try again") && Catch::Contains("lslocks"));
}
