#include "backup/draft_meter.hpp"

#include "backup/testing.hpp"

using namespace maintain;
using namespace maintain::testing;

namespace {

constexpr Milliseconds at_once{60'000};

}  // namespace

TEST_CASE("draft_meter: a walk is gone on with where it was left") {
  const TemporaryDirectory draft;
  for (int i = 0; i < 500; ++i) write(draft.path() / std::to_string(i % 10) / std::to_string(i), "12");
  DraftMeter meter;
  int calls = 1;
  DraftMeter::Found found = good(meter.go_on(draft.path(), Milliseconds(0)));
  CHECK_FALSE(found.whole);
  for (; !found.whole; ++calls) {
    REQUIRE(calls < 100);
    const auto before = found.size.entries;
    found = good(meter.go_on(draft.path(), Milliseconds(0)));
    CHECK(found.size.entries >= before);
  }
  CHECK(calls > 3);
  CHECK(found.size.entries == 510);
  CHECK(found.size.bytes == 1000);
  CHECK_FALSE(good(meter.go_on(draft.path(), Milliseconds(0))).whole);  // begins again
}

TEST_CASE("draft_meter: only beyond the bound is it looked at which files are one inode") {
  const TemporaryDirectory draft;
  write(draft.path() / "a", "0123456789");
  std::filesystem::create_hard_link(draft.path() / "a", draft.path() / "b");
  write(draft.path() / "c", "01");
  for (const std::uint64_t bound : {std::uint64_t{0}, std::uint64_t{22}}) {
    DraftMeter meter(bound);
    CHECK(good(meter.go_on(draft.path(), at_once)).size.bytes == 22);
  }
  for (const std::uint64_t bound : {std::uint64_t{21}, std::uint64_t{11}}) {
    DraftMeter meter(bound);
    const auto found = good(meter.go_on(draft.path(), at_once));
    CHECK(found.whole);
    CHECK(found.size.bytes == 12);
    CHECK(found.size.entries == 3);
    CHECK(good(meter.go_on(draft.path(), at_once)).size.bytes == 12);
  }
}

TEST_CASE("draft_meter: after a tree that changed under it, it begins anew") {
  const TemporaryDirectory draft;
  DraftMeter meter;
  CHECK_FALSE(meter.go_on(draft.path() / "none", at_once));
  for (int i = 0; i < 200; ++i) write(draft.path() / "d" / std::to_string(i), "");
  std::filesystem::create_directory(draft.path() / "e");
  REQUIRE_FALSE(good(meter.go_on(draft.path(), Milliseconds(0))).whole);
  std::filesystem::rename(draft.path() / "d", draft.path() / "e/d");
  CHECK_FALSE(meter.go_on(draft.path(), at_once));  // the way back out of it leads elsewhere
  CHECK(good(meter.go_on(draft.path(), at_once)).size.entries == 202);
}
