#include "run/config_rules.hpp"

#include "plan/cron.hpp"

namespace maintain {

ConfigRules config_rules(const Catalog& catalog) {
  return {.types = catalog.task_types(),
          .check_cron =
              [](const std::string& text) -> Result<void> {
                if (auto parsed = CronExpression::parse(text); !parsed) return fail(parsed.error());
                return {};
              },
          .is_known_zone = [](const std::string& zone) { return is_known_zone(zone); },
          .zone_names = [] { return zone_names(); }};
}

}  // namespace maintain
