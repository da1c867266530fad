// What was seen of each certificate so far: enough to tell that its authority or its lifetime is another one than
// before, to know again what it was before it was renewed, and to tell again what was found where nobody could look
// this time: no look must not become a recovery. Kept in the task's state. Pure.
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

// A finding as it was when it was last seen to be true.
struct Told {
  sdk::State state = sdk::State::warning;
  std::string code = {};
  std::string title = {};
  std::string detail = {};
  std::string action = {};
  std::string certificate = {};                 // that belongs there; of an endpoint only
  std::int64_t at = 0;                          // seconds since 1970
};

struct Seen {
  std::string issuer_organization = {};
  std::int64_t lifetime = 0;                    // seconds
  std::vector<std::string> fingerprints = {};   // the newest first, at most six
  std::string former_issuer = {};               // until issuer_changed is past
  std::optional<std::int64_t> issuer_changed = {};    // seconds since 1970
  std::int64_t former_lifetime = 0;
  std::optional<std::int64_t> lifetime_changed = {};
  std::vector<Told> told = {};                  // of the last look, at most four
  std::int64_t looked = 0;                      // when that was; 0: an endpoint that was never looked at
  bool is_new = false;                          // of a certificate: no run has ended that saw it
  bool was_ours = false;                        // of an endpoint: some address of its name has served the store's
};

// By the certificate's name, the endpoint's text, or "deployed:" and the copy's path. What is known of the certificate
// itself stands with an endpoint only where none in the store is known for it.
using SeenCertificates = std::map<std::string, Seen>;

// How long a change stays open.
inline constexpr std::int64_t change_told_for = 7 * 86400;

// The certificate as it is now. An authority is another one when its organization is: its intermediates take turns. A
// lifetime is another one when it differs by more than a tenth.
void note_seen(SeenCertificates& seen, const std::string& name, const Certificate& certificate, std::int64_t now);

// The certificate before something may renew it. It stays behind the one of the last run, if that is another one.
void note_before_renewal(SeenCertificates& seen, const std::string& name, const Certificate& certificate,
                         std::int64_t now);

// One that was that certificate before the first run.
void note_former(SeenCertificates& seen, const std::string& name, const Certificate& certificate);

// What was found of it this time. Texts are cut; what is beyond the bound is not remembered.
void note_told(SeenCertificates& seen, const std::string& name, std::vector<Told> told, std::int64_t now);

// Whether it is, or was, the certificate of that name.
bool was_seen(const SeenCertificates& seen, const std::string& name, const Certificate& certificate);

sdk::Json to_json(const SeenCertificates& seen);
// What does not have the expected shape is dropped.
SeenCertificates seen_from_json(const sdk::Json& document);

}  // namespace maintain::letsencrypt
