#include "letsencrypt/probe/server_probe.hpp"

#include <array>
#include <optional>

#include "common/sections.hpp"
#include "letsencrypt/probe/one_line.hpp"

namespace maintain::letsencrypt {
namespace {

using plugins::Section;
using plugins::Sections;
using Kind = Served::Kind;

constexpr int timeout_status = 124;  // timeout(1)
constexpr int missing_status = 127;  // sh

// "80CB:error:0A000410:SSL routines:ssl3_read_bytes:sslv3 alert handshake failure:../rec_layer_s3.c:1600:"
// The same in OpenSSL 1.1.1, with other numbers.
std::string_view reason_in(std::string_view line) {
  constexpr std::string_view mark = ":error:";
  std::size_t at = line.find(mark);
  if (at == std::string_view::npos) return {};
  line.remove_prefix(at + mark.size());
  for (int skipped = 0; skipped < 3; ++skipped) {  // code, library, function
    at = line.find(':');
    if (at == std::string_view::npos) return {};
    line.remove_prefix(at + 1);
  }
  return line.substr(0, line.find(':'));
}

struct Sign {
  std::string_view words;
  Kind kind;
  std::string_view problem;
};
// What s_client says, of all versions; the first that is found counts.
constexpr std::array signs{
    Sign{"Connection refused", Kind::refused, "refuses connections"},
    Sign{"Network is unreachable", Kind::no_route, "cannot be reached from the server: no route"},
    Sign{"Cannot assign requested address", Kind::no_route, "cannot be reached from the server: no such network there"},
    Sign{"Address family not supported", Kind::no_route, "cannot be reached from the server: no such network there"},
    Sign{"Connection timed out", Kind::timed_out, "does not answer"},
    Sign{"Didn't find STARTTLS", Kind::no_starttls, "does not offer STARTTLS"},
    Sign{"STARTTLS failed", Kind::no_starttls, "refuses STARTTLS"},
    Sign{"STARTTLS not supported", Kind::no_starttls, "does not offer STARTTLS"},
    Sign{"ldap_ExtendedResponse_parse failed", Kind::no_tls, "does not speak LDAP"},
    Sign{"wrong version number", Kind::no_tls, "does not speak TLS there"},
    Sign{"http request", Kind::no_tls, "does not speak TLS there"},
    Sign{"packet length too long", Kind::no_tls, "does not speak TLS there"},
    Sign{"unexpected eof", Kind::failed, "closes the connection before TLS is agreed on"},
    Sign{"write:errno=0", Kind::failed, "closes the connection before TLS is agreed on"},    // OpenSSL 1.1.1
    Sign{"write:errno=104", Kind::failed, "closes the connection before TLS is agreed on"},  // ECONNRESET
};

// s_client found no certificate.
void explain(Served& served, std::string_view text) {
  const StartTls starttls = served.endpoint.starttls;
  std::optional<long long> status;
  std::string_view reason;
  for (const std::string_view line : plugins::split_lines(text)) {
    if (line.starts_with("status ")) status = plugins::parse_number(line.substr(7));
    if (reason.empty()) reason = reason_in(line);
  }
  for (const Sign& sign : signs) {
    if (text.find(sign.words) == std::string_view::npos) continue;
    served.kind = sign.kind;
    served.problem = sign.problem;
    // s_client goes on with TLS after a refusal of POP3's STLS or of IMAP's STARTTLS, and then finds text.
    if (sign.kind == Kind::no_tls && starttls != StartTls::none && starttls != StartTls::ldap) {
      served.kind = Kind::no_starttls;
      served.problem = "does not begin TLS after STARTTLS";
    }
    return;
  }
  if (status == timeout_status || status == timeout_status + 13) {  // 137: it had to be killed
    served.kind = Kind::timed_out;
    served.problem = "does not answer, or not to the end";
  } else if (status == missing_status) {
    served.kind = Kind::not_looked;
    served.problem = "could not be looked at: the server has no openssl";
  } else if (!reason.empty()) {
    served.problem = "cannot agree on TLS with the server's openssl: " + one_line(reason);
  } else if (starttls == StartTls::postgres && status == 1) {
    // The one protocol of which s_client tells a refusal by silence.
    served.kind = Kind::no_starttls;
    served.problem = "has TLS switched off, or does not speak PostgreSQL's protocol";
  } else {
    // What else openssl prints may be the other side's words.
    served.problem = "could not be looked at: openssl ended with" +
                     (status ? " status " + std::to_string(*status) : std::string("out a status"));
  }
}

Served read_talk(Endpoint endpoint, std::string_view address, const Section& section) {
  Served served{.endpoint = std::move(endpoint)};
  served.endpoint.address = address;
  std::string text;
  for (std::string_view line : plugins::split_lines(section.body)) {
    if (!line.starts_with("| ")) continue;
    text += line.substr(2);
    text += '\n';
  }
  if (text.find("-----BEGIN CERTIFICATE-----") == std::string::npos) {
    explain(served, text);
    return served;
  }
  Chain chain = parse_pem(text);
  served.kind = chain.certificates.empty() ? Kind::failed : Kind::answered;
  served.problem = chain.certificates.empty() ? "presents something that is no certificate" : one_line(chain.problem);
  served.chain = std::move(chain.certificates);
  return served;
}

std::string why_unresolved(int status, Kind& kind) {
  kind = Kind::not_looked;
  if (status == timeout_status) return "could not be looked up in time";
  if (status == missing_status) return "could not be looked up: the server has no getent";
  kind = Kind::name_unknown;
  return "has no address";
}

// Why nothing could be looked at, or nothing.
std::string general_problem(const Sections& sections) {
  const Section* openssl = plugins::find_section(sections, "openssl");
  if (openssl == nullptr || !openssl->status) return "could not be looked at: the server's answer makes no sense";
  if (openssl->status == missing_status)
    return "could not be looked at: the server has no openssl (install the package openssl, or probe from here)";
  if (!openssl->ok()) return "could not be looked at: the server's openssl does not run: " + one_line(openssl->body);
  const Section* timeout = plugins::find_section(sections, "timeout");
  if (timeout != nullptr && timeout->status && !timeout->ok())
    return "could not be looked at: the server has no program timeout (package coreutils)";
  return {};
}

}  // namespace

std::vector<Served> parse_server_probe(const std::vector<Endpoint>& endpoints, std::string_view output) {
  constexpr std::size_t most_addresses = 8;
  const Sections sections = plugins::parse_sections(output);
  const std::string general = general_problem(sections);
  const bool has_more = plugins::find_section(sections, "more") != nullptr;
  std::vector<Served> results;
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    const Endpoint& endpoint = endpoints[i];
    const std::size_t before = results.size();
    const std::string prefix = "served " + std::to_string(i) + " ";
    for (auto at = sections.lower_bound(prefix); at != sections.end() && at->first.starts_with(prefix); ++at) {
      const std::string_view address = std::string_view(at->first).substr(prefix.size());
      const bool wanted = endpoint.address.empty() ? is_address(address) : address == endpoint.address;
      if (wanted && general.empty() && results.size() - before < most_addresses)
        results.push_back(read_talk(endpoint, address, at->second));
    }
    // The one name of which some addresses were within the bound, and others perhaps not.
    const bool is_cut = has_more && before < most_server_endpoints && results.size() >= most_server_endpoints &&
                        endpoint.address.empty();
    if (results.size() != before && !is_cut) continue;
    Served nothing{.endpoint = endpoint, .kind = Kind::not_looked};
    const Section* unresolved = plugins::find_section(sections, "unresolved " + std::to_string(i));
    if (!general.empty()) nothing.problem = general;
    else if (unresolved != nullptr && unresolved->status)
      nothing.problem = why_unresolved(*unresolved->status, nothing.kind);
    else nothing.problem = "was not looked at: there are more addresses than the server is asked about in one run, "
                           "or its answer broke off";
    results.push_back(std::move(nothing));
  }
  return results;
}

}  // namespace maintain::letsencrypt
