// A server whose answers were recorded, for the tests of apt.upgrade.
#pragma once

#include "apt/apt_task.hpp"

#include <maintain/testkit.hpp>

#include "apt/scripts.hpp"
#include "apt/task_memory.hpp"
#include "apt/test_support.hpp"
#include "common/server_snapshot.hpp"

namespace maintain::plugins::apt {

using namespace maintain::sdk;
using namespace maintain::sdk::testkit;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

inline Matcher exactly(const std::string& name, const std::string& text) {
  return where(name, [text](const SeenCommand& command) { return command.script == text; }).as("root");
}
inline Matcher state_look() { return exactly("state", state_script()); }
inline Matcher locks_look() { return exactly("locks", locks_script()); }
inline Matcher packages_look() { return exactly("packages", packages_script()); }
inline Matcher effects_look() { return exactly("effects", effects_script()); }
inline Matcher update_run() { return exactly("update", update_script()); }
inline Matcher snapshot_look() { return exactly("snapshot", snapshot_script()); }

// Recorded beside the helpers that read them.
inline std::string snapshot(const std::string& name) {
  return recorded("../../common/testdata/snapshot_" + name + ".txt");
}

inline std::string no_locks() { return "@@maintain begin locks\n\n@@maintain end 0\n"; }

// A server on which five packages can be upgraded, one is held and one phased, and all goes well.
inline void fine_server(FakeServer& server) {
  server.stub(state_look(), {.output = recorded("state_fine.txt")});
  server.stub(locks_look(), {.output = no_locks()});
  server.stub(update_run(), {.output = recorded("update_fine.txt")});
  server.stub(effects_look(), {.output = recorded("effects_fine.txt")});
  server.stub(snapshot_look(), {.output = snapshot("before")});
}

inline FakeJob fine_job() { return {.output = recorded("job_fine.txt"), .takes = minutes(2)}; }

inline void run_fine_upgrade(FakeServer& server) {
  fine_server(server);
  server.expect(packages_look()).reply(recorded("packages_fine.txt")).reply(recorded("packages_fine_after.txt"));
  server.expect_job("upgrade", fine_job());
}

// The state as an earlier run left it right before it started the upgrade of the fine server.
inline Json state_of_interrupted_run() {
  TaskMemory memory;
  memory.job = JobRecord{.kind = JobKind::upgrade,
                         .started = Moment{hours(1)},
                         .plan = {{.name = "demo-conffile", .from = "1.0", .to = "2.0"},
                                  {.name = "demo-newdep-library", .from = "", .to = "2.0"},
                                  {.name = "demo-newdep", .from = "1.0", .to = "2.0"},
                                  {.name = "demo-plain", .from = "1.0", .to = "2.0"},
                                  {.name = "demo-security", .from = "1.0", .to = "2.0"}},
                         .before = snapshot_to_json(parse_snapshot(snapshot("before")))};
  return memory_to_json(memory);
}

inline TaskRun upgrade(FakeServer& server, Json options = Json::object()) {
  UpgradeTask task;
  return run_task(task, server, {.options = std::move(options)});
}

inline int count_of(const FakeServer& server, const std::string& script_text) {
  return static_cast<int>(std::count_if(server.commands.begin(), server.commands.end(),
                                        [&](const SeenCommand& command) { return command.script == script_text; }));
}

inline bool worth_a_mail(const FakeServer& server) {
  return std::any_of(server.findings.begin(), server.findings.end(),
                     [](const Finding& finding) { return finding.state != State::ok; });
}

// The recorded text with a part that is in it once replaced.
inline std::string changed(std::string text, const std::string& part, const std::string& by) {
  const std::size_t at = text.find(part);
  REQUIRE(at != std::string::npos);
  return text.replace(at, part.size(), by);
}

// packages_fine.txt as it is while the upgrade leaves this package alone.
inline std::string packages_without(const std::string& name) {
  return changed(recorded("packages_fine.txt"), "Inst " + name + " [1.0]", "Left " + name);
}

}  // namespace maintain::plugins::apt
