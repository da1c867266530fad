// reboot.if_needed and reboot.check: what the plugin offers.
#pragma once

#include <maintain/plugin.hpp>

namespace maintain::plugins::reboot {

class RebootIfNeeded final : public sdk::Task {
 public:
  std::optional<std::string> validate(const sdk::Json& options) override;
  sdk::Outcome run(sdk::Context& context) override;
};

class RebootCheck final : public sdk::Task {
 public:
  std::optional<std::string> validate(const sdk::Json& options) override;
  sdk::Outcome run(sdk::Context& context) override;
};

}  // namespace maintain::plugins::reboot
