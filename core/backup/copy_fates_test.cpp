#include "backup/copy_fates.hpp"

#include "backup/testing.hpp"

using namespace maintain;
using namespace maintain::testing;

namespace {

// Newest first, a day apart.
std::vector<CopyManifest> copies(const std::vector<CopyState>& states) {
  std::vector<CopyManifest> made;
  for (const CopyState state : states) {
    CopyManifest& copy = made.emplace_back();
    copy.started = at("2026-11-29T03:00:00Z") - std::chrono::hours(24) * static_cast<int>(made.size());
    copy.id = copy_id(copy.started);
    copy.state = state;
  }
  return made;
}

constexpr auto good_one = CopyState::verified, unproven = CopyState::unverified, small = CopyState::quarantined,
               rotten = CopyState::damaged;

std::vector<std::string> told(const std::vector<Fate>& fates) {
  std::vector<std::string> texts;
  for (const Fate& fate : fates) texts.push_back((fate.keep ? "+ " : "- ") + fate.reasons.front());
  return texts;
}

}  // namespace

TEST_CASE("copy_fates: of copies that nothing proves the newest three stay") {
  CHECK(told(fates_of(copies({unproven, unproven, unproven, unproven, unproven}), last(1), 3, utc)) ==
        std::vector<std::string>{"+ unverified 1 of 3", "+ unverified 2 of 3", "+ unverified 3 of 3",
                                 "- unverified, and 3 newer ones stay", "- unverified, and 3 newer ones stay"});
}

TEST_CASE("copy_fates: unverified copies take no place of a verified one, and lose none to it") {
  CHECK(told(fates_of(copies({unproven, good_one, unproven, unproven, unproven, good_one, unproven, good_one}), last(2),
                      1, utc)) ==
        std::vector<std::string>{"+ unverified 1 of 3", "+ last 1 of 2", "+ unverified 2 of 3", "+ unverified 3 of 3",
                                 "- unverified, and 3 newer ones stay", "+ last 2 of 2",
                                 "- unverified, and older than every copy that is kept", "- no rule keeps it"});
}

TEST_CASE("copy_fates: what waits for a person stays, and counts for nothing") {
  CHECK(told(fates_of(copies({rotten, small, good_one, rotten, good_one, good_one}), last(1), 2, utc)) ==
        std::vector<std::string>{"+ damaged: waits for a person", "+ quarantined: waits for a person",
                                 "+ last 1 of 1", "+ damaged: waits for a person", "+ verified 2 of at least 2",
                                 "- no rule keeps it"});
}
