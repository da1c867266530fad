// What is known of the servers' Python environments: what tasks of the type pydeps.check saved and told, as plain
// values. Their document is a plugin's (plugins/pydeps/check/memory.hpp), so it may have any shape. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "model/finding.hpp"
#include "model/run.hpp"
#include "model/status.hpp"

namespace maintain {

inline constexpr std::string_view python_task_type = "pydeps.check";

// All texts here are printable(): they come from servers.
struct PythonPackage {
  std::string name;          // as its author writes it
  std::string key = {};      // PyPI's form of it: see python_package_key()
  std::string version = {};  // empty: nobody says
  std::string origin = {};   // "index" "vcs" "local" "archive" "editable"
};
// Whether an index has it; what is of a directory or a repository has only its name in common with what is there.
bool is_on_index(const PythonPackage& package);

struct PythonFinding {
  Finding finding;
  std::string package = {};  // its key; "python" itself; empty: it is about the environment
  // Of vulnerabilities, as far as the document says so.
  std::string id = {};                       // by which it is told
  std::vector<std::string> advisories = {};  // all ids, that one too
  std::string version = {};                  // installed
  std::vector<std::string> fixes = {};       // versions that can be installed, best first
  std::string severity = {};                 // "none" "low" "medium" "high" "critical" "malicious" "unknown"
  std::optional<double> score = {};          // 0 to 10
  std::string vector = {};                   // CVSS
};
bool is_vulnerability(const PythonFinding& finding);

struct PythonEnvironment {
  std::string path;         // or the file or command that lists the packages
  std::string python = {};  // version; empty: unknown
  // Each key once. Nothing: the last check could not read it, or it had no place in the document (PythonTask::cut).
  std::optional<std::vector<PythonPackage>> packages = {};
  std::vector<PythonFinding> findings = {};  // worst first
};

struct PythonTask {
  TaskKey key;
  bool active = true;                    // false: switched off, or not allowed
  std::optional<Time> checked = {};      // nothing: it has saved nothing yet
  bool unreadable = false;               // it has saved something that is no such document
  bool cut = false;                      // there was more than the document has room for
  std::vector<PythonEnvironment> environments = {};
  // What else the same check told, worst first: what could not be looked at or asked, ignores of no use.
  std::vector<Finding> findings = {};
  std::optional<TaskResult> failed_since = {};  // the last result, when it is a failure later than `checked`
};

// history: results of the task, the newest first. The bound that the project set with `severity` holds here, too.
PythonTask python_task(const TaskStatus& status, const std::vector<TaskResult>& history);

// PEP 503: in lower case, and every run of '-', '_' and '.' is one '-'.
std::string python_package_key(std::string_view name);

// For people: by task and environment, what was found and how to mend it, and how much is without findings.
struct TextStyle;
std::string python_report_text(const std::vector<PythonTask>& tasks, Time now, const TextStyle& style);
// docs/reports.md lists the keys.
std::string python_report_json(const std::vector<PythonTask>& tasks, Time now);
// CycloneDX 1.5 (cyclonedx.org): one document for all of them, the same but for its timestamp as long as what is known
// is the same.
std::string python_report_cyclonedx(const std::vector<PythonTask>& tasks, Time now);

}  // namespace maintain
