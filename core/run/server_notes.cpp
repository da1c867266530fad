#include "run/server_notes.hpp"

#include <fmt/format.h>

#include "run/limits.hpp"

namespace maintain {
namespace {

TaskCommit note(const RunState& state, const std::string& server, const std::string& project, Outcome outcome) {
  TaskCommit commit;
  commit.run_id = state.result.run.id;
  commit.mode = state.request.mode;
  commit.result.run_id = commit.run_id;
  commit.result.mode = commit.mode;
  commit.result.server = server;
  commit.result.project = project;
  commit.result.outcome = outcome;
  commit.result.started = commit.result.finished = state.clock.now();
  return commit;
}

Finding finding_of(std::string code, const Error& error) {
  Finding finding;
  finding.state = State::critical;
  finding.code = std::move(code);
  finding.title = error.message;
  finding.action = error.hint;
  return finding;
}

}  // namespace

void record_notes(RunState& state, const Server& server, const Planned& planned) {
  for (const ProjectNotes& notes : planned.notes) {
    TaskCommit commit = note(state, server.name, notes.project, Outcome::ok);
    for (const Finding& finding : notes.findings)
      if (commit.result.findings.size() < findings_limit) commit.result.findings.push_back(clean(finding));
    // That all is well is worth writing down only where something was not.
    const bool recovers = notes.project.empty() && state.with_open_findings.count(server.name) != 0;
    if (!commit.result.findings.empty() || recovers) state.record(commit);
  }
}

void record_no_contact(RunState& state, const Server& server, const Error& error) {
  const bool is_down = error.kind == ErrorKind::unreachable || error.kind == ErrorKind::timed_out;
  const Outcome outcome = !is_down ? Outcome::failed : server.transient ? Outcome::skipped : Outcome::unreachable;
  TaskCommit commit = note(state, server.name, "", outcome);
  commit.result.summary = error.message;
  if (error.kind == ErrorKind::host_key) commit.result.findings.push_back(finding_of("server.host_key", error));
  else if (error.kind == ErrorKind::authentication)
    commit.result.findings.push_back(finding_of("server.authentication", error));
  else if (!is_down) commit.result.findings.push_back(finding_of("server.failed", error));
  state.record(commit);
}

void record_given_up(RunState& state, const Server& server, const std::string& how, const std::string& stray_output) {
  TaskCommit commit = note(state, server.name, "", Outcome::failed);
  Finding finding;
  finding.state = State::critical;
  finding.code = "server.worker_crashed";
  finding.title = fmt::format("the worker for {} did not get as far as a task: {}", server.name, how);
  finding.action = "a defect of maintain or something odd about the server: please report it, with the output";
  commit.result.findings.push_back(std::move(finding));
  commit.result.summary = how;
  commit.output = stray_output;
  state.record(commit);
}

}  // namespace maintain
