// What a plugin offers, as its manifest says; known without loading the plugin.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"

namespace maintain {

enum class Scope { project, server };  // server: at most one of these runs per server and moment, whoever declares it

// Place among the due tasks of a server.
enum class Order { very_first = 10, first = 20, middle = 30, last = 40, very_last = 50 };

// A key of the earlier bot's file that this task type takes over.
struct LegacyClaim {
  std::string key;         // "db_backup"
  std::string status_key;  // key in maintenance-status.json: "db_backup_when"; may be empty
  std::string nickname;    // --task of the earlier command line: "backupdb"; may be empty
  std::string options;     // JSON object: legacy option -> our option, {"path": "paths"}; a name not listed keeps
                           // itself, one that leads to "" was needed by the earlier bot only and is dropped
  std::string defaults;    // JSON object merged under the options; core's keys (window, timeout) may stand here, too
};

// A key of a task's mapping that makes a second task beside it: `drill` makes NAME.drill.
struct Companion {
  std::string key;
  std::string type;      // of the second task
};

struct TaskType {
  std::string name;      // "apt.upgrade"
  std::string plugin;    // manifest id: "apt"
  std::string summary;   // one line
  Scope scope = Scope::project;
  Order order = Order::middle;
  bool changes = true;   // false: only looks
  std::string permission;  // word of a project's `allow:` list that it needs: report, backup, patch, reboot, command
  std::optional<Seconds> default_window;
  Seconds default_timeout = std::chrono::minutes(30);
  std::string schema;    // JSON Schema (our documented subset) of the plugin's own keys
  std::vector<LegacyClaim> legacy;
  std::vector<Companion> companions = {};
  bool standalone = true;  // false: only as a companion, or by hand
  std::string restore = {};  // the type that restores the copies of this one; may be empty
};

}  // namespace maintain
