// One server's work, in a process of its own: confine, connect, fetch, plan, run the due tasks, tell all of it.
// docs/internals-run.md has the order of messages and the rules for crashes.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/fd.hpp"
#include "config/project_config.hpp"
#include "plugin/catalog.hpp"
#include "run/messages.hpp"
#include "transport/transport.hpp"

namespace maintain {

// What all workers of a run share. Made once, before the launcher forks them.
struct WorkerContext {
  Setup setup;
  Catalog catalog;
  ConfigRules rules;
  std::function<std::unique_ptr<Transport>(TransportKind, TransportSettings)> transport = make_transport;
};
WorkerContext make_worker_context(Setup setup);

// Exit status of a worker that said all it had to say. A plugin that calls exit() is unlikely to hit on it, so that
// the launcher looks for left-over processes only where there may be some.
inline constexpr int worker_done_status = 42;

// Carries out the assignment that comes over the socket. Returns the exit status of the process.
int run_worker(UniqueFd socket, const WorkerContext& context);

}  // namespace maintain
