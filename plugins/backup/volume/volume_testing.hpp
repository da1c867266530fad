// For tests: a server with docker or podman on it.
#pragma once

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <maintain/testkit.hpp>

#include "backup/tree/tree_testing.hpp"
#include "backup/volume/volume_task.hpp"

namespace maintain::plugins::backup {

struct FakeContainer {
  std::string id;      // one letter
  std::string name;
  std::string status = "running";
  std::string started_at = "2026-11-20T08:00:00Z";
  std::string volume = "data";
  int exit_code = 0;
  bool removed_when_stopped = false;
};

struct FakeRuntime {
  std::string program = "docker";
  std::map<std::string, sdk::Json> volumes = {};  // name -> Options
  std::string label = "backup=yes";               // that all volumes have
  std::vector<FakeContainer> containers = {};
  std::set<std::string> useless = {};             // verbs that do nothing
  std::map<std::string, sdk::testkit::Reply> instead = {};  // verb -> what comes first, once
  std::vector<std::string> orders = {};           // "pause aa"

  static std::string path_of(const std::string& volume) { return "/var/lib/docker/volumes/" + volume + "/_data"; }
  static std::string whole(const std::string& id) { return std::string(64, id.at(0)); }

  FakeContainer* find(const std::string& whole_id) {
    for (FakeContainer& one : containers)
      if (whole(one.id) == whole_id) return &one;
    return nullptr;
  }

  void obey(const std::string& verb, FakeContainer& one) const {
    if (verb == "pause" && one.status == "running") one.status = "paused";
    if (verb == "unpause" && one.status == "paused") one.status = "running";
    if (verb == "stop" && one.status == "running") one.status = "exited";
    if (verb == "start" && one.status != "running") {
      one.status = "running";
      one.started_at += "+";
    }
  }

  sdk::Json inspected(const FakeContainer& one) const {
    const bool paused = one.status == "paused";
    return {{"Id", whole(one.id)},
            {"Name", (program == "docker" ? "/" : "") + one.name},
            {"State",
             {{"Status", one.status},
              {"Running", one.status == "running" || one.status == "restarting" || (paused && program == "docker")},
              {"Paused", paused},
              {"Restarting", one.status == "restarting"},
              {"OOMKilled", false},
              {"ExitCode", one.exit_code},
              {"StartedAt", one.started_at}}},
            {"HostConfig", {{"AutoRemove", one.removed_when_stopped}}},
            {"Mounts",
             sdk::Json::array({{{"Type", "volume"}, {"Name", one.volume}, {"Source", path_of(one.volume)}}})}};
  }

  sdk::testkit::Reply answer(const sdk::testkit::SeenCommand& command) {
    const auto& words = command.argv;
    const auto after = std::find(words.begin(), words.end(), "--");
    const std::vector<std::string> names(after == words.end() ? after : after + 1, words.end());
    if (words[1] == "version" || words[1] == "--version")
      return {.output = program == "docker" ? "20.10.24+dfsg1\n" : "podman version 4.3.1\n"};
    if (words[1] == "volume" && words[2] == "ls") return {.output = words.back() == "label=" + label ? listed() : ""};
    if (words[1] == "volume" && words[2] == "create") {
      orders.push_back("create " + names.at(0));
      volumes[names[0]] = nullptr;
      return {.output = names[0] + "\n"};
    }
    if (words[1] == "volume") return inspect_volumes(names);
    if (words[1] == "ps") {
      std::string ids;
      for (const FakeContainer& one : containers)
        if (std::find(words.begin(), words.end(), "volume=" + one.volume) != words.end()) ids += whole(one.id) + "\n";
      return {.output = ids};
    }
    if (words[1] == "container") return inspect_containers(names);
    return order(words[1], names);
  }

  std::string listed() const {
    std::string names;
    for (const auto& [name, options] : volumes) names += name + "\n";
    return names;
  }

  sdk::testkit::Reply inspect_volumes(const std::vector<std::string>& names) const {
    sdk::Json all = sdk::Json::array();
    sdk::testkit::Reply reply;
    for (const std::string& name : names) {
      const auto found = volumes.find(name);
      if (found == volumes.end()) {
        reply = sdk::testkit::Reply::exits(1, "Error: No such volume: " + name + "\n");
        continue;
      }
      const std::string driver = found->second.is_string() ? found->second.get<std::string>() : "local";
      all.push_back({{"Name", name}, {"Driver", driver}, {"Mountpoint", path_of(name)},
                     {"Options", found->second.is_string() ? sdk::Json() : found->second}});
    }
    reply.output = all.dump();
    return reply;
  }

  sdk::testkit::Reply inspect_containers(const std::vector<std::string>& ids) {
    sdk::Json all = sdk::Json::array();
    sdk::testkit::Reply reply;
    for (const std::string& id : ids) {
      const FakeContainer* one = find(id);
      if (one == nullptr) reply = sdk::testkit::Reply::exits(1, "Error: No such container: " + id + "\n");
      else all.push_back(inspected(*one));
    }
    reply.output = all.dump();
    return reply;
  }

  sdk::testkit::Reply order(const std::string& verb, const std::vector<std::string>& ids) {
    std::string noted = verb + " ";
    for (const std::string& id : ids) noted += id.substr(0, 1);
    orders.push_back(noted);
    sdk::testkit::Reply reply;
    if (const auto scripted = instead.find(verb); scripted != instead.end()) {
      reply = scripted->second;
      instead.erase(scripted);
    }
    if (useless.contains(verb)) return reply;
    for (const std::string& id : ids)
      if (FakeContainer* one = find(id)) obey(verb, *one);
    return reply;
  }
};

// A task on such a server: one volume, "data", unless the test says more. rsync puts one file into each.
struct VolumeScene {
  sdk::testkit::FakeServer server;
  FakeRuntime runtime;
  sdk::testkit::RunOptions options;
  std::string since = "1764400000\n";

  VolumeScene() {
    using namespace sdk::testkit;
    runtime.volumes = {{"data", nullptr}};
    options.options = {{"volumes", "data"}};
    server.stub(where("docker or podman", [](const SeenCommand& command) {
                  return command.script.empty() && (command.argv[0] == "docker" || command.argv[0] == "podman");
                }),
                [this](const SeenCommand& command) {
                  if (command.argv[0] != runtime.program)
                    return Reply::exits(1, "sudo: " + command.argv[0] + ": command not found\n");
                  return runtime.answer(command);
                });
    server.stub(script("rsync --version"), [](const SeenCommand& command) {
      Reply reply{.output = "program rsync  version 3.2.7  protocol version 31\nholes none\n"};
      for (std::size_t i = 2; i < command.argv.size(); ++i) reply.output += "there\n";
      return reply;
    });
    server.stub(script("sync -f"), {.output = since});
    server.stub_local(argv({"rsync", "--version"}), {.output = "rsync  version 3.2.7  protocol version 31\n"});
    for (const std::string name : {"data", "more"}) server.stub_local(rsync(name), copies(name));
  }

  static sdk::testkit::Matcher rsync(const std::string& volume) {
    return sdk::testkit::where("rsync into " + volume, [volume](const sdk::testkit::SeenCommand& command) {
      return command.argv.size() > 1 && command.argv[1] == "-aHAX" && command.argv.back().ends_with("/" + volume + "/");
    });
  }
  static sdk::testkit::Reply copies(const std::string& volume, sdk::Milliseconds takes = {}) {
    return {.output = stats_of(1), .takes = takes, .then = [volume](sdk::testkit::FakeServer& fake) {
              const auto directory = fake.store.draft_path() / volume;
              std::filesystem::create_directories(directory);
              std::ofstream(directory / "file") << "x";
            }};
  }

  // The timer on the server, which must be set. It acts when its time comes.
  void expect_timer(sdk::Milliseconds after = std::chrono::minutes(10)) {
    std::string said;
    for (const FakeContainer& one : runtime.containers) said += FakeRuntime::whole(one.id) + " runs again\n";
    server.expect_job("release", {.output = said, .takes = after,
                                  .then = [this](sdk::testkit::FakeServer&) { release_all(); }});
  }
  void release_all() {
    for (FakeContainer& one : runtime.containers) runtime.obey("unpause", one);
  }

  sdk::testkit::TaskRun run() {
    VolumeTask task;
    return sdk::testkit::run_task(task, server, options);
  }
  const sdk::Json& details() const { return server.store.copies.at(0).facts["details"]; }
  bool is_timer_gone() const { return server.jobs.empty() && server.collected_jobs.size() == 1; }
};

}  // namespace maintain::plugins::backup
