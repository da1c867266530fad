#include "backup/restic_output.hpp"

#include <catch2/catch.hpp>

using namespace maintain;

namespace {

// All as restic 0.14 printed it.
const char* const snapshots =
    R"([{"time":"2026-11-29T01:02:03Z","tree":"be292e180232ce28577f29207b0fe824c4d65739c5cfb344f845183e573113c4",)"
    R"("paths":["/var/lib/maintain/backups/web1/shop/orders/20261129T010203Z/data"],"hostname":"web1",)"
    R"("username":"maintain","tags":["maintain","web1/shop/orders","web1/shop/orders/20261129T010203Z"],)"
    R"("id":"16cb937b3f462e9cf4d493270445eac0a7366d6a389c68809623e04079206e2b","short_id":"16cb937b"},)"
    R"({"time":"2026-11-29T02:00:00.511846214+01:00","tree":"be292e180232ce28577f29207b0fe824c4d65739c5cfb344f8",)"
    R"("paths":["/etc"],"hostname":"web1","username":"root",)"
    R"("id":"44a175e33f462e9cf4d493270445eac0a7366d6a389c68809623e04079206e2b","short_id":"44a175e3"}])";
const char* const backup =
    R"({"message_type":"status","percent_done":0,"total_files":1,"total_bytes":3000})" "\n"
    R"({"message_type":"summary","files_new":1,"files_changed":0,"files_unmodified":0,"dirs_new":2,"dirs_changed":0,)"
    R"("dirs_unmodified":0,"data_blobs":1,"tree_blobs":3,"data_added":4059,"total_files_processed":1,)"
    R"("total_bytes_processed":3000,"total_duration":0.234277822,"snapshot_id":"16cb937b"})" "\n";

LocalExit ended(int status, std::string error_output) {
  LocalExit exit;
  exit.status = status;
  exit.error_output = std::move(error_output);
  return exit;
}

ErrorKind kind(const std::string& error_output, int status = 1) {
  return explain_restic(ended(status, error_output), "list the snapshots").kind;
}

}  // namespace

TEST_CASE("restic: snapshots with their tags and moments") {
  const auto parsed = parse_restic_snapshots(snapshots);
  REQUIRE(parsed);
  REQUIRE(parsed->size() == 2);
  CHECK(parsed->at(0).id == "16cb937b3f462e9cf4d493270445eac0a7366d6a389c68809623e04079206e2b");
  CHECK(format_time(parsed->at(0).time) == "2026-11-29T01:02:03Z");
  CHECK(parsed->at(0).has_tag("web1/shop/orders"));
  CHECK_FALSE(parsed->at(0).has_tag("web1/shop"));
  CHECK(format_time(parsed->at(1).time) == "2026-11-29T01:00:00Z");
  CHECK(parsed->at(1).tags.empty());
  CHECK(parse_restic_snapshots("[]\n")->empty());
  CHECK(parse_restic_snapshots("null")->empty());
  for (const char* text : {"", "{}", "[1]", R"([{"id":"16cb937b","time":"yesterday"}])",
                           R"([{"id":"--rm","time":"2026-11-29T01:02:03Z"}])"})
    CHECK_FALSE(parse_restic_snapshots(text));
}

TEST_CASE("restic: the last line of a backup counts") {
  const auto summary = parse_restic_summary(backup);
  REQUIRE(summary);
  CHECK(summary->snapshot == "16cb937b");
  CHECK(summary->added == 4059);
  CHECK(summary->files == 1);
  CHECK_FALSE(parse_restic_summary(R"({"message_type":"status","percent_done":0})"));
  CHECK_FALSE(parse_restic_summary(R"({"message_type":"summary","snapshot_id":"-x"})"));
  CHECK_FALSE(parse_restic_summary(""));
}

TEST_CASE("restic: files that could not be read are named, each once") {
  const char* text =
      R"({"message_type":"error","error":{"Op":"open","Path":"b","Err":13},"during":"archival","item":"/c1/data/b"})"
      "\n"
      R"({"message_type":"error","error":{"Op":"open","Path":"b","Err":13},"during":"archival","item":"/c1/data/b"})"
      "\nWarning: at least one source file could not be read\n";
  CHECK(parse_unread_files(text) == std::vector<std::string>{"/c1/data/b"});
}

TEST_CASE("restic: what a forget removed is counted") {
  CHECK(*parse_restic_forget(R"([{"tags":null,"host":"w","paths":null,"keep":[{"id":"4d"}],"remove":[{},{}],)"
                             R"("reasons":[]},{"tags":null,"host":"v","keep":[],"remove":null}])") == 2);
  CHECK(*parse_restic_forget("[]") == 0);
  CHECK_FALSE(parse_restic_forget("Fatal"));
}

TEST_CASE("restic: a policy becomes its options") {
  RetentionPolicy policy;
  policy.daily = 7;
  policy.yearly = -1;
  policy.within_daily = parse_calendar_span("1m2d");
  CHECK(restic_keep_options(policy) ==
        std::vector<std::string>{"--keep-daily=7", "--keep-yearly=1000000", "--keep-within-daily=1m2d"});
}

TEST_CASE("restic: a tag is one tag whatever the name of the server") {
  CHECK(restic_tag_of({"web1", "shop", "orders"}, "20261129T010203Z") == "web1/shop/orders/20261129T010203Z");
  CHECK(restic_tag_of({"a, b", "", "orders"}) == "a%2C%20b/_/orders");
}

TEST_CASE("restic: an environment file is read as systemd reads one") {
  const auto environment = parse_environment_file(
      "/etc/env", "# S3\n\nAWS_ACCESS_KEY_ID=AKIA\nexport AWS_SECRET_ACCESS_KEY='a=b #c'\r\nEMPTY=\n");
  REQUIRE(environment);
  CHECK(*environment == std::map<std::string, std::string>{
                            {"AWS_ACCESS_KEY_ID", "AKIA"}, {"AWS_SECRET_ACCESS_KEY", "a=b #c"}, {"EMPTY", ""}});
  const auto wrong = parse_environment_file("/etc/env", "A=1\nsecret words\n");
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().describe() == "/etc/env:2:1: is no line of the form NAME=value");
}

TEST_CASE("restic: why it failed decides who acts") {
  const std::string unopened = "Is there a repository at the following location?\n/srv/repo\n";
  CHECK(kind("Fatal: unable to open config file: stat /srv/repo/config: no such file or directory\n" + unopened) ==
        ErrorKind::not_found);
  CHECK(kind("Fatal: unable to open config file: Stat: The specified key does not exist.\n" + unopened) ==
        ErrorKind::not_found);
  CHECK(kind("Fatal: unable to open config file: client.Head: Head \"http://127.0.0.1:1/config\": dial tcp "
             "127.0.0.1:1: connect: connection refused\n" + unopened) == ErrorKind::unreachable);
  CHECK(kind("subprocess ssh: ssh: Could not resolve hostname nowhere.invalid: Name or service not known\n"
             "Fatal: unable to open repository at sftp:nowhere.invalid:/x: unable to start the sftp session, "
             "error: EOF\n") == ErrorKind::unreachable);
  CHECK(kind("Fatal: wrong password or no key found\n") == ErrorKind::authentication);
  CHECK(kind("Fatal: unable to create lock in backend: repository is already locked exclusively by PID 7 on m by "
             "root (UID 0, GID 0)\nlock was created at 2026-11-29 01:02:03 (3s ago)\n") == ErrorKind::busy);
  CHECK(kind("something new", 12) == ErrorKind::authentication);
  CHECK(kind("something new", 10) == ErrorKind::not_found);
  CHECK(kind("something new") == ErrorKind::remote);

  const Error error = explain_restic(
      ended(1, "retrying\nFatal: cannot ask https://me:secret@host/: \x1b[2J503\n"), "list the snapshots");
  CHECK(error.message == "restic could not list the snapshots: cannot ask https://me:***@host/: 503");
  CHECK(explain_restic(ended(1, "a warning\nunable to create lock in backend: x\nthe `unlock` command can be used\n"),
                       "free space").message == "restic could not free space: unable to create lock in backend: x");
  CHECK(explain_restic(ended(9, ""), "free space").message == "restic could not free space: exit status 9");
}
