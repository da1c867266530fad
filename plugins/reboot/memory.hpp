// What reboot.if_needed remembers between runs: above all the reboot that it has ordered, written down before the
// order.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <maintain/plugin.hpp>

#include "common/server_snapshot.hpp"
#include "common/watch.hpp"
#include "reboot/boot.hpp"
#include "reboot/needs.hpp"

namespace maintain::plugins::reboot {

using sdk::Moment;

enum class Stage {
  preparing,  // the `run_before` command may have run; nothing was ordered
  ordered,    // the reboot may happen at any moment, or have happened
  refused,    // it did not happen; not ordered again for a while
};

struct Order {
  Stage stage = Stage::preparing;
  Moment at{};
  std::optional<Moment> window_end = {};
  Boot boot = {};                         // the one to be ended
  std::string expected_kernel = {};       // as in Needs
  std::string expected_package = {};
  std::vector<std::string> reasons = {};
  ServerSnapshot before = {};
  std::optional<Moment> back_at = {};     // first seen from the new boot
  bool after_ran = false;                 // the `run_after` command, and it succeeded
  std::string group = {};                 // whose lock is held for it
};

struct Memory {
  std::optional<Moment> needed_since = {};
  std::optional<Order> order = {};
  std::optional<Moment> quiet_until = {}; // no order before
  std::string useless_kernel = {};        // a reboot for it did not bring it
  bool after_pending = false;             // the `run_after` command has failed: the next run tries it again
  std::optional<Watch> watch = {};        // what a reboot has broken
};

// That a reboot is needed, and since when at the latest.
void remember_need(Memory& memory, const Needs& needs, Moment now);

sdk::Json memory_to_json(const Memory& memory);
// Pure; what does not have the expected shape is as if it were not there, but never an order: a damaged one is one that
// was given (its boot is unknown), because reading it as none would order a second reboot.
Memory memory_from_json(const sdk::Json& document);

}  // namespace maintain::plugins::reboot
