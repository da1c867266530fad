// The earlier bot's file (/etc/emptyhammock-maintenance.yml), read as it is. Which of its keys becomes which task is
// data of the installed plugins: the LegacyClaims of their task types.
#pragma once

#include <vector>

#include "config/project_config.hpp"
#include "config/yaml_document.hpp"

namespace maintain {

// Nothing that the earlier bot passed over in silence (unknown keys, repeated keys) costs a task here; it is an error
// beside a task that works.
ParsedProject parse_legacy_config(const YamlDocument& document, const ConfigRules& rules);

// What is wrong with a claim, seen with its own task type: options and defaults that are no JSON objects, or that lead
// to options that the schema does not have. For those who check plugins. Empty: all is well.
std::vector<Error> check_legacy_claim(const LegacyClaim& claim, const TaskType& type);

}  // namespace maintain
