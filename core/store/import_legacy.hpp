// The earlier bot's maintenance-status.json: {"SERVER": {"STATUS_KEY": TIME, ...}, ...}
//
// It wrote TIME as whole seconds since 1970, and 0 for a task never performed. Hand-edited files also hold fractions
// and ISO 8601 text ("2026-11-22 13:03:41", "...T13:03:41Z", "...+01:00"; without a zone it is UTC), which are read.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "model/project.hpp"
#include "store/state_store.hpp"

namespace maintain {

struct LegacyStatus {
  std::vector<LegacyMark> marks;   // sorted by server, then key; those never performed are left out
  std::vector<Error> warnings;     // entries passed over, each with why: not a time, in the future
};

// Pure. configuration error when the text is not a JSON object of objects; `file` names it. One bad entry costs itself.
Result<LegacyStatus> parse_legacy_status(const std::string& file, std::string_view text, Time now);

// Which of the marks belong to which task of the server's projects.
std::vector<std::pair<TaskKey, LegacyMark>> match_legacy_marks(const std::vector<LegacyMark>& marks,
                                                               const std::string& server,
                                                               const std::vector<Project>& projects);

}  // namespace maintain
