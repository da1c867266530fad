// Endpoints as anybody may write them, and what servers say before TLS, in TLS, and through `openssl s_client`: read
// whatever it is, bounded, and told in valid text. What goes into a script's words means nothing to a shell.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "letsencrypt/probe/endpoint.hpp"
#include "letsencrypt/probe/server_probe.hpp"
#include "letsencrypt/probe/starttls.hpp"
#include "letsencrypt/probe/tls_client.hpp"

using namespace maintain::letsencrypt;

namespace {

constexpr std::array protocols{StartTls::none, StartTls::smtp, StartTls::imap,
                               StartTls::pop3, StartTls::ldap, StartTls::postgres};

void require(bool truth) {
  if (!truth) std::abort();
}

// dump() throws, and so ends the program, where the text is no UTF-8.
void require_line(const std::string& text) {
  require(text.find('\n') == std::string::npos);
  (void)nlohmann::json(text).dump();
}

void check_endpoint(const std::variant<Endpoint, std::string>& parsed) {
  if (const auto* problem = std::get_if<std::string>(&parsed)) {
    require(!problem->empty());
    return require_line(*problem);
  }
  const Endpoint& endpoint = std::get<Endpoint>(parsed);
  require(endpoint.port != 0 && !endpoint.name.empty());
  require(is_address(endpoint.name) || !host_name_problem(endpoint.name));
  require(endpoint.address.empty() || is_address(endpoint.address));
  require_line(endpoint_text(endpoint));
  require_line(endpoint.certificate);
  const auto again = parse_endpoint(std::string_view(address_text(endpoint)));
  const auto* same = std::get_if<Endpoint>(&again);
  require(same != nullptr && same->port == endpoint.port && same->address == endpoint.address);
  for (const std::string& word : server_probe_command({endpoint}).argv)
    require(word.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.:,-") == std::string::npos);
}

void fuzz_starttls(std::string_view bytes) {
  for (const StartTls protocol : protocols) {
    StartTlsDialogue whole(protocol, "[192.0.2.1]");
    whole.add(bytes);
    require_line(whole.problem());
    using State = StartTlsDialogue::State;
    require(whole.problem().empty() == (whole.state() == State::talking || whole.state() == State::ready));
    require(whole.take_output().size() < 100);
    StartTlsDialogue pieces(protocol, "[192.0.2.1]");
    for (const char& byte : bytes) pieces.add({&byte, 1});
    if (whole.state() == State::ready) require(pieces.state() == State::ready);
    require_line(pieces.problem());
  }
}

void fuzz_tls(std::string_view bytes) {
  static const TlsSettings settings;
  TlsClient client(settings, "shop.example.org");
  require(!client.take_output().empty());
  client.add(bytes.substr(0, bytes.size() / 2));
  client.add(bytes.substr(bytes.size() / 2));
  client.closed();
  require(client.state() != TlsClient::State::talking && client.state() != TlsClient::State::done);
  require_line(client.problem());
}

void fuzz_server_probe(std::string_view output) {
  const std::vector<Endpoint> endpoints{{.name = "a.example", .starttls = StartTls::smtp},
                                        {.name = "b.example", .address = "192.0.2.1", .starttls = StartTls::postgres},
                                        {.name = "c.example", .address = "127.0.0.1"}};
  const auto results = parse_server_probe(endpoints, output);
  require(results.size() >= 3 && results.size() <= 24);
  for (const Served& served : results) {
    require_line(served.problem);
    require(served.endpoint.address.empty() || is_address(served.endpoint.address));
    require(served.chain.empty() == (served.kind != Served::Kind::answered));
    require(served.kind == Served::Kind::answered || !served.problem.empty());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_endpoint(parse_endpoint(text));
  if (const auto json = nlohmann::json::parse(text, nullptr, false); !json.is_discarded())
    check_endpoint(parse_endpoint(json));
  fuzz_starttls(text);
  fuzz_tls(text);
  fuzz_server_probe(text);
  return 0;
}
