#include "transport/known_hosts.hpp"

#include <catch2/catch.hpp>

#include "transport/ssh_wire.hpp"

using namespace maintain;

namespace {

// Some key of a type; different for each number.
std::string blob(const std::string& type, int number) {
  return wire_string(type) + wire_string("key " + std::to_string(number));
}
std::string entry(const std::string& type, int number) { return type + " " + base64_encode(blob(type, number)); }

const std::string ed1 = entry("ssh-ed25519", 1), ed2 = entry("ssh-ed25519", 2), ec3 = entry("ecdsa-sha2-nistp256", 3);

KnownHost find(const std::string& text, const std::string& host, std::uint16_t port = 22) {
  KnownHost found;
  find_in_known_hosts(text, "known_hosts", known_hosts_name(host, port), found);
  return found;
}

std::size_t count(const std::string& text, const std::string& host, std::uint16_t port = 22) {
  return find(text, host, port).keys.size();
}

}  // namespace

TEST_CASE("plain names, lists, addresses and ports") {
  const std::string text = "web1,10.0.0.5 " + ed1 + "\n[web1]:2222 " + ed2 + "\n[2001:db8::1]:22000 " + ec3 + "\n";
  CHECK(count(text, "web1") == 1);
  CHECK(count(text, "WEB1") == 1);
  CHECK(count(text, "10.0.0.5") == 1);
  CHECK(count(text, "web") == 0);
  CHECK(count(text, "web11") == 0);
  CHECK(count(text, "2001:db8::1", 22000) == 1);
  CHECK(find(text, "web1").keys[0].where == Position{"known_hosts", 1, 0});
}

TEST_CASE("as in ssh, a key of the plain name also counts for another port, not the other way round") {
  const std::string text = "web1 " + ed1 + "\n[web1]:2222 " + ed2 + "\n";
  CHECK(count(text, "web1", 2222) == 2);
  CHECK(count(text, "web1") == 1);
  CHECK(count(text, "web1", 2223) == 1);
}

TEST_CASE("wildcards and exceptions") {
  const std::string text = "*.example.org,!db?.example.org " + ed1 + "\n10.0.?.* " + ed2 + "\n";
  CHECK(count(text, "web.example.org") == 1);
  CHECK(count(text, "db1.example.org") == 0);
  CHECK(count(text, "db10.example.org") == 1);
  CHECK(count(text, "example.org") == 0);
  CHECK(count(text, "10.0.3.44") == 1);
  CHECK(count(text, "10.0.33.44") == 0);
  CHECK(count("!web1 " + ed1 + "\n", "web2") == 0);
  CHECK(count("***a***b*** " + ed1 + "\n", std::string(3000, 'a') + "c") == 0);  // ends in time
}

TEST_CASE("hashed names, as ssh-keygen -H writes them") {
  // HMAC-SHA1 over the name with the salt before it
  const std::string hashed = "|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg= ";  // 192.168.1.61
  CHECK(count(hashed + ed1 + "\n", "192.168.1.61") == 1);
  CHECK(count(hashed + ed1 + "\n", "192.168.1.62") == 0);
  for (const char* broken : {"|1|", "|1||", "|1|F1E1", "|2|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg=",
                             "|1|!!!!|3988QV0VE8wmZL7suNrYQLITLCg="})
    CHECK(count(std::string(broken) + " " + ed1 + "\n", "192.168.1.61") == 0);
}

TEST_CASE("several keys, comments, CRLF, blanks and lines that mean nothing") {
  const std::string text = "# a comment\r\n\r\n   \nweb1 " + ed1 + " root@web1\r\n\tweb1\t" + ec3 + "\n#web1 " + ed2 +
                           "\nweb1\nweb1 ssh-ed25519\nweb1 ssh-ed25519 %%%%\nweb1 ssh-rsa " +
                           base64_encode(blob("ssh-ed25519", 2)) + "\nweb1 1024 35 1234567\nweb1 " + ed2;
  const KnownHost found = find(text, "web1");
  REQUIRE(found.keys.size() == 3);
  CHECK(found.keys[0].where.line == 4);
  CHECK(found.keys[1].type == "ecdsa-sha2-nistp256");
  CHECK(found.keys[2].where.line == 12);
}

TEST_CASE("revoked keys and authorities") {
  const KnownHost found = find("web1 " + ed1 + "\n@revoked * " + ed1 + "\n@cert-authority *.example.org " + ed2 + "\n",
                               "web1");
  CHECK(judge_host_key(found, blob("ssh-ed25519", 1)) == HostKeyVerdict::revoked);
  CHECK_FALSE(found.certificate_authority);
  const KnownHost certified = find("@cert-authority *.example.org " + ed2 + "\n", "a.example.org");
  CHECK(certified.certificate_authority);
  CHECK(certified.keys.empty());
  CHECK_FALSE(certified.empty());
  CHECK(find("@unheard-of web1 " + ed1 + "\n", "web1").empty());
}

TEST_CASE("verdicts and what they tell a person") {
  const Server server{.name = "web1", .address = "10.0.0.5"};
  const KnownHost known = find("10.0.0.5 " + ec3 + "\n10.0.0.5 " + ed1 + "\n", "10.0.0.5");
  CHECK(judge_host_key(known, blob("ssh-ed25519", 1)) == HostKeyVerdict::known);
  CHECK(judge_host_key(known, blob("ssh-ed25519", 9)) == HostKeyVerdict::changed);
  CHECK(judge_host_key({}, blob("ssh-ed25519", 9)) == HostKeyVerdict::unknown);

  const Error changed = host_key_error(server, known, blob("ssh-ed25519", 9));
  CHECK(changed.kind == ErrorKind::host_key);
  CHECK(changed.where == Position{"known_hosts", 2, 0});
  CHECK(changed.message == "web1 (10.0.0.5:22): the host key has changed: known is ED25519 " +
                               fingerprint(blob("ssh-ed25519", 1)) + ", offered is ED25519 " +
                               fingerprint(blob("ssh-ed25519", 9)));
  CHECK(changed.hint.find("maintain trust web1 --replace") != std::string::npos);
  CHECK(host_key_error(server, {}, {}).message == "web1 (10.0.0.5:22): the host key is not known");
}

TEST_CASE("removing a server leaves its neighbours") {
  const std::string text = "# kept\nweb1 " + ed1 + "\nweb1,web2 " + ec3 + " shared\r\n[web1]:2222 " + ed2 + "\nweb* " +
                           ed2 +
                           "\n@revoked web1 " + ed2 +
                           "\n|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg= " +
                           ed1 + "\n";
  CHECK(remove_from_known_hosts(text, "web1") ==
        "# kept\nweb2 " + ec3 + " shared\n[web1]:2222 " + ed2 + "\nweb* " + ed2 + "\n@revoked web1 " + ed2 +
            "\n|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg= " + ed1 + "\n");
  CHECK(remove_from_known_hosts(text, "192.168.1.61").find("|1|") == std::string::npos);
  CHECK(remove_from_known_hosts("", "web1").empty());
}
