#include "report/python_report.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "report/finding_order.hpp"

namespace maintain {
namespace {

using Json = nlohmann::json;

constexpr std::size_t longest_name = 214;                     // of a package, as on PyPI
constexpr std::int64_t latest_moment = 253'402'300'799'999;   // the end of the year 9999, in milliseconds

const Json* member(const Json& value, const char* name) {
  const auto found = value.is_object() ? value.find(name) : value.end();
  return value.is_object() && found != value.end() ? &*found : nullptr;
}

// Rows of a list that is not there are none.
const Json& rows(const Json& value, const char* name) {
  static const Json none = Json::array();
  const Json* list = member(value, name);
  return list != nullptr && list->is_array() ? *list : none;
}

std::string shown(const Json& value, bool multiline = false) {
  return value.is_string() ? printable(value.get_ref<const std::string&>(), multiline) : std::string();
}

std::string text_in(const Json& value, const char* name, bool multiline = false) {
  const Json* text = member(value, name);
  return text == nullptr ? std::string() : shown(*text, multiline);
}

std::vector<std::string> texts_in(const Json& value, const char* name) {
  std::vector<std::string> texts;
  for (const Json& row : rows(value, name))
    if (std::string text = shown(row); !text.empty()) texts.push_back(std::move(text));
  return texts;
}

std::optional<Time> moment_in(const Json& value, const char* name) {
  const Json* moment = member(value, name);
  if (moment == nullptr || !moment->is_number_integer()) return std::nullopt;
  const auto milliseconds = moment->get<std::int64_t>();
  if (milliseconds <= 0 || milliseconds > latest_moment) return std::nullopt;
  return Time(std::chrono::floor<Seconds>(Milliseconds(milliseconds)));
}

State state_in(const Json& row) {
  const Json* state = member(row, "state");
  if (state == nullptr || !state->is_number_integer()) return State::unknown;
  switch (state->get<std::int64_t>()) {
    case 0: return State::ok;
    case 1: return State::warning;
    case 2: return State::critical;
    default: return State::unknown;
  }
}

// By the packaging specification: ASCII letters, digits, '-', '_' and '.', a letter or digit at both ends.
bool is_package_name(const std::string& name) {
  constexpr std::string_view inside = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
  constexpr std::string_view at_ends = inside.substr(0, inside.size() - 3);
  return !name.empty() && name.size() <= longest_name && name.find_first_not_of(inside) == std::string::npos &&
         at_ends.find(name.front()) != std::string::npos && at_ends.find(name.back()) != std::string::npos;
}

std::vector<PythonPackage> packages_in(const Json& row) {
  std::vector<PythonPackage> packages;
  std::set<std::string> keys;
  for (const Json& fields : rows(row, "packages")) {
    if (!fields.is_array() || fields.size() < 3) continue;
    PythonPackage package{.name = shown(fields[0]), .version = shown(fields[1]), .origin = shown(fields[2])};
    if (!is_package_name(package.name)) continue;
    package.key = python_package_key(package.name);
    if (keys.insert(package.key).second) packages.push_back(std::move(package));
  }
  return packages;
}

// The subject begins "PACKAGE ID".
std::string told_id(const PythonFinding& told) {
  for (const std::string& id : told.advisories) {
    const std::string start = told.package + " " + id;
    if (told.finding.subject == start || told.finding.subject.starts_with(start + " ")) return id;
  }
  return told.advisories.empty() ? std::string() : told.advisories.front();
}

std::optional<PythonFinding> finding_in(const Json& row) {
  PythonFinding told;
  told.finding.state = state_in(row);
  told.finding.code = text_in(row, "code");
  told.finding.subject = text_in(row, "subject");
  told.finding.title = text_in(row, "title");
  told.finding.detail = text_in(row, "detail", true);
  told.finding.action = text_in(row, "action");
  if (told.finding.code.empty() || told.finding.title.empty()) return std::nullopt;
  if (const std::string package = text_in(row, "package"); is_package_name(package))
    told.package = python_package_key(package);
  if (!is_vulnerability(told)) return told;
  told.advisories = texts_in(row, "advisories");
  told.id = told_id(told);
  told.version = text_in(row, "version");
  told.fixes = texts_in(row, "fixes");
  told.severity = text_in(row, "severity");
  if (const Json* score = member(row, "score"); score != nullptr && score->is_number_integer()) {
    const auto tenths = score->get<std::int64_t>();
    if (tenths >= 0 && tenths <= 100) told.score = static_cast<double>(tenths) / 10;
  }
  told.vector = text_in(row, "vector");
  return told;
}

PythonEnvironment& environment_of(PythonTask& task, const std::string& path) {
  auto& known = task.environments;
  const auto found = std::find_if(known.begin(), known.end(), [&](const auto& one) { return one.path == path; });
  return found != known.end() ? *found : known.emplace_back(PythonEnvironment{.path = path});
}

void read_document(PythonTask& task, const Json& document) {
  task.checked = moment_in(document, "checked");
  task.unreadable = !task.checked;
  if (task.unreadable) return;
  const Json* cut = member(document, "cut");
  task.cut = cut != nullptr && cut->is_boolean() && cut->get<bool>();
  for (const Json& row : rows(document, "environments")) {
    const std::string path = text_in(row, "path");
    if (path.empty()) continue;
    PythonEnvironment& environment = environment_of(task, path);
    environment.python = text_in(row, "python");
    environment.packages = packages_in(row);
  }
  for (const Json& row : rows(document, "told")) {
    auto told = finding_in(row);
    if (!told) continue;
    const std::string path = text_in(row, "environment");
    if (path.empty()) task.findings.push_back(std::move(told->finding));
    else environment_of(task, path).findings.push_back(std::move(*told));
  }
}

Finding shown(Finding finding) {
  finding.code = printable(finding.code);
  finding.subject = printable(finding.subject);
  finding.title = printable(finding.title);
  finding.detail = printable(finding.detail, true);
  finding.action = printable(finding.action);
  return finding;
}

// What the check told that wrote the document, and did not write there.
void add_findings_of(PythonTask& task, const TaskResult& result) {
  std::set<std::pair<std::string, std::string>> known;
  for (const Finding& finding : task.findings) known.emplace(finding.code, finding.subject);
  for (const PythonEnvironment& environment : task.environments)
    for (const PythonFinding& told : environment.findings) known.emplace(told.finding.code, told.finding.subject);
  for (const Finding& told : result.findings) {
    Finding finding = shown(told);
    if (known.emplace(finding.code, finding.subject).second) task.findings.push_back(std::move(finding));
  }
}

void read_history(PythonTask& task, const std::vector<TaskResult>& history) {
  bool is_newest = true;
  for (const TaskResult& result : history) {
    const bool looked = is_success(result.outcome) || is_failure(result.outcome);
    if (result.project != task.key.project || result.mode != Mode::apply || !looked) continue;
    const bool is_later = !task.checked || result.started > *task.checked;
    if (is_newest && is_later && is_failure(result.outcome)) {
      task.failed_since = result;
      task.failed_since->summary = printable(result.summary);
    }
    is_newest = false;
    if (is_later || result.finished < *task.checked) continue;
    return add_findings_of(task, result);
  }
}

void bound(Finding& finding, const std::optional<State>& most) {
  if (most && severity_rank(finding.state) > severity_rank(*most)) finding.state = *most;
}

bool comes_before(const Finding& a, const Finding& b) {
  if (a.state != b.state) return severity_rank(a.state) > severity_rank(b.state);
  return reads_before(a, b);
}

}  // namespace

bool is_on_index(const PythonPackage& package) { return package.origin == "index" || package.origin == "archive"; }

bool is_vulnerability(const PythonFinding& finding) { return finding.finding.code == "pydeps.vulnerable"; }

std::string python_package_key(std::string_view name) {
  std::string key;
  bool in_run = false;
  for (const char c : to_lower(name)) {
    const bool separates = c == '-' || c == '_' || c == '.';
    if (!separates || !in_run) key += separates ? '-' : c;
    in_run = separates;
  }
  return key;
}

PythonTask python_task(const TaskStatus& status, const std::vector<TaskResult>& history) {
  PythonTask task{.key = status.key, .active = status.active};
  if (!status.record.state.empty()) read_document(task, Json::parse(status.record.state, nullptr, false));
  read_history(task, history);
  for (Finding& finding : task.findings) bound(finding, status.severity);
  std::stable_sort(task.findings.begin(), task.findings.end(), comes_before);
  for (PythonEnvironment& environment : task.environments) {
    for (PythonFinding& told : environment.findings) bound(told.finding, status.severity);
    std::stable_sort(environment.findings.begin(), environment.findings.end(),
                     [](const auto& a, const auto& b) { return comes_before(a.finding, b.finding); });
  }
  return task;
}

}  // namespace maintain
