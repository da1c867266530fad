// The C++ wrapper, by way of the C tables: what a task calls, what comes back, and what may not come through.
#include <catch2/catch.hpp>
#include <maintain/testkit.hpp>

using namespace maintain::sdk;
using namespace maintain::sdk::testkit;
using namespace std::chrono_literals;

namespace {

// A task whose work is a test's lambda.
class Doing final : public Task {
 public:
  explicit Doing(std::function<void(Context&)> work) : work_(std::move(work)) {}
  std::optional<std::string> validate(const Json& options) override {
    if (options.contains("throws")) throw std::runtime_error("validate threw");
    if (options.contains("paths")) throw InvalidOption("/paths/0", "is not absolute");
    if (options.contains("wrong")) return "that is wrong";
    return std::nullopt;
  }
  Outcome run(Context& context) override {
    work_(context);
    return Outcome::changed;
  }

 private:
  std::function<void(Context&)> work_;
};

TaskRun doing(FakeServer& server, std::function<void(Context&)> work, const RunOptions& options = {}) {
  Doing task(std::move(work));
  return run_task(task, server, options);
}

class Made final : public Task {
  Outcome run(Context& context) override {
    context.summary("made");
    return Outcome::ok;
  }
};

}  // namespace

MAINTAIN_PLUGIN(sdk-test, task<Made>("test.made"))

TEST_CASE("the plugin's table says what the manifest says") {
  const maintain_plugin* plugin = maintain_plugin_v1();
  CHECK(plugin == maintain_plugin_v1());
  CHECK(plugin->struct_size == sizeof(maintain_plugin));
  CHECK(plugin->abi_major == 1);
  CHECK(std::string(plugin->id.data, plugin->id.size) == "sdk-test");
  CHECK(std::string(plugin->version.data, plugin->version.size) == "1.2.3");
  FakeServer server;
  CHECK(run_task(plugin, "test.made", server).outcome == Outcome::ok);
  CHECK(server.summary == "made");
  CHECK_THROWS_WITH(run_task(plugin, "test.unmade", server), Catch::Contains("no task type 'test.unmade'"));
}

TEST_CASE("the task types must be those of the manifest, so that a slip does not build") {
  constexpr TaskEntry entries[] = {task<Made>("test.made"), task<Made>("test.other")};
  STATIC_REQUIRE(maintain::sdk::detail::are_task_types(entries, "test.made test.other"));
  STATIC_REQUIRE(maintain::sdk::detail::are_task_types(entries, "test.other test.made"));
  STATIC_REQUIRE_FALSE(maintain::sdk::detail::are_task_types(entries, "test.made"));
  STATIC_REQUIRE_FALSE(maintain::sdk::detail::are_task_types(entries, "test.made test.othre"));
  STATIC_REQUIRE_FALSE(maintain::sdk::detail::are_task_types(entries, "test.made test.other test.third"));
  STATIC_REQUIRE_FALSE(maintain::sdk::detail::are_task_types(entries, "test.made test.made"));
  constexpr TaskEntry twice[] = {task<Made>("test.made"), task<Made>("test.made")};
  STATIC_REQUIRE_FALSE(maintain::sdk::detail::are_task_types(twice, "test.made test.other"));
  STATIC_REQUIRE_FALSE(maintain::sdk::detail::are_task_types(twice, "test.made"));
}

TEST_CASE("the request reaches the task") {
  FakeServer server;
  RunOptions options;
  options.options = {{"database", "orders"}};
  options.check = true;
  options.reattach = true;
  options.timezone = "Europe/Berlin";
  options.scheduled = server.now() - 10min;
  options.window_end = server.now() + 30min;
  doing(server, [&](Context& context) {
    CHECK(context.check_mode());
    CHECK(context.server() == "web1");
    CHECK(context.project() == "shop");
    CHECK(context.task() == "task");
    CHECK(context.timezone() == "Europe/Berlin");
    CHECK(context.reattaching());
    CHECK(context.options().at("database") == "orders");
    CHECK(context.scheduled() == server.now() - 10min);
    CHECK(context.window_end() == server.now() + 30min);
    CHECK(context.deadline() == server.now() + 2h);
  }, options);
  doing(server, [](Context& context) {
    CHECK_FALSE(context.scheduled());
    CHECK_FALSE(context.window_end());
    CHECK_FALSE(context.reattaching());
  });
}

TEST_CASE("a command goes over with all it has") {
  FakeServer server;
  server.expect(anything()).reply({.status = 3, .output = "out", .error_output = "err", .takes = 2s});
  doing(server, [](Context& context) {
    const Completed done = context.exec({.argv = {"a", "b c"}, .input = "in", .become_user = "root",
                                         .environment = {{"X", "1=2"}}, .quiet = true, .timeout = 5s,
                                         .idle_timeout = 4s});
    CHECK(done.status == 3);
    CHECK_FALSE(done.ok());
    CHECK(done.output == "out");
    CHECK(done.error_output == "err");
    CHECK(done.duration == 2s);
  });
  REQUIRE(server.commands.size() == 1);
  const SeenCommand& seen = server.commands[0];
  CHECK(seen.argv == std::vector<std::string>{"a", "b c"});
  CHECK(seen.input == "in");
  CHECK(seen.become_user == "root");
  CHECK(seen.environment.at("X") == "1=2");
  CHECK(seen.timeout == 5s);
  CHECK(seen.idle_timeout == 4s);
  CHECK(server.output.empty());
}

TEST_CASE("output can be taken as it comes, and what the taker throws comes back") {
  FakeServer server;
  server.stub(anything(), {.output = "one two"});
  std::vector<std::string> pieces;
  doing(server, [&](Context& context) {
    const Completed done = context.exec({.argv = {"x"}, .on_output = [&](auto bytes) { pieces.emplace_back(bytes); }});
    CHECK(done.output.empty());
    CHECK(pieces.size() == 2);  // the kit never gives all at once
    CHECK_THROWS_AS(context.exec({.argv = {"x"}, .on_output = [](auto) { throw std::out_of_range("mine"); }}),
                    std::out_of_range);
  });
}

TEST_CASE("complaints can be taken as they come, too") {
  FakeServer server;
  server.stub(anything(), {.output = "out", .error_output = "complaints"});
  std::string taken;
  doing(server, [&](Context& context) {
    const Completed done = context.exec({.argv = {"x"}, .on_error_output = [&](auto bytes) { taken += bytes; }});
    CHECK(done.output == "out");
    CHECK(done.error_output.empty());
    CHECK(taken == "complaints");
  });
}

TEST_CASE("a document with a server's broken bytes is kept, without them") {
  FakeServer server;
  doing(server, [](Context& context) { context.set_state({{"version", "1.0\xff"}}); });
  CHECK(server.state == Json{{"version", "1.0\xef\xbf\xbd"}});
}

TEST_CASE("must() tells which command failed and why") {
  FakeServer server;
  server.stub(anything(), {.status = 100, .error_output = "first\nE: no such package\n"});
  CHECK(doing(server, [](Context& context) { context.must({.argv = {"apt-get", "install", "x"}}); }).message ==
        "'apt-get install x' failed with exit status 100: E: no such package");
  CHECK(doing(server, [](Context& context) { context.must({.script = "exit 100"}); }).message ==
        "the script failed with exit status 100: E: no such package");
  const TaskRun secret = doing(server, [](Context& context) {
    context.must({.argv = {"login", "hunter2"}, .secret = true});
  });
  CHECK(secret.message == "a command failed with exit status 100");
  CHECK(secret.status == MAINTAIN_FAILED);
  CHECK(secret.outcome == Outcome::failed);
}

TEST_CASE("nothing that a task throws crosses the boundary") {
  FakeServer server;
  CHECK(doing(server, [](Context&) { throw Failure(MAINTAIN_BUSY, "later"); }).status == MAINTAIN_BUSY);
  CHECK(doing(server, [](Context&) { throw std::runtime_error("oops"); }).message == "the task threw: oops");
  CHECK(doing(server, [](Context&) { throw 42; }).status == MAINTAIN_INTERNAL);
  CHECK(doing(server, [](Context&) { throw Failure(MAINTAIN_OK, "nonsense"); }).status == MAINTAIN_INTERNAL);
  CHECK(doing(server, [](Context& context) { context.options().at("missing"); }).status == MAINTAIN_INTERNAL);
}

TEST_CASE("validation tells the problem and its place") {
  Doing task([](Context&) {});
  CHECK_FALSE(validate_options(task, {{"fine", 1}}));
  CHECK(validate_options(task, {{"wrong", 1}}) == "that is wrong");
  CHECK(validate_options(task, {{"paths", 1}}) == "/paths/0: is not absolute");
  CHECK(validate_options(task, {{"throws", 1}}) == "the task threw: validate threw");
  CHECK(validate_options(task, Json::array()) == "the options are not a JSON object");
}

TEST_CASE("an extension that is not there is a clear failure") {
  FakeServer server;
  server.without(MAINTAIN_LOCK_1);
  const TaskRun run = doing(server, [](Context& context) { context.try_lock("db", 1, 1min, 0s); });
  CHECK(run.status == MAINTAIN_UNSUPPORTED);
  CHECK(run.message.find("maintain.lock/1") != std::string::npos);
}

TEST_CASE("reports, state and files go both ways") {
  FakeServer server;
  server.state = {{"runs", 1}};
  server.files["/etc/hostname"] = {.content = "web1\n", .mode = 0640};
  doing(server, [](Context& context) {
    context.finding({.state = State::critical, .code = "a.b", .subject = "s", .title = "t", .detail = "d",
                     .action = "x"});
    CHECK_THROWS_AS(context.finding({.code = "", .title = "t"}), Failure);
    context.progress(1, 3, "files");
    context.metric("size", 1.5, "bytes");
    context.output("saved");
    context.log(Level::warning, "careful");
    CHECK(context.state() == Json{{"runs", 1}});
    context.checkpoint({{"runs", 2}});
    context.set_state({{"runs", 3}});
    CHECK(context.facts().os_id == "debian");
    CHECK(context.facts().has_own_kernel());
    REQUIRE(context.stat("/etc/hostname"));
    CHECK(context.stat("/etc/hostname")->mode == 0640);
    CHECK_FALSE(context.stat("/etc/nothing"));
    CHECK(context.read_file("/etc/hostname") == "web1\n");
    CHECK_THROWS_AS(context.read_file("/etc/hostname", 2), Failure);
    context.put_file("/etc/motd", "hello", 0644);
    CHECK(std::filesystem::is_directory(context.directory()));
    CHECK(context.remote_shell(true).back() == "fake-server");
    CHECK(context.remote_shell(false).back() != "fake-server");
  });
  REQUIRE(server.find("a.b", "s") != nullptr);
  CHECK(server.find("a.b", "other") == nullptr);
  CHECK(server.find("a.b")->action == "x");
  CHECK(server.progress.at(0).total == 3);
  CHECK(server.metrics.at("size") == 1.5);
  CHECK(server.output == "saved");
  CHECK(server.log.at(0).line == "careful");
  CHECK(server.checkpoints == std::vector<Json>{{{"runs", 2}}});
  CHECK(server.state == Json{{"runs", 3}});
  CHECK(server.files.at("/etc/motd").content == "hello");
}

TEST_CASE("any-thread functions may be called from a thread of the task") {
  FakeServer server;
  doing(server, [](Context& context) {
    const Moment before = context.now();
    context.sleep(1min);
    CHECK(context.now() == before + 1min);
    CHECK(context.monotonic() > 0ms);
    CHECK_FALSE(context.is_cancelled());
  });
}
