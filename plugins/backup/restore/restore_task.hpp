#pragma once

#include <optional>
#include <string>

#include <maintain/plugin.hpp>

namespace maintain::plugins::backup {

class RestoreTask final : public sdk::Task {
 public:
  std::optional<std::string> validate(const sdk::Json& options) override;
  sdk::Outcome run(sdk::Context& context) override;
};

}  // namespace maintain::plugins::backup
