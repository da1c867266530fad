// Jobs for real: this machine's sh, its processes, a directory that stands for the server's.
#include "plugin/remote_job.hpp"

#include <signal.h>

#include <cstdio>
#include <fstream>
#include <thread>

#include <catch2/catch.hpp>

#include "base/fd.hpp"
#include "base/text.hpp"
#include "plugin/job_script.hpp"
#include "plugin/test_support.hpp"

using namespace maintain;
using namespace std::chrono_literals;

namespace {

struct Fixture {
  test::TemporaryDirectory directory;
  test::LocalSession session;
  JobPlace place{(directory.path() / "jobs").string(), ""};
  std::string id = "shop:upgrade:run";
  RemoteJob job{session, place, id};

  ~Fixture() {
    session.alter = nullptr;  // what a test's function refers to is gone
    static_cast<void>(job.stop(0ms, 20s));
  }

  std::filesystem::path at(const char* file) const { return std::filesystem::path(place.base) / id / file; }
  void write(const char* file, const std::string& text) const { std::ofstream(at(file)) << text; }
  Result<void> start(const std::string& script, const std::vector<std::string>& argv = {}) {
    return job.start({job_command_file(argv, script, {})}, 20s);
  }
  // Whose output may be handed on, and how long it takes, is up to the test.
  static FollowOptions follow_options(Milliseconds time = 20s) {
    FollowOptions options;
    options.deadline = Deadline::after(time);
    options.retry_pause = 1ms;
    return options;
  }
  Result<JobEnd> follow(std::string* output = nullptr, std::uint64_t offset = 0) {
    FollowOptions options = follow_options();
    options.on_output = [output](std::string_view bytes, bool) {
      if (output != nullptr) output->append(bytes);
      return true;
    };
    return job.follow(offset, options);
  }
  JobPhase phase() { return job.find(20s).value(); }
  pid_t wrapper() const {
    return static_cast<pid_t>(std::stol(read_file(at("pid"), 100).value()));
  }
  // Kills the wrapper and all it started, as a power cut would.
  void kill_all() const { REQUIRE(::kill(-wrapper(), SIGKILL) == 0); }
};

// A script that waits until this file appears, for at most 20 s.
std::string until_exists(const std::filesystem::path& file) {
  return "n=0; until [ -e '" + file.string() + "' ] || [ $n -ge 400 ]; do n=$((n+1)); sleep 0.05; done\n";
}

}  // namespace

TEST_CASE_METHOD(Fixture, "a job runs, is followed and collected") {
  CHECK(phase() == JobPhase::none);
  REQUIRE(start("echo out; echo err >&2; exit 7"));
  std::string output;
  const auto end = follow(&output);
  REQUIRE(end);
  CHECK(end->status == 7);
  CHECK(end->signal == 0);
  CHECK(output == "out\nerr\n");
  CHECK(phase() == JobPhase::finished);
  REQUIRE(job.collect(20s));
  CHECK(phase() == JobPhase::none);
  CHECK(std::filesystem::is_empty(place.base));
  CHECK(follow().error().kind == ErrorKind::not_found);
  CHECK(job.collect(20s));  // nothing to do
}

TEST_CASE_METHOD(Fixture, "words and variables reach the command byte for byte") {
  const std::string odd = "a'b \"$x`y`\\ \n*;\xc3\xa9";
  const auto file = job_command_file({"printf", "[%s]", odd, ""}, "", {{"VALUE", odd}});
  REQUIRE(job.start({file}, 20s));
  std::string output;
  REQUIRE(follow(&output));
  CHECK(output == "[" + odd + "][]");

  REQUIRE(job.collect(20s));
  REQUIRE(job.start({job_command_file({"one", odd}, "printf '%s|%s|%s' \"$#\" \"$2\" \"$VALUE\"", {{"VALUE", odd}})},
                    20s));
  output.clear();
  REQUIRE(follow(&output));
  CHECK(output == "2|" + odd + "|" + odd);
}

TEST_CASE_METHOD(Fixture, "a job of another user runs as that user") {
  if (::geteuid() != 0) {
    WARN("not root: switching users is not tried");
    return;
  }
  REQUIRE(job.start({job_command_file({"x y"}, "id -un; echo \"$HOME|$1|$VALUE\"", {{"VALUE", "1 2"}}, "nobody")},
                    20s));
  std::string output;
  REQUIRE(follow(&output));
  CHECK(output == "nobody\n/nonexistent|x y|1 2\n");
  REQUIRE(job.collect(20s));
  REQUIRE(job.start({job_command_file({"id", "-un"}, "", {}, "nobody")}, 20s));
  output.clear();
  REQUIRE(follow(&output));
  CHECK(output == "nobody\n");
}

TEST_CASE_METHOD(Fixture, "a script, which may hold secrets, is not in the process list") {
  const std::string script = "tr '\\0' ' ' </proc/$$/cmdline; echo; cat; id -un # hunter2";
  std::string user;
  SECTION("of root") {}
  SECTION("of another user") {
    if (::geteuid() != 0) {
      WARN("not root: switching users is not tried");
      return;
    }
    user = "nobody";
  }
  REQUIRE(job.start({job_command_file({"word"}, script, {}, user)}, 20s));
  std::string output;
  const auto end = follow(&output);
  REQUIRE(end);
  CHECK(end->status == 0);
  CHECK(output.find("hunter2") == std::string::npos);
  CHECK(split_lines(output).size() == 2);  // nothing to read on standard input
}

TEST_CASE_METHOD(Fixture, "a follower learns whether the output may be saved") {
  bool told_quiet = false;
  FollowOptions options = follow_options();
  options.on_output = [&](std::string_view, bool quiet) {
    told_quiet = quiet;
    return true;
  };
  std::uint64_t offset = 0;
  REQUIRE(job.start({job_command_file({}, "echo hush", {}), true}, 20s));
  REQUIRE(job.follow(offset, options));
  CHECK(told_quiet);
  REQUIRE(job.collect(20s));
  offset = 0;
  REQUIRE(start("echo loud"));
  REQUIRE(job.follow(offset, options));
  CHECK_FALSE(told_quiet);
}

TEST_CASE_METHOD(Fixture, "one job per name") {
  REQUIRE(start(until_exists(directory.path() / "go")));
  CHECK(start("echo second").error().kind == ErrorKind::busy);
  CHECK(job.collect(20s).error().kind == ErrorKind::refused);  // it still runs
  CHECK(phase() == JobPhase::running);
}

TEST_CASE_METHOD(Fixture, "the job has a session of its own, so that it outlives the connection's") {
  REQUIRE(start(until_exists(directory.path() / "go")));
  CHECK(::getsid(wrapper()) == wrapper());
}

TEST_CASE_METHOD(Fixture, "its directory is for its owner alone") {
  REQUIRE(start("exit 0"));
  const auto permissions = [](const std::filesystem::path& path) {
    return std::filesystem::status(path).permissions() & std::filesystem::perms::all;
  };
  CHECK(permissions(place.base) == std::filesystem::perms::owner_all);
  CHECK(permissions(std::filesystem::path(place.base) / id) == std::filesystem::perms::owner_all);
  REQUIRE(follow());
}

TEST_CASE_METHOD(Fixture, "output is handed on while the job runs") {
  const auto go = directory.path() / "go";
  REQUIRE(start("echo first\n" + until_exists(go) + "echo second"));
  std::string output;
  FollowOptions options = follow_options();
  options.on_output = [&](std::string_view bytes, bool) {
    output += bytes;
    std::ofstream(go) << "seen";  // only now can the job go on
    return true;
  };
  std::uint64_t offset = 0;
  REQUIRE(job.follow(offset, options));
  CHECK(output == "first\nsecond\n");
  CHECK(offset == output.size());
}

TEST_CASE_METHOD(Fixture, "a later run re-attaches where the earlier one stopped") {
  const auto go = directory.path() / "go";
  REQUIRE(start("echo first\n" + until_exists(go) + "echo second"));
  FollowOptions options = follow_options();
  options.on_output = [](std::string_view, bool) { return false; };
  std::uint64_t offset = 0;
  CHECK(job.follow(offset, options).error().kind == ErrorKind::cancelled);
  std::ofstream(go) << "go";

  RemoteJob later(session, place, id);
  std::string output;
  options.on_output = [&](std::string_view bytes, bool) {
    output += bytes;
    return true;
  };
  REQUIRE(later.follow(offset, options));
  CHECK(output == "second\n");
}

TEST_CASE_METHOD(Fixture, "long output arrives whole") {
  REQUIRE(start("i=0; while [ $i -lt 60000 ]; do echo \"line $i\"; i=$((i+1)); done"));
  std::string output;
  REQUIRE(follow(&output));
  const auto lines = split_lines(output);
  REQUIRE(lines.size() == 60000);
  CHECK(lines.back() == "line 59999");
}

TEST_CASE_METHOD(Fixture, "a signal is told as one") {
  REQUIRE(start("kill -KILL $$"));
  const auto end = follow();
  REQUIRE(end);
  CHECK(end->signal == SIGKILL);
  CHECK(end->status == -1);
}

TEST_CASE_METHOD(Fixture, "a lost connection is made anew and the job followed on") {
  REQUIRE(start("echo done"));
  session.failures.push_back({ErrorKind::unreachable, "connection reset", {}, {}});
  session.failures.push_back({ErrorKind::timed_out, "the server is silent", {}, {}});
  std::string output;
  REQUIRE(follow(&output));
  CHECK(output == "done\n");
  CHECK(session.reconnects == 2);
}

TEST_CASE_METHOD(Fixture, "a server that does not come back is unreachable") {
  REQUIRE(start("echo done"));
  session.failures.push_back({ErrorKind::unreachable, "connection reset", {}, {}});
  session.connect_failures.push_back({ErrorKind::unreachable, "it did not come back", {}, {}});
  CHECK(follow().error().kind == ErrorKind::unreachable);
  CHECK(follow());
}

TEST_CASE_METHOD(Fixture, "what fails on this machine, or in connecting, does not make a job lost") {
  REQUIRE(start("true"));
  session.failures.push_back({ErrorKind::system, "cannot fork", {}, {}});
  CHECK(follow().error().kind == ErrorKind::unreachable);
  session.failures.push_back({ErrorKind::unreachable, "connection reset", {}, {}});
  session.connect_failures.push_back({ErrorKind::remote, "the server refuses to run a command", {}, {}});
  CHECK(follow().error().kind == ErrorKind::unreachable);
  CHECK(follow());
}

TEST_CASE_METHOD(Fixture, "a job whose processes are gone without a result is lost") {
  REQUIRE(start("echo begun\n" + until_exists(directory.path() / "go")));
  kill_all();
  // The zombie, if whoever adopted it is slow to reap it, does not count as alive.
  std::string output;
  const auto end = follow(&output);
  REQUIRE_FALSE(end);
  CHECK(end.error().kind == ErrorKind::remote);
  CHECK(output == "begun\n");
  CHECK(phase() == JobPhase::lost);
  CHECK(job.collect(20s));
}

TEST_CASE_METHOD(Fixture, "a job whose wrapper alone was killed runs on, can be stopped, and is lost in the end") {
  const auto go = directory.path() / "go";
  REQUIRE(start(until_exists(go)));
  REQUIRE(::kill(wrapper(), SIGKILL) == 0);
  CHECK(phase() == JobPhase::running);
  CHECK(job.collect(20s).error().kind == ErrorKind::refused);
  SECTION("it ends by itself") {
    std::ofstream(go) << "go";
    CHECK(follow().error().kind == ErrorKind::remote);
    CHECK(phase() == JobPhase::lost);
  }
  SECTION("it is stopped") {
    REQUIRE(job.stop(10s, 20s));
    CHECK(phase() != JobPhase::running);
  }
}

TEST_CASE_METHOD(Fixture, "a poll that fails says nothing of the job") {
  REQUIRE(start("echo done"));
  int broken = 0;
  session.alter = [&](RemoteCommand& command) {
    if (broken-- > 0) command = RemoteCommand{.argv = {"sh", "-c", "echo 'sh: not found' >&2; exit 127"}};
  };
  SECTION("it is asked again") {
    broken = 1;
    REQUIRE(follow());
  }
  SECTION("a garbled answer, too") {
    session.alter = [&, calls = 0](RemoteCommand& command) mutable {
      if (calls++ == 0) command = RemoteCommand{.argv = {"echo", "Welcome!"}};
    };
    REQUIRE(follow());
  }
  SECTION("a server that does not come to itself is unreachable, its job is not lost") {
    broken = 1000;
    const auto end = follow();
    REQUIRE_FALSE(end);
    CHECK(end.error().kind == ErrorKind::unreachable);
    CHECK(end.error().message.find("sh: not found") != std::string::npos);
    CHECK(session.seen.size() < 20);
  }
}

TEST_CASE_METHOD(Fixture, "a server that answers at once that the job runs does not set the pace") {
  session.alter = [](RemoteCommand& command) {
    command = RemoteCommand{.argv = {"echo", "job running 0 0 0 0 shown"}};
  };
  FollowOptions options = follow_options(500ms);
  options.retry_pause = 100ms;
  std::uint64_t offset = 0;
  CHECK(job.follow(offset, options).error().kind == ErrorKind::timed_out);
  CHECK(session.seen.size() <= 6);
}

TEST_CASE_METHOD(Fixture, "after a boot a job is lost, even if its process id is in use again") {
  REQUIRE(start(until_exists(directory.path() / "go")));
  const auto pid = wrapper();
  SECTION("another boot id") { write("boot", "00000000-0000-4000-8000-000000000000 1\n"); }
  SECTION("a restarted container: another process 1 under the same boot id") {
    const std::string boot = read_file(at("boot"), 100).value();
    write("boot", boot.substr(0, boot.find(' ')) + " 99999999999\n");
  }
  SECTION("the same process id with another start time") { write("pid", std::to_string(pid) + " 1\n"); }
  CHECK(phase() == JobPhase::lost);
  ::kill(-pid, SIGKILL);
}

TEST_CASE_METHOD(Fixture, "a start that was cut off before it ran is lost, once it is old") {
  std::filesystem::create_directories(at("x").parent_path());
  RemoteJob other(session, place, "another");
  REQUIRE(other.start({job_command_file({"true"}, "", {})}, 20s));
  std::filesystem::copy_file(std::filesystem::path(place.base) / "another" / "boot", at("boot"));
  write("begun", std::to_string(std::time(nullptr)));
  CHECK(phase() == JobPhase::running);
  write("begun", std::to_string(std::time(nullptr) - 60));
  CHECK(phase() == JobPhase::lost);
}

TEST_CASE_METHOD(Fixture, "a half-written status is not a result") {
  REQUIRE(start(until_exists(directory.path() / "go")));
  write("status", "0");
  CHECK(phase() == JobPhase::running);
  std::filesystem::remove(at("status"));
}

TEST_CASE_METHOD(Fixture, "stop ends the job and leaves its result") {
  REQUIRE(start("echo begun\n" + until_exists(directory.path() / "go")));
  REQUIRE(job.stop(10s, 20s));
  const auto end = follow();
  REQUIRE(end);
  CHECK(end->signal == SIGTERM);
  CHECK(job.stop(10s, 20s));  // nothing to do
}

TEST_CASE_METHOD(Fixture, "stop ends a job that ignores SIGTERM, too") {
  REQUIRE(start("trap '' TERM\necho begun\n" + until_exists(directory.path() / "go")));
  FollowOptions options = follow_options();
  options.on_output = [](std::string_view, bool) { return false; };  // the trap is set now
  std::uint64_t offset = 0;
  CHECK_FALSE(job.follow(offset, options));
  REQUIRE(job.stop(0ms, 20s));
  const auto end = follow();
  REQUIRE(end);
  CHECK(end->signal == SIGKILL);
}

TEST_CASE_METHOD(Fixture, "waiting ends, the job goes on") {
  REQUIRE(start(until_exists(directory.path() / "go")));
  FollowOptions options = follow_options();
  std::uint64_t offset = 0;
  SECTION("the deadline passes") { options.deadline = Deadline::after(300ms); }
  SECTION("nothing is printed") { options.idle_timeout = 300ms; }
  CHECK(job.follow(offset, options).error().kind == ErrorKind::timed_out);
  CHECK(phase() == JobPhase::running);
}

TEST_CASE_METHOD(Fixture, "following ends when the run is cancelled") {
  REQUIRE(start(until_exists(directory.path() / "go")));
  FollowOptions options = follow_options();
  options.cancelled = [] { return true; };
  std::uint64_t offset = 0;
  CHECK(job.follow(offset, options).error().kind == ErrorKind::cancelled);
}

TEST_CASE_METHOD(Fixture, "a command that did not arrive whole is not run") {
  session.alter = [](RemoteCommand& command) { command.input.resize(command.input.size() / 2); };
  const auto started = start("echo half");
  REQUIRE_FALSE(started);
  CHECK(started.error().kind == ErrorKind::remote);
  CHECK(started.error().message.find("did not arrive whole") != std::string::npos);
  session.alter = {};
  CHECK(phase() == JobPhase::none);
}

TEST_CASE_METHOD(Fixture, "a start that was cut off does no harm to a later job of its name") {
  std::filesystem::create_directory(place.base);
  const auto script = directory.path() / "start.sh";
  std::ofstream(script) << job_start_script();
  const std::string line = "exec sh '" + script.string() + "' '" + place.base + "' " + id + " unit 1000 '' 2>/dev/null";
  FILE* const first = ::popen(line.c_str(), "w");
  REQUIRE(first != nullptr);
  // Half of its command is there, then the connection is silent.
  REQUIRE(std::fputs("echo fir", first) >= 0);
  REQUIRE(std::fflush(first) == 0);
  // Another process makes the directory, and tells nobody when it has.
  const Deadline patience = Deadline::after(20s);
  std::error_code not_there;
  while (std::filesystem::directory_iterator(place.base, not_there) == std::filesystem::directory_iterator()) {
    REQUIRE_FALSE(patience.passed());
    std::this_thread::sleep_for(5ms);
  }
  CHECK(phase() == JobPhase::none);

  REQUIRE(start("echo second"));
  CHECK(::pclose(first) != 0);
  std::string output;
  REQUIRE(follow(&output));
  CHECK(output == "second\n");
  REQUIRE(job.collect(20s));
  CHECK(std::filesystem::is_empty(place.base));
}

TEST_CASE_METHOD(Fixture, "what cut starts left behind is removed after a day") {
  const auto base = std::filesystem::path(place.base);
  for (const char* name : {".new.old", ".new.young"}) {
    std::filesystem::create_directories(base / name);
    std::ofstream(base / name / "command") << "x";
  }
  std::filesystem::last_write_time(base / ".new.old", std::filesystem::file_time_type::clock::now() - 48h);
  REQUIRE(start("true"));
  CHECK_FALSE(std::filesystem::exists(base / ".new.old"));
  CHECK(std::filesystem::exists(base / ".new.young"));
}

TEST_CASE_METHOD(Fixture, "after a start that was ended by a signal nobody knows") {
  std::string ending;
  SECTION("told as a signal") { ending = "kill -TERM $$"; }
  SECTION("told as a status") { ending = "exit 143"; }
  session.alter = [&](RemoteCommand& command) { command = RemoteCommand{.argv = {"sh", "-c", ending}}; };
  CHECK(start("true").error().kind == ErrorKind::unreachable);
  session.alter = {};
}

TEST_CASE_METHOD(Fixture, "a link in place of the base directory is refused") {
  std::filesystem::create_directory(directory.path() / "elsewhere");
  std::filesystem::create_directory_symlink(directory.path() / "elsewhere", place.base);
  CHECK(start("true").error().kind == ErrorKind::remote);
}

TEST_CASE("job ids keep keys apart and fit a file name") {
  CHECK(job_id({"web1", "shop", "upgrade"}, "run") == "shop:upgrade:run");
  CHECK(job_id({"web1", "", "upgrade"}, "run") == ":upgrade:run");
  CHECK(job_id({"web1", "a", "b"}, "c") != job_id({"web1", "", "a"}, "b"));
  const std::string long_name(100, 'x');
  const auto long_id = job_id({"web1", long_name, long_name}, long_name);
  CHECK(long_id.size() <= 200);
  CHECK(long_id != job_id({"web1", long_name, long_name}, long_name + "y"));
}

TEST_CASE("a poll's answer is read with suspicion") {
  const auto good = parse_job_poll("job finished 3 137 1000 1060 quiet\nabc");
  REQUIRE(good);
  CHECK(good->phase == JobPhase::finished);
  CHECK(good->end.signal == 9);
  CHECK(good->end.duration == 60s);
  CHECK(good->quiet);
  CHECK(good->bytes == "abc");
  CHECK(parse_job_poll("job finished 3 255 1000 1060 shown\n")->end.status == 255);
  CHECK(parse_job_poll("job finished 3 0 2000 1000 shown\n")->end.duration == 0ms);
  for (const char* bad : {"", "job", "job finished 3 0 1 2 shown", "job happy 3 0 1 2 shown\n",
                          "job finished -3 0 1 2 shown\n", "job finished 3x 0 1 2 shown\n",
                          "job finished 99999999999999999999 0 1 2 shown\n", "job finished 3 0 1 2 3\n",
                          "Welcome!\njob finished 3 0 1 2 shown\n", "job finished 3 0 1 2\n"})
    CHECK_FALSE(parse_job_poll(bad));
}
