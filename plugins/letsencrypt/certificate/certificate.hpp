// An X.509 certificate as plain values, read from what a file holds or a server sends. Either may hold anything:
// nothing here throws for it, text in the values is printable, and no signature is computed while parsing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace maintain::letsencrypt {

struct Certificate {
  std::string fingerprint = {};          // SHA-256 of the DER, in lower-case hex
  std::string key_hash = {};             // SHA-256 of the SubjectPublicKeyInfo's DER, in lower-case hex
  std::string subject = {};              // "C=US, O=Let's Encrypt, CN=R11", one line
  std::string issuer = {};               // the same of who signed it
  std::string issuer_short = {};         // "Let's Encrypt R11"
  std::string issuer_organization = {};  // "Let's Encrypt", else the common name: intermediates take turns
  std::string serial = {};               // in lower-case hex
  // subjectAltName: each dNSName in lower case, each iPAddress as inet_ntop writes it; at most max_names. A dNSName
  // that reads as an address is left out, as no client takes it for one. Without any, the subject's common name.
  std::vector<std::string> names = {};
  bool names_from_subject = false;       // names has the common name, which covers nothing (RFC 9525 2)
  std::int64_t not_before = 0;           // seconds since 1970
  std::int64_t not_after = 0;            // the last second that it is valid (RFC 5280 4.1.2.5)
  bool self_signed = false;              // issuer and subject are the same, and so are their key identifiers
  bool is_authority = false;             // basicConstraints say so
  std::string der = {};
};

struct Chain {
  std::vector<Certificate> certificates = {};  // in their order, so the leaf first
  std::string problem = {};                    // why there are none, or what could not be read: "the second ..."
};

inline constexpr std::size_t max_pem_bytes = 256UL << 10;
inline constexpr std::size_t max_chain = 20;
inline constexpr std::size_t max_names = 1000;

// Every certificate in text, up to the first that cannot be read. Other blocks, such as a private key, are passed over.
// A text that is larger than max_pem_bytes gives none, of more certificates than max_chain the first ones are taken.
Chain parse_pem(std::string_view text);

// The whole of der as one certificate.
std::optional<Certificate> parse_der(std::string_view der);

// Whether a client that wants to talk to name accepts the certificate for it, by RFC 9525 6.3: only what the
// subjectAltName says counts, in any case of letters; a wildcard is the whole first label and stands for one label; an
// address only matches itself. A name that is itself a wildcard is covered by the same wildcard only. A dot at its end
// is ignored; a name that is not in ASCII has to be given in its xn-- form.
bool covers(const Certificate& certificate, std::string_view name);

}  // namespace maintain::letsencrypt
