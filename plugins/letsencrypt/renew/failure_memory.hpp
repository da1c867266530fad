// Failed renewals, and when the next one may be tried. An authority counts failures (Let's Encrypt: five failed
// validations of a name per hour, seven days for some limits), so that asking again at each tick makes a small trouble
// a long one. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <maintain/plugin.hpp>

namespace maintain::letsencrypt {

using sdk::Milliseconds;
using sdk::Moment;

// Leaf certificates by name: SHA-256.
using Fingerprints = std::map<std::string, std::string>;

struct FailureMemory {
  int failures = 0;                           // in a row; 0: nothing failed
  Moment first{};                             // when the first of them began
  Moment last{};                              // when the latest began
  std::optional<Moment> limited_until = {};   // the authority's rate limit
  std::string error = {};                     // one printable line
  std::string detail = {};
  std::string attempt = {};                   // what was run: another command is tried at once
  std::vector<std::string> names = {};        // the certificates that failed; empty: not known which
  Fingerprints certificates = {};             // those that failed, as they were then; all of them without `names`
};

// What is known of a failed attempt.
struct Failed {
  Moment began{};
  std::string attempt = {};
  std::string error = {};
  std::string detail = {};
  std::vector<std::string> names = {};
  std::optional<Moment> limited_until = {};
};

// 1 hour after the first failure, doubling, at most 24 hours.
Milliseconds renewal_pause(int failures);

// When the next attempt is due by itself; in the past or nothing: now. With `others_wait` a certificate that did not
// fail has to be renewed: then the limit of those that did fail holds nobody up for longer than the pause.
std::optional<Moment> next_renewal(const FailureMemory& memory, bool others_wait);

// Whether to wait, and until when. A person's `--now` and another command do not wait. The pause ends ten minutes
// early: a daily task does not begin at the same second every day.
std::optional<Moment> renewal_waits_until(const FailureMemory& memory, Moment now, bool by_hand,
                                          const std::string& attempt, bool others_wait);

void note_failure(FailureMemory& memory, const Failed& failed, const Fingerprints& certificates);

// An attempt that begins. Remembered before it does, and taken back when its end was seen: of a run that was ended in
// between, or lost its connection, nobody else knows that the authority may have counted it.
void note_begun(FailureMemory& memory, Moment began, const std::string& attempt, const Fingerprints& certificates);

// A certificate that failed is another one now: somebody has mended it.
bool was_renewed_since(const FailureMemory& memory, const Fingerprints& certificates);

sdk::Json to_json(const FailureMemory& memory);
// What does not have the expected shape is as if it were not there; moments that lie too far ahead, too (`now`): a
// wrong clock must not stop renewals.
FailureMemory failure_from_json(const sdk::Json& document, Moment now);

}  // namespace maintain::letsencrypt
