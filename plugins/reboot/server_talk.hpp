// What the tasks ask of the server: each a command or a script, its answer parsed elsewhere.
#pragma once

#include <optional>
#include <string>

#include <maintain/plugin.hpp>

#include "common/server_snapshot.hpp"
#include "reboot/boot.hpp"
#include "reboot/inhibitors.hpp"
#include "reboot/needs.hpp"
#include "reboot/options.hpp"

namespace maintain::plugins::reboot {

// They throw sdk::Failure when the server does not answer.
Needs ask_needs(sdk::Context& context, const std::string& useless_kernel);
Inhibitors ask_inhibitors(sdk::Context& context, const Options& options);  // `unless` included
std::optional<Boot> ask_boot(sdk::Context& context);

struct Sample {
  std::optional<Boot> boot;
  ServerSnapshot snapshot;
};
Sample ask_sample(sdk::Context& context);

// The last lines of a unit's journal; empty when they cannot be had.
std::string ask_journal(sdk::Context& context, const std::string& unit);

// "exit status 1: " and the last words of what it printed.
std::string how_it_ended(const sdk::Completed& done);

// Empty when it went well, else what went wrong. CANCELLED is thrown, as are lost connections.
std::string run_hook(sdk::Context& context, const Hook& hook, Milliseconds timeout);

// The same as the job before_job, which is left to be collected.
std::string run_hook_as_job(sdk::Context& context, const Hook& hook, Milliseconds timeout);

}  // namespace maintain::plugins::reboot
