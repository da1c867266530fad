// command.run: a project's own command, at its time, as its user.
#pragma once

#include <maintain/plugin.hpp>

namespace maintain::command {

class CommandRun final : public sdk::Task {
 public:
  std::optional<std::string> validate(const sdk::Json& options) override;
  sdk::Outcome run(sdk::Context& context) override;
};

}  // namespace maintain::command
