#include <catch2/catch.hpp>

#include "letsencrypt/probe/endpoint.hpp"

using namespace maintain::letsencrypt;
using maintain::sdk::Json;

namespace {

template <class Source>
Endpoint good(const Source& source) {
  const auto parsed = parse_endpoint(source);
  if (const auto* problem = std::get_if<std::string>(&parsed)) FAIL(*problem);
  return std::get<Endpoint>(parsed);
}
Endpoint text(std::string_view source) { return good(source); }

template <class Source>
std::string bad(const Source& source) {
  const auto parsed = parse_endpoint(source);
  if (const auto* endpoint = std::get_if<Endpoint>(&parsed)) FAIL(endpoint_text(*endpoint));
  return std::get<std::string>(parsed);
}
std::string wrong(std::string_view source) { return bad(source); }

}  // namespace

TEST_CASE("endpoint: names and ports") {
  CHECK(text("shop.example.org").name == "shop.example.org");
  CHECK(text("shop.example.org").address.empty());
  CHECK(text("shop.example.org").port == 443);
  CHECK(text("Shop.Example.ORG.:8443").name == "shop.example.org");
  CHECK(text("shop.example.org:8443").port == 8443);
  CHECK(text("localhost:65535").port == 65535);
  CHECK(text("xn--bcher-kva.example").name == "xn--bcher-kva.example");
  CHECK(text(std::string(63, 'a') + ".example").name.size() == 71);
}

TEST_CASE("endpoint: addresses are their own name") {
  CHECK(text("192.0.2.7").address == "192.0.2.7");
  CHECK(text("192.0.2.7:8443").name == "192.0.2.7");
  CHECK(text("[2001:DB8::1]").address == "2001:db8::1");
  const Endpoint six = text("[2001:db8::1]:8443");
  CHECK(six.port == 8443);
  CHECK(address_text(six) == "[2001:db8::1]:8443");
  CHECK(endpoint_text(six) == "2001:db8::1 [2001:db8::1]:8443");
  CHECK(endpoint_text(text("shop.example.org")) == "shop.example.org shop.example.org:443");
}

TEST_CASE("endpoint: schemes bring ports and STARTTLS") {
  struct Expected {
    std::string scheme;
    StartTls starttls;
    int port;
  };
  for (const Expected& each : std::vector<Expected>{
           {"smtp", StartTls::smtp, 25},     {"imap", StartTls::imap, 143},   {"pop3", StartTls::pop3, 110},
           {"ldap", StartTls::ldap, 389},    {"postgres", StartTls::postgres, 5432}, {"smtps", StartTls::none, 465},
           {"imaps", StartTls::none, 993},   {"pop3s", StartTls::none, 995},  {"ldaps", StartTls::none, 636},
           {"tls", StartTls::none, 443},     {"HTTPS", StartTls::none, 443}}) {
    INFO(each.scheme);
    const Endpoint endpoint = text(each.scheme + "://mail.example.org");
    CHECK(endpoint.starttls == each.starttls);
    CHECK(endpoint.port == each.port);
    CHECK(endpoint.name == "mail.example.org");
    CHECK(text(each.scheme + "://[::1]:7").port == 7);
  }
  CHECK(default_port(StartTls::none) == 443);
  CHECK(default_port(StartTls::ldap) == 389);
}

TEST_CASE("endpoint: what is wrong is said") {
  CHECK(wrong("") == "is empty");
  CHECK(wrong("https://") == "has no name");
  CHECK(wrong(":443") == "has no name");
  CHECK_THAT(wrong("b\xC3\xBC" "cher.example"), Catch::Contains("Punycode"));
  CHECK_THAT(wrong("*.example.org"), Catch::Contains("wildcard"));
  CHECK_THAT(wrong("2001:db8::1"), Catch::Contains("brackets"));
  CHECK_THAT(wrong("[2001:db8::1"), Catch::Contains("]"));
  CHECK_THAT(wrong("[192.0.2.7]:443"), Catch::Contains("IPv6"));
  CHECK_THAT(wrong("[fe80::1%eth0]:443"), Catch::Contains("IPv6"));
  CHECK_THAT(wrong("[::1]443"), Catch::Contains(":PORT"));
  CHECK_THAT(wrong("ftp://x.example"), Catch::Contains("scheme"));
  CHECK_THAT(wrong("https://x.example/"), Catch::Contains("path"));
  CHECK_THAT(wrong("joe@x.example"), Catch::Contains("user"));
  CHECK_THAT(wrong("192.0.2.777"), Catch::Contains("neither"));
  for (const char* name : {"-a.example", "a-.example", "a..example", ".example", "a_b.example", "a b.example", "$(id)",
                           "a;b", "a,b", "a\nb"})
    CHECK_THAT(wrong(name), Catch::Contains("is no host name"));
  CHECK_THAT(wrong(std::string(64, 'a') + ".example"), Catch::Contains("63"));
  std::string longest;
  for (int i = 0; i < 63; ++i) longest += "abc.";
  CHECK(text(longest + "d").name.size() == 253);
  CHECK_THAT(wrong(longest + "de"), Catch::Contains("253"));
  CHECK_THAT(wrong(std::string(1000, 'a')), Catch::Contains("longer"));
  for (const char* port : {"0", "65536", "", "-1", "443x", "99999999999999999999", "+443", " 443"})
    CHECK_THAT(wrong("x.example:" + std::string(port)), Catch::Contains("port"));
  CHECK_FALSE(is_address(std::string_view("::1\0x", 5)));
}

TEST_CASE("endpoint: objects") {
  const Endpoint whole = good(Json{{"name", "Shop.example.org"},
                                   {"address", "2001:DB8::7"},
                                   {"port", 587},
                                   {"starttls", "smtp"},
                                   {"certificate", "shop"}});
  CHECK(whole.name == "shop.example.org");
  CHECK(whole.address == "2001:db8::7");
  CHECK(whole.port == 587);
  CHECK(whole.starttls == StartTls::smtp);
  CHECK(whole.certificate == "shop");
  CHECK(good(Json{{"name", "x.example"}, {"starttls", "postgres"}}).port == 5432);
  CHECK(good(Json{{"name", "2001:db8::1"}}).address == "2001:db8::1");
  CHECK(good(Json{{"name", "192.0.2.1"}, {"address", "192.0.2.9"}}).address == "192.0.2.9");
  CHECK(good(Json{{"name", "x.example"}, {"port", "8443"}}).port == 8443);
  CHECK(good(Json("imap://x.example")).starttls == StartTls::imap);
}

TEST_CASE("endpoint: wrong objects") {
  CHECK(bad(Json::object()) == "has no name");
  CHECK_THAT(bad(Json{{"name", "x.example:443"}}), Catch::Contains("is no host name"));
  CHECK_THAT(bad(Json{{"name", "x.example"}, {"address", "y.example"}}), Catch::Contains("address"));
  CHECK_THAT(bad(Json{{"name", "x.example"}, {"port", 0}}), Catch::Contains("port"));
  CHECK_THAT(bad(Json{{"name", "x.example"}, {"port", 443.5}}), Catch::Contains("port"));
  CHECK_THAT(bad(Json{{"name", "x.example"}, {"port", true}}), Catch::Contains("port"));
  CHECK_THAT(bad(Json{{"name", "x.example"}, {"starttls", "ftp"}}), Catch::Contains("starttls"));
  CHECK_THAT(bad(Json{{"name", "x.example"}, {"starttls", 7}}), Catch::Contains("starttls"));
  CHECK_THAT(bad(Json{{"name", "x.example"}, {"certificate", ""}}), Catch::Contains("certificate"));
  CHECK_THAT(bad(Json{{"name", "x.example"}, {"certificate", "a\nb"}}), Catch::Contains("one printable line"));
  CHECK(bad(Json{{"name", "x.example"}, {"a\nb", "y"}}).find('\n') == std::string::npos);
  CHECK_THAT(bad(Json{{"name", "x.example"}, {"host", "y"}}), Catch::Contains("unknown key host"));
  CHECK_THAT(bad(Json{{"name", Json::array()}}), Catch::Contains("name"));
  CHECK_THAT(bad(Json(443)), Catch::Contains("text"));
  CHECK_THAT(bad(Json(nullptr)), Catch::Contains("text"));
}
