// For the report's tests: short ways to write a fleet and what happened to it.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "model/names.hpp"
#include "report/digest.hpp"

namespace maintain::testing {

inline Time at(const std::string& text) {
  const auto time = parse_time(text);
  if (!time) throw std::runtime_error(time.error().describe());
  return *time;
}

inline Server server(const std::string& name, bool transient = false) {
  Server made;
  made.name = name;
  made.transient = transient;
  return made;
}

inline TaskStatus declared(const TaskKey& key) {
  TaskStatus made;
  made.key = key;
  made.type = "apt.upgrade";
  made.schedule = "5 21 * * *";
  return made;
}

inline Finding finding(State state, const std::string& code, const std::string& subject = "") {
  return {state, code, subject, subject.empty() ? code + " was seen" : code + " was seen on " + subject, "",
          "look at it"};
}

inline TaskResult result(const TaskKey& key, Outcome outcome, std::vector<Finding> findings = {}) {
  TaskResult made;
  made.server = key.server;
  made.project = key.project;
  made.task = key.task;
  made.type = key.task.empty() ? "" : "apt.upgrade";
  made.outcome = outcome;
  made.findings = std::move(findings);
  made.run_id = "20261122T130000Z-0001";
  return made;
}

// The bot over time: what one tick leaves open, the next one finds.
struct Bot {
  Time now = at("2026-11-22T13:00:00Z");
  std::vector<Server> servers{server("web1"), server("web2"), server("laptop", true)};
  std::vector<TaskStatus> statuses{declared({"web1", "shop", "upgrade"}), declared({"web1", "shop", "backup"}),
                                   declared({"web2", "", "upgrade"}), declared({"laptop", "", "backup"})};
  std::vector<OpenFinding> open;
  std::vector<BackupStatus> second;

  DigestRequest request(std::vector<TaskResult> results) const {
    DigestRequest made;
    made.results = std::move(results);
    for (TaskResult& each : made.results)
      if (each.finished == Time{}) each.started = each.finished = now;
    made.open_before = open;
    made.statuses = statuses;
    made.second = second;
    made.servers = servers;
    made.now = now;
    return made;
  }
  Digest tick(std::vector<TaskResult> results = {}) {
    Digest digest = make_digest(request(std::move(results)));
    open = digest.open_after;
    return digest;
  }
  void wait(Seconds span) { now += span; }
};

// "alert critical web1/shop/upgrade apt.held nginx"
inline std::vector<std::string> told(const Digest& digest) {
  std::vector<std::string> lines;
  for (const DigestItem& item : digest.items) {
    const char* notice = item.notice == Notice::alert      ? "alert"
                         : item.notice == Notice::reminder ? "reminder"
                                                           : "recovery";
    std::string line = std::string(notice) + " " + to_string(item.finding.state) + " " + to_string(item.key) + " " +
                       item.finding.code;
    if (!item.finding.subject.empty()) line += " " + item.finding.subject;
    lines.push_back(line);
  }
  return lines;
}

}  // namespace maintain::testing
