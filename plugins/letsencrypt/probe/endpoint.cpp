#include "letsencrypt/probe/endpoint.hpp"

#include <algorithm>
#include <array>

#include <arpa/inet.h>

#include "common/sections.hpp"
#include "letsencrypt/probe/one_line.hpp"

namespace maintain::letsencrypt {
namespace {

using Parsed = std::variant<Endpoint, std::string>;

struct Scheme {
  std::string_view name;
  StartTls starttls;
  std::uint16_t port;
};
constexpr std::array schemes{
    Scheme{"https", StartTls::none, 443},  Scheme{"tls", StartTls::none, 443},
    Scheme{"smtps", StartTls::none, 465},  Scheme{"imaps", StartTls::none, 993},
    Scheme{"pop3s", StartTls::none, 995},  Scheme{"ldaps", StartTls::none, 636},
    Scheme{"smtp", StartTls::smtp, 25},    Scheme{"imap", StartTls::imap, 143},
    Scheme{"pop3", StartTls::pop3, 110},   Scheme{"ldap", StartTls::ldap, 389},
    Scheme{"postgres", StartTls::postgres, 5432}};

constexpr std::size_t longest_text = 512;
constexpr std::size_t longest_name = 253;   // RFC 1035 2.3.4: 255 octets on the wire, of which two are not text
constexpr std::size_t longest_label = 63;

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return result;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  if (text.size() > 5) return std::nullopt;
  const auto number = plugins::parse_number(text);
  if (!number || *number < 1 || *number > 65535) return std::nullopt;
  return static_cast<std::uint16_t>(*number);
}

// Fills in the name: a host name, or an address that is its own.
std::optional<std::string> set_name(Endpoint& endpoint, std::string_view name) {
  if (is_address(name)) {
    endpoint.name = lower(name);
    if (endpoint.address.empty()) endpoint.address = endpoint.name;
    return std::nullopt;
  }
  if (auto problem = host_name_problem(name)) return problem;
  if (name.ends_with('.')) name.remove_suffix(1);
  endpoint.name = lower(name);
  return std::nullopt;
}

std::string port_problem() { return "has a wrong port: it must be a number from 1 to 65535"; }

std::optional<std::string> read_text(const sdk::Json& value, std::string_view key, std::string& into) {
  if (!value.is_string()) return "has a wrong " + std::string(key) + ": it must be text";
  into = value.get<std::string>();
  const bool lines = into.find_first_of("\n\t") != std::string::npos;
  if (into.empty() || into.size() > longest_text || lines || plugins::printable(into) != into)
    return "has a wrong " + std::string(key) + ": it must be one printable line";
  return std::nullopt;
}

std::optional<StartTls> starttls_named(std::string_view name) {
  for (const StartTls each : {StartTls::none, StartTls::smtp, StartTls::imap, StartTls::pop3, StartTls::ldap,
                              StartTls::postgres})
    if (to_string(each) == name) return each;
  return std::nullopt;
}

Parsed parse_object(const sdk::Json& json) {
  Endpoint endpoint;
  std::string name;
  std::string starttls = "none";
  bool has_port = false;
  for (const auto& [key, value] : json.items()) {
    std::optional<std::string> problem;
    if (key == "name") {
      problem = read_text(value, key, name);
    } else if (key == "address") {
      problem = read_text(value, key, endpoint.address);
      if (!problem && !is_address(endpoint.address))
        problem = "has a wrong address: it must be an IPv4 or IPv6 address in digits";
    } else if (key == "starttls") {
      problem = read_text(value, key, starttls);
    } else if (key == "certificate") {
      problem = read_text(value, key, endpoint.certificate);
    } else if (key == "port") {
      // As a number or, as templates write it, as text.
      const auto port = parse_port(value.is_string() ? value.get<std::string>() : value.is_number_integer() ?
                                                                                  value.dump() : std::string());
      if (!port) return port_problem();
      endpoint.port = *port;
      has_port = true;
    } else {
      problem = "has an unknown key " + one_line(key.substr(0, 40)) +
                "; there are name, address, port, starttls and certificate";
    }
    if (problem) return *problem;
  }
  if (name.empty()) return std::string("has no name");
  const auto protocol = starttls_named(starttls);
  if (!protocol)
    return std::string("has a wrong starttls: it must be smtp, imap, pop3, ldap or postgres, or left out");
  endpoint.starttls = *protocol;
  endpoint.address = lower(endpoint.address);
  if (!has_port) endpoint.port = default_port(endpoint.starttls);
  if (auto problem = set_name(endpoint, name)) return *problem;
  return endpoint;
}

}  // namespace

bool is_address(std::string_view text) {
  if (text.empty() || text.size() >= INET6_ADDRSTRLEN || text.find('\0') != std::string_view::npos) return false;
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  const std::string terminated(text);
  return ::inet_pton(AF_INET, terminated.c_str(), bytes.data()) == 1 ||
         ::inet_pton(AF_INET6, terminated.c_str(), bytes.data()) == 1;
}

std::optional<std::string> host_name_problem(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.empty()) return "has no name";
  if (std::any_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; }))
    return "has letters that are not ASCII: write an international name as it is in the certificate, in Punycode "
           "(labels like xn--bcher-kva)";
  if (name.find('*') != std::string_view::npos)
    return "is a wildcard, which nobody can connect to: give a name that it covers";
  if (name.size() > longest_name) return "is longer than a host name can be (253 characters)";
  std::string_view label;
  for (std::string_view rest = name;;) {
    const std::size_t dot = rest.find('.');
    label = rest.substr(0, dot);
    if (label.empty()) return "is no host name: two dots follow each other, or it begins with one";
    if (label.size() > longest_label) return "is no host name: between two dots are at most 63 characters";
    if (label.starts_with('-') || label.ends_with('-') ||
        !std::all_of(label.begin(), label.end(), [](char c) { return is_letter_or_digit(c) || c == '-'; }))
      return "is no host name: between its dots are letters, digits and inner hyphens only";
    if (dot == std::string_view::npos) break;
    rest.remove_prefix(dot + 1);
  }
  // No top-level domain is a number (RFC 1123 2.1), so this is an address with a slip: 192.0.2.777
  if (std::all_of(label.begin(), label.end(), [](char c) { return c >= '0' && c <= '9'; }))
    return "is neither a host name nor an address";
  return std::nullopt;
}

Parsed parse_endpoint(std::string_view text) {
  if (text.empty()) return std::string("is empty");
  if (text.size() > longest_text) return std::string("is longer than an endpoint can be");
  Endpoint endpoint;
  if (const std::size_t mark = text.find("://"); mark != std::string_view::npos) {
    const std::string name = lower(text.substr(0, mark));
    const auto scheme = std::find_if(schemes.begin(), schemes.end(), [&](const Scheme& s) { return s.name == name; });
    if (scheme == schemes.end())
      return std::string("has an unknown scheme; there are smtp, imap, pop3, ldap and postgres (with STARTTLS), smtps, "
                         "imaps, pop3s, ldaps, https and tls");
    endpoint.port = scheme->port;
    endpoint.starttls = scheme->starttls;
    text.remove_prefix(mark + 3);
  }
  if (text.find_first_of("/?#@") != std::string_view::npos)
    return std::string("must be a name and a port only, like shop.example.org:8443: no path and no user");
  std::string_view host = text;
  std::string_view port;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return std::string("has no ] after its address");
    host = text.substr(1, end - 1);
    if (host.find(':') == std::string_view::npos || !is_address(host))
      return std::string("must have an IPv6 address in its brackets");
    port = text.substr(end + 1);
    if (!port.empty() && !port.starts_with(':')) return std::string("has something other than :PORT after the ]");
  } else if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
    if (text.find(':', colon + 1) != std::string_view::npos)
      return std::string("has more than one colon: an IPv6 address must be in brackets, like [2001:db8::1]:443");
    host = text.substr(0, colon);
    port = text.substr(colon);
  }
  if (!port.empty()) {
    const auto number = parse_port(port.substr(1));
    if (!number) return port_problem();
    endpoint.port = *number;
  }
  if (auto problem = set_name(endpoint, host)) return *problem;
  return endpoint;
}

Parsed parse_endpoint(const sdk::Json& json) {
  if (json.is_string()) return parse_endpoint(std::string_view(json.get_ref<const std::string&>()));
  if (json.is_object()) return parse_object(json);
  return std::string("must be text like shop.example.org:8443, or have a name");
}

std::uint16_t default_port(StartTls starttls) {
  const auto has = [&](const Scheme& scheme) { return scheme.starttls == starttls; };
  return std::find_if(schemes.begin(), schemes.end(), has)->port;
}

std::string_view to_string(StartTls starttls) {
  switch (starttls) {
    case StartTls::none: break;
    case StartTls::smtp: return "smtp";
    case StartTls::imap: return "imap";
    case StartTls::pop3: return "pop3";
    case StartTls::ldap: return "ldap";
    case StartTls::postgres: return "postgres";
  }
  return "none";
}

std::string address_text(const Endpoint& endpoint) {
  const std::string& host = endpoint.address.empty() ? endpoint.name : endpoint.address;
  const bool brackets = host.find(':') != std::string::npos;
  return (brackets ? "[" + host + "]" : host) + ":" + std::to_string(endpoint.port);
}

std::string endpoint_text(const Endpoint& endpoint) { return endpoint.name + " " + address_text(endpoint); }

}  // namespace maintain::letsencrypt
