#include "apt/apt_task.hpp"
#include "apt/upgrade_run.hpp"

namespace maintain::plugins::apt {

std::optional<std::string> UpgradeTask::validate(const sdk::Json& options) {
  read_options(options);
  return std::nullopt;
}

sdk::Outcome UpgradeTask::run(sdk::Context& context) { return UpgradeRun(context).run(); }

}  // namespace maintain::plugins::apt
