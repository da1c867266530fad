// Whether a client that was sent these certificates, and has these roots, would believe the first of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "letsencrypt/certificate/certificate.hpp"

namespace maintain::letsencrypt {

// The authorities that are believed. Copies share what they hold until one of them adds to it.
class TrustRoots {
 public:
  TrustRoots();  // none
  // Those of this machine, /etc/ssl/certs/ca-certificates.crt. Without that file it is empty.
  static TrustRoots system();

  // Adds the self-signed certificates of a PEM text; of a text that has none, all: an intermediate that stands beside
  // its root would hide that a server fails to send it. False, and nothing is added, when none can be read.
  bool add_pem(std::string_view pem);
  std::size_t size() const;
  bool empty() const { return size() == 0; }

 private:
  friend struct RootsAccess;
  struct Store;
  std::shared_ptr<const Store> store_;
};

struct ChainVerdict {
  enum class Kind {
    trusted,
    incomplete,   // the issuer of the leaf is neither sent nor a root: most likely the intermediate is missing
    untrusted,    // the chain leads to an authority that is not a root, or breaks a rule on its way
    self_signed,  // the leaf is its own authority, and no root
    broken,       // no certificate, or one that cannot be read, or a signature that is none
  };
  Kind kind = Kind::broken;
  std::string detail = {};  // printable: "its issuer Let's Encrypt R11 was not sent"; empty when trusted
};
std::string_view to_string(ChainVerdict::Kind kind);  // "trusted", "self_signed", ...

// presented: the leaf first, all others in any order; more of them than needed do no harm. The chain is judged as of
// now (seconds since 1970), for a server of TLS; only when the leaf is not valid then, as of the nearest moment that it
// is: its own dates are not the chain's matter. Names are neither.
ChainVerdict check_chain(const std::vector<Certificate>& presented, const TrustRoots& roots, std::int64_t now);

}  // namespace maintain::letsencrypt
