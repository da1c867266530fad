// When the client's dry run was last done, and what came of it: a renewal that will fail is known before it is due.
// Pure.
#pragma once

#include <optional>
#include <string>

#include <maintain/plugin.hpp>

namespace maintain::letsencrypt {

using sdk::Milliseconds;
using sdk::Moment;

enum class Rehearse { never, weekly, monthly };

struct RehearsalMemory {
  std::optional<Moment> last = {};   // when the latest began
  bool failed = false;
  std::string error = {};            // one printable line
  std::string detail = {};
};

// The first one is due at once, a failed one again after a day, or when a person starts the task. Not more often: the
// authority's servers for dry runs have limits, too.
bool rehearsal_is_due(const RehearsalMemory& memory, Rehearse rehearse, Moment now, bool by_hand);

sdk::Json to_json(const RehearsalMemory& memory);
RehearsalMemory rehearsal_from_json(const sdk::Json& document, Moment now);

}  // namespace maintain::letsencrypt
