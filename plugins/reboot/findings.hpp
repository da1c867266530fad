// The findings of the reboot tasks, in words. Codes are stable: docs/reboot.md lists them.
#pragma once

#include <string>
#include <vector>

#include <maintain/plugin.hpp>

#include "common/server_snapshot.hpp"
#include "reboot/memory.hpp"

namespace maintain::plugins::reboot {

sdk::Finding check_failed(const std::string& problem);
sdk::Finding needed_long(const std::string& reasons, sdk::Milliseconds age);
sdk::Finding overdue(const std::string& reasons, sdk::Milliseconds age, const std::string& kept_by);
sdk::Finding before_failed(const std::string& problem);
sdk::Finding after_failed(const std::string& problem);
sdk::Finding order_failed(const std::string& problem);
sdk::Finding did_not_happen(const Order& order, sdk::Milliseconds age);
sdk::Finding server_gone(const Order& order, sdk::Milliseconds age, const std::string& problem);
sdk::Finding fell_silent(sdk::Milliseconds away, const std::string& problem);
sdk::Finding booted_again();
sdk::Finding not_stable(const std::vector<Change>& changes, sdk::Milliseconds observed);
// package: empty, or the version of the kernel's package. running: uname -r.
sdk::Finding kernel_not_booted(const std::string& kernel, const std::string& package, const std::string& running);

// journal: the last lines of a unit's, or empty.
sdk::Finding broken(const Change& change, const std::string& journal);

}  // namespace maintain::plugins::reboot
