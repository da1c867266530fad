// pydeps.check: which packages of a server's Python environments are vulnerable, outdated, withdrawn or at their end.
// It reads files and runs nothing of the environments; it changes nothing.
#pragma once

#include <maintain/plugin.hpp>

namespace maintain::pydeps {

class CheckTask final : public sdk::Task {
 public:
  std::optional<std::string> validate(const sdk::Json& options) override;
  sdk::Outcome run(sdk::Context& context) override;
};

}  // namespace maintain::pydeps
