// The probe against real sockets and real TLS, on the loopback interface.
#include <atomic>

#include <catch2/catch.hpp>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "letsencrypt/probe/probe.hpp"
#include "letsencrypt/probe/tls_test_server.hpp"

using namespace maintain::letsencrypt;
using namespace maintain::letsencrypt::testing;
using namespace std::string_literals;
using namespace std::chrono_literals;
using Kind = Served::Kind;

namespace {

constexpr auto plenty = 20s;   // where an answer comes
constexpr auto little = 300ms; // where none comes

bool never() { return false; }

Served probe(const Endpoint& endpoint, std::chrono::milliseconds each = plenty) {
  const auto results = probe_from_here({endpoint}, each, never);
  REQUIRE(results.size() == 1);
  return results[0];
}

const Identity& shop() {
  static const Identity identity("shop.example.org");
  return identity;
}

Served from(const TestServer::Work& work, StartTls starttls = StartTls::none,
            std::chrono::milliseconds each = plenty) {
  const TestServer server(work);
  return probe(server.endpoint("shop.example.org", starttls), each);
}

}  // namespace

TEST_CASE("probe: the chain as it is served, in each protocol") {
  const Identity issuer("Some CA");
  for (const StartTls protocol : {StartTls::none, StartTls::smtp, StartTls::imap, StartTls::pop3, StartTls::ldap,
                                  StartTls::postgres}) {
    INFO(to_string(protocol));
    std::string last_words;
    Served served;
    {
      const TestServer server([&](const Peer& peer) {
        good_server(peer, protocol);
        last_words = peer.tls({.chain = {shop(), issuer}});
      });
      served = probe(server.endpoint("shop.example.org", protocol));
    }
    CHECK(served.kind == Kind::answered);
    CHECK(served.problem == "");
    REQUIRE(served.chain.size() == 2);
    CHECK(served.chain[0].names == std::vector<std::string>{"shop.example.org"});
    CHECK(served.chain[1].subject == "CN=Some CA");
    if (protocol == StartTls::smtp) CHECK(last_words == "QUIT\r\n");
  }
}

TEST_CASE("probe: SNI chooses, and an address is none") {
  const Identity other("192.0.2.7");
  const TestServer server([&](const Peer& peer) { peer.tls({.chain = {other}, .by_name = {shop()}}); });
  CHECK(probe(server.endpoint("shop.example.org")).chain.at(0).names[0] == "shop.example.org");
  CHECK(probe(server.endpoint("blog.example.org")).chain.at(0).names[0] == "192.0.2.7");
  CHECK(probe(server.endpoint("192.0.2.7")).chain.at(0).names[0] == "192.0.2.7");
}

TEST_CASE("probe: every version of TLS, also where the server wants a certificate from us") {
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION, TLS1_2_VERSION, TLS1_3_VERSION}) {
    for (const bool wants : {false, true}) {
      CAPTURE(version, wants);
      const Served served = from(
          [&](const Peer& peer) { peer.tls({.chain = {shop()}, .version = version, .wants_certificate = wants}); });
      CHECK(served.problem == "");
      CHECK(served.kind == Kind::answered);
      CHECK(served.chain.size() == 1);
    }
  }
}

TEST_CASE("probe: of a long chain the beginning") {
  const Served served = from([&](const Peer& peer) { peer.tls({.chain = std::vector<Identity>(60, shop())}); });
  CHECK(served.kind == Kind::answered);
  CHECK(served.chain.size() == 20);
}

TEST_CASE("probe: IPv6") {
  try {
    const TestServer server([](const Peer& peer) { peer.tls({.chain = {shop()}}); }, "::1");
    CHECK(probe(server.endpoint("shop.example.org")).kind == Kind::answered);
  } catch (const std::runtime_error&) {
    WARN("this machine has no IPv6 on its loopback interface: it was not tested");
  }
}

TEST_CASE("probe: a name's addresses are found, and no name makes us look at ourselves") {
  std::atomic<int> asked = 0;
  {
    const TestServer server([&](const Peer&) { ++asked; });
    Endpoint endpoint = server.endpoint("localhost");
    endpoint.address.clear();
    Endpoint numeric = endpoint;
    numeric.name = numeric.address = "127.0.0.1";
    const auto results = probe_from_here({endpoint, numeric}, plenty, never);
    CHECK(results.size() >= 2);
    for (const Served& served : results) {
      CHECK_FALSE(served.endpoint.address.empty());
      CHECK(served.kind == Kind::no_route);
      CHECK_THAT(served.problem, Catch::Contains("`from: server`"));
    }
  }
  CHECK(asked == 0);
}

TEST_CASE("probe: addresses of this machine and of its own link") {
  for (const char* own : {"127.0.0.1", "127.1.2.3", "0.0.0.0", "169.254.169.254", "::", "::1", "fe80::1", "febf::1",
                          "::ffff:127.0.0.1", "::ffff:169.254.1.1"})
    CHECK(is_own_address(own));
  for (const char* other : {"192.0.2.7", "10.0.0.1", "126.255.255.255", "169.253.0.1", "2001:db8::1", "fec0::1", "::2",
                            "::ffff:192.0.2.7", "shop.example.org", ""})
    CHECK_FALSE(is_own_address(other));
}

TEST_CASE("probe: who hangs in a restart is asked once more") {
  std::atomic<int> connections = 0;
  const TestServer slow([&](const Peer& peer) {
    if (++connections == 1) peer.until_it_hangs_up();
    else peer.tls({.chain = {shop()}});
  });
  CHECK(probe(slow.endpoint("shop.example.org"), 1s).kind == Kind::answered);
  CHECK(connections == 2);
}

TEST_CASE("probe: a name without addresses") {
  // Without a network nobody says that it does not exist.
  const Served served = probe({.name = "nothing.invalid"}, 3s);
  CHECK((served.kind == Kind::name_unknown || served.kind == Kind::not_looked));
  CHECK(served.endpoint.address.empty());
  CHECK_FALSE(served.problem.empty());
}

TEST_CASE("probe: nothing listens, and no way there") {
  Endpoint gone;
  {
    const TestServer server([](const Peer&) {});
    gone = server.endpoint("shop.example.org");
  }
  const Served refused = probe(gone);
  CHECK(refused.kind == Kind::refused);
  CHECK(refused.problem == "refuses connections");
  // The kernel gives no TCP connection to a broadcast.
  CHECK(probe({.name = "x.example", .address = "255.255.255.255"}).kind == Kind::no_route);
}

TEST_CASE("probe: who is not there in time is not waited for") {
  const auto silent = [](const Peer& peer) { peer.until_it_hangs_up(); };
  const Served tls = from(silent, StartTls::none, little);
  CHECK(tls.kind == Kind::timed_out);
  CHECK_THAT(tls.problem, Catch::Contains("beginning of TLS"));
  const Served clear = from(silent, StartTls::smtp, little);
  CHECK(clear.kind == Kind::timed_out);
  CHECK_THAT(clear.problem, Catch::Contains("before TLS"));
  // Bytes that come in time do not prolong it.
  const Served drop = from(
      [](const Peer& peer) {
        while (peer.still_there("220-x\r\n") && peer.hear().empty()) {
        }
      },
      StartTls::smtp, little);
  CHECK(drop.kind != Kind::answered);
}

TEST_CASE("probe: a full backlog is a connection that does not come about") {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  REQUIRE(::bind(listener, reinterpret_cast<sockaddr*>(&address), length) == 0);
  REQUIRE(::listen(listener, 0) == 0);
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length);
  std::vector<int> waiting;
  for (int i = 0; i < 4; ++i) {
    waiting.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    (void)::connect(waiting.back(), reinterpret_cast<sockaddr*>(&address), length);
  }
  const Served served = probe({.name = "x.example", .address = "127.0.0.1", .port = ntohs(address.sin_port)}, little);
  CHECK(served.kind == Kind::timed_out);
  CHECK(served.problem == "does not answer");
  for (const int descriptor : waiting) ::close(descriptor);
  ::close(listener);
}

TEST_CASE("probe: many at once, each with its own result") {
  const TestServer silent([](const Peer& peer) { peer.until_it_hangs_up(); });
  const TestServer good([](const Peer& peer) { peer.tls({.chain = {shop()}}); });
  std::vector<Endpoint> endpoints(100, silent.endpoint("shop.example.org"));
  endpoints[37] = endpoints[99] = good.endpoint("shop.example.org");
  const auto begun = std::chrono::steady_clock::now();
  const auto results = probe_from_here(endpoints, 1s, never);
  CHECK(std::chrono::steady_clock::now() - begun < 50s);  // one after the other it were 98
  REQUIRE(results.size() == 100);
  for (std::size_t i = 0; i < results.size(); ++i) {
    CAPTURE(i);
    if (i != 37 && i != 99) CHECK(results[i].kind == Kind::timed_out);
  }
  CHECK(results[37].kind == Kind::answered);
  CHECK(results[99].endpoint.port == good.endpoint("x").port);
}

TEST_CASE("probe: it ends when the run is stopped") {
  const TestServer silent([](const Peer& peer) { peer.until_it_hangs_up(); });
  std::atomic<int> asked = 0;
  const auto results = probe_from_here(std::vector<Endpoint>(70, silent.endpoint("shop.example.org")), 1h,
                                       [&] { return ++asked > 3; });
  REQUIRE(results.size() == 70);
  for (const Served& served : results) {
    CHECK(served.kind == Kind::not_looked);
    CHECK_THAT(served.problem, Catch::Contains("stopped"));
  }
  CHECK(probe_from_here({}, 1s, never).empty());
}

TEST_CASE("probe: what is no TLS") {
  const Served http = from([](const Peer& peer) {
    peer.hear();
    peer.say("HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n");
    peer.until_it_hangs_up();
  });
  CHECK(http.kind == Kind::no_tls);
  CHECK(http.problem == "does not speak TLS there");
  const Served ssh = from([](const Peer& peer) { peer.say("SSH-2.0-OpenSSH_9.2p1\r\n"); peer.until_it_hangs_up(); });
  CHECK(ssh.kind == Kind::no_tls);
  const Served imap_at_smtp = from([](const Peer& peer) { peer.say("* OK hello\r\n"); peer.until_it_hangs_up(); },
                                   StartTls::smtp);
  CHECK(imap_at_smtp.kind == Kind::no_tls);
  CHECK(imap_at_smtp.problem == "does not speak SMTP");
}

TEST_CASE("probe: TLS that ends badly") {
  const Served alert = from([](const Peer& peer) {
    peer.hear();
    peer.say("\x15\x03\x03\x00\x02\x02\x70"s);  // fatal, unrecognized_name
    peer.until_it_hangs_up();
  });
  CHECK(alert.kind == Kind::failed);
  CHECK_THAT(alert.problem, Catch::Contains("unrecognized name"));
  const Served garbage = from([](const Peer& peer) {
    peer.say("\x16\x03\x03\x00\x05"s + "\x02\xff\xff\xff\x00"s + std::string(100, '\x16'));
    peer.until_it_hangs_up();
  });
  CHECK(garbage.kind == Kind::failed);
  CHECK_THAT(garbage.problem, Catch::Contains("cannot agree"));
}

TEST_CASE("probe: who hangs up at once") {
  const auto reset = [](const Peer&) {};
  for (const StartTls protocol : {StartTls::none, StartTls::smtp, StartTls::imap, StartTls::pop3, StartTls::ldap,
                                  StartTls::postgres}) {
    INFO(to_string(protocol));
    const Served served = from(reset, protocol);
    CHECK(served.kind == Kind::failed);
    CHECK_THAT(served.problem, Catch::Contains("closes the connection"));
  }
  const Served after_hello = from([](const Peer& peer) { peer.hear(); });
  CHECK(after_hello.kind == Kind::failed);
  CHECK(after_hello.problem == "closes the connection as soon as TLS begins");
}

TEST_CASE("probe: refusals of STARTTLS") {
  const auto answers = [](std::vector<std::string> lines) {
    return [lines = std::move(lines)](const Peer& peer) {
      for (const std::string& line : lines) {
        peer.say(line);
        peer.hear();
      }
      peer.until_it_hangs_up();
    };
  };
  const Served smtp = from(answers({"220 x\r\n", "250 x\r\n"}), StartTls::smtp);
  CHECK(smtp.kind == Kind::no_starttls);
  CHECK(smtp.problem == "does not offer STARTTLS");
  CHECK(from(answers({"* OK x\r\n", "a1 NO not today\r\n"}), StartTls::imap).kind == Kind::no_starttls);
  CHECK(from(answers({"+OK\r\n", "-ERR\r\n"}), StartTls::pop3).kind == Kind::no_starttls);
  const auto ldap = "\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x02\x04\x00\x04\x00"s;
  CHECK(from(answers({"", ldap}), StartTls::ldap).kind == Kind::no_starttls);
  CHECK(from(answers({"", "N"}), StartTls::postgres).kind == Kind::no_starttls);
}

TEST_CASE("probe: a banner without end") {
  std::atomic<bool> hung_up = false;
  Served served;
  {
    const TestServer server([&](const Peer& peer) {
      while (peer.still_there("220-" + std::string(60, 'x') + "\r\n")) {
      }
      hung_up = true;
    });
    served = probe(server.endpoint("shop.example.org", StartTls::smtp));
    CHECK(served.kind == Kind::no_tls);
    CHECK(served.problem == "says too much before TLS");
  }
  CHECK(hung_up);
}
