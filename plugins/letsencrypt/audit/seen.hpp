// What was seen of each certificate so far: enough to tell that its authority or its lifetime is another one than
// before, and to know again what it was before it was renewed. Kept in the task's state. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <maintain/plugin.hpp>

#include "letsencrypt/certificate/certificate.hpp"

namespace maintain::letsencrypt {

struct Seen {
  std::string issuer_organization = {};
  std::int64_t lifetime = 0;                    // seconds
  std::vector<std::string> fingerprints = {};   // the newest first, at most six
  std::string former_issuer = {};               // until issuer_changed is past
  std::optional<std::int64_t> issuer_changed = {};    // seconds since 1970
  std::int64_t former_lifetime = 0;
  std::optional<std::int64_t> lifetime_changed = {};
};

// By the certificate's name, or the endpoint's text where no certificate is known for it.
using SeenCertificates = std::map<std::string, Seen>;

// How long a change stays open.
inline constexpr std::int64_t change_told_for = 7 * 86400;

// The certificate as it is now. An authority is another one when its organization is: its intermediates take turns. A
// lifetime is another one when it differs by more than a tenth.
void note_seen(SeenCertificates& seen, const std::string& name, const Certificate& certificate, std::int64_t now);

// Whether it is, or was, the certificate of that name.
bool was_seen(const SeenCertificates& seen, const std::string& name, const Certificate& certificate);

sdk::Json to_json(const SeenCertificates& seen);
// What does not have the expected shape is dropped.
SeenCertificates seen_from_json(const sdk::Json& document);

}  // namespace maintain::letsencrypt
