// The report on Python environments as a bill of materials with its vulnerabilities: CycloneDX 1.5, JSON.
//   server ("device") -> environment ("platform"), which holds its packages ("library")
// One server is what the document describes (metadata.component); of several that is "servers", which holds them.
#include <algorithm>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "report/json_values.hpp"
#include "report/python_report.hpp"

namespace maintain {
namespace {

using namespace json_values;

constexpr std::string_view all_servers = "servers";

// The characters that a package URL has as they are; the rest is percent-encoded (package-url/purl-spec).
std::string percent_encoded(const std::string& text) {
  constexpr std::string_view as_they_are = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string encoded;
  for (const char c : text) {
    if (as_they_are.find(c) != std::string_view::npos) encoded += c;
    else encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return encoded;
}

std::string package_url(const PythonPackage& package) {
  std::string url = "pkg:pypi/" + package.key;
  if (!package.version.empty()) url += "@" + percent_encoded(package.version);
  return url;
}

Json property(const std::string& name, const std::string& value) {
  return {{"name", "maintain:" + name}, {"value", text(value)}};
}

Json component(const char* type, const std::string& reference, const std::string& name) {
  return {{"type", type}, {"bom-ref", reference}, {"name", name}};
}

Json library(const PythonPackage& package, const std::string& reference) {
  Json json = component("library", reference, package.name);
  if (!package.version.empty()) json["version"] = package.version;
  // A fork in a repository has the name of what it was forked from: whoever asks by the URL would ask for that.
  if (is_on_index(package)) json["purl"] = package_url(package);
  else if (!package.origin.empty()) json["properties"] = Json::array({property("origin", package.origin)});
  return json;
}

// The advisories are OSV's, whoever gave them their ids.
Json source_of(const std::string& id) {
  const bool is_plain = percent_encoded(id) == id;
  Json json{{"name", "OSV"}};
  if (is_plain) json["url"] = "https://osv.dev/vulnerability/" + id;
  return json;
}

const char* method_of(const std::string& vector) {
  if (vector.starts_with("CVSS:3.0/")) return "CVSSv3";
  if (vector.starts_with("CVSS:3.1/")) return "CVSSv31";
  return vector.starts_with("CVSS:4.0/") ? "CVSSv4" : "other";
}

Json rating_of(const PythonFinding& told) {
  Json json;
  if (told.score) json["score"] = *told.score;
  const std::string& word = told.severity;
  const bool is_known = word == "none" || word == "low" || word == "medium" || word == "high" || word == "critical";
  json["severity"] = word == "malicious" ? "critical" : is_known ? word : "unknown";
  if (!told.vector.empty()) {
    json["method"] = method_of(told.vector);
    json["vector"] = told.vector;
  }
  return json;
}

Json vulnerability(const PythonFinding& told) {
  Json json;
  if (!told.id.empty()) {
    json["id"] = told.id;
    json["source"] = source_of(told.id);
  }
  Json references = Json::array();
  for (const std::string& id : told.advisories)
    if (id != told.id) references.push_back({{"id", id}, {"source", source_of(id)}});
  if (!references.empty()) json["references"] = std::move(references);
  json["ratings"] = Json::array({rating_of(told)});
  json["description"] = told.finding.title;
  if (!told.finding.detail.empty()) json["detail"] = told.finding.detail;
  if (!told.finding.action.empty()) json["recommendation"] = told.finding.action;
  json["affects"] = Json::array();
  return json;
}

class Bom {
 public:
  void add(const PythonTask& task) {
    const std::string server = printable(task.key.server);
    server_ = "server:" + server;
    if (servers_.try_emplace(server_, server).second) depends_[server_] = Json::array();
    if (!task.checked || task.cut || leaves_something_out(task)) add_once(incomplete_, server_);
    for (const PythonEnvironment& environment : task.environments) add_environment(task, environment);
  }

  Json document(Time now) {
    Json json{{"$schema", "http://cyclonedx.org/schema/bom-1.5.schema.json"},
              {"bomFormat", "CycloneDX"},
              {"specVersion", "1.5"},
              {"version", 1}};
    json["metadata"] = {{"timestamp", when(now)},
                        {"tools", {{"components", Json::array({{{"type", "application"}, {"name", "maintain"}}})}}},
                        {"component", described()}};
    json["components"] = std::move(environments_);
    json["dependencies"] = Json::array();
    for (const auto& [reference, needs] : depends_)
      json["dependencies"].push_back({{"ref", reference}, {"dependsOn", needs}});
    if (!incomplete_.empty())
      json["compositions"] = Json::array({{{"aggregate", "incomplete"}, {"assemblies", incomplete_}}});
    json["vulnerabilities"] = std::move(vulnerabilities_);
    return json;
  }

 private:
  using References = std::map<std::string, std::string>;  // of an environment's packages, by key

  // It could not be looked at as a whole.
  static bool is_in_doubt(const Finding& finding) {
    return finding.code == "pydeps.environment" && finding.state != State::ok;
  }

  static bool leaves_something_out(const PythonTask& task) {
    return std::any_of(task.findings.begin(), task.findings.end(), is_in_doubt);
  }

  static bool leaves_something_out(const PythonEnvironment& environment) {
    return !environment.packages ||
           std::any_of(environment.findings.begin(), environment.findings.end(),
                       [](const PythonFinding& told) { return is_in_doubt(told.finding); });
  }

  static void add_once(Json& list, const std::string& reference) {
    if (std::find(list.begin(), list.end(), reference) == list.end()) list.push_back(reference);
  }

  void add_environment(const PythonTask& task, const PythonEnvironment& environment) {
    const std::string place = printable(to_string(task.key)) + ":" + environment.path;
    const std::string reference = "environment:" + place;
    Json json = component("platform", reference, environment.path);
    json["properties"] = Json::array({property("server", task.key.server), property("project", task.key.project),
                                      property("task", task.key.task)});
    if (task.checked) json["properties"].push_back(property("checked", format_time(*task.checked)));
    if (!environment.python.empty()) json["properties"].push_back(property("python", environment.python));
    if (leaves_something_out(environment)) add_once(incomplete_, reference);
    References references;
    json["components"] = Json::array();
    const auto add = [&](const PythonPackage& package) {
      const auto [added, is_new] = references.try_emplace(package.key, "package:" + package.key + "@" + place);
      if (is_new) json["components"].push_back(library(package, added->second));
    };
    for (const PythonPackage& package : environment.packages.value_or(std::vector<PythonPackage>())) add(package);
    for (const PythonFinding& told : environment.findings) {
      if (!is_vulnerability(told) || told.package.empty()) continue;
      // Of an environment that was not read, only what was told is known; not where the package was from.
      add({.name = told.package, .key = told.package, .version = told.version});
      add_vulnerability(told, references[told.package]);
    }
    depends_[server_].push_back(reference);
    Json& needs = depends_[reference] = Json::array();
    for (const auto& [key, package] : references) needs.push_back(package);
    environments_.push_back(std::move(json));
  }

  // One entry for all places in which the same is to be done about it.
  void add_vulnerability(const PythonFinding& told, const std::string& reference) {
    const auto same = std::tuple(told.id, told.package, told.finding.title, told.finding.action);
    const auto [place, is_new] = places_.try_emplace(same, vulnerabilities_.size());
    if (is_new) vulnerabilities_.push_back(vulnerability(told));
    Json affected{{"ref", reference}};
    if (!told.version.empty())
      affected["versions"] = Json::array(
          {{{"version", told.version}, {"status", told.finding.state == State::unknown ? "unknown" : "affected"}}});
    Json& affects = vulnerabilities_[place->second]["affects"];
    if (std::find(affects.begin(), affects.end(), affected) == affects.end()) affects.push_back(std::move(affected));
  }

  Json described() {
    if (servers_.size() == 1) return component("device", servers_.begin()->first, servers_.begin()->second);
    Json all = component("platform", std::string(all_servers), std::string(all_servers));
    all["components"] = Json::array();
    Json& needs = depends_[std::string(all_servers)] = Json::array();
    for (const auto& [reference, name] : servers_) {
      all["components"].push_back(component("device", reference, name));
      needs.push_back(reference);
    }
    return all;
  }

  std::string server_ = {};                             // reference of the one that is being added
  std::map<std::string, std::string> servers_ = {};     // reference -> name
  std::map<std::string, Json> depends_ = {};            // reference -> those that it holds
  std::map<std::tuple<std::string, std::string, std::string, std::string>, std::size_t> places_ = {};
  Json environments_ = Json::array();
  Json vulnerabilities_ = Json::array();
  Json incomplete_ = Json::array();                     // references of what holds more than is known
};

}  // namespace

std::string python_report_cyclonedx(const std::vector<PythonTask>& tasks, Time now) {
  Bom bom;
  for (const PythonTask& task : tasks) bom.add(task);
  return document(bom.document(now));
}

}  // namespace maintain
