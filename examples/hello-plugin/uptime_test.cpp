// A test without a server and without a test framework; any framework works as well.
#include <iostream>

#include <maintain/testkit.hpp>

#include "uptime_task.hpp"

using namespace maintain::sdk;
using namespace maintain::sdk::testkit;

namespace {

int failures = 0;

void check(bool holds, const char* what) {
  if (holds) return;
  ++failures;
  std::cerr << "failed: " << what << "\n";
}

void a_short_uptime_is_no_finding() {
  FakeServer server;
  server.expect(argv({"cat", "/proc/uptime"})).reply("864000.11 1700000.00\n");
  UptimeTask task;
  const TaskRun run = run_task(task, server, {.options = {{"at_most_days", 30}}});
  check(run.outcome == Outcome::ok, "the outcome is ok");
  check(server.findings.empty(), "ten days are not reported");
  check(server.summary == "up for 10 days", "the summary names the days");
}

void a_long_uptime_is_a_warning() {
  FakeServer server;
  server.expect(argv({"cat", "/proc/uptime"})).reply("8640000.11 1700000.00\n");
  UptimeTask task;
  run_task(task, server, {.options = {{"at_most_days", 30}}});
  const Finding* finding = server.find("hello.long_uptime");
  check(finding != nullptr && finding->state == State::warning, "a hundred days are a warning");
}

void a_lost_connection_is_no_success() {
  FakeServer server;
  server.expect(argv({"cat"})).reply(Reply::fails(MAINTAIN_CONNECTION_LOST));
  UptimeTask task;
  const TaskRun run = run_task(task, server, {.options = {{"at_most_days", 30}}});
  check(run.status == MAINTAIN_CONNECTION_LOST, "the status says that the connection was lost");
  check(run.outcome == Outcome::failed, "the outcome is failed");
}

void nonsense_is_an_error() {
  FakeServer server;
  server.stub(argv({"cat"}), {.output = "up for ages\n"});
  UptimeTask task;
  check(run_task(task, server, {.options = {{"at_most_days", 30}}}).status == MAINTAIN_FAILED, "nonsense is refused");
}

}  // namespace

int main() {
  a_short_uptime_is_no_finding();
  a_long_uptime_is_a_warning();
  a_lost_connection_is_no_success();
  nonsense_is_an_error();
  return failures == 0 ? 0 : 1;
}
