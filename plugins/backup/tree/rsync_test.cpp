#include <catch2/catch.hpp>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "backup/tree/rsync_command.hpp"
#include "backup/tree/rsync_output.hpp"

using namespace maintain::plugins::backup;

namespace {

// What rsync 3.5.0 printed.
std::string recorded(const std::string& name) {
  std::ifstream file(std::string(MAINTAIN_TESTDATA) + "/" + name);
  INFO(name);
  REQUIRE(file);
  return std::string{std::istreambuf_iterator<char>(file), {}};
}

bool has(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

TEST_CASE("plugin_backup: the remote shell as rsync takes it apart") {
  CHECK(remote_shell_text({"ssh", "-o", "BatchMode=yes"}) == "ssh -o BatchMode=yes");
  CHECK(remote_shell_text({"a b", "it's", "\"", "", "x\\y"}) == "'a b' 'it''s' '\"' '' x\\y");
}

TEST_CASE("plugin_backup: paths that rsync would read in its own way") {
  CHECK(literal_source("/g/[a]") == "/g/\\[a]");
  CHECK(literal_source("/g/x*\\?") == "/g/x\\*\\\\\\?");
  CHECK(literal_source("/g/b\\s") == "/g/b\\s");
  CHECK(tidy_path("/srv//media/./x/") == "/srv/media/x");
  CHECK(tidy_path("/") == "/");
}

TEST_CASE("plugin_backup: rsync over ssh") {
  const auto argv = rsync_argv({.shell = {"ssh", "-p", "22"}, .host = "root@::1", .sudo = true,
                                .sources = {"/srv/a", "/etc"}, .target = "/b/_draft/data", .base = "/b/1/data",
                                .exclude = {"*.tmp"}, .bytes_per_second = 10240});
  CHECK(has(argv, "ssh -p 22"));
  CHECK(has(argv, "--rsync-path=sudo -n rsync"));
  CHECK(has(argv, "--link-dest=/b/1/data"));
  CHECK(has(argv, "--sparse"));
  CHECK(has(argv, "--inplace"));
  CHECK(has(argv, "--relative"));
  CHECK(has(argv, "--bwlimit=10"));
  CHECK(has(argv, "--exclude=*.tmp"));
  const std::vector<std::string> last = {"--", "root@[::1]:/srv/a", ":/etc", "/b/_draft/data/"};
  CHECK(std::equal(last.rbegin(), last.rend(), argv.rbegin()));
}

TEST_CASE("plugin_backup: rsync looks for holes only where there can be some") {
  CHECK_FALSE(has(rsync_argv({.sources = {"/etc"}, .target = "/b", .holes = false}), "--sparse"));
}

TEST_CASE("plugin_backup: rsync without a server between, into a snapshot") {
  const auto argv = rsync_argv({.sudo = true, .sources = {"/etc"}, .target = "/b", .base = "/old", .seeded = true});
  CHECK(has(argv, "sudo -n env"));
  CHECK(has(argv, "LC_ALL=C:/etc"));
  CHECK(has(argv, "--inplace"));
  CHECK(has(argv, "--copy-dest=/old"));
  CHECK_FALSE(has(argv, "--link-dest=/old"));
  CHECK_FALSE(has(argv, "--sparse"));
}

TEST_CASE("plugin_backup: rsync's numbers and progress") {
  const auto numbers = parse_rsync_numbers(recorded("rsync_whole.out"));
  REQUIRE(numbers);
  CHECK(numbers->entries == 21);
  CHECK(numbers->directories == 7);
  CHECK(numbers->files() == 14);
  CHECK(numbers->bytes == 52428836);
  CHECK(numbers->transferred == 6);
  CHECK_FALSE(parse_rsync_numbers("Number of files: 3 (reg: 1, dir: 9)\nTotal file size: 1 bytes\n"));
  CHECK_FALSE(parse_rsync_numbers(""));

  const auto progress = parse_rsync_progress("     52,428,804  50%    1.06GB/s    0:00:00 (xfr#4, to-chk=4/21)");
  REQUIRE(progress);
  CHECK(progress->bytes == 52428804);
  CHECK(progress->total == 104857608);
  const auto growing = parse_rsync_progress("     1,024  50%    1.06GB/s    0:00:00 (xfr#4, ir-chk=4/21)");
  REQUIRE(growing);
  CHECK(growing->total == 0);
  CHECK_FALSE(parse_rsync_progress("Total file size: 52,428,836 bytes"));
}

TEST_CASE("plugin_backup: what rsync could not read") {
  const RsyncTrouble trouble = parse_rsync_errors(recorded("rsync_unreadable.err"));
  REQUIRE(trouble.unreadable.size() == 3);
  CHECK(trouble.unreadable[0].name == "/srv/u/locked");
  CHECK(trouble.unreadable[1].name == "/srv/u/nl\\#012name");
  CHECK(trouble.unreadable[2].why == "Permission denied");
  CHECK(trouble.unlisted_directories == 1);
  CHECK(trouble.other.empty());
  CHECK(judge_rsync(23, trouble) == RsyncEnd::whole);
  CHECK(judge_rsync(23, parse_rsync_errors("rsync: something new")) == RsyncEnd::incomplete);
  CHECK(judge_rsync(23, {}) == RsyncEnd::incomplete);
}

TEST_CASE("plugin_backup: how rsync fails") {
  const RsyncTrouble vanished = parse_rsync_errors(recorded("rsync_vanished.err"));
  CHECK(vanished.vanished_count == 14);
  CHECK(vanished.vanished.front() == "/srv/big/v398");
  CHECK(vanished.other.empty());
  CHECK(judge_rsync(24, vanished) == RsyncEnd::whole);

  const RsyncTrouble missing = parse_rsync_errors(recorded("rsync_missing.err"));
  CHECK(missing.missing == std::vector<std::string>{"/srv/nope"});
  CHECK(judge_rsync(23, missing) == RsyncEnd::failed);

  CHECK(judge_rsync(12, parse_rsync_errors(recorded("rsync_killed.err"))) == RsyncEnd::lost);
  CHECK(judge_rsync(30, {}) == RsyncEnd::lost);

  const RsyncTrouble absent = parse_rsync_errors(recorded("rsync_not_there.err"));
  CHECK(absent.no_rsync);
  CHECK(judge_rsync(12, absent) == RsyncEnd::failed);
  CHECK(parse_rsync_errors("sudo: rsync: command not found").no_rsync);
  CHECK_FALSE(parse_rsync_errors("sudo: rsync: command not found").sudo_refused);
  CHECK(parse_rsync_errors("sudo: a password is required").sudo_refused);

  const RsyncTrouble option = parse_rsync_errors(recorded("rsync_unknown_option.err"));
  CHECK(option.unknown_option);
  CHECK(judge_rsync(12, option) == RsyncEnd::failed);

  CHECK(judge_rsync(11, parse_rsync_errors(recorded("rsync_disk_full.err"))) == RsyncEnd::failed);
  CHECK(parse_rsync_errors(recorded("rsync_disk_full.err")).no_space);

  const RsyncTrouble plain = parse_rsync_errors(recorded("rsync_no_xattrs.err"));
  CHECK(plain.no_attributes);
  CHECK(judge_rsync(23, plain) == RsyncEnd::failed);
  CHECK(rsync_status_text(99) == "status 99");
}

TEST_CASE("plugin_backup: rsync's output in any pieces is the same") {
  const std::string output = recorded("rsync_whole.out");
  const std::string errors = recorded("rsync_unreadable.err") + recorded("rsync_vanished.err");
  for (const std::size_t length : {std::size_t{1}, std::size_t{7}, output.size() + errors.size()}) {
    int shown = 0;
    RsyncReport report([&](const RsyncProgress&) { ++shown; });
    for (std::size_t at = 0; at < output.size(); at += length) report.add(output.substr(at, length));
    RsyncErrors complaints;
    for (std::size_t at = 0; at < errors.size(); at += length) complaints.add(errors.substr(at, length));
    CHECK(shown > 5);
    REQUIRE(parse_rsync_numbers(report.text()));
    CHECK(parse_rsync_numbers(report.text())->transferred_bytes == 52428811);
    const RsyncTrouble trouble = complaints.take();
    CHECK(trouble.unreadable_count == 3);
    CHECK(trouble.vanished_count == 14);
    CHECK(complaints.take().vanished_count == 0);
  }
}

TEST_CASE("plugin_backup: of rsync's output without end little is kept") {
  RsyncReport report([](const RsyncProgress&) {});
  RsyncErrors errors;
  const std::string line(1000, 'x');
  for (int i = 0; i < 1000; ++i) {
    report.add(line + (i % 2 == 0 ? "" : "\n"));
    errors.add(line + (i < 500 ? "" : "\n"));
  }
  report.add("\n" + recorded("rsync_whole.out"));
  CHECK(report.text().size() < 100000);
  CHECK(parse_rsync_numbers(report.text()));
  const RsyncTrouble trouble = errors.take();
  CHECK(trouble.other.size() == most_names);
  CHECK(trouble.other[0].size() == 500);
}

TEST_CASE("plugin_backup: rsync back to a server") {
  const auto argv = rsync_argv(RsyncPush{.shell = {"ssh"}, .host = "web1", .sudo = true, .devices = true,
                                         .source = "/c/data", .chosen = true, .target = "/"});
  CHECK(has(argv, "--rsync-path=sudo -n rsync"));
  CHECK(has(argv, "--files-from=-"));
  CHECK_FALSE(has(argv, "--no-devices"));
  CHECK_FALSE(has(argv, "--delete"));
  const std::vector<std::string> last = {"--", "/c/data/", "web1:/"};
  CHECK(std::equal(last.rbegin(), last.rend(), argv.rbegin()));
  CHECK(has(rsync_argv(RsyncPush{.source = "/c", .target = "/d"}), "--no-devices"));
}

TEST_CASE("rsync: what is gone before its ACL or attributes are read has vanished, what may not be read is named") {
  const RsyncTrouble trouble = parse_rsync_errors(
      "rsync: [sender] get_acl: sys_acl_get_file(/srv/a, b, ACL_TYPE_ACCESS): No such file or directory (2)\n"
      "rsync: [sender] get_xattr_names: llistxattr(\"/srv/c\",1024) failed: No such file or directory (2)\n"
      "rsync: [sender] get_acl: sys_acl_get_file(/srv/d, ACL_TYPE_DEFAULT): Permission denied (13)\n");
  CHECK(trouble.vanished == std::vector<std::string>{"/srv/a, b", "/srv/c"});
  REQUIRE(trouble.unreadable.size() == 1);
  CHECK(trouble.unreadable[0].name == "/srv/d");
  CHECK(trouble.unreadable[0].why == "Permission denied");
  CHECK(trouble.other.empty());
}
