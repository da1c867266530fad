// Waiting for a server that was told to reboot, and for what it starts to come to rest.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <maintain/plugin.hpp>

#include "common/server_snapshot.hpp"
#include "reboot/boot.hpp"
#include "reboot/options.hpp"

namespace maintain::plugins::reboot {

inline constexpr std::string_view order_job = "order";
inline constexpr std::string_view before_job = "before";  // the `run_before` command

struct Return {
  enum class Kind {
    booted,       // it answers, after a new boot
    unchanged,    // it answers, still from the old boot
    refused,      // the command that orders the reboot failed; it has said why
    unreachable,  // it does not answer
  };
  Kind kind = Kind::unreachable;
  Boot boot = {};           // when booted
  std::string problem = {}; // when refused or unreachable
};

// Until it is booted, refused, or `until` has come. Throws sdk::Failure only when the run is being stopped.
Return wait_for_boot(sdk::Context& context, const Boot& before, Moment until);

struct Rest {
  bool known = false;                // false: the server stopped answering; problem says how
  std::string problem = {};
  bool stable = false;               // nothing has changed for stable_for
  bool cut_short = false;            // not stable, and only because the task's own time is over
  bool booted_again = false;         // it went down once more by itself
  std::vector<Change> changes = {};  // to how it was before
  ServerSnapshot now = {};
};

// Until nothing has changed for options.stable_for and nothing is on its way. What is on its way counts no more from
// `settled` on; for what changes late there are 2 x stable_for after it.
Rest wait_for_rest(sdk::Context& context, const Boot& boot, const ServerSnapshot& before, const Options& options,
                   Moment settled);

// systemd starts units for a while; a command of the project should not run into that.
void wait_until_started(sdk::Context& context, Moment until);

}  // namespace maintain::plugins::reboot
