// The detached jobs of apt.upgrade: starting, following and finding them again.
#include "apt/upgrade_run.hpp"

#include <algorithm>

#include "common/duration.hpp"

namespace maintain::plugins::apt {
namespace {

using sdk::Failure;
using sdk::JobPhase;
using sdk::Level;
using sdk::Outcome;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::string_view job_name = "upgrade";
constexpr std::size_t most_output = 8UL << 20;
// For looking at what the upgrade did, before the host ends the task.
constexpr Milliseconds reserve = minutes(4);
// A server that is lost is tried for once or twice this long.
constexpr Milliseconds patience = minutes(5);

bool is_loss(maintain_status status) {
  return status == MAINTAIN_TIMEOUT || status == MAINTAIN_UNREACHABLE || status == MAINTAIN_CONNECTION_LOST;
}

std::string_view what(JobKind kind) {
  switch (kind) {
    case JobKind::repair: return "the repair of dpkg's state";
    case JobKind::kernels: return "the removal of old kernels";
    case JobKind::upgrade: break;
  }
  return "the upgrade";
}

// Counts the packages of the plan that are done, in output that comes in pieces.
class ProgressCounter {
 public:
  explicit ProgressCounter(std::size_t total) : total_(total) {}
  bool feed(const std::string& output) {
    constexpr std::string_view mark = "\nSetting up ";
    const std::size_t before = done_;
    for (std::size_t at; (at = output.find(mark, position_)) != std::string::npos; position_ = at + mark.size())
      ++done_;
    return done_ != before;
  }
  std::size_t done() const { return std::min(done_, total_); }
  std::size_t total() const { return total_; }

 private:
  std::size_t total_;
  std::size_t done_ = 0;
  std::size_t position_ = 0;
};

}  // namespace

UpgradeRun::JobEnd UpgradeRun::run_job(JobRecord record, const std::string& script, std::vector<std::string> arguments,
                                       bool new_conffiles) {
  record.started = context_.now();
  record.before = before_snapshot();
  const JobKind kind = record.kind;
  const std::size_t packages = record.plan.size();
  memory_.job = std::move(record);
  context_.checkpoint(memory_to_json(memory_));
  // Quiet, because follow() saves its output, without the marks of its sections.
  context_.start_job(job_name, {.argv = std::move(arguments), .script = script, .become_user = "root",
                                .environment = quiet_environment(new_conffiles), .quiet = true});
  return follow(kind, packages);
}

// In pieces, because one call would try for hours to reach a server that is gone, and hold up the whole run.
UpgradeRun::JobEnd UpgradeRun::follow(JobKind kind, std::size_t packages) {
  JobEnd end;
  ShownSections shown([this](std::string_view text) { context_.output(text); });
  ProgressCounter counter(packages);
  std::uint64_t seen = 0;
  Moment last_output = context_.now();
  const Milliseconds left = std::max(context_.deadline() - context_.now() - reserve, Milliseconds(minutes(1)));
  const Moment until = std::min(context_.now() + left, context_.deadline());
  const auto take = [&](std::string_view piece) {
    seen += piece.size();
    last_output = context_.now();
    shown.add(piece);
    end.output += piece.substr(0, most_output - std::min(most_output, end.output.size()));
    if (counter.feed(end.output)) context_.progress(counter.done(), counter.total(), "packages");
  };
  for (;;) {
    const Moment now = context_.now();
    const Moment silent_until = options_.idle_timeout.count() > 0 ? last_output + options_.idle_timeout : until;
    if (now >= until || now >= silent_until) {
      end.how = now >= until ? JobEnd::How::still_running : JobEnd::How::hung;
      break;
    }
    try {
      context_.follow_job(job_name, std::min({patience, until - now, silent_until - now}), Milliseconds(0), take, seen);
      return end;
    } catch (const Failure& failure) {
      if (is_loss(failure.status())) {
        if (failure.status() != MAINTAIN_TIMEOUT || !answers()) {
          context_.reconnect(patience);  // in vain: the task fails, and leaves the job to the next run
          last_output = context_.now();  // nobody could have heard it
        }
      } else if (failure.status() == MAINTAIN_FAILED) {
        end.how = JobEnd::How::lost;  // which is all that it means here
        break;
      } else {
        throw;  // the job goes on; the next run follows it
      }
    }
  }
  context_.log(Level::warning, std::string(what(kind)) + " did not end while it was watched");
  return end;
}

// Whether it was only our time that was over.
bool UpgradeRun::answers() {
  try {
    context_.find_job(job_name);
    return true;
  } catch (const Failure& failure) {
    if (!is_loss(failure.status())) throw;
    return false;
  }
}

// What is the same for every kind of job that did not finish; nothing: it finished.
UpgradeRun::End UpgradeRun::end_early(const JobEnd& end, JobKind kind) {
  switch (end.how) {
    case JobEnd::How::finished: return std::nullopt;
    case JobEnd::How::still_running:
      context_.summary(std::string(what(kind)) + " still runs; the next run follows it");
      return Outcome::skipped;
    case JobEnd::How::hung: {
      context_.stop_job(job_name, seconds(30));
      const bool ended = context_.find_job(job_name) != JobPhase::running;
      report({{.state = sdk::State::critical, .code = "apt.hung",
               .title = std::string(what(kind)) + " printed nothing for " + span_text(options_.idle_timeout) +
                        (ended ? " and was ended" : " and could not be ended"),
               .detail = printable(last_lines(end.output, 15)),
               .action = "Find out what it waited for. The next run repairs dpkg's state first."}});
      if (ended) forget_job();
      context_.summary((ended ? "ended " : "could not end ") + std::string(what(kind)) + ", which hung");
      return Outcome::failed;
    }
    case JobEnd::How::lost:
      report({{.state = sdk::State::warning, .code = "apt.interrupted",
               .title = "the server went down during " + std::string(what(kind)),
               .detail = printable(last_lines(end.output, 15)),
               .action = "Find out why it went down. The next run repairs dpkg's state first."}});
      job_ended_ = true;  // what ran before it stays in the memory: the next attempt is compared with that
      context_.summary("the server went down during " + std::string(what(kind)));
      return Outcome::failed;
  }
  return Outcome::failed;
}

void UpgradeRun::forget_job() {
  memory_.job.reset();
  job_ended_ = true;
}

// Only when what it came to has been reported: a crash up to there finds the job again.
void UpgradeRun::collect_job() {
  if (job_ended_) context_.collect_job(job_name);
  job_ended_ = false;
}

UpgradeRun::End UpgradeRun::resume() {
  const JobPhase phase = context_.find_job(job_name);
  const JobRecord record = memory_.job.value_or(JobRecord{.before = nullptr});
  if (record.before.is_object()) before_ = record.before;
  if (phase == JobPhase::none) {
    // It was lost, or about to be started when we were killed: the host must not make this task due for it any more.
    if (memory_.job) context_.collect_job(job_name);
    memory_.job.reset();
    return std::nullopt;
  }
  context_.log(Level::info, "there is a job of an earlier run: " + std::string(what(record.kind)));
  JobEnd end;
  if (phase == JobPhase::lost) end.how = JobEnd::How::lost;
  else end = follow(record.kind, record.plan.size());
  if (end.how == JobEnd::How::lost) {
    end_early(end, record.kind);
    collect_job();
    return std::nullopt;  // from the start, which begins with the repair
  }
  if (const End early = end_early(end, record.kind)) return early;
  forget_job();
  if (record.kind == JobKind::upgrade) return conclude_upgrade(record, end.output);
  const End over = record.kind == JobKind::repair ? conclude_repair(end.output) : conclude_kernels(end.output);
  if (!over) collect_job();
  return over;
}

bool UpgradeRun::job_is_running() { return context_.find_job(job_name) == JobPhase::running; }

}  // namespace maintain::plugins::apt
