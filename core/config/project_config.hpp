// The configuration a project keeps on its server: version 2 (/etc/maintain.d/*.yml) and the earlier bot's file.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "model/project.hpp"
#include "model/task_type.hpp"

namespace maintain {

inline constexpr std::string_view legacy_config_path = "/etc/emptyhammock-maintenance.yml";
inline constexpr std::string_view config_directory = "/etc/maintain.d";

// What the parser must know from other parts.
struct ConfigRules {
  std::vector<TaskType> types;                                       // of all installed plugins
  std::function<Result<void>(const std::string& cron)> check_cron;   // configuration error when it is impossible
  std::function<bool(const std::string& zone)> is_known_zone;
  // for "did you mean"; asked for only after a mistake
  std::function<std::vector<std::string>()> zone_names = {};
};

// The text is a server's: untrusted and bounded (256 KiB, depth 32, 10,000 nodes). `path` names it in errors;
// it decides the format and, for version 2, the default project name. Pure: never throws, never does I/O.
// Tasks whose type no installed plugin offers become errors in the result, their neighbours stay.
ParsedProject parse_project_config(const std::string& path, std::string_view text, const ConfigRules& rules);

}  // namespace maintain
