// Real libraries, loaded into this process. What must not happen in this process (crash, exit, hang) is the
// supervisor's test, with the same plugin.
#include "plugin/loader.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "plugin/test_support.hpp"

using namespace maintain;
namespace fs = std::filesystem;

namespace {

struct Fixture {
  test::TemporaryDirectory directory;
  test::LocalSession session;
  test::RememberedEvents events;
  TaskCall call;

  Fixture() { call.key = {"web1", "shop", "misbehaviour"}; }

  CatalogEntry entry(const std::string& name) {
    const fs::path library = directory.path() / (name + ".so");
    fs::copy_file(fs::path(MAINTAIN_TEST_PLUGINS) / name / (name + ".so"), library);
    fs::permissions(library, fs::perms(0755));
    return {library, parse_manifest(read_manifest_note(library).value()).value()};
  }
  TaskEnd run(const std::string& type) {
    if (!plugin_) plugin_ = load_plugin(entry("misbehave")).value();
    call.type = type;
    return plugin_->run(call, session, events);
  }
  Error refusal(const std::string& name) {
    const auto loaded = load_plugin(entry(name));
    REQUIRE_FALSE(loaded);
    return loaded.error();
  }

 private:
  std::shared_ptr<LoadedPlugin> plugin_;
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a task runs and tells") {
  const TaskEnd end = run("misbehave.well");
  CHECK(end.outcome == Outcome::ok);
  CHECK_FALSE(end.error);
  CHECK_FALSE(end.new_state);
  CHECK(events.last_summary == "behaved");
  REQUIRE(events.findings.size() == 1);
  CHECK(events.findings[0].title == "misbehaviour has started");
}

TEST_CASE_METHOD(Fixture, "what a task throws is an error of that task") {
  SECTION("an exception") {
    const TaskEnd end = run("misbehave.throw");
    CHECK(end.outcome == Outcome::failed);
    REQUIRE(end.error);
    CHECK(end.error->kind == ErrorKind::internal);
    CHECK(end.error->message == "the task threw: index 7 of 3");
  }
  SECTION("something else") {
    const TaskEnd end = run("misbehave.throw_int");
    CHECK(end.outcome == Outcome::failed);
    CHECK(end.error->message.find("not a std::exception") != std::string::npos);
  }
  CHECK(events.findings.size() == 1);
}

TEST_CASE_METHOD(Fixture, "an outcome that does not exist is a defect") {
  const TaskEnd end = run("misbehave.outcome");
  CHECK(end.outcome == Outcome::failed);
  CHECK(end.error->kind == ErrorKind::internal);
}

TEST_CASE_METHOD(Fixture, "a task that waits ends when it is cancelled or out of time") {
  SECTION("cancelled") {
    call.cancelled = [] { return true; };
    CHECK(run("misbehave.slow").outcome == Outcome::cancelled);
  }
  SECTION("out of time") {
    call.deadline = Deadline::after(Milliseconds(50));
    CHECK(run("misbehave.slow").outcome == Outcome::timed_out);
  }
}

TEST_CASE_METHOD(Fixture, "a task type that the plugin does not have") {
  const TaskEnd end = run("misbehave.angelic");
  CHECK(end.outcome == Outcome::failed);
  CHECK(end.error->kind == ErrorKind::not_found);
}

TEST_CASE_METHOD(Fixture, "options are validated without a server") {
  const auto plugin = load_plugin(entry("misbehave")).value();
  CHECK(plugin->validate("misbehave.well", "{}"));
  CHECK(plugin->validate("misbehave.well", "[]").error().kind == ErrorKind::configuration);
  CHECK(plugin->validate("misbehave.well", R"({"paths": ["here"]})").error().message ==
        "option '/paths/0': is not absolute");
  const OptionPlaces places{{"/paths", {"shop.yml", 7, 12}}};
  CHECK(plugin->validate("misbehave.well", R"({"paths": ["here"]})", places).error().where ==
        Position{"shop.yml", 7, 12});
}

TEST_CASE_METHOD(Fixture, "a task with impossible options is not run") {
  call.options = R"({"paths": ["here"]})";
  const TaskEnd end = run("misbehave.well");
  CHECK(end.outcome == Outcome::failed);
  REQUIRE(end.error);
  CHECK(end.error->kind == ErrorKind::configuration);
  CHECK(end.error->message == "option '/paths/0': is not absolute");
  CHECK(events.findings.empty());
}

TEST_CASE_METHOD(Fixture, "a task learns that it is to look after a job") {
  run("misbehave.well");
  CHECK(events.last_summary == "behaved");
  call.pending_jobs = {"upgrade"};
  run("misbehave.well");
  CHECK(events.last_summary == "behaved, re-attaching");
}

TEST_CASE_METHOD(Fixture, "one plugin serves many tasks, also after it was loaded twice") {
  const CatalogEntry where = entry("misbehave");
  for (int i = 0; i < 100; ++i) {
    const auto plugin = load_plugin(where).value();
    call.type = "misbehave.well";
    CHECK(plugin->run(call, session, events).outcome == Outcome::ok);
  }
  CHECK(events.findings.size() == 100);
}

TEST_CASE_METHOD(Fixture, "the entry must agree with the note") {
  CHECK(refusal("entry_null").message.find("its entry function returns nothing") != std::string::npos);
  CHECK(refusal("entry_other").message.find("its table is of 'somebody-else'") != std::string::npos);
  CHECK(refusal("entry_missing").message.find("does not export maintain_plugin_v1") != std::string::npos);
  CatalogEntry lying = entry("misbehave");
  lying.manifest.version = "9.9.9";
  CHECK(load_plugin(lying).error().message.find("its table is of version 1.0.0") != std::string::npos);
}

TEST_CASE_METHOD(Fixture, "a library that lacks a symbol fails when it is loaded, and names it") {
  const Error error = refusal("undefined");
  CHECK(error.kind == ErrorKind::refused);
  CHECK(error.message.find("maintain_test_symbol_that_nobody_defines") != std::string::npos);
}

TEST_CASE_METHOD(Fixture, "safety and compatibility are looked at again before loading") {
  CatalogEntry where = entry("marker");
  SECTION("the file has become writable") { fs::permissions(where.library, fs::perms(0777)); }
  SECTION("another ABI") { where.manifest.abi_major = 2; }
  const auto loaded = load_plugin(where);
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().kind == ErrorKind::refused);
}

TEST_CASE_METHOD(Fixture, "what was told before a crash has been told") {
  // In a child, whose finding arrives through a pipe: the events leave the process before the call returns.
  class Pipe final : public TaskEvents {
   public:
    explicit Pipe(int fd) : fd_(fd) {}
    void log(LogLevel, const std::string&) override {}
    void finding(const Finding& finding) override {
      if (::write(fd_, finding.code.data(), finding.code.size()) < 0) ::_exit(99);
    }
    void progress(std::uint64_t, std::uint64_t, const std::string&) override {}
    void metric(const Metric&) override {}
    void summary(const std::string&) override {}
    void output(const std::string&) override {}
    Result<void> checkpoint(const std::string&) override { return {}; }
    Result<void> jobs_pending(const std::set<std::string>&) override { return {}; }
    Result<void> acquire_lock(const std::string&, int, Milliseconds, Milliseconds) override { return {}; }
    Result<void> release_lock(const std::string&) override { return {}; }

   private:
    int fd_;
  };
  const auto plugin = load_plugin(entry("misbehave")).value();
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGSEGV, SIG_DFL);  // the test framework's handler would report it as a failure
    Pipe pipe(ends[1]);
    call.type = "misbehave.crash";
    plugin->run(call, session, pipe);
    ::_exit(0);
  }
  ::close(ends[1]);
  char told[64];
  const ssize_t size = ::read(ends[0], told, sizeof told);
  ::close(ends[0]);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK_FALSE((WIFEXITED(status) && WEXITSTATUS(status) == 0));
  CHECK(std::string(told, static_cast<std::size_t>(size)) == "misbehave.started");
}
