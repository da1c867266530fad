// The script as a server's shell runs it, against servers on the loopback interface, and what other versions of
// OpenSSL said.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <catch2/catch.hpp>

#include "common/sections.hpp"
#include "common/shell_words.hpp"
#include "letsencrypt/probe/server_probe.hpp"
#include "letsencrypt/probe/tls_test_server.hpp"

using namespace maintain::letsencrypt;
using namespace maintain::letsencrypt::testing;
using namespace std::string_literals;
namespace fs = std::filesystem;
using Kind = Served::Kind;

namespace {

class Folder {
 public:
  Folder() {
    std::string pattern = (fs::temp_directory_path() / "server-probe-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const fs::path& path() const { return path_; }
  void program(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name) << "#!/bin/sh\n" << text;
    fs::permissions(path_ / name, fs::perms::owner_all);
  }

 private:
  fs::path path_;
};

// The script's output; `programs` are found before the system's own.
std::string run(const std::vector<Endpoint>& endpoints, const Folder& programs, bool only_these = false) {
  const maintain::sdk::Command command = server_probe_command(endpoints);
  CHECK(command.read_only);
  std::ofstream(programs.path() / "script") << command.script;
  std::vector<std::string> words{"/bin/sh", (programs.path() / "script").string()};
  words.insert(words.end(), command.argv.begin(), command.argv.end());
  const std::string path = programs.path().string() + (only_these ? "" : ":$PATH");
  const std::string line = "PATH=" + path + "; export PATH; " + maintain::plugins::shell_words(words) + " 2>&1";
  FILE* pipe = ::popen(line.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string output;
  char bytes[4096];
  for (std::size_t got = 0; (got = std::fread(bytes, 1, sizeof bytes, pipe)) > 0;) output.append(bytes, got);
  ::pclose(pipe);
  return output;
}

std::vector<Served> probe(const std::vector<Endpoint>& endpoints) {
  const Folder folder;
  const std::string output = run(endpoints, folder);
  INFO(output);
  return parse_server_probe(endpoints, output);
}

Served probe(const Endpoint& endpoint) {
  const auto results = probe(std::vector<Endpoint>{endpoint});
  REQUIRE(results.size() == 1);
  return results[0];
}

const Identity& shop() {
  static const Identity identity("shop.example.org");
  return identity;
}

std::string recorded(const std::string& name) {
  std::ifstream file(std::string(MAINTAIN_TESTDATA) + "/" + name);
  INFO(name);
  REQUIRE(file);
  return std::string{std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("server probe: the chain as it is served, in each protocol") {
  const Identity issuer("Some CA");
  for (const StartTls protocol : {StartTls::none, StartTls::smtp, StartTls::imap, StartTls::pop3, StartTls::ldap,
                                  StartTls::postgres}) {
    INFO(to_string(protocol));
    const TestServer server([&](const Peer& peer) {
      good_server(peer, protocol);
      peer.tls({.chain = {shop(), issuer}});
    });
    const Served served = probe(server.endpoint("shop.example.org", protocol));
    CHECK(served.problem == "");
    CHECK(served.kind == Kind::answered);
    REQUIRE(served.chain.size() == 2);
    CHECK(served.chain[0].names == std::vector<std::string>{"shop.example.org"});
  }
}

TEST_CASE("server probe: SNI, IPv6, old TLS, and a certificate that is wanted from us") {
  const Identity other("192.0.2.7");
  const TestServer server([&](const Peer& peer) { peer.tls({.chain = {other}, .by_name = {shop()}}); });
  CHECK(probe(server.endpoint("shop.example.org")).chain.at(0).names[0] == "shop.example.org");
  CHECK(probe(server.endpoint("192.0.2.7")).chain.at(0).names[0] == "192.0.2.7");
  const TestServer old([&](const Peer& peer) { peer.tls({.chain = {other}, .version = TLS1_VERSION}); });
  CHECK(probe(old.endpoint("shop.example.org")).kind == Kind::answered);
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const TestServer strict(
        [&](const Peer& peer) { peer.tls({.chain = {other}, .version = version, .wants_certificate = true}); });
    CHECK(probe(strict.endpoint("shop.example.org")).kind == Kind::answered);
  }
  try {
    const TestServer six([&](const Peer& peer) { peer.tls({.chain = {other}}); }, "::1");
    CHECK(probe(six.endpoint("shop.example.org")).kind == Kind::answered);
  } catch (const std::runtime_error&) {
    WARN("this machine has no IPv6 on its loopback interface: it was not tested");
  }
}

TEST_CASE("server probe: names are resolved there") {
  const TestServer server([](const Peer& peer) { peer.tls({.chain = {shop()}}); });
  Endpoint endpoint = server.endpoint("twice.example");
  endpoint.address.clear();
  Endpoint unknown = endpoint;
  unknown.name = "unknown.example";
  const Folder folder;
  folder.program("getent", R"(
case "$*" in
  "ahosts twice.example") for kind in STREAM DGRAM RAW; do echo "127.0.0.1 $kind twice.example"; done
    echo "127.0.0.2       STREAM"; echo '$(reboot) STREAM'; exit 0 ;;
  *) exit 2 ;;
esac
)");
  const std::vector<Endpoint> endpoints{endpoint, unknown};
  const auto results = parse_server_probe(endpoints, run(endpoints, folder));
  REQUIRE(results.size() == 3);
  CHECK(results[0].endpoint.address == "127.0.0.1");
  CHECK(results[0].kind == Kind::answered);
  CHECK(results[1].endpoint.address == "127.0.0.2");
  CHECK(results[1].kind == Kind::refused);
  CHECK(results[2].kind == Kind::name_unknown);
  CHECK(results[2].endpoint.address.empty());
}

TEST_CASE("server probe: many endpoints keep their order") {
  const TestServer server([](const Peer& peer) { peer.tls({.chain = {shop()}}); });
  std::vector<Endpoint> endpoints(19, server.endpoint("shop.example.org"));
  endpoints[11].port = 1;
  const auto results = probe(endpoints);
  REQUIRE(results.size() == 19);
  for (std::size_t i = 0; i < results.size(); ++i) {
    CAPTURE(i, results[i].problem);
    CHECK(results[i].kind == (i == 11 ? Kind::refused : Kind::answered));
  }
}

TEST_CASE("server probe: what is no answer") {
  const auto says = [](const std::vector<std::string>& lines, StartTls protocol) {
    const TestServer server([&](const Peer& peer) {
      for (const std::string& line : lines) {
        peer.say(line);
        peer.hear();
      }
    });
    return probe(server.endpoint("shop.example.org", protocol));
  };
  const Served http = says({"", "HTTP/1.1 400 Bad Request\r\n\r\n"}, StartTls::none);
  CHECK(http.kind == Kind::no_tls);
  CHECK(says({"220 x\r\n", "250 x\r\n", "502 what\r\n"}, StartTls::smtp).problem == "does not offer STARTTLS");
  CHECK(says({"+OK\r\n", "-ERR no\r\n", "-ERR what\r\n"}, StartTls::pop3).kind == Kind::no_starttls);
  CHECK(says({"* OK x\r\n", "* CAPABILITY IMAP4rev1\r\n. OK\r\n", ". BAD no\r\n"}, StartTls::imap).kind ==
        Kind::no_starttls);
  CHECK(says({"", "\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x02\x04\x00\x04\x00"s}, StartTls::ldap).kind ==
        Kind::no_starttls);
  CHECK(says({"", "N"}, StartTls::postgres).kind == Kind::no_starttls);
  const Served alert = says({"", "\x15\x03\x03\x00\x02\x02\x70"s}, StartTls::none);
  CHECK(alert.kind == Kind::failed);
  CHECK_THAT(alert.problem, Catch::Contains("unrecognized name"));
  CHECK(says({}, StartTls::none).kind == Kind::failed);
}

TEST_CASE("server probe: what a server says after TLS began is not taken for the script's own words") {
  const std::string forged = "\n@@maintain end 0\n@@maintain begin served 1 127.0.0.1\n| " + shop().pem();
  const Folder folder;
  folder.program("openssl", "[ \"$1\" = version ] && exit 0\nprintf '%s' " + maintain::plugins::shell_word(forged) +
                                "\nhead -c 10000000 /dev/zero | tr '\\0' 'x'\n");
  const std::vector<Endpoint> endpoints{{.name = "a.example", .address = "127.0.0.1"},
                                        {.name = "b.example", .address = "127.0.0.3"}};
  const std::string output = run(endpoints, folder);
  CHECK(output.size() < 20000);
  const auto results = parse_server_probe(endpoints, output);
  REQUIRE(results.size() == 2);
  CHECK(results[0].endpoint.address == "127.0.0.1");
  CHECK(results[1].endpoint.address == "127.0.0.3");
}

TEST_CASE("server probe: a program is missing") {
  const std::vector<Endpoint> endpoints{{.name = "a.example"}, {.name = "b.example", .address = "127.0.0.1"}};
  const Folder folder;
  const auto without = parse_server_probe(endpoints, run(endpoints, folder, true));
  REQUIRE(without.size() == 2);
  CHECK_THAT(without[0].problem, Catch::Contains("has no openssl"));
  CHECK_THAT(without[1].problem, Catch::Contains("has no openssl"));
  CHECK(without[0].kind == Kind::not_looked);
  CHECK(without[1].kind == Kind::not_looked);
  folder.program("openssl", "exit 0");
  CHECK_THAT(parse_server_probe(endpoints, run(endpoints, folder, true))[0].problem,
             Catch::Contains("no program timeout"));
  folder.program("openssl", "echo library is broken; exit 126");
  CHECK_THAT(parse_server_probe(endpoints, run(endpoints, folder))[0].problem, Catch::Contains("library is broken"));
}

TEST_CASE("server probe: too late") {
  const Folder folder;
  folder.program("timeout", "[ \"$2\" = true ] && exit 0\nexit 124");
  const std::vector<Endpoint> endpoints{{.name = "a.example"}, {.name = "b.example", .address = "127.0.0.1"}};
  const auto results = parse_server_probe(endpoints, run(endpoints, folder));
  REQUIRE(results.size() == 2);
  CHECK(results[0].kind == Kind::not_looked);
  CHECK_THAT(results[0].problem, Catch::Contains("looked up"));
  CHECK(results[1].kind == Kind::timed_out);
}

TEST_CASE("server probe: output that is cut off or forged") {
  const std::vector<Endpoint> endpoints{{.name = "a.example"}, {.name = "b.example", .address = "192.0.2.1"}};
  for (const std::string& output :
       {""s, "bash: fork: Cannot allocate memory\n"s, "@@maintain begin openssl\nOpenSSL"s,
        "@@maintain begin openssl\n\n@@maintain end 0\n"s,
        "@@maintain begin openssl\n\n@@maintain end 0\n@@maintain begin served 1 192.0.2.9\n\n@@maintain end 0\n"s,
        "@@maintain begin openssl\n\n@@maintain end 0\n@@maintain begin served 0 $(id)\n\n@@maintain end 0\n"s}) {
    CAPTURE(output);
    const auto results = parse_server_probe(endpoints, output);
    REQUIRE(results.size() == 2);
    for (const Served& served : results) {
      CHECK(served.kind == Kind::not_looked);
      CHECK_FALSE(served.problem.empty());
    }
  }
  std::string many = "@@maintain begin openssl\n\n@@maintain end 0\n";
  for (int i = 0; i < 1000; ++i)
    many += "@@maintain begin served 0 10.0." + std::to_string(i / 256) + "." + std::to_string(i % 256) +
            "\n\n@@maintain end 0\n";
  CHECK(parse_server_probe({{.name = "a.example"}}, many).size() == 8);
}

TEST_CASE("server probe: what is beyond the bound was not looked at") {
  const Folder folder;
  folder.program("openssl", "exit 0");
  folder.program("timeout", "[ \"$2\" != true ] || exit 0\nshift 3\n[ $1 != getent ] || exec \"$@\"\nexit 1");
  folder.program("getent", "for i in 1 2 3 4 5 6 7 8; do echo \"192.0.2.$i STREAM\"; done");
  std::vector<Endpoint> endpoints;
  for (int i = 0; i < 18; ++i) endpoints.push_back({.name = "n" + std::to_string(i) + ".example"});
  const auto results = parse_server_probe(endpoints, run(endpoints, folder));
  REQUIRE(results.size() == 131);  // 16 names with all addresses, the last of which may have had more, and two
  CHECK(results[127].endpoint.address == "192.0.2.8");
  CHECK(results[127].kind == Kind::failed);
  for (const std::size_t i : {128UL, 129UL, 130UL}) {
    CHECK(results[i].kind == Kind::not_looked);
    CHECK(results[i].endpoint.address.empty());
  }
  CHECK(results[128].endpoint.name == "n15.example");
  CHECK(results[130].endpoint.name == "n17.example");
  endpoints.resize(16);
  CHECK(parse_server_probe(endpoints, run(endpoints, folder)).size() == 128);
}

TEST_CASE("server probe: endpoints are words that mean nothing to a shell") {
  const auto command = server_probe_command({{.name = "shop.example.org"},
                                             {.name = "2001:db8::1", .address = "2001:db8::1", .port = 25,
                                              .starttls = StartTls::smtp}});
  CHECK(command.argv == std::vector<std::string>{"0,shop.example.org,,443,none", "1,,2001:db8::1,25,smtp"});
  CHECK(command.script.find("example") == std::string::npos);
  CHECK(server_probe_command(std::vector<Endpoint>(1000, {.name = "x"})).argv.size() == 128);
  const auto results = parse_server_probe(std::vector<Endpoint>(1000, {.name = "x"}), "");
  CHECK(results.size() == 1000);
}

TEST_CASE("server probe: OpenSSL of Debian 11, 12 and 13") {
  struct Expected {
    std::string name;
    StartTls starttls;
    Kind kind;
    std::string address = "127.0.0.1";
  };
  const std::vector<Expected> expected{
      {"good", StartTls::none, Kind::answered},        {"good", StartTls::smtp, Kind::answered},
      {"good", StartTls::imap, Kind::answered},        {"good", StartTls::pop3, Kind::answered},
      {"good", StartTls::ldap, Kind::answered},        {"good", StartTls::postgres, Kind::answered},
      {"http", StartTls::none, Kind::no_tls},          {"refuses", StartTls::smtp, Kind::no_starttls},
      {"refuses", StartTls::imap, Kind::no_starttls},  {"refuses", StartTls::pop3, Kind::no_starttls},
      {"refuses", StartTls::ldap, Kind::no_starttls},  {"refuses", StartTls::postgres, Kind::no_starttls},
      {"alert", StartTls::none, Kind::failed},         {"closes", StartTls::none, Kind::failed},
      {"tls10", StartTls::none, Kind::answered},       {"wants12", StartTls::none, Kind::answered},
      {"wants13", StartTls::none, Kind::answered},     {"silent", StartTls::none, Kind::timed_out},
      {"nobody", StartTls::none, Kind::refused, "::1"}, {"nobody", StartTls::none, Kind::no_route, "255.255.255.255"}};
  std::vector<Endpoint> endpoints;
  for (const Expected& each : expected)
    endpoints.push_back({.name = each.name + ".example", .address = each.address, .starttls = each.starttls});
  for (const char* file : {"server_probe_1.1.1w.txt", "server_probe_3.0.19.txt", "server_probe_3.5.txt"}) {
    CAPTURE(file);
    const auto results = parse_server_probe(endpoints, recorded(file));
    REQUIRE(results.size() == expected.size());
    for (std::size_t i = 0; i < results.size(); ++i) {
      CAPTURE(i, expected[i].name, to_string(expected[i].starttls), results[i].problem);
      CHECK(results[i].kind == expected[i].kind);
      CHECK(results[i].problem.empty() == (expected[i].kind == Kind::answered));
    }
    CHECK(results[0].chain.size() == 2);
    CHECK_THAT(results[12].problem, Catch::Contains("unrecognized name"));
    CHECK(results[13].problem == "closes the connection before TLS is agreed on");
  }
}
