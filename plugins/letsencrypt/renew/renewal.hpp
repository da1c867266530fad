// One renewal: the client's own command, and what came of it by what lies on the disk afterwards.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include <maintain/plugin.hpp>

#include "letsencrypt/renew/failure_memory.hpp"
#include "letsencrypt/renew/inspection.hpp"
#include "letsencrypt/renew/memory.hpp"
#include "letsencrypt/renew/options.hpp"

namespace maintain::letsencrypt {

struct Renewal {
  // busy: another process of the client was at work, and nothing was tried. That is no failure.
  enum class What { would_run, not_possible, waits, busy, ran, failed };
  What what = What::ran;
  std::optional<Moment> waits_until = {};  // waits
  std::set<std::string> changed = {};      // certificates that are others than before
  std::string failed_deploy_hooks = {};    // the client's own, of this renewal, in words
  bool said_renewed = false;               // the command printed what `renewed_output` says
};

// Runs the command, unless it must wait, the client is missing or this is a dry run; then surveys again into `looked`,
// and remembers a failure, or that there is none; what is remembered is on the disk before the command begins and when
// it has ended. Throws what the host throws, but not that the command took too long.
Renewal renew(sdk::Context& context, const Options& options, Looked& looked, Memory& memory);

// The dry run of the client, when one is due. While another process of the client is at work it stays due.
void rehearse(sdk::Context& context, const Options& options, RehearsalMemory& memory);

}  // namespace maintain::letsencrypt
