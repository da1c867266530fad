// Where a certificate is served: a name, perhaps one address of it, a port, and how TLS begins there. As options write
// it, and as findings name it. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include <maintain/plugin.hpp>

namespace maintain::letsencrypt {

enum class StartTls { none, smtp, imap, pop3, ldap, postgres };

struct Endpoint {
  std::string name;              // host name in lower case without the root's dot, or a numeric address
  std::string address = {};      // numeric; empty: all of the name's
  std::uint16_t port = 443;
  StartTls starttls = StartTls::none;
  std::string certificate = {};  // the lineage that is to be served there; empty: any that covers the name
};

// "shop.example.org", "192.0.2.7:8443", "[2001:db8::1]:443", "smtp://mail.example.org:25". Schemes with STARTTLS are
// smtp (25), imap (143), pop3 (110), ldap (389) and postgres (5432); with TLS from the first byte smtps (465),
// imaps (993), pop3s (995), ldaps (636), https and tls (443), as is what has no scheme.
// The second alternative is what is wrong, to be read after what it is about: "must be ...", "has no ...".
std::variant<Endpoint, std::string> parse_endpoint(std::string_view text);

// A text as above, or {"name": ..., "address": ..., "port": ..., "starttls": ..., "certificate": ...} of which only
// the name is needed; without a port it is that of the protocol in `starttls`.
std::variant<Endpoint, std::string> parse_endpoint(const sdk::Json& json);

// Nothing, or why it cannot be the name of a host in a certificate (RFC 1123 2.1, RFC 5890 for what is not ASCII).
std::optional<std::string> host_name_problem(std::string_view name);

// An IPv4 or IPv6 address in digits, without a zone.
bool is_address(std::string_view text);

std::uint16_t default_port(StartTls starttls);
std::string_view to_string(StartTls starttls);  // "none", "smtp", ...

// "192.0.2.7:443", "[2001:db8::1]:443"; without an address, the name in its place.
std::string address_text(const Endpoint& endpoint);

// "shop.example.org 192.0.2.7:443": what findings about it have as their subject.
std::string endpoint_text(const Endpoint& endpoint);

}  // namespace maintain::letsencrypt
