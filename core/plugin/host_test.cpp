// The C tables as a plugin sees them, called from here.
#include "plugin/host.hpp"

#include <filesystem>
#include <fstream>
#include <thread>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "plugin/extensions.hpp"
#include "plugin/test_support.hpp"

using namespace maintain;

namespace {

// Remembers what a maintain_error was told.
struct ErrorProbe {
  maintain_error raw{sizeof(maintain_error), this,
                     [](void* context, maintain_status, maintain_text text, maintain_text) {
                       static_cast<ErrorProbe*>(context)->message = to_string(text);
                     }};
  std::string message;
};

struct SinkProbe {
  maintain_sink raw{sizeof(maintain_sink), this, [](void* context, const void* data, std::uint64_t size) {
                      auto* self = static_cast<SinkProbe*>(context);
                      self->bytes.append(static_cast<const char*>(data), static_cast<std::size_t>(size));
                      return self->answer;
                    }};
  std::string bytes;
  maintain_status answer = MAINTAIN_OK;
};

struct Fixture {
  test::TemporaryDirectory directory;
  test::LocalSession session;
  test::RememberedEvents events;
  TaskCall call;
  Manifest manifest;
  ErrorProbe error;
  SinkProbe output, error_output;
  maintain_exit exit{sizeof(maintain_exit), 0, 0, 0, 0};
  std::vector<maintain_text> words;
  maintain_command command{};

  Fixture() {
    for (const auto id : offered_extensions()) manifest.wants.emplace_back(id);
    call.key = {"web1", "shop", "task"};
    call.directory = (directory.path() / "task").string();
    command.struct_size = sizeof command;
    command.output = &output.raw;
    command.error_output = &error_output.raw;
    host_.emplace(manifest);
    begin();
  }
  void begin() { host_->begin_run(call, session, events); }

  const maintain_host* host() const { return host_->table(); }
  Host& self() { return *host_; }
  template <class Table>
  const Table* get(const char* id) const {
    return static_cast<const Table*>(host()->get_extension(host(), to_text(id)));
  }
  void set_words(std::initializer_list<std::string_view> list) {
    words.clear();
    for (const auto word : list) words.push_back(to_text(word));
    command.argc = words.size();
    command.argv = words.data();
  }
  maintain_status exec() { return get<maintain_exec_1>(MAINTAIN_EXEC_1)->run(host(), &command, &exit, &error.raw); }
  maintain_status local() { return get<maintain_local_1>(MAINTAIN_LOCAL_1)->run(host(), &command, &exit, &error.raw); }

 private:
  std::optional<Host> host_;
};

}  // namespace

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
                       to_text("one\ntwo"), {}};
  CHECK(report->finding(host(), &raw, nullptr) == MAINTAIN_OK);
  REQUIRE(events.findings.size() == 1);
  CHECK(events.findings[0].state == State::unknown);
  CHECK(events.findings[0].title.find_first_of("\x1b\n") == std::string::npos);
  CHECK(events.findings[0].detail == "one\ntwo");
  raw.code = to_text("Not A Code");
  CHECK(report->finding(host(), &raw, nullptr) == MAINTAIN_INVALID_ARGUMENT);
  raw.code = to_text("x");
  raw.title = to_text("  ");
  CHECK(report->finding(host(), &raw, nullptr) == MAINTAIN_INVALID_ARGUMENT);

  CHECK(report->metric(host(), to_text("size"), 1.5, to_text("bytes"), nullptr) == MAINTAIN_OK);
  CHECK(report->metric(host(), to_text("size"), 1.5, to_text("furlongs"), nullptr) == MAINTAIN_INVALID_ARGUMENT);
  CHECK(report->metric(host(), to_text("Size"), 1.5, {}, nullptr) == MAINTAIN_INVALID_ARGUMENT);
  CHECK(report->metric(host(), to_text("size"), std::numeric_limits<double>::quiet_NaN(), {}, nullptr) ==
        MAINTAIN_INVALID_ARGUMENT);
  CHECK(events.metrics.size() == 1);
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

TEST_CASE_METHOD(Fixture, "local programs run in the task's directory") {
  set_words({"pwd"});
  CHECK(local() == MAINTAIN_OK);
  CHECK(output.bytes == call.directory + "\n");
  set_words({"no-such-program-here"});
  CHECK(local() == MAINTAIN_NOT_FOUND);
  command.script = to_text("echo no");
  CHECK(local() == MAINTAIN_INVALID_ARGUMENT);
  command.script = {};
  set_words({"sleep", "60"});
  SECTION("timeout") { command.timeout_ms = 100; }
  SECTION("idle timeout") { command.idle_timeout_ms = 100; }
  CHECK(local() == MAINTAIN_TIMEOUT);
}

TEST_CASE_METHOD(Fixture, "a confined program opens what it may and nothing else") {
  call.confine_program = MAINTAIN_TEST_CONFINE;
  begin();
  const std::string secret = (directory.path() / "secret").string();
  std::ofstream(secret) << "hidden";
  const maintain_text readable[] = {to_text("/usr"), to_text("/bin"), to_text("/lib"), to_text("/lib64")};
  const maintain_text writable[] = {to_text(call.directory)};
  maintain_confinement confinement{sizeof(maintain_confinement), 0, 4, readable, 1, writable};
  const std::string text = "cat '" + secret + "'; echo x >'" + secret + "'; echo y >mine; cat mine; exit 3";
  set_words({"sh", "-c", text});
  const auto* table = get<maintain_local_1>(MAINTAIN_LOCAL_1);
  const auto confined = [&] { return table->run_confined(host(), &command, &confinement, &exit, &error.raw); };
  const maintain_status status = confined();
  if (status == MAINTAIN_UNSUPPORTED) {
    WARN("not tested: " << error.message);
    return;
  }
  REQUIRE(status == MAINTAIN_OK);
  CHECK(exit.status == 3);
  CHECK(output.bytes == "y\n");
  std::string left;
  std::ifstream(secret) >> left;
  CHECK(left == "hidden");

  confinement.flags = 1;
  CHECK(confined() == MAINTAIN_INVALID_ARGUMENT);
  confinement.flags = 0;
  const maintain_text relative[] = {to_text("usr")};
  confinement.readable = relative;
  confinement.readable_count = 1;
  CHECK(confined() == MAINTAIN_INVALID_ARGUMENT);
}

TEST_CASE_METHOD(Fixture, "a program that cannot be confined is not run") {
  const std::string made = (directory.path() / "made").string();
  const maintain_confinement confinement{sizeof(maintain_confinement), 0, 0, nullptr, 0, nullptr};
  const auto* table = get<maintain_local_1>(MAINTAIN_LOCAL_1);
  set_words({"touch", made});
  SECTION("maintain-confine is missing") {
    CHECK(table->run_confined(host(), &command, &confinement, &exit, &error.raw) == MAINTAIN_UNSUPPORTED);
    CHECK(error.message.find("maintain-confine") != std::string::npos);
  }
  SECTION("it says why it cannot") {
    const std::string program = (directory.path() / "confine").string();
    std::ofstream(program) << "#!/bin/sh\n[ \"$1\" = --check ] || exec touch '" + made + "'\n"
                              "echo 'no Landlock' >&2; echo 'another kernel' >&2; exit 125\n";
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
    call.confine_program = program;
    begin();
    CHECK(table->run_confined(host(), &command, &confinement, &exit, &error.raw) == MAINTAIN_UNSUPPORTED);
    CHECK(error.message == "no Landlock (another kernel)");
  }
  CHECK_FALSE(std::filesystem::exists(made));
}

TEST_CASE_METHOD(Fixture, "the remote shell comes as a list of words") {
  const auto* shell = get<maintain_local_1>(MAINTAIN_LOCAL_1);
  CHECK(shell->remote_shell(host(), 1, &output.raw, nullptr) == MAINTAIN_OK);
  CHECK(output.bytes == R"(["ssh","-T","web1"])");
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

namespace {

using Jobs = std::set<std::string>;
using Notes = std::vector<Jobs>;

// Jobs of a session that answers the start script itself: nothing is started here.
struct JobFixture : Fixture {
  const maintain_job_1* job = get<maintain_job_1>(MAINTAIN_JOB_1);
  std::string found = "none";  // what find prints
  int start_status = 0;

  JobFixture() {
    set_words({"true"});
    session.alter = [this](RemoteCommand& sent) {
      const bool starts = sent.argv.size() == 5 && sent.argv[2].starts_with("maintain-job-");
      const std::string answer = starts ? fmt::format("exit {}", start_status) : "echo " + found;
      sent = RemoteCommand{.argv = {"sh", "-c", answer}};
    };
  }
  maintain_status start(const char* name = "upgrade") {
    return job->start(host(), to_text(name), &command, &error.raw);
  }
  maintain_status find(const char* name = "upgrade") {
    maintain_job_phase phase = MAINTAIN_JOB_LOST;
    return job->find(host(), to_text(name), &phase, &error.raw);
  }
};

const Error reset{ErrorKind::unreachable, "connection reset", {}, {}};
const Error no_route{ErrorKind::unreachable, "no route", {}, {}};

}  // namespace

TEST_CASE_METHOD(JobFixture, "the supervisor knows of a job before the server does") {
  session.failures.push_back(reset);
  CHECK(start() == MAINTAIN_CONNECTION_LOST);
  CHECK(events.pending_jobs == Notes{{"upgrade"}});  // perhaps it runs
  CHECK(session.seen.back().become_user == "root");
  start_status = 143;
  CHECK(start() == MAINTAIN_CONNECTION_LOST);
  CHECK(events.pending_jobs.back() == Jobs{"upgrade"});
  CHECK(job->start(host(), to_text("../upgrade"), &command, nullptr) == MAINTAIN_INVALID_ARGUMENT);
}

TEST_CASE_METHOD(JobFixture, "a job that was not started is not remembered") {
  SECTION("no connection") {
    session.connect_failures.push_back(no_route);
    CHECK(start() == MAINTAIN_UNREACHABLE);
    CHECK(events.pending_jobs.empty());
  }
  SECTION("the server says so") {
    start_status = 1;
    CHECK(start() == MAINTAIN_FAILED);
    CHECK(events.pending_jobs.back().empty());
  }
  SECTION("nobody was let in") {
    for (const ErrorKind kind : {ErrorKind::authentication, ErrorKind::host_key, ErrorKind::refused}) {
      session.failures.push_back({kind, "no", {}, {}});
      CHECK(start() != MAINTAIN_OK);
      CHECK(events.pending_jobs.back().empty());
    }
  }
  SECTION("it has input, which nobody would send") {
    command.input = to_text("secret");
    CHECK(start() == MAINTAIN_INVALID_ARGUMENT);
    CHECK(events.pending_jobs.empty());
  }
}

TEST_CASE_METHOD(JobFixture, "a job is the connection's user's, unless it names another") {
  session.facts_json = R"({"user":"deploy"})";
  CHECK(start() == MAINTAIN_OK);
  CHECK(session.seen.back().become_user == "root");  // the directory is root's
  CHECK(session.seen.back().input.find("runuser -u deploy ") != std::string::npos);
  command.become_user = to_text("root");
  CHECK(start() == MAINTAIN_OK);
  CHECK(session.seen.back().input.find("runuser") == std::string::npos);
  command.become_user = {};
  session.facts_json = R"({"user":"root"})";
  CHECK(start() == MAINTAIN_OK);
  CHECK(session.seen.back().input.find("runuser") == std::string::npos);
  session.facts_json = R"({"user":""})";
  CHECK(start() == MAINTAIN_FAILED);
}

TEST_CASE_METHOD(JobFixture, "all jobs of a task are noted until each is collected") {
  CHECK(start("prepare") == MAINTAIN_OK);
  CHECK(start("order") == MAINTAIN_OK);
  CHECK(job->collect(host(), to_text("another"), nullptr) == MAINTAIN_OK);
  CHECK(events.pending_jobs == Notes{{"prepare"}, {"order", "prepare"}});
  CHECK(job->collect(host(), to_text("prepare"), nullptr) == MAINTAIN_OK);
  CHECK(job->collect(host(), to_text("order"), nullptr) == MAINTAIN_OK);
  CHECK(events.pending_jobs == Notes{{"prepare"}, {"order", "prepare"}, {"order"}, {}});
}

TEST_CASE_METHOD(JobFixture, "a task has not more jobs than the note has room for") {
  for (int i = 1; i <= 8; ++i) CHECK(start(("job" + std::to_string(i)).c_str()) == MAINTAIN_OK);
  CHECK(start("job9") == MAINTAIN_BUSY);
}

TEST_CASE_METHOD(JobFixture, "a job of an earlier run that is not there is forgotten") {
  self().end_run();
  call.pending_jobs = {"upgrade"};
  SECTION("when it is looked for") {
    begin();
    found = "finished";
    CHECK(find() == MAINTAIN_OK);
    CHECK(events.pending_jobs.empty());
    found = "none";
    CHECK(find("another") == MAINTAIN_OK);
    CHECK(events.pending_jobs.empty());
    CHECK(find() == MAINTAIN_OK);
    CHECK(events.pending_jobs == Notes{Jobs{}});
  }
  SECTION("but not by a dry run") {
    call.mode = Mode::check;
    begin();
    CHECK(find() == MAINTAIN_OK);
    CHECK(events.pending_jobs.empty());
  }
}

TEST_CASE_METHOD(JobFixture, "one that was started in this run may be on its way, whatever find says") {
  session.failures.push_back(reset);
  CHECK(start() == MAINTAIN_CONNECTION_LOST);
  CHECK(find() == MAINTAIN_OK);
  CHECK(events.pending_jobs == Notes{{"upgrade"}});
}

TEST_CASE_METHOD(JobFixture, "jobs and files, too, tell never sent from perhaps done") {
  const auto* files = get<maintain_files_1>(MAINTAIN_FILES_1);
  const std::function<maintain_status()> calls[] = {
      [&] { return find(); }, [&] { return job->stop(host(), to_text("upgrade"), 0, nullptr); },
      [&] { return job->collect(host(), to_text("upgrade"), nullptr); },
      [&] { return files->read(host(), to_text("/x"), {}, 0, &output.raw, nullptr); },
      [&] { return files->put(host(), to_text("/x"), {}, 0644, {}, nullptr); }};
  for (const auto& make : calls) {
    session.connect_failures.push_back(no_route);
    CHECK(make() == MAINTAIN_UNREACHABLE);
    session.failures.push_back(reset);
    CHECK(make() == MAINTAIN_CONNECTION_LOST);
  }
}

TEST_CASE_METHOD(JobFixture, "the output of a quiet job is followed, and not saved") {
  std::uint64_t offset = 0;
  found = "'job finished 3 0 1 2 quiet'; echo hi";
  CHECK(job->follow(host(), to_text("upgrade"), &offset, &output.raw, 0, 0, &exit, nullptr) == MAINTAIN_OK);
  CHECK(output.bytes == "hi\n");
  CHECK(events.saved_output.empty());
  offset = 0;
  found = "'job finished 3 0 1 2 shown'; echo hi";
  CHECK(job->follow(host(), to_text("upgrade"), &offset, &output.raw, 0, 0, &exit, nullptr) == MAINTAIN_OK);
  CHECK(events.saved_output == "hi\n");
}

TEST_CASE_METHOD(Fixture, "structs of a later header are longer, and as good") {
  set_words({"true"});
  command.struct_size = sizeof command + 8;
  exit.struct_size = sizeof exit + 8;
  CHECK(exec() == MAINTAIN_OK);
  CHECK(local() == MAINTAIN_OK);
  exit.struct_size = sizeof exit - 8;
  CHECK(exec() == MAINTAIN_INVALID_ARGUMENT);
  maintain_finding finding{sizeof(maintain_finding) + 8, 0, to_text("x"), {}, to_text("title"), {}, {}};
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
