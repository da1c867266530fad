// The two task types of this plugin.
#pragma once

#include <maintain/plugin.hpp>

namespace maintain::plugins::apt {

// apt.upgrade
class UpgradeTask final : public sdk::Task {
 public:
  std::optional<std::string> validate(const sdk::Json& options) override;
  sdk::Outcome run(sdk::Context& context) override;
};

// apt.check
class CheckTask final : public sdk::Task {
 public:
  std::optional<std::string> validate(const sdk::Json& options) override;
  sdk::Outcome run(sdk::Context& context) override;
};

}  // namespace maintain::plugins::apt
