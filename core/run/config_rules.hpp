// What the configuration parser must know of plugins and schedules, put together for it.
#pragma once

#include "config/project_config.hpp"
#include "plugin/catalog.hpp"

namespace maintain {

ConfigRules config_rules(const Catalog& catalog);

}  // namespace maintain
