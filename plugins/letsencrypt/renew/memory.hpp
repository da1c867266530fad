// All that a task remembers between runs, as one document of its state.
#pragma once

#include <optional>

#include <maintain/plugin.hpp>

#include "letsencrypt/audit/seen.hpp"
#include "letsencrypt/renew/deploy_memory.hpp"
#include "letsencrypt/renew/failure_memory.hpp"
#include "letsencrypt/renew/rehearsal_memory.hpp"

namespace maintain::letsencrypt {

struct Memory {
  FailureMemory failure = {};
  DeployMemory deploy = {};
  RehearsalMemory rehearsal = {};
  SeenCertificates seen = {};
  std::optional<Moment> busy_since = {};  // another process of the client was at work in each run since
};

// At most 250 KiB: of more certificates than fit, the last ones are forgotten.
sdk::Json to_json(const Memory& memory);
// Pure; what does not have the expected shape is as if it were not there.
Memory memory_from_json(const sdk::Json& document, Moment now);

}  // namespace maintain::letsencrypt
