// The test kit itself: a kit that lets a wrong task pass is worse than none.
#include <cmath>

#include <catch2/catch.hpp>
#include <maintain/testkit.hpp>

using namespace maintain::sdk;
using namespace maintain::sdk::testkit;
using namespace std::chrono_literals;

namespace {

class Doing final : public Task {
 public:
  explicit Doing(std::function<void(Context&)> work) : work_(std::move(work)) {}
  Outcome run(Context& context) override {
    work_(context);
    return Outcome::ok;
  }

 private:
  std::function<void(Context&)> work_;
};

TaskRun doing(FakeServer& server, std::function<void(Context&)> work, const RunOptions& options = {}) {
  Doing task(std::move(work));
  return run_task(task, server, options);
}

const Command upgrade = {.argv = {"apt-get", "-y", "upgrade"}, .become_user = "root"};

}  // namespace

TEST_CASE("a command that the test did not foresee fails it, by name") {
  FakeServer server;
  server.expect(argv({"apt-get", "update"})).reply("");
  CHECK_THROWS_WITH(doing(server, [](Context& context) { context.exec(upgrade); }),
                    Catch::Contains("unexpected command: apt-get -y upgrade (as root)") &&
                        Catch::Contains("expected, but not issued: argv apt-get update (0 of 1 replies used)"));
}

TEST_CASE("it fails even when the task swallows the error") {
  FakeServer server;
  CHECK_THROWS_AS(doing(server, [](Context& context) {
                    try {
                      context.exec(upgrade);
                    } catch (const Failure&) {
                    }
                  }),
                  TestProblem);
}

TEST_CASE("a lenient run leaves the problems to the test") {
  FakeServer server;
  server.expect(argv({"x"})).reply("");
  RunOptions options;
  options.lenient = true;
  CHECK(doing(server, [](Context&) {}, options).outcome == Outcome::ok);
  CHECK(server.problems().size() == 1);
}

TEST_CASE("replies are used in order, expectations before stubs, the latest stub first") {
  FakeServer server;
  server.stub(anything(), {.output = "first stub"});
  server.stub(word("-y"), {.output = "second stub"});
  server.expect(argv({"apt-get"}).as("root")).reply("one").reply("two");
  doing(server, [](Context& context) {
    CHECK(context.exec(upgrade).output == "one");
    CHECK(context.exec(upgrade).output == "two");
    CHECK(context.exec(upgrade).output == "second stub");
    CHECK(context.exec({.argv = {"ls"}}).output == "first stub");
  });
}

TEST_CASE("matchers") {
  SeenCommand command;
  command.argv = {"apt-get", "-y", "upgrade"};
  command.become_user = "root";
  command.environment = {{"LC_ALL", "C"}};
  CHECK(argv({"apt-get", "-y"}).matches(command));
  CHECK_FALSE(argv({"apt-get", "upgrade"}).matches(command));
  CHECK_FALSE(argv({"apt-get", "-y", "upgrade", "x"}).matches(command));
  CHECK(argv({"apt-get"}).as("root").matches(command));
  CHECK_FALSE(argv({"apt-get"}).as("").matches(command));
  CHECK(anything().with("LC_ALL", "C").matches(command));
  CHECK_FALSE(anything().with("LC_ALL", "de").matches(command));
  CHECK(word("upgrade").matches(command));
  CHECK(where("three words", [](const auto& seen) { return seen.argv.size() == 3; }).matches(command));
  command.script = "dpkg --audit";
  CHECK(script("--audit").matches(command));
  CHECK_FALSE(script("--configure").matches(command));
  CHECK_FALSE(argv({"apt-get"}).matches(command));  // these are a script's parameters
}

TEST_CASE("check mode refuses what is not read-only, and remembers it") {
  FakeServer server;
  server.stub(anything(), Reply{});
  RunOptions options;
  options.check = true;
  const TaskRun run = doing(server, [](Context& context) {
    context.exec({.argv = {"ls"}, .read_only = true});
    context.set_state({{"not", "kept"}});
    CHECK_THROWS_AS(context.start_job("x", {.argv = {"ls"}, .read_only = true}), Failure);
    CHECK_THROWS_AS(context.put_file("/x", "", 0644), Failure);
    CHECK_THROWS_AS(context.try_lock("x", 1, 1s, 0s), Failure);
    context.exec(upgrade);
  }, options);
  CHECK(run.status == MAINTAIN_REFUSED);
  REQUIRE(server.refused.size() == 1);
  CHECK(server.refused[0].argv == upgrade.argv);
  CHECK(server.state.empty());
}

TEST_CASE("time is virtual: what takes long moves it, what takes too long times out") {
  FakeServer server;
  server.stub(argv({"slow"}), {.takes = 10min});
  const Moment start = server.now();
  doing(server, [](Context& context) {
    context.exec({.argv = {"slow"}});
    CHECK_THROWS_WITH(context.exec({.argv = {"slow"}, .timeout = 1min}), Catch::Contains("timed out"));
  });
  CHECK(server.now() == start + 11min);

  RunOptions options;
  options.deadline = server.now() + 5min;
  CHECK(doing(server, [](Context& context) { context.exec({.argv = {"slow"}}); }, options).status == MAINTAIN_TIMEOUT);
  CHECK(server.now() == *options.deadline);
}

TEST_CASE("events happen when their time comes") {
  FakeServer server;
  server.at(30s, [](FakeServer& self) { self.files["/run/reboot-required"] = {}; });
  doing(server, [](Context& context) {
    context.sleep(29s);
    CHECK_FALSE(context.stat("/run/reboot-required"));
    context.sleep(1s);
    CHECK(context.stat("/run/reboot-required"));
  });
}

TEST_CASE("cancellation reaches a task that waits") {
  FakeServer server;
  server.cancel_at(10s);
  const Moment start = server.now();
  const TaskRun run = doing(server, [](Context& context) {
    CHECK_FALSE(context.is_cancelled());
    context.sleep(1h);
  });
  CHECK(run.status == MAINTAIN_CANCELLED);
  CHECK(server.now() == start + 10s);
}

TEST_CASE("a task that is over may put back what it changed, for a while") {
  FakeServer server;
  const Moment start = server.now();
  RunOptions options;
  maintain_status ends_with = MAINTAIN_CANCELLED;
  SECTION("cancelled") { server.cancel_at(1min); }
  SECTION("out of time") {
    options.deadline = start + 1min;
    ends_with = MAINTAIN_TIMEOUT;
  }
  server.stub(anything(), Reply{});
  server.stub(argv({"undo"}), Reply{.takes = 4s});
  server.stub_local(anything(), Reply{});
  const auto status_of = [](const std::function<void()>& call) -> maintain_status {
    try {
      call();
      return MAINTAIN_OK;
    } catch (const Failure& failure) {
      return failure.status();
    }
  };
  doing(server, [&](Context& context) {
    context.exec({.argv = {"do"}});
    CHECK(status_of([&] { context.sleep(1h); }) == ends_with);
    server.advance(1h);  // it counts from when the task can have known
    CHECK(status_of([&] { context.exec({.argv = {"do"}}); }) == ends_with);
    CHECK(status_of([&] { context.exec({.argv = {"undo"}, .cleanup = true}); }) == MAINTAIN_OK);
    CHECK(status_of([&] { context.local({.argv = {"undo"}, .cleanup = true}); }) == ends_with);
    CHECK(status_of([&] { context.exec({.argv = {"undo"}, .cleanup = true, .timeout = 1s}); }) == MAINTAIN_TIMEOUT);
    CHECK(status_of([&] { context.exec({.argv = {"undo"}, .cleanup = true}); }) == MAINTAIN_OK);
    CHECK(status_of([&] { context.exec({.argv = {"undo"}, .cleanup = true}); }) == ends_with);  // in the middle of it
    CHECK(server.now() == start + 1min + 1h + 10s);
    CHECK(status_of([&] { context.exec({.argv = {"undo"}, .cleanup = true}); }) == ends_with);
  }, options);
}

TEST_CASE("what puts things back goes on when the task is cancelled meanwhile") {
  FakeServer server;
  server.cancel_at(1s);
  server.stub(argv({"undo"}), Reply{.takes = 5s});
  doing(server, [](Context& context) { context.exec({.argv = {"undo"}, .cleanup = true}); });
  CHECK(server.commands.size() == 1);
}

TEST_CASE("a lost connection is neither success nor failure of the command") {
  FakeServer server;
  server.expect(argv({"reboot"})).reply(Reply::fails(MAINTAIN_CONNECTION_LOST, "closed by the server"));
  server.on_reconnect({.takes = 40s, .then = [](FakeServer& self) { self.facts.boot_id = "second"; }});
  doing(server, [](Context& context) {
    try {
      context.exec({.argv = {"reboot"}});
      FAIL("the connection was lost");
    } catch (const Failure& failure) {
      CHECK(failure.status() == MAINTAIN_CONNECTION_LOST);
    }
    context.reconnect(5min);
    CHECK(context.facts().boot_id == "second");
  });
  CHECK(server.reconnects == 1);

  FakeServer gone;
  gone.on_reconnect({.takes = 1h});
  CHECK(doing(gone, [](Context& context) { context.reconnect(5min); }).status == MAINTAIN_UNREACHABLE);
}

TEST_CASE("a job runs, is followed and collected") {
  FakeServer server;
  server.expect_job("upgrade", {.output = "Setting up\n", .status = 0, .takes = 90s});
  doing(server, [](Context& context) {
    CHECK(context.find_job("upgrade") == JobPhase::none);
    context.start_job("upgrade", upgrade);
    CHECK(context.find_job("upgrade") == JobPhase::running);
    CHECK_THROWS_AS(context.start_job("upgrade", upgrade), Failure);
    CHECK_THROWS_AS(context.collect_job("upgrade"), Failure);
    CHECK_THROWS_WITH(context.follow_job("upgrade", 30s), Catch::Contains("goes on"));
    const Completed done = context.follow_job("upgrade", 10min);
    CHECK(done.ok());
    CHECK(done.output == "Setting up\n");
    CHECK(context.follow_job("upgrade", 10min, 0s, {}, 8).output == "up\n");
    context.collect_job("upgrade");
    CHECK(context.find_job("upgrade") == JobPhase::none);
  });
  CHECK(server.commands.back().job == "upgrade");
  CHECK(server.collected_jobs == std::vector<std::string>{"upgrade"});
}

TEST_CASE("a job of an earlier run is found; one may be lost, silent, or stopped") {
  FakeServer server;
  server.jobs["finished"] = {.phase = JobPhase::finished, .output = "x", .status = 100};
  server.jobs["lost"] = {.output = "half", .takes = 10s, .gets_lost = true};
  server.jobs["silent"] = {.takes = 1h, .silent = 1h};
  server.jobs["shaky"] = {.takes = 1s, .follow_failures = {Reply::fails(MAINTAIN_UNREACHABLE, "gone")}};
  doing(server, [](Context& context) {
    CHECK(context.follow_job("finished", 1min).status == 100);
    std::string output;
    CHECK_THROWS_WITH(context.follow_job("lost", 1min, 0s, [&](auto bytes) { output += bytes; }),
                      Catch::Contains("lost"));
    CHECK(output == "half");
    CHECK(context.find_job("lost") == JobPhase::lost);
    CHECK_THROWS_WITH(context.follow_job("silent", 1h, 5min), Catch::Contains("silent"));
    context.stop_job("silent");
    CHECK(context.follow_job("silent", 1h).signal == 15);
    CHECK_THROWS_WITH(context.follow_job("shaky", 1h), Catch::Contains("gone"));
    CHECK(context.follow_job("shaky", 1h).ok());
    CHECK_THROWS_AS(context.follow_job("nothing", 1h), Failure);
  });
}

TEST_CASE("a job that was expected must be started") {
  FakeServer server;
  server.expect_job("upgrade", {});
  CHECK_THROWS_WITH(doing(server, [](Context&) {}), Catch::Contains("expected, but not started: job upgrade"));
  FakeServer other;
  CHECK_THROWS_WITH(doing(other, [](Context& context) { context.start_job("x", upgrade); }),
                    Catch::Contains("unexpected job x: apt-get"));
}

TEST_CASE("locks have places, holders and waiting") {
  FakeServer server;
  server.locks["db"] = {"web7"};
  server.at(20s, [](FakeServer& self) { self.locks["db"].clear(); });
  doing(server, [](Context& context) {
    std::string holders;
    CHECK_FALSE(context.try_lock("db", 1, 1h, 0s, &holders));
    CHECK(holders == "held by web7");
    CHECK(context.try_lock("db", 2, 1h, 0s));
    context.unlock("db");
    CHECK(context.try_lock("db", 1, 1h, 1min));
    CHECK(context.try_lock("db", 1, 1h, 0s));  // held already: renewed
  });
  CHECK(server.locks["db"] == std::set<std::string>{"web1"});
}

TEST_CASE("a local program is confined to what the task says, or not run") {
  FakeServer server;
  server.stub_local(argv({"psql"}), Reply{.output = "done\n"});
  std::string refusal;
  doing(server, [&](Context& context) {
    const Command confined{.argv = {"psql"}, .confined_to = Confinement{{"/usr"}, {"/var/scratch"}}};
    CHECK(context.local(confined).output == "done\n");
    CHECK_THROWS_AS(context.exec(confined), Failure);
    CHECK_THROWS_AS(context.start_job("job", confined), Failure);
    CHECK_THROWS_AS(context.local({.argv = {"psql"}, .confined_to = Confinement{{"usr"}, {}}}), Failure);
    server.no_confinement = "no Landlock here";
    try {
      context.local(confined);
    } catch (const Failure& failure) {
      CHECK(failure.status() == MAINTAIN_UNSUPPORTED);
      refusal = failure.what();
    }
  });
  CHECK(refusal == "no Landlock here");
  REQUIRE(server.commands.size() == 2);
  REQUIRE(server.commands[0].confined_to);
  CHECK(server.commands[0].confined_to->readable == std::vector<std::string>{"/usr"});
  CHECK(server.commands[0].confined_to->writable == std::vector<std::string>{"/var/scratch"});
}

TEST_CASE("local programs have expectations of their own") {
  FakeServer server;
  server.expect_local(argv({"rsync"})).reply("sent 3 files\n");
  server.expect(argv({"ls"})).reply("");
  doing(server, [](Context& context) {
    context.exec({.argv = {"ls"}});
    CHECK(context.local({.argv = {"rsync", "-a"}}).output == "sent 3 files\n");
    CHECK_THROWS_AS(context.local({.script = "no"}), Failure);
  });
  CHECK(server.commands[1].local);
}

TEST_CASE("what the host refuses is refused") {
  FakeServer server;
  server.stub(anything(), Reply{});
  const auto refused = [&](const std::function<void(Context&)>& work) {
    return doing(server, work).status == MAINTAIN_INVALID_ARGUMENT;
  };
  CHECK(refused([](Context& context) { context.finding({.code = "Not A Code", .title = "t"}); }));
  CHECK(refused([](Context& context) { context.finding({.code = "a.b", .title = " \n"}); }));
  CHECK(refused([](Context& context) { context.metric("Size", 1); }));
  CHECK(refused([](Context& context) { context.metric("size", 1, "furlongs"); }));
  CHECK(refused([](Context& context) { context.metric("size", std::nan("")); }));
  CHECK(refused([](Context& context) { context.exec({.argv = {""}}); }));
  CHECK(refused([](Context& context) { context.exec({.argv = {std::string("a\0b", 3)}}); }));
  CHECK(refused([](Context& context) { context.exec({.argv = {"x"}, .environment = {{"1A", "x"}}}); }));
  CHECK(refused([](Context& context) { context.stat("relative"); }));
  CHECK(refused([](Context& context) { context.put_file("relative", "", 0644); }));
  CHECK(refused([](Context& context) { context.put_file("/x", "", 010000); }));
  CHECK(refused([](Context& context) { context.find_job("../x"); }));
  CHECK(refused([](Context& context) { context.start_job("x", {.argv = {"x"}, .input = "secret"}); }));
  CHECK(refused([](Context& context) { context.try_lock("Bad Name", 1, 1s, 0s); }));
  CHECK(refused([](Context& context) { context.try_lock("x", 0, 1s, 0s); }));
}

TEST_CASE("nothing is begun beyond the deadline") {
  FakeServer server;
  server.stub(anything(), Reply{});
  RunOptions options;
  options.deadline = server.now() + 1min;
  server.at(1min, [](FakeServer&) {});
  doing(server, [&](Context& context) {
    CHECK_THROWS_WITH(context.sleep(2min), Catch::Contains("timed out"));
    CHECK(context.is_cancelled());
    const std::function<void()> calls[] = {
        [&] { context.exec({.argv = {"x"}}); },  [&] { context.find_job("x"); },   [&] { context.stat("/x"); },
        [&] { context.try_lock("x", 1, 1s, 0s); }, [&] { context.reconnect(1s); }, [&] { context.sleep(1ms); },
        [&] { context.local({.argv = {"x"}}); }, [&] { context.facts(); },         [&] { context.collect_job("x"); }};
    for (const auto& make : calls) {
      try {
        make();
        FAIL("there was time left");
      } catch (const Failure& failure) {
        CHECK(failure.status() == MAINTAIN_TIMEOUT);
      }
    }
    context.summary("what was found can still be told");
    context.set_state({{"kept", true}});
  }, options);
  CHECK(server.state == Json{{"kept", true}});
}

TEST_CASE("a task may have several jobs, but not any number") {
  FakeServer server;
  for (int i = 1; i <= 7; ++i) server.jobs["job" + std::to_string(i)] = {.phase = JobPhase::finished};
  server.expect_job("cleanup", {});
  doing(server, [](Context& context) {
    context.start_job("cleanup", upgrade);
    CHECK_THROWS_WITH(context.start_job("one-more", upgrade), Catch::Contains("not been collected"));
  });
}

TEST_CASE("the output of a quiet job is not saved") {
  FakeServer server;
  server.expect_job("x", {.output = "hush"});
  doing(server, [](Context& context) {
    context.start_job("x", {.argv = {"x"}, .quiet = true});
    CHECK(context.follow_job("x", 1min).output == "hush");
  });
  CHECK(server.output.empty());
}

TEST_CASE("an extension that the manifest does not list is not handed out") {
  FakeServer server;
  const std::string manifest = server.directory() + "/manifest.json";
  std::ofstream(manifest) << R"({"needs": ["maintain.report/1"], "wants": ["maintain.facts/1"]})";
  server.only_listed_in(manifest);
  const TaskRun run = doing(server, [](Context& context) {
    context.summary("fine");
    context.facts();
    context.now();
  });
  CHECK(run.status == MAINTAIN_UNSUPPORTED);
  CHECK(run.message.find("maintain.clock/1") != std::string::npos);
  CHECK(server.summary == "fine");
  CHECK_THROWS_AS(server.only_listed_in("/nowhere"), TestProblem);
}

TEST_CASE("the store keeps what a task commits, and finds it again") {
  FakeServer server;
  server.store.add({.time = Moment(std::chrono::sys_days(std::chrono::year(2026) / 11 / 1)), .source = "shop",
                    .content = {{"shop.dump", "old"}}});
  doing(server, [](Context& context) {
    const Draft draft = context.begin_copy({{"source", "shop"}, {"engine", "postgresql"}});
    CHECK(draft.base.ends_with("20261101T000000Z/data"));
    CHECK_THROWS_WITH(context.begin_copy({{"source", "shop"}}), Catch::Contains("begun already"));
    CHECK_THROWS_WITH(context.write_file("x"), Catch::Contains("no file"));
    CHECK_THROWS_WITH(context.create_file("../x"), Catch::Contains("not the name"));
    context.create_file("shop.dump");
    context.write_file("new ");
    context.write_file("rows");
    CHECK(context.close_file().bytes == 8);
    const CommittedCopy copy = context.commit_copy({{"verified", {{{"how", "trailer"}}}}});
    CHECK(copy.state == "verified");
    CHECK(context.open_copy("latest").id == copy.id);
    CHECK(context.open_copy("2026-11-02T00:00:00Z").id == "20261101T000000Z");
    CHECK_THROWS_WITH(context.open_copy("2026-10-02T00:00:00Z"), Catch::Contains("no copy"));
    CHECK_THROWS_WITH(context.prune_copies({{"kept", 1}}), Catch::Contains("'kept'"));
    context.prune_copies({{"keep", {{"daily", 7}}}});
    CHECK(context.verify_copy("latest", 1, 1)["files"] == 1);
  });
  REQUIRE(server.store.copies.size() == 2);
  CHECK(server.store.copies[0].bytes == 8);
  CHECK(server.store.copies[0].engine == "postgresql");
  CHECK(server.store.prunes == std::vector<Json>{{{"keep", {{"daily", 7}}}}});
}

TEST_CASE("the store shares files with the newest copy that is neither quarantined nor damaged") {
  FakeServer server;
  const auto november = [](unsigned day) {
    return Moment(std::chrono::sys_days(std::chrono::year(2026) / 11 / std::chrono::day(day)));
  };
  server.store.add({.time = november(1)});
  server.store.add({.time = november(2), .state = "unverified"});
  server.store.add({.time = november(3), .state = "damaged", .reason = "data/a: other content"});
  doing(server, [](Context& context) {
    CHECK(context.begin_copy({{"source", "shop"}}).base.ends_with("20261102T000000Z/data"));
    CHECK(context.copies().front().reason == "data/a: other content");
    CHECK(context.open_copy("latest").id == "20261101T000000Z");
  });
}

TEST_CASE("the store seeds the draft of who asks for it, when the test says so") {
  FakeServer server;
  server.store.snapshots = true;
  server.store.add({.time = Moment(std::chrono::sys_days(std::chrono::year(2026) / 11 / 1)),
                    .content = {{"d/a", "old"}}});
  doing(server, [](Context& context) {
    CHECK_FALSE(context.begin_copy({{"source", "shop"}}).seeded);
    context.abandon_copy(false);
    const Draft draft = context.begin_copy({{"source", "shop"}, {"seed", true}});
    CHECK(draft.seeded);
    CHECK(std::filesystem::file_size(draft.path + "/d/a") == 3);
  });
}

TEST_CASE("the store refuses what the host refuses") {
  FakeServer server;
  server.store.full_after = 3;
  doing(server, [](Context& context) {
    context.begin_copy({{"source", "shop"}});
    context.create_file("a");
    CHECK_THROWS_WITH(context.write_file("1234"), Catch::Contains("no space"));
    context.close_file();
    context.abandon_copy(true);
    CHECK(context.begin_copy({{"source", "shop"}, {"resume", true}}).resumed);
    context.abandon_copy(false);
    CHECK_FALSE(context.begin_copy({{"source", "shop"}, {"resume", true}}).resumed);
    CHECK(context.commit_copy({{"allow_empty", true}}).state == "unverified");
  });
  CHECK(server.store.abandoned == 2);

  FakeServer dry;
  RunOptions options;
  options.check = true;
  doing(dry, [](Context& context) {
    CHECK_THROWS_WITH(context.begin_copy({{"source", "shop"}}), Catch::Contains("check mode"));
    CHECK(context.copies().empty());
  }, options);
}

TEST_CASE("an HTTP server says what the test wrote, and the host's rules hold") {
  FakeServer server;
  server.http["https://index.example.org/a"] = {.body = "old", .origin = HttpOrigin::stale, .age = 3h};
  server.http["https://index.example.org/b"] = {.failure = "no route"};
  server.http["https://index.example.org/q"] = {.body = "any"};
  server.http["https://index.example.org/q {1}"] = {.body = "one"};
  server.on_http = [](const HttpRequest& request) -> std::optional<FakeAnswer> {
    if (request.url.ends_with("/c")) return FakeAnswer{.status = 403};
    return std::nullopt;
  };
  doing(server, [](Context& context) {
    const std::string base = "https://index.example.org/";
    context.http_prefetch({{.url = base + "a"}, {.url = base + "b"}});
    const HttpAnswer stale = context.http_fetch({.url = base + "a"});
    CHECK(stale.body == "old");
    CHECK(stale.origin == HttpOrigin::stale);
    CHECK(stale.age == 3h);
    CHECK_THROWS_WITH(context.http_fetch({.url = base + "b"}), "no route");
    CHECK(context.http_fetch({.url = base + "c"}).status == 403);
    CHECK(context.http_fetch({.url = base + "d"}).status == 404);
    CHECK(context.http_fetch({.url = base + "q", .method = "POST", .body = "{1}"}).body == "one");
    CHECK(context.http_fetch({.url = base + "q", .method = "POST", .body = "{2}"}).body == "any");
    CHECK_THROWS_AS(context.http_fetch({.url = base + "a", .method = "PUT"}), Failure);
    CHECK_THROWS_AS(context.http_fetch({.url = base + "a", .limit = 2}), Failure);
  });
  CHECK(server.http_requests.size() == 7);
  server.without(MAINTAIN_HTTP_1);
  CHECK(doing(server, [](Context& context) { context.http_prefetch({}); }).status == MAINTAIN_UNSUPPORTED);
}
