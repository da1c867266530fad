// Options that a run would refuse are refused when the configuration is read, with the place where they stand.
#include <catch2/catch.hpp>

#include "letsencrypt/renew/options.hpp"

using namespace maintain::letsencrypt;
using maintain::sdk::InvalidOption;
using maintain::sdk::Json;

namespace {

// "/path: what is wrong", or nothing.
std::string problem(const char* text, Client otherwise = Client::certbot) {
  try {
    read_options(Json::parse(text), otherwise);
  } catch (const InvalidOption& invalid) {
    return invalid.path() + ": " + invalid.what();
  }
  return {};
}

bool is_refused_at(const char* path, const char* text, Client otherwise = Client::certbot) {
  INFO(text << " gives '" << problem(text, otherwise) << "'");
  CHECK(problem(text, otherwise).starts_with(std::string(path) + ": "));
  return problem(text, otherwise).starts_with(std::string(path) + ": ");
}

}  // namespace

TEST_CASE("without options certbot renews all that it has, at port 443 of each name") {
  const Options options = read_options(Json::object(), Client::certbot);
  CHECK(options.client.client == Client::certbot);
  CHECK(options.client.store == "/etc/letsencrypt");
  CHECK(options.client.user == "root");
  CHECK_FALSE(options.endpoints);
  CHECK(options.ports == std::vector<std::uint16_t>{443});
  CHECK_FALSE(options.from_server);
  CHECK(options.rehearse == Rehearse::never);
}

TEST_CASE("the earlier bot's entry becomes a command, whose certificates are certbot's") {
  const Options options = read_options(
      {{"client", "command"}, {"user", "root"}, {"command", "/usr/local/bin/renew.sh --quiet"},
       {"not_due_output", "Cert not yet due for renewal"}, {"renewed_output", "all renewals succeeded"}},
      Client::certbot);
  REQUIRE(renew_command(options.client));
  CHECK(renew_command(options.client)->script == "/usr/local/bin/renew.sh --quiet");
  CHECK(options.renewed_output == "all renewals succeeded");
  CHECK(looked_at(options).client == Client::certbot);
  CHECK(looked_at(options).store == "/etc/letsencrypt");
  SECTION("which is what certbot with a command is") {
    const Options same = read_options({{"command", "/usr/local/bin/renew.sh --quiet"}}, Client::certbot);
    CHECK(same.client.client == Client::command);
    CHECK(looked_at(same).client == Client::certbot);
    CHECK(looked_at(same).store == "/etc/letsencrypt");
  }
}

TEST_CASE("endpoints, names and ports are read") {
  const Options options = read_options(
      {{"endpoints", {"shop.example.org", "smtp://mail.example.org",
                      {{"name", "shop.example.org"}, {"address", "192.0.2.7"}, {"port", 8443}}}},
       {"names", {"Shop.Example.org.", "*.example.org", "192.0.2.7"}},
       {"ports", {443, 8443, 443}},
       {"from", "server"}},
      Client::certbot);
  REQUIRE(options.endpoints);
  REQUIRE(options.endpoints->size() == 3);
  CHECK((*options.endpoints)[1].starttls == StartTls::smtp);
  CHECK((*options.endpoints)[2].address == "192.0.2.7");
  CHECK(options.names == std::vector<std::string>{"shop.example.org", "*.example.org", "192.0.2.7"});
  CHECK(options.ports == std::vector<std::uint16_t>{443, 8443});
  CHECK(options.from_server);
}

TEST_CASE("what a run would refuse is refused with its place") {
  CHECK(is_refused_at("/client", R"({"client": "lego"})"));
  CHECK(is_refused_at("/client", R"({"client": "command"})"));
  CHECK(is_refused_at("/command", R"({"client": "command", "command": [""]})"));
  CHECK(is_refused_at("/command", R"({"client": "command", "command": " \n"})"));
  CHECK(is_refused_at("/command", R"({"client": "command", "command": ["renew", "a\u0000b"]})"));
  CHECK(is_refused_at("/deploy", R"({"deploy": ""})"));
  CHECK(is_refused_at("/user", R"({"user": "-u"})"));
  CHECK(is_refused_at("/user", R"({"user": "root root"})"));
  CHECK(is_refused_at("/environment", R"({"environment": {"1A": "x"}})"));
  CHECK(is_refused_at("/environment/A", R"({"environment": {"A": "x\u0000"}})"));
  CHECK(is_refused_at("/certificates/1", R"({"certificates": ["shop", "a/b"]})"));
  CHECK(is_refused_at("/certificates/0", R"({"certificates": ["--force-renewal"]})"));
  CHECK(is_refused_at("/certificates/0", R"({"certificates": ["/etc/ssl/a\nb"]})"));
  CHECK(is_refused_at("/names/0", R"({"names": ["a b"]})"));
  CHECK(is_refused_at("/names/0", R"({"names": ["*"]})"));
  CHECK(is_refused_at("/endpoints/1", R"({"endpoints": ["shop.example.org", "ftp://shop.example.org"]})"));
  CHECK(is_refused_at("/endpoints/0", R"({"endpoints": ["shop.example.org:99999"]})"));
  CHECK(is_refused_at("/endpoints/0", R"({"endpoints": [{"name": "shop.example.org", "address": "not.numeric"}]})"));
  CHECK(is_refused_at("/endpoints/0/certificate",
                      R"({"certificates": ["shop"], "endpoints": [{"name": "a.example", "certificate": "mail"}]})"));
  CHECK(is_refused_at("/ports", R"({"ports": [0]})"));
  CHECK(is_refused_at("/not_due_output", R"({"not_due_output": "not (yet due"})"));
  CHECK(is_refused_at("/renewed_output", R"({"renewed_output": "*"})"));
  CHECK(is_refused_at("/rehearse", R"({"client": "dehydrated", "rehearse": "monthly"})"));
  CHECK(is_refused_at("/rehearse", R"({"command": "certbot renew", "rehearse": "weekly"})"));
}

TEST_CASE("a check needs something to look at") {
  CHECK(is_refused_at("", R"({})", Client::none));
  CHECK(is_refused_at("/certificates/0", R"({"certificates": ["shop"]})", Client::none));
  CHECK(is_refused_at("/store", R"({"store": "/srv/acme", "certificates": ["/etc/a.pem"]})", Client::none));
  CHECK(problem(R"({"certificates": ["/etc/ssl/a.pem"]})", Client::none).empty());
  CHECK(problem(R"({"endpoints": ["shop.example.org"]})", Client::none).empty());
  CHECK(problem(R"({"client": "certbot"})", Client::none).empty());
  CHECK(problem(R"({"client": "lego"})", Client::none).empty());
}

TEST_CASE("another command is another attempt, other words in reports are not") {
  const auto id = [](const char* text) { return attempt_id(read_options(Json::parse(text), Client::certbot)); };
  CHECK(id("{}") == id(R"({"names": ["a.example"], "ports": [8443]})"));
  CHECK(id("{}") != id(R"({"command": "certbot renew"})"));
  CHECK(id("{}") != id(R"({"environment": {"A": "b"}})"));
  CHECK(id("{}") != id(R"({"user": "acme"})"));
  CHECK(id("{}").size() == 32);
}
