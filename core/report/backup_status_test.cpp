#include "report/backup_status.hpp"

#include <catch2/catch.hpp>

#include "base/text.hpp"
#include "report/render_text.hpp"
#include "report/testing.hpp"

using namespace maintain;
using namespace maintain::testing;
using std::chrono::hours;

namespace {

const Time now = at("2026-11-29T12:00:00Z");

// Yesterday's copy of a task that promises one a day, and has been drilled.
BackupStatus well() {
  BackupStatus status;
  status.key = {"web1", "shop", "orders"};
  status.task = BackupStatus::Task::active;
  status.max_age = hours(26);
  status.newest = {"20261129T010203Z", at("2026-11-29T01:02:03Z"), 3 << 20, 2};
  status.sizes = {1 << 20, 2 << 20, 3 << 20};
  status.last_drill = {now - hours(24 * 6), true, Milliseconds(40'500)};
  status.last_passed_drill = status.last_drill->when;
  return status;
}

std::string shown(const BackupStatus& status) {
  const auto lines = split_lines(render_backups({status}, now));
  REQUIRE(lines.size() == 2);
  return lines[1];
}

using Catch::Contains;

}  // namespace

TEST_CASE("backup_status: a copy is stale when it is older than promised, and so is none at all") {
  BackupStatus status = well();
  CHECK_FALSE(is_stale(status, now));
  CHECK_FALSE(is_stale(status, status.newest->started + hours(26)));
  CHECK(is_stale(status, status.newest->started + hours(26) + Seconds(1)));
  status.newest.reset();
  CHECK_FALSE(is_stale(status, now));  // unknown since when
  status.first_seen = now - hours(25);
  CHECK_FALSE(is_stale(status, now));
  status.first_seen = now - hours(27);
  CHECK(is_stale(status, now));
  status.task = BackupStatus::Task::switched_off;
  CHECK_FALSE(is_stale(status, now));
}

TEST_CASE("backup_status: a drill is owed 90 days after the last one that passed") {
  BackupStatus status = well();
  status.last_passed_drill = now - hours(24 * 90);
  CHECK_FALSE(lacks_drill(status, now));
  CHECK(lacks_drill(status, now + Seconds(1)));
  status.last_passed_drill.reset();
  CHECK(lacks_drill(status, now));
  status.drillable = false;
  CHECK_FALSE(lacks_drill(status, now));
  status.drillable = true;
  status.task = BackupStatus::Task::unknown;
  CHECK_FALSE(lacks_drill(status, now));
}

TEST_CASE("sparkline: heights are in proportion to the greatest value") {
  CHECK(sparkline({}, false).empty());
  CHECK(sparkline({1, 2, 3, 4, 5, 6, 7, 8}, false) == "▁▂▃▄▅▆▇█");
  CHECK(sparkline({1, 2, 3, 4, 5, 6, 7, 8}, true) == "_.:-=+*#");
  CHECK(sparkline({1000, 1001, 1002}, false) == "███");
  CHECK(sparkline({100, 50, 0}, false) == "█▄▁");
  CHECK(sparkline({0, 0}, true) == "__");
  CHECK(sparkline({~std::uint64_t{0}, 1}, true) == "#_");
}

TEST_CASE("render_backups: what is well is a row without notes") {
  CHECK(render_backups({}, now).empty());
  CHECK(render_backups({well()}, now) ==
        "SERVER  BACKUP       NEWEST VERIFIED   AGE      MAX AGE  SIZE     SIZES  LAST DRILL               NOTE\n"
        "web1    shop/orders  20261129T010203Z  10h 57m  1d 2h    3.0 MiB  ▃▆█    passed 6d ago, took 41s\n");
  CHECK_THAT(render_backups({well()}, now, {.ascii = true}), Contains(":+#") && !Contains("█"));
}

TEST_CASE("render_backups: what is not well is told in the row") {
  BackupStatus status = well();
  status.newest->started = now - hours(30);
  CHECK_THAT(shown(status), Contains("1d 6h stale"));

  status = well();
  status.quarantined = {"20261128T010203Z"};
  CHECK_THAT(shown(status), Catch::EndsWith("1 copy quarantined"));
  status.quarantined.push_back("20261127T010203Z");
  status.last_drill.reset(), status.last_passed_drill.reset();
  CHECK_THAT(shown(status), Catch::EndsWith("2 copies quarantined, no drill yet"));

  status = well();
  status.damaged = {"20261128T010203Z", "20261127T010203Z"};
  CHECK_THAT(shown(status), Catch::EndsWith("2 copies DAMAGED, nothing is removed"));

  status = well();
  status.last_drill = {now - hours(48), false, {}};
  CHECK_THAT(shown(status), Catch::EndsWith("failed 2d ago"));  // one passed before
  status.last_passed_drill = now - hours(24 * 100);
  CHECK_THAT(shown(status), Contains("failed 2d ago") && Catch::EndsWith("no drill passed in 90 days"));
  status.last_drill = {now - hours(24 * 91), false, {}};
  CHECK_THAT(shown(status), Catch::EndsWith("no drill in 90 days"));

  status = well();
  status.newest.reset(), status.sizes.clear();
  status.task = BackupStatus::Task::switched_off;
  CHECK_THAT(shown(status), Contains("-                -    1d 2h    -     -") && Contains("switched off"));
  status.task = BackupStatus::Task::unknown;
  CHECK_THAT(shown(status), Contains("no such task is known"));

  status = well();
  status.newest->started = now + hours(2);  // the clock was set back
  CHECK_THAT(shown(status), Contains("  0s  "));
}

TEST_CASE("render_backups: rows that need a person have a colour") {
  BackupStatus status = well();
  const auto row = [&] { return split_lines(render_backups({status}, now, {.color = true}))[1]; };
  CHECK_THAT(row(), !Contains("\x1b"));
  status.damaged = {"20261128T010203Z"};
  CHECK_THAT(row(), Catch::StartsWith("\x1b[31m"));
  status.damaged.clear();
  status.last_passed_drill.reset();
  CHECK_THAT(row(), Catch::StartsWith("\x1b[33m"));
  status.quarantined = {"20261128T010203Z"};
  CHECK_THAT(row(), Catch::StartsWith("\x1b[31m"));
}

TEST_CASE("render_backups: a narrow terminal gets the notes rather than the rest") {
  BackupStatus status = well();
  status.last_passed_drill.reset();
  const std::string narrow = render_backups({status}, now, {.table_width = 80});
  CHECK_THAT(narrow, Contains("NOTE") && Contains("AGE") && !Contains("MAX AGE") && !Contains("NEWEST VERIFIED"));
  for (const std::string& line : split_lines(narrow)) CHECK(line.size() <= 80 + 4);  // an ellipsis has three bytes
}

TEST_CASE("render_backups: how far the second place is behind is told when it is too far") {
  BackupStatus status = well();
  status.second = SecondStatus{hours(48), now - hours(48)};
  CHECK_THAT(shown(status), !Contains("second place"));
  status.second->in_step = now - hours(72);
  CHECK_THAT(shown(status), Catch::EndsWith("second place: 3d behind, limit 2d"));
  status.second = SecondStatus{hours(48), {}, now - hours(72)};
  CHECK_THAT(shown(status), Catch::EndsWith("second place: nothing sent, 3d behind, limit 2d"));
  status.task = BackupStatus::Task::switched_off;
  CHECK_THAT(shown(status), !Contains("second place"));
}
