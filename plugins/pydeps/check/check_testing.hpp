// For tests: a server with virtual environments, an index and a service for advisories, in memory.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include <maintain/testkit.hpp>

#include "pydeps/check/check_task.hpp"
#include "pydeps/environment/inventory_script.hpp"

namespace maintain::pydeps::testing {

using sdk::Json;
using sdk::testkit::FakeAnswer;
using sdk::testkit::FakeServer;
using sdk::testkit::TaskRun;

struct Fleet {
  FakeServer server;
  // path -> package -> version
  std::map<std::string, std::map<std::string, std::string>> environments;
  std::string python = "3.11.2";
  std::string more = {};                           // records of the inventory behind these
  std::map<std::string, std::vector<std::string>> advisories;  // "django 4.2.1" -> ids
  bool osv_is_down = false;

  Fleet() {
    server.on_http = [this](const sdk::HttpRequest& request) { return answer(request); };
    server.stub(sdk::testkit::where("the inventory", [](const auto& command) {
                  return command.script == inventory_script();
                }), [this](const auto&) { return sdk::testkit::Reply{.output = inventory()}; });
  }

  static std::string page(const std::string& name) { return "https://pypi.org/simple/" + name + "/"; }
  static std::string record(const std::string& id) { return "https://api.osv.dev/v1/vulns/" + id; }

  // A package that is installed at its first release, and all its releases on the index.
  Json& add(const std::string& name, const std::vector<std::string>& releases) {
    environments["/srv/shop/env"][name] = releases.front();
    return publish(name, releases);
  }
  Json& publish(const std::string& name, const std::vector<std::string>& releases) {
    Json files = Json::array();
    for (const std::string& release : releases)
      files.push_back({{"filename", name + "-" + release + ".tar.gz"}, {"url", "x"}, {"yanked", false}});
    return pages_[name] = {{"meta", {{"api-version", "1.1"}}}, {"name", name}, {"versions", releases},
                           {"files", std::move(files)}};
  }

  Json& advise(const std::string& id, const std::string& package, const std::string& version,
               const std::string& fixed, const std::string& severity = "HIGH") {
    advisories[package + " " + version].push_back(id);
    Json events = Json::array({{{"introduced", "0"}}});
    if (!fixed.empty()) events.push_back({{"fixed", fixed}});
    return records_[id] = {
               {"id", id}, {"modified", "2026-11-01T00:00:00Z"}, {"summary", "it leaks"},
               {"database_specific", {{"severity", severity}}},
               {"affected", Json::array({{{"package", {{"ecosystem", "PyPI"}, {"name", package}}},
                                          {"ranges", Json::array({{{"type", "ECOSYSTEM"}, {"events", events}}})}}})}};
  }

  TaskRun check(Json options = {{"virtualenvs", {"/srv/shop/env"}}}, bool dry = false) {
    server.findings.clear();
    server.http_requests.clear();
    CheckTask task;
    return run_task(task, server, {.options = std::move(options), .check = dry});
  }

  std::size_t count(const std::string& code) const {
    std::size_t count = 0;
    for (const sdk::Finding& finding : server.findings) count += finding.code == code ? 1U : 0U;
    return count;
  }
  std::size_t asked(const std::string& url) const {
    std::size_t count = 0;
    for (const sdk::HttpRequest& request : server.http_requests) count += request.url == url ? 1U : 0U;
    return count;
  }

 private:
  std::string inventory() const {
    std::string text = "@@maintain begin inventory\n";
    for (const auto& [path, packages] : environments) {
      text += "env\t" + path + "\t" + path + "\ncfg\tversion = " + python + "\nlib\tpython3.11\n";
      for (const auto& [name, version] : packages) {
        const std::string entry = name + "-" + version + ".dist-info";
        text += "dist\t" + entry + "\nmeta\t" + entry + "\tName: " + name + "\nmeta\t" + entry +
                "\tVersion: " + version + "\n";
      }
      text += "done\t" + path + "\n";
    }
    return text + more + "whole\n\n@@maintain end 0\n";
  }

  std::optional<FakeAnswer> answer(const sdk::HttpRequest& request) const {
    if (request.url == "https://api.osv.dev/v1/querybatch") {
      if (osv_is_down) return FakeAnswer{.failure = "no connection"};
      Json results = Json::array();
      const Json asked = Json::parse(request.body);
      for (const Json& query : asked.at("queries")) {
        Json vulns = Json::array();
        const std::string name = query.at("package").at("name");
        const auto ids = advisories.find(name + " " + query.value("version", ""));
        if (ids != advisories.end())
          for (const std::string& id : ids->second)
            vulns.push_back({{"id", id}, {"modified", "2026-11-01T00:00:00Z"}});
        results.push_back({{"vulns", std::move(vulns)}});
      }
      const Json body = {{"results", std::move(results)}};
      return FakeAnswer{.body = body.dump()};
    }
    for (const auto& [id, content] : records_)
      if (request.url == record(id)) return FakeAnswer{.body = content.dump()};
    for (const auto& [name, content] : pages_)
      if (request.url == page(name)) return FakeAnswer{.body = content.dump()};
    return std::nullopt;
  }

  std::map<std::string, Json> pages_;
  std::map<std::string, Json> records_;
};

}  // namespace maintain::pydeps::testing
