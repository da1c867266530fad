#include "cli/collect_backups.hpp"

#include <catch2/catch.hpp>

using namespace maintain;
using std::chrono::hours;

namespace {

const TaskKey orders{"web1", "shop", "orders"};
const Time noon = *parse_time("2026-11-29T12:00:00Z");

CopyManifest copy(int days_ago, CopyState state, std::uint64_t bytes) {
  CopyManifest made;
  made.started = noon - hours(24 * days_ago);
  made.id = copy_id(made.started);
  made.state = state;
  made.bytes = bytes;
  made.files = 1;
  return made;
}

std::string state_of_drill(Time when, bool passed) {
  return R"({"last":{"time_ms":)" + std::to_string(when.time_since_epoch().count() * 1000) + R"(,"passed":)" +
         (passed ? "true" : "false") + R"(,"seconds":2}})";
}

}  // namespace

TEST_CASE("backup_status: of the copies only verified ones count, the last eight with their sizes") {
  std::vector<CopyManifest> copies{copy(0, CopyState::quarantined, 1), copy(1, CopyState::unverified, 2),
                                   copy(1, CopyState::damaged, 2)};
  for (int i = 2; i < 12; ++i) copies.push_back(copy(i, CopyState::verified, 100 - static_cast<std::uint64_t>(i)));
  const BackupStatus status = backup_status(orders, copies, nullptr, {});
  REQUIRE(status.newest);
  CHECK(status.newest->id == copies[3].id);
  CHECK(status.newest->bytes == 98);
  CHECK(status.sizes == std::vector<std::uint64_t>{91, 92, 93, 94, 95, 96, 97, 98});
  CHECK(status.quarantined == std::vector<std::string>{copies[0].id});
  CHECK(status.damaged == std::vector<std::string>{copies[2].id});
  CHECK(status.task == BackupStatus::Task::unknown);
  CHECK_FALSE(backup_status(orders, {copies[0], copies[1]}, nullptr, {}).newest);
}

TEST_CASE("backup_status: what a project's own command made cannot be drilled") {
  std::vector<CopyManifest> copies{copy(0, CopyState::unverified, 1), copy(1, CopyState::verified, 1),
                                   copy(2, CopyState::verified, 1)};
  CHECK(backup_status(orders, copies, nullptr, {}).drillable);
  copies[0].engine = copies[2].engine = "command";
  CHECK(backup_status(orders, copies, nullptr, {}).drillable);
  copies[1].engine = "command";
  CHECK_FALSE(backup_status(orders, copies, nullptr, {}).drillable);
}

TEST_CASE("backup_status: what a task promises comes from what the last run saw of it") {
  TaskStatus known;
  known.max_age = hours(26);
  known.first_seen = noon;
  BackupStatus status = backup_status(orders, {}, &known, {});
  CHECK(status.task == BackupStatus::Task::active);
  CHECK(status.max_age == hours(26));
  CHECK(status.first_seen == noon);
  known.active = false;
  CHECK(backup_status(orders, {}, &known, {}).task == BackupStatus::Task::switched_off);
}

TEST_CASE("backup_status: the last drill is the newest that its record tells of") {
  const auto of = [](const TaskRecord& record) { return backup_status(orders, {}, nullptr, record); };
  CHECK_FALSE(of({}).last_drill);
  CHECK_FALSE(of({}).last_passed_drill);

  TaskRecord record;
  record.last_success = noon;  // when it began
  CHECK(of(record).last_drill->when == noon);
  CHECK(of(record).last_drill->passed);
  CHECK(of(record).last_passed_drill == noon);

  record.state = state_of_drill(noon + Seconds(5), true);  // when it ended: the same drill
  CHECK(of(record).last_drill->when == noon + Seconds(5));
  CHECK(of(record).last_drill->took == Milliseconds(2000));
  CHECK(of(record).last_passed_drill == noon + Seconds(5));

  record.state = state_of_drill(noon + hours(24), false);  // one that failed since
  CHECK_FALSE(of(record).last_drill->passed);
  CHECK(of(record).last_passed_drill == noon);

  record.state = "{";
  CHECK(of(record).last_drill->when == noon);
}

TEST_CASE("backup_status: a drill goes by the name of its task") {
  CHECK(to_string(drill_of(orders)) == "web1/shop/orders.drill");
}
