#include "report/render_json.hpp"

#include <cmath>

#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "model/names.hpp"
#include "report/backup_status.hpp"
#include "report/json_values.hpp"
#include "report/own_findings.hpp"
#include "report/show_command.hpp"

namespace maintain {
namespace {

using namespace json_values;

Json span(const std::optional<Seconds>& seconds) { return seconds ? Json(seconds->count()) : Json(nullptr); }

Json to_json(const Metric& metric) {
  Json json;
  json["name"] = text(metric.name);
  json["value"] = std::isfinite(metric.value) ? Json(metric.value) : Json(nullptr);
  json["unit"] = text(metric.unit);
  json["subject"] = text(metric.subject);
  return json;
}

Json to_json(const TaskResult& result) {
  Json json;
  json["run"] = result.run_id.empty() ? Json(nullptr) : text(result.run_id);
  json["mode"] = to_string(result.mode);
  put_key(json, {result.server, result.project, result.task});
  json["type"] = text(result.type);
  json["outcome"] = to_string(result.outcome);
  json["summary"] = text(result.summary);
  json["started"] = when(result.started);
  json["finished"] = when(result.finished);
  json["findings"] = Json::array();
  for (const Finding& finding : result.findings) put_finding(json["findings"].emplace_back(Json::object()), finding);
  json["metrics"] = Json::array();
  for (const Metric& metric : result.metrics) json["metrics"].push_back(to_json(metric));
  return json;
}

Json to_json(const Run& run) {
  Json json;
  json["id"] = text(run.id);
  json["mode"] = to_string(run.mode);
  json["started"] = when(run.started);
  json["finished"] = when(run.finished);
  json["results"] = Json::array();
  for (const TaskResult& result : run.results) {
    Json entry = to_json(result);
    entry["run"] = text(run.id);  // a result that was not read back from the store does not know
    entry["mode"] = to_string(run.mode);
    json["results"].push_back(std::move(entry));
  }
  return json;
}

std::string_view word_of(BackupStatus::Task task) {
  switch (task) {
    case BackupStatus::Task::active: return "active";
    case BackupStatus::Task::switched_off: return "switched_off";
    case BackupStatus::Task::unknown: return "unknown";
  }
  return "unknown";
}

std::string_view word_of(Notice notice) {
  switch (notice) {
    case Notice::alert: return "alert";
    case Notice::reminder: return "reminder";
    case Notice::recovery: return "recovery";
  }
  return "alert";
}

Json to_json(const DigestItem& item) {
  Json json;
  json["notice"] = word_of(item.notice);
  put_key(json, item.key);
  put_finding(json, item.finding);
  json["since"] = when(item.since);
  json["contact"] = text(item.contact);
  json["run"] = item.run_id;
  json["more"] = command_for_more(item.run_id, item.key);
  return json;
}

Json to_json(const TaskStatus& status, Time now) {
  const TaskRecord& record = status.record;
  Json json;
  put_key(json, status.key);
  json["type"] = text(status.type);
  json["schedule"] = text(status.schedule);
  json["last_outcome"] = record.last_outcome ? Json(to_string(*record.last_outcome)) : Json(nullptr);
  json["last_summary"] = text(status.last_summary);
  json["last_run"] = when(status.last_run);
  json["last_success"] = when(record.last_success);
  json["failures_in_a_row"] = record.failures_in_a_row;
  json["pending_jobs"] = Json::array();
  for (const std::string& name : record.pending_jobs) json["pending_jobs"].push_back(text(name));
  json["next_due"] = when(status.next_due);
  json["age_seconds"] = record.last_success ? Json((now - *record.last_success).count()) : Json(nullptr);
  json["max_age_seconds"] = span(status.max_age);
  json["stale"] = is_stale(status, now);
  json["contact"] = text(status.contact);
  json["refusal"] = status.refusal.empty() ? Json(nullptr) : text(status.refusal);
  json["measured"] = Json::array();
  for (const Metric& metric : status.measured) json["measured"].push_back(to_json(metric));
  return json;
}

Json to_json(const RunSummary& run) {
  Json json;
  json["id"] = text(run.id);
  json["mode"] = to_string(run.mode);
  json["started"] = when(run.started);
  json["finished"] = when(run.finished);
  json["ok"] = run.ok;
  json["changed"] = run.changed;
  json["skipped"] = run.skipped;
  json["failed"] = run.failed;
  json["unreachable"] = run.unreachable;
  json["cancelled"] = run.cancelled;
  return json;
}

Json to_json(const OpenFinding& open) {
  Json json;
  put_key(json, open.key);
  put_finding(json, open.finding);
  json["since"] = when(open.since);
  json["told"] = when(open.reported);
  json["run"] = text(open.run_id);
  json["more"] = command_for_more(open.run_id, open.key);
  return json;
}

Json to_json(const BackupStatus& status, Time now) {
  Json json;
  put_key(json, status.key);
  json["task_state"] = word_of(status.task);
  json["newest"] = nullptr;
  if (const auto& copy = status.newest)
    json["newest"] = {{"id", copy->id}, {"started", when(copy->started)}, {"bytes", copy->bytes},
                      {"files", copy->files}};
  json["age_seconds"] = status.newest ? Json((now - status.newest->started).count()) : Json(nullptr);
  json["max_age_seconds"] = span(status.max_age);
  json["stale"] = is_stale(status, now);
  json["sizes"] = status.sizes;
  json["quarantined"] = status.quarantined;
  json["damaged"] = status.damaged;
  json["last_drill"] = nullptr;
  if (const auto& drill = status.last_drill)
    json["last_drill"] = {{"when", when(drill->when)}, {"passed", drill->passed},
                          {"took_ms", drill->took ? Json(drill->took->count()) : Json(nullptr)}};
  json["last_passed_drill"] = when(status.last_passed_drill);
  json["lacks_drill"] = lacks_drill(status, now);
  json["second"] = nullptr;
  if (const auto& second = status.second)
    json["second"] = {{"in_step", when(second->in_step)}, {"waiting_since", when(second->waiting_since)},
                      {"max_age_seconds", second->max_age.count()}, {"stale", is_second_stale(status, now)}};
  return json;
}

template <class Values>
std::string list_document(const char* name, const Values& values) {
  Json json;
  json[name] = Json::array();
  for (const auto& value : values) json[name].push_back(to_json(value));
  return document(json);
}

}  // namespace

std::string digest_json(const Digest& digest, const Run& run, ExitStatus status) {
  Json json;
  json["exit_status"] = static_cast<int>(status);
  json["worst"] = to_string(digest.worst);
  json["notices"] = Json::array();
  for (const DigestItem& item : digest.items) json["notices"].push_back(to_json(item));
  json["run"] = to_json(run);
  return document(json);
}

std::string status_json(const std::vector<TaskStatus>& statuses, const std::vector<OpenFinding>& findings,
                        const std::optional<std::vector<BackupStatus>>& backups, Time now) {
  Json json{{"tasks", Json::array()}, {"findings", Json::array()}, {"backups", nullptr}};
  for (const TaskStatus& status : statuses) json["tasks"].push_back(to_json(status, now));
  for (const OpenFinding& finding : findings) json["findings"].push_back(to_json(finding));
  if (backups) json["backups"] = Json::array();
  for (const BackupStatus& backup : backups.value_or(std::vector<BackupStatus>()))
    json["backups"].push_back(to_json(backup, now));
  return document(json);
}

std::string runs_json(const std::vector<RunSummary>& runs) { return list_document("runs", runs); }
std::string history_json(const std::vector<TaskResult>& results) { return list_document("results", results); }

std::string run_json(const Run& run) {
  Json json;
  json["run"] = to_json(run);
  return document(json);
}

std::string result_json(const TaskResult& result, const std::string& output) {
  Json json;
  json["result"] = to_json(result);
  json["result"]["output"] = text(output);
  return document(json);
}

}  // namespace maintain
