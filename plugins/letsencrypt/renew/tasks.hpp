// The two task types. docs/certificates.md tells projects what they do.
#pragma once

#include <optional>
#include <string>

#include <maintain/plugin.hpp>

#include "letsencrypt/renew/inspection.hpp"

namespace maintain::letsencrypt {

// letsencrypt.renew: looks, lets the client renew, looks again, has deployed what is not where it belongs, and tells.
// A renewal that fails is a finding and no failed task: only what could not be looked at makes it fail.
class RenewTask final : public sdk::Task {
 public:
  RenewTask();
  explicit RenewTask(Probe probe) : probe_(std::move(probe)) {}
  std::optional<std::string> validate(const sdk::Json& options) override;
  sdk::Outcome run(sdk::Context& context) override;

 private:
  Probe probe_;
};

// letsencrypt.check: looks and tells.
class CheckTask final : public sdk::Task {
 public:
  CheckTask();
  explicit CheckTask(Probe probe) : probe_(std::move(probe)) {}
  std::optional<std::string> validate(const sdk::Json& options) override;
  sdk::Outcome run(sdk::Context& context) override;

 private:
  Probe probe_;
};

}  // namespace maintain::letsencrypt
