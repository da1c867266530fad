// The test kit's detached jobs: they run, finish and get lost by the virtual clock.
#pragma once

#include <maintain/detail/fake_server.hpp>
#include <maintain/testkit.hpp>

namespace maintain::sdk::testkit::detail {

// A job as it stands now. One that was put into FakeServer::jobs without a start time started when run_task did.
inline FakeJob* current_job(FakeServer& server, const std::string& name) {
  const auto found = server.jobs.find(name);
  if (found == server.jobs.end()) return nullptr;
  FakeJob& job = found->second;
  if (job.started == Moment{}) job.started = server.script().start;
  if (job.phase == JobPhase::running && server.now() >= job.started + job.takes) {
    job.phase = job.gets_lost ? JobPhase::lost : JobPhase::finished;
    if (const auto then = job.then) then(server);  // a copy: it may remove the job
  }
  return server.jobs.contains(name) ? &server.jobs[name] : nullptr;
}

inline void refuse_in_check_mode(const FakeServer& server, std::string_view what) {
  if (const_cast<FakeServer&>(server).script().check)
    throw Failure(MAINTAIN_REFUSED, "check mode: no " + std::string(what));
}

inline void check_job_call(FakeServer& server, const std::string& name) {
  check_name(name);
  check_time(server);
}

inline maintain_job_phase find_job(FakeServer& server, const std::string& name) {
  check_job_call(server, name);
  const FakeJob* job = current_job(server, name);
  return static_cast<maintain_job_phase>(job == nullptr ? JobPhase::none : job->phase);
}

inline void start_job(FakeServer& server, const std::string& name, const maintain_command& raw) {
  SeenCommand command = seen(raw);
  command.job = name;
  admit(server, command);
  refuse_in_check_mode(server, "jobs");
  require(command.input.empty(), "a job has no input: nobody is there to send it");
  check_job_call(server, name);
  constexpr std::size_t most_jobs = 8;
  if (server.jobs.size() >= most_jobs) throw Failure(MAINTAIN_BUSY, "8 jobs of the task have not been collected");
  if (current_job(server, name) != nullptr) throw Failure(MAINTAIN_BUSY, "the job " + name + " exists already");
  auto& coming = server.script().coming_jobs;
  const auto found = coming.find(name);
  if (found == coming.end()) {
    server.script().problems.push_back("unexpected " + command.describe());
    throw Failure(MAINTAIN_FAILED, "unexpected " + command.describe());
  }
  FakeJob job = std::move(found->second);
  coming.erase(found);
  job.command = command;
  job.started = server.now();
  server.jobs[name] = std::move(job);
}

inline maintain_status follow_job(FakeServer& server, const std::string& name, std::uint64_t* offset,
                                  const maintain_sink* sink, Milliseconds timeout, Milliseconds idle_timeout,
                                  maintain_exit* exit) {
  check_job_call(server, name);
  FakeJob* job = current_job(server, name);
  if (job == nullptr) throw Failure(MAINTAIN_NOT_FOUND, "there is no job " + name);
  if (!job->follow_failures.empty()) {
    const Reply reply = job->follow_failures.front();
    job->follow_failures.erase(job->follow_failures.begin());
    const auto late = spend(server, reply.takes, timeout);
    if (reply.then) reply.then(server);
    throw Failure(late != MAINTAIN_OK ? late : reply.failure,
                  reply.message.empty() ? "following the job failed" : reply.message);
  }
  const Milliseconds left = std::max(job->started + job->takes - server.now(), Milliseconds(0));
  const Milliseconds quiet = std::max(job->started + job->silent - server.now(), Milliseconds(0));
  if (idle_timeout.count() > 0 && quiet > idle_timeout) {
    const auto late = spend(server, idle_timeout, timeout);
    throw Failure(late == MAINTAIN_OK ? MAINTAIN_TIMEOUT : late, "the job " + name + " is silent");
  }
  const auto late = spend(server, left, timeout);
  if (late != MAINTAIN_OK) throw Failure(late, "the job " + name + " goes on");
  job = current_job(server, name);
  if (job == nullptr) throw Failure(MAINTAIN_NOT_FOUND, "the job " + name + " is gone");

  const auto from = static_cast<std::size_t>(std::min<std::uint64_t>(*offset, job->output.size()));
  const std::string fresh = job->output.substr(from);
  bool truncated = false;
  const auto fed = feed(sink, fresh, fresh.size() + 1, &truncated);
  if (fed != MAINTAIN_OK) return fed;
  *offset = job->output.size();
  if (!job->command.quiet && !job->command.secret) server.output += fresh;
  if (job->phase == JobPhase::lost)
    throw Failure(MAINTAIN_FAILED, "the job " + name + " is lost: the server went down");
  exit->signal = job->signal;
  exit->status = job->signal != 0 ? -1 : job->status;
  exit->truncated = 0;
  exit->duration_ms = (server.now() - job->started).count();
  return MAINTAIN_OK;
}

inline void stop_job(FakeServer& server, const std::string& name) {
  refuse_in_check_mode(server, "stopping of jobs");
  check_job_call(server, name);
  FakeJob* job = current_job(server, name);
  if (job == nullptr || job->phase != JobPhase::running) return;
  job->phase = JobPhase::finished;
  job->signal = 15;
}

inline void collect_job(FakeServer& server, const std::string& name) {
  refuse_in_check_mode(server, "collecting of jobs");
  check_job_call(server, name);
  const FakeJob* job = current_job(server, name);
  if (job == nullptr) return;
  if (job->phase == JobPhase::running) throw Failure(MAINTAIN_INVALID_STATE, "the job " + name + " still runs");
  server.jobs.erase(name);
  server.collected_jobs.push_back(name);
}

}  // namespace maintain::sdk::testkit::detail
