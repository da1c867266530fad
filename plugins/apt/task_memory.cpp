#include "apt/task_memory.hpp"

#include <algorithm>

namespace maintain::plugins::apt {
namespace {

using sdk::Json;

constexpr std::size_t most_kept = 1500;  // rows of one list; the document may have 256 KiB

std::optional<Moment> moment_in(const Json& value) {
  if (!value.is_number_integer()) return std::nullopt;
  return Moment(Milliseconds(value.get<std::int64_t>()));
}

Json to_json(Moment moment) { return moment.time_since_epoch().count(); }

Json moments_to_json(const std::map<std::string, Moment>& moments) {
  Json object = Json::object();
  for (const auto& [name, moment] : moments) {
    if (object.size() < most_kept) object[name] = to_json(moment);
  }
  return object;
}

std::map<std::string, Moment> moments_in(const Json& document, const char* key) {
  std::map<std::string, Moment> moments;
  const auto found = document.find(key);
  if (found == document.end() || !found->is_object()) return moments;
  for (const auto& [name, value] : found->items()) {
    if (const auto moment = moment_in(value)) moments.emplace(name, *moment);
  }
  return moments;
}

std::string text_at(const Json& row, std::size_t index) {
  return row.is_array() && row.size() > index && row[index].is_string() ? row[index].get<std::string>() : "";
}

std::optional<HeldLock> lock_in(const Json& value) {
  if (!value.is_object()) return std::nullopt;
  const auto since = moment_in(value.value("since", Json()));
  if (!since) return std::nullopt;
  HeldLock lock{.since = *since};
  if (const auto pid = value.find("pid"); pid != value.end() && pid->is_string()) lock.pid = pid->get<std::string>();
  if (const auto started = value.find("started"); started != value.end() && started->is_number_integer()) {
    lock.started = started->get<std::int64_t>();
  }
  return lock;
}

const char* word(JobKind kind) {
  return kind == JobKind::repair ? "repair" : kind == JobKind::kernels ? "kernels" : "upgrade";
}

std::optional<JobRecord> job_in(const Json& document) {
  const auto found = document.find("job");
  if (found == document.end() || !found->is_object()) return std::nullopt;
  JobRecord job;
  const auto kind = found->find("kind");
  if (kind == found->end()) return std::nullopt;
  for (const JobKind candidate : {JobKind::repair, JobKind::kernels, JobKind::upgrade}) {
    if (*kind == word(candidate)) job.kind = candidate;
  }
  job.started = moment_in(found->value("started", Json())).value_or(Moment{});
  for (const Json& row : found->value("plan", Json::array())) {
    PlannedChange change{.name = text_at(row, 0), .from = text_at(row, 1), .to = text_at(row, 2)};
    if (is_package_name(change.name)) job.plan.push_back(std::move(change));
  }
  for (const Json& row : found->value("conflicts", Json::array())) {
    if (is_package_name(text_at(row, 0))) job.conflicts[text_at(row, 0)].push_back(text_at(row, 1));
  }
  job.before = found->value("before", Json::object());
  return job;
}

}  // namespace

void note_failing_sources(TaskMemory& memory, const std::vector<SourceProblem>& problems, Moment now) {
  std::map<std::string, Moment> failing;
  for (const SourceProblem& problem : problems) {
    const auto known = memory.failing_sources.find(problem.source);
    failing.emplace(problem.source, known == memory.failing_sources.end() ? now : known->second);
  }
  memory.failing_sources = std::move(failing);
}

void note_lock(TaskMemory& memory, const std::vector<LockHolder>& holders, Moment now) {
  const auto is_known = [&](const LockHolder& holder) {
    return memory.lock && holder.pid == memory.lock->pid && holder.started == memory.lock->started;
  };
  if (std::any_of(holders.begin(), holders.end(), is_known)) return;
  if (holders.empty() && memory.lock) return;
  memory.lock = HeldLock{.since = now};
  if (holders.empty()) return;
  memory.lock->pid = printable(holders.front().pid);
  memory.lock->started = holders.front().started;
}

TaskMemory memory_from_json(const Json& document) {
  TaskMemory memory;
  if (!document.is_object()) return memory;
  memory.pending = moments_in(document, "pending");
  memory.failing_sources = moments_in(document, "failing_sources");
  memory.lock = lock_in(document.value("lock", Json()));
  memory.job = job_in(document);
  memory.watch = watch_from_json(document.value("watch", Json()));
  return memory;
}

Json memory_to_json(const TaskMemory& memory) {
  Json document = Json::object();
  document["pending"] = moments_to_json(memory.pending);
  document["failing_sources"] = moments_to_json(memory.failing_sources);
  if (memory.lock) {
    document["lock"] = {{"since", to_json(memory.lock->since)}, {"pid", memory.lock->pid},
                        {"started", memory.lock->started}};
  }
  if (memory.watch) document["watch"] = watch_to_json(*memory.watch);
  if (memory.job) {
    Json plan = Json::array();
    for (const PlannedChange& change : memory.job->plan) {
      if (plan.size() < most_kept) plan.push_back(Json::array({change.name, change.from, change.to}));
    }
    Json conflicts = Json::array();
    for (const auto& [package, files] : memory.job->conflicts) {
      for (const std::string& file : files) {
        if (conflicts.size() < most_kept) conflicts.push_back(Json::array({package, file}));
      }
    }
    document["job"] = {{"kind", word(memory.job->kind)},
                       {"started", to_json(memory.job->started)},
                       {"plan", std::move(plan)},
                       {"conflicts", std::move(conflicts)},
                       {"before", memory.job->before}};
  }
  constexpr std::size_t largest = 250UL << 10;
  for (const char* key : {"pending", "failing_sources"}) {
    if (document.dump().size() > largest) document.erase(key);
  }
  if (memory.job && document.dump().size() > largest) document["job"]["before"] = nullptr;
  if (document.dump().size() > largest) document.erase("watch");
  return document;
}

}  // namespace maintain::plugins::apt
