// The C tables as a plugin sees them, called from here.
#include <filesystem>
#include <fstream>
#include <thread>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "base/text.hpp"
#include "plugin/host_testing.hpp"

using namespace maintain;
using test::Fixture;

TEST_CASE_METHOD(Fixture, "exec runs a command and tells how it ended") {
  set_words({"sh", "-c", "echo out; echo err >&2; exit 3"});
  CHECK(exec() == MAINTAIN_OK);
  CHECK(exit.status == 3);
  CHECK(exit.signal == 0);
  CHECK(output.bytes == "out\n");
  CHECK(error_output.bytes == "err\n");
  CHECK(events.saved_output.find("out\n") != std::string::npos);

  set_words({"sh", "-c", "kill -9 $$"});
  CHECK(exec() == MAINTAIN_OK);
  CHECK(exit.status == -1);
  CHECK(exit.signal == 9);
}

TEST_CASE_METHOD(Fixture, "a script gets its arguments, variables and input") {
  const maintain_text variables[] = {to_text("A=1 2"), to_text("B=x=y")};
  command.script = to_text("cat; printf '%s|%s|%s' \"$1\" \"$A\" \"$B\"");
  command.input = to_text("in\n");
  command.env = variables;
  command.envc = 2;
  set_words({"a b"});
  CHECK(exec() == MAINTAIN_OK);
  CHECK(output.bytes == "in\na b|1 2|x=y");
}

TEST_CASE_METHOD(Fixture, "a dry run refuses what is not marked read-only") {
  call.mode = Mode::check;
  set_words({"touch", "/tmp/never"});
  CHECK(exec() == MAINTAIN_REFUSED);
  CHECK(error.message == "dry run: 'touch /tmp/never' may change something, so it was not run");
  CHECK(local() == MAINTAIN_REFUSED);
  const auto* job = get<maintain_job_1>(MAINTAIN_JOB_1);
  CHECK(job->start(host(), to_text("x"), &command, nullptr) == MAINTAIN_REFUSED);
  CHECK(job->stop(host(), to_text("x"), 0, nullptr) == MAINTAIN_REFUSED);
  CHECK(job->collect(host(), to_text("x"), nullptr) == MAINTAIN_REFUSED);
  CHECK(get<maintain_files_1>(MAINTAIN_FILES_1)->put(host(), to_text("/x"), {}, 0644, {}, nullptr) == MAINTAIN_REFUSED);
  CHECK(get<maintain_lock_1>(MAINTAIN_LOCK_1)->acquire(host(), to_text("db"), 1, 1000, 0, nullptr) == MAINTAIN_REFUSED);
  CHECK(session.seen.empty());

  command.flags = MAINTAIN_COMMAND_READ_ONLY;
  set_words({"true"});
  CHECK(exec() == MAINTAIN_OK);
  // A job changes the server by being there, whatever its command does.
  CHECK(job->start(host(), to_text("x"), &command, nullptr) == MAINTAIN_REFUSED);
}

TEST_CASE_METHOD(Fixture, "a command that was never sent is told from one that may have run") {
  set_words({"true"});
  session.connect_failures.push_back({ErrorKind::unreachable, "no route", {}, {}});
  CHECK(exec() == MAINTAIN_UNREACHABLE);
  session.failures.push_back({ErrorKind::unreachable, "connection reset", {}, {}});
  CHECK(exec() == MAINTAIN_CONNECTION_LOST);
  CHECK(error.message == "connection reset");
}

TEST_CASE_METHOD(Fixture, "a host's error that a task hands back keeps its kind") {
  session.connect_failures.push_back({ErrorKind::host_key, "the host key has changed", "maintain trust web1", {}});
  set_words({"true"});
  const maintain_status status = exec();
  CHECK(self().error_for(status, error.message).kind == ErrorKind::host_key);
  CHECK(self().error_for(MAINTAIN_FAILED, "something of its own").kind == ErrorKind::remote);
}

TEST_CASE_METHOD(Fixture, "a sink ends the command, and its status is the call's") {
  output.answer = MAINTAIN_NOT_FOUND;
  set_words({"sh", "-c", "echo x; exec sleep 60"});
  CHECK(exec() == MAINTAIN_NOT_FOUND);
}

TEST_CASE_METHOD(Fixture, "output beyond the limit is dropped and told") {
  command.output_limit = 5;
  set_words({"echo", "123456789"});
  CHECK(exec() == MAINTAIN_OK);
  CHECK(output.bytes == "12345");
  CHECK(exit.truncated == 1);
}

TEST_CASE_METHOD(Fixture, "quiet and secret commands leave nothing in the saved output, secret ones nothing anywhere") {
  set_words({"echo", "hush"});
  command.flags = MAINTAIN_COMMAND_QUIET;
  CHECK(exec() == MAINTAIN_OK);
  CHECK(events.saved_output.empty());
  CHECK(events.lines.size() == 1);
  command.flags = MAINTAIN_COMMAND_SECRET;
  CHECK(exec() == MAINTAIN_OK);
  CHECK(session.seen.back().secret);
  CHECK(events.saved_output.empty());
  CHECK(events.lines.size() == 1);
  CHECK(output.bytes == "hush\nhush\n");
}

TEST_CASE_METHOD(Fixture, "saved output is fit to be shown, whatever the server printed") {
  set_words({"printf", "a\\033[2Jb\\377\\nc"});
  CHECK(exec() == MAINTAIN_OK);
  CHECK(events.saved_output.find('\x1b') == std::string::npos);
  CHECK(events.saved_output.find("\xef\xbf\xbd") != std::string::npos);
  CHECK(output.bytes == "a\x1b[2Jb\xff\nc");  // the task gets the bytes
}

TEST_CASE_METHOD(Fixture, "broken commands are refused") {
  CHECK(exec() == MAINTAIN_INVALID_ARGUMENT);
  set_words({"true"});
  command.struct_size = 8;
  CHECK(exec() == MAINTAIN_INVALID_ARGUMENT);
  command.struct_size = sizeof command;
  const maintain_text bad_variable[] = {to_text("1A=x")};
  command.env = bad_variable;
  command.envc = 1;
  CHECK(exec() == MAINTAIN_INVALID_ARGUMENT);
  command.envc = 0;
  set_words({std::string_view("a\0b", 3)});
  CHECK(exec() == MAINTAIN_INVALID_ARGUMENT);
  CHECK(session.seen.empty());
}

TEST_CASE_METHOD(Fixture, "nothing is begun after cancellation or beyond the deadline") {
  set_words({"true"});
  SECTION("cancelled") {
    call.cancelled = [] { return true; };
    CHECK(exec() == MAINTAIN_CANCELLED);
    CHECK(get<maintain_clock_1>(MAINTAIN_CLOCK_1)->sleep_ms(host(), 60000) == MAINTAIN_CANCELLED);
  }
  SECTION("out of time") {
    call.deadline = Deadline::after(Milliseconds(0));
    CHECK(exec() == MAINTAIN_TIMEOUT);
    CHECK(host()->is_cancelled(host()) == 1);
  }
  CHECK(session.seen.empty());
}

TEST_CASE_METHOD(Fixture, "what a task had changed may be put back after cancellation and beyond the deadline") {
  bool cancelled = false;
  call.cancelled = [&] { return cancelled; };
  bool asked = false;
  session.alter = [&](RemoteCommand& remote) {
    asked = true;
    REQUIRE(session.cancelled);
    CHECK_FALSE(session.cancelled());
    CHECK(remote.timeout > Milliseconds(5000));
    CHECK(remote.timeout <= Milliseconds(10000));
  };
  set_words({"true"});
  SECTION("cancelled") {
    cancelled = true;
    CHECK(exec() == MAINTAIN_CANCELLED);
  }
  SECTION("out of time") {
    call.deadline = Deadline::after(Milliseconds(0));
    CHECK(exec() == MAINTAIN_TIMEOUT);
  }
  SECTION("cancelled in the middle of it") {
    call.deadline = Deadline::after(Milliseconds(0));
    session.alter = [&, check = session.alter](RemoteCommand& remote) {
      cancelled = true;
      check(remote);
    };
  }
  command.flags = MAINTAIN_COMMAND_CLEANUP;
  CHECK(exec() == MAINTAIN_OK);
  CHECK(asked);
  CHECK_FALSE(session.cancelled);  // other calls are cancelled as ever
  CHECK(local() != MAINTAIN_OK);
  CHECK(get<maintain_exec_1>(MAINTAIN_EXEC_1)->reconnect(host(), 1000, nullptr) != MAINTAIN_OK);
}

TEST_CASE_METHOD(Fixture, "a task's time for putting things back ends") {
  call.cancelled = [] { return true; };
  CHECK(self().check_time("this", Aim::cleanup));
  CHECK(self().time_for(Milliseconds(0), Aim::cleanup) <= Milliseconds(10000));
  CHECK(self().time_for(Milliseconds(3), Aim::cleanup) == Milliseconds(3));
  self().set_cleanup_allowance(Milliseconds(0));
  begin();
  CHECK_FALSE(self().check_time("this", Aim::cleanup));
  set_words({"true"});
  command.flags = MAINTAIN_COMMAND_CLEANUP;
  CHECK(exec() == MAINTAIN_CANCELLED);
  CHECK(session.seen.empty());
}

TEST_CASE_METHOD(Fixture, "an extension is handed out only if the manifest lists it") {
  CHECK(get<maintain_exec_1>(MAINTAIN_EXEC_1) != nullptr);
  CHECK(get<void>("maintain.exec/2") == nullptr);
  manifest.wants.clear();
  manifest.needs = {MAINTAIN_CLOCK_1};
  CHECK(get<maintain_exec_1>(MAINTAIN_EXEC_1) == nullptr);
  CHECK(get<maintain_clock_1>(MAINTAIN_CLOCK_1) != nullptr);
}

TEST_CASE_METHOD(Fixture, "extensions work only while the task runs") {
  set_words({"true"});
  const auto* clock = get<maintain_clock_1>(MAINTAIN_CLOCK_1);
  self().end_run();
  CHECK(exec() == MAINTAIN_INVALID_STATE);
  CHECK(clock->now_ms(host()) == 0);
  host()->log(host(), MAINTAIN_LEVEL_INFO, to_text("too early"));
  CHECK(events.lines.empty());
}

TEST_CASE_METHOD(Fixture, "findings are checked and made fit to be shown") {
  const auto* report = get<maintain_report_1>(MAINTAIN_REPORT_1);
  maintain_finding raw{sizeof(maintain_finding), 9, to_text("apt.held"), {}, to_text("a\x1b[1m title\nof two lines"),
                       to_text("one\ntwo"), {}, 0};
  CHECK(report->finding(host(), &raw, nullptr) == MAINTAIN_OK);
  REQUIRE(events.findings.size() == 1);
  CHECK(events.findings[0].state == State::unknown);
  CHECK(events.findings[0].title.find_first_of("\x1b\n") == std::string::npos);
  CHECK(events.findings[0].detail == "one\ntwo");
  CHECK(events.findings.back().remind == Seconds(0));
  raw.remind_ms = 7LL * 24 * 3600 * 1000;
  CHECK(report->finding(host(), &raw, nullptr) == MAINTAIN_OK);
  CHECK(events.findings.back().remind == std::chrono::hours(24 * 7));
  raw.code = to_text("Not A Code");
  CHECK(report->finding(host(), &raw, nullptr) == MAINTAIN_INVALID_ARGUMENT);
  raw.code = to_text("x");
  raw.title = to_text("  ");
  CHECK(report->finding(host(), &raw, nullptr) == MAINTAIN_INVALID_ARGUMENT);

  CHECK(report->metric(host(), to_text("size"), {}, 1.5, to_text("bytes"), nullptr) == MAINTAIN_OK);
  CHECK(report->metric(host(), to_text("size"), {}, 1.5, to_text("furlongs"), nullptr) == MAINTAIN_INVALID_ARGUMENT);
  CHECK(report->metric(host(), to_text("Size"), {}, 1.5, {}, nullptr) == MAINTAIN_INVALID_ARGUMENT);
  CHECK(report->metric(host(), to_text("size"), {}, std::numeric_limits<double>::quiet_NaN(), {}, nullptr) ==
        MAINTAIN_INVALID_ARGUMENT);
  REQUIRE(events.metrics.size() == 1);
  CHECK(events.metrics[0].subject.empty());
  CHECK(report->metric(host(), to_text("size"), to_text("a\x1b[31mb\n"), 1.5, {}, nullptr) == MAINTAIN_OK);
  CHECK(events.metrics.at(1).subject == printable("a\x1b[31mb"));
}

TEST_CASE_METHOD(Fixture, "the state is a JSON object, kept unless it is a dry run") {
  const auto* state = get<maintain_state_1>(MAINTAIN_STATE_1);
  CHECK(state->set(host(), to_text("[1]"), nullptr) == MAINTAIN_INVALID_ARGUMENT);
  CHECK(state->set(host(), to_text("{"), nullptr) == MAINTAIN_INVALID_ARGUMENT);
  CHECK(state->set(host(), to_text("{\"a\":\"" + std::string(300 * 1024, 'x') + "\"}"), nullptr) ==
        MAINTAIN_INVALID_ARGUMENT);
  CHECK_FALSE(self().new_state);
  CHECK(state->set(host(), to_text(R"({"a":1})"), nullptr) == MAINTAIN_OK);
  CHECK(state->get(host(), &output.raw, nullptr) == MAINTAIN_OK);
  CHECK(output.bytes == R"({"a":1})");
  CHECK(events.checkpoints.empty());
  CHECK(state->checkpoint(host(), to_text(R"({"a":2})"), nullptr) == MAINTAIN_OK);
  CHECK(events.checkpoints == std::vector<std::string>{R"({"a":2})"});
  CHECK(self().new_state == R"({"a":2})");
  call.mode = Mode::check;
  CHECK(state->checkpoint(host(), to_text(R"({"a":3})"), nullptr) == MAINTAIN_OK);
  CHECK(self().new_state == R"({"a":2})");
  CHECK(events.checkpoints.size() == 1);
}

TEST_CASE_METHOD(Fixture, "files are described, read and replaced") {
  const auto* files = get<maintain_files_1>(MAINTAIN_FILES_1);
  const std::string path = (directory.path() / "a file").string();
  maintain_file_info info{};
  info.struct_size = sizeof info;
  CHECK(files->stat(host(), to_text(path), {}, &info, &error.raw) == MAINTAIN_NOT_FOUND);
  CHECK(files->read(host(), to_text(path), {}, 0, &output.raw, nullptr) == MAINTAIN_NOT_FOUND);

  const std::string content("line\n\0\xff", 7);
  CHECK(files->put(host(), to_text(path), {}, 0640, to_text(content), &error.raw) == MAINTAIN_OK);
  CHECK(files->stat(host(), to_text(path), {}, &info, nullptr) == MAINTAIN_OK);
  CHECK(info.kind == MAINTAIN_FILE_REGULAR);
  CHECK(info.mode == 0640);
  CHECK(info.size == 7);
  CHECK(info.modified_ms > 1'600'000'000'000);
  CHECK(files->read(host(), to_text(path), {}, 7, &output.raw, nullptr) == MAINTAIN_OK);
  CHECK(output.bytes == content);
  CHECK(files->read(host(), to_text(path), {}, 6, &output.raw, nullptr) == MAINTAIN_REFUSED);
  CHECK(files->stat(host(), to_text("/"), {}, &info, nullptr) == MAINTAIN_OK);
  CHECK(info.kind == MAINTAIN_FILE_DIRECTORY);
  CHECK(files->stat(host(), to_text("relative"), {}, &info, nullptr) == MAINTAIN_INVALID_ARGUMENT);
  // Nothing is left beside it, and a directory is not moved into.
  CHECK(files->put(host(), to_text(directory.path().string()), {}, 0640, to_text("x"), nullptr) == MAINTAIN_FAILED);
  CHECK(std::distance(std::filesystem::directory_iterator(directory.path()), {}) == 1);
}

TEST_CASE_METHOD(Fixture, "locks are the supervisor's") {
  const auto* lock = get<maintain_lock_1>(MAINTAIN_LOCK_1);
  CHECK(lock->acquire(host(), to_text("db"), 2, 60000, 0, nullptr) == MAINTAIN_OK);
  CHECK(events.locks.at("db") == 2);
  events.refuse_lock = Error{ErrorKind::busy, "held by web2", {}, {}};
  CHECK(lock->acquire(host(), to_text("db"), 2, 60000, 0, &error.raw) == MAINTAIN_BUSY);
  CHECK(error.message == "held by web2");
  CHECK(lock->acquire(host(), to_text("../db"), 2, 60000, 0, nullptr) == MAINTAIN_INVALID_ARGUMENT);
  CHECK(lock->release(host(), to_text("db"), nullptr) == MAINTAIN_OK);
  CHECK(events.locks.empty());
}

TEST_CASE_METHOD(Fixture, "structs of a later header are longer, and as good") {
  set_words({"true"});
  command.struct_size = sizeof command + 8;
  exit.struct_size = sizeof exit + 8;
  CHECK(exec() == MAINTAIN_OK);
  CHECK(local() == MAINTAIN_OK);
  exit.struct_size = sizeof exit - 8;
  CHECK(exec() == MAINTAIN_INVALID_ARGUMENT);
  maintain_finding finding{sizeof(maintain_finding) + 8, 0, to_text("x"), {}, to_text("title"), {}, {}, 0};
  CHECK(get<maintain_report_1>(MAINTAIN_REPORT_1)->finding(host(), &finding, nullptr) == MAINTAIN_OK);
  maintain_file_info info{};
  info.struct_size = sizeof info + 8;
  CHECK(get<maintain_files_1>(MAINTAIN_FILES_1)->stat(host(), to_text("/"), {}, &info, nullptr) == MAINTAIN_OK);
}

TEST_CASE_METHOD(Fixture, "numbers at the end of their range are no trouble") {
  const auto* files = get<maintain_files_1>(MAINTAIN_FILES_1);
  CHECK(files->read(host(), to_text("/proc/self/comm"), {}, UINT64_MAX, &output.raw, nullptr) == MAINTAIN_OK);
  CHECK_FALSE(output.bytes.empty());
  session.alter = [](RemoteCommand& sent) { sent = RemoteCommand{.argv = {"echo", "81a4 0 0 1 9223372036854775807"}}; };
  maintain_file_info info{};
  info.struct_size = sizeof info;
  CHECK(files->stat(host(), to_text("/x"), {}, &info, nullptr) == MAINTAIN_FAILED);
}

TEST_CASE_METHOD(Fixture, "a failure that nobody was told of is not remembered: it may be another thread's") {
  set_words({"true"});
  session.connect_failures.push_back({ErrorKind::host_key, "the host key has changed", {}, {}});
  const maintain_status status = exec();
  call.cancelled = [] { return true; };
  CHECK(get<maintain_clock_1>(MAINTAIN_CLOCK_1)->sleep_ms(host(), 1) == MAINTAIN_CANCELLED);
  CHECK(self().error_for(status, error.message).kind == ErrorKind::host_key);
}

TEST_CASE_METHOD(Fixture, "waiting for a lock keeps no other thread from telling") {
  class Waiting final : public test::RememberedEvents {
   public:
    std::function<void()> meanwhile;
    Result<void> acquire_lock(const std::string&, int, Milliseconds, Milliseconds) override {
      std::thread(meanwhile).join();
      return {};
    }
  } waiting;
  waiting.meanwhile = [&] { host()->log(host(), MAINTAIN_LEVEL_INFO, to_text("alive")); };
  self().end_run();
  self().begin_run(call, session, waiting);
  const auto* lock = get<maintain_lock_1>(MAINTAIN_LOCK_1);
  CHECK(lock->acquire(host(), to_text("db"), 1, 60000, 60000, nullptr) == MAINTAIN_OK);
  CHECK(waiting.lines == std::vector<std::string>{"alive"});
}
