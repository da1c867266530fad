// The report on Python environments, for programs.
#include "report/json_values.hpp"
#include "report/python_report.hpp"

namespace maintain {
namespace {

using namespace json_values;

Json to_json(const Finding& finding) {
  Json json;
  put_finding(json, finding);
  return json;
}

Json to_json(const PythonFinding& told) {
  Json json = to_json(told.finding);
  json["package"] = told.package;
  if (!is_vulnerability(told)) return json;
  json["version"] = told.version;
  json["id"] = told.id;
  json["advisories"] = told.advisories;
  json["severity"] = told.severity.empty() ? "unknown" : told.severity;
  json["score"] = told.score ? Json(*told.score) : Json(nullptr);
  json["vector"] = told.vector;
  json["fixes"] = told.fixes;
  return json;
}

Json to_json(const PythonEnvironment& environment) {
  Json json;
  json["path"] = environment.path;
  json["python"] = environment.python;
  json["packages"] = nullptr;
  if (const auto& packages = environment.packages) {
    json["packages"] = Json::array();
    for (const PythonPackage& package : *packages)
      json["packages"].push_back({{"name", package.name}, {"version", package.version}, {"origin", package.origin}});
  }
  json["findings"] = Json::array();
  for (const PythonFinding& told : environment.findings) json["findings"].push_back(to_json(told));
  return json;
}

Json to_json(const PythonTask& task, Time now) {
  Json json;
  put_key(json, task.key);
  json["active"] = task.active;
  json["checked"] = when(task.checked);
  json["age_seconds"] = task.checked ? Json((now - *task.checked).count()) : Json(nullptr);
  json["unreadable"] = task.unreadable;
  json["cut"] = task.cut;
  json["failed_since"] = nullptr;
  if (const auto& failed = task.failed_since)
    json["failed_since"] = {{"run", text(failed->run_id)}, {"outcome", to_string(failed->outcome)},
                            {"summary", text(failed->summary)}, {"started", when(failed->started)}};
  json["environments"] = Json::array();
  for (const PythonEnvironment& environment : task.environments)
    json["environments"].push_back(to_json(environment));
  json["findings"] = Json::array();
  for (const Finding& finding : task.findings) json["findings"].push_back(to_json(finding));
  return json;
}

}  // namespace

std::string python_report_json(const std::vector<PythonTask>& tasks, Time now) {
  Json json;
  json["tasks"] = Json::array();
  for (const PythonTask& task : tasks) json["tasks"].push_back(to_json(task, now));
  return document(json);
}

}  // namespace maintain
