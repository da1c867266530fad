// The POSIX sh that runs on the server. Each script prints sections (common/sections.hpp); what they hold is read by
// apt_parse.hpp, server_state.hpp and job_output.hpp. Few scripts with many sections: each is one round trip.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace maintain::plugins::apt {

enum class UpgradeMode { safe, full, security };

// A package that stays at a version for this run: what blocks it is no business of the server's own holds.
struct Pin {
  std::string package;
  std::string version;  // empty: it is not installed and shall not be
};

// The environment of everything that may run a maintainer script: nothing can ask, whatever the server's defaults.
std::map<std::string, std::string> quiet_environment(bool new_conffiles);

// Read-only, as root. Sections: locks, broken, interrupted, disks, kernel, images.
std::string state_script();

// Read-only, as root; positional parameters are those of package_arguments(). A preferences file is needed for pins
// and removed again. Sections: held, lists, check, simulate, all, policy, autoremove, sizes.
std::string packages_script();
std::vector<std::string> package_arguments(UpgradeMode mode, const std::vector<Pin>& pins);

// Read-only, as root; positional parameters are names of packages. Sections: broken, interrupted, audit, check,
// versions (only with names), leftovers, stale, reboot.
std::string effects_script();

// Changes the server: refreshes the package lists. Section: update.
std::string update_script();

// The jobs, as root. All wait for dpkg's lock themselves, too: somebody may come between our look and the job.
// Sections: configure, fix. Packages are only removed in the mode that allows it.
std::string repair_script();
std::vector<std::string> repair_arguments(UpgradeMode mode);
// Positional parameters: package names. Section: purge.
std::string purge_script();
// Downloads first (section download), stops there when that failed; then upgrade, and upgrade_new for packages whose
// new configuration files are wanted. Positional parameters: those of upgrade_arguments().
std::string upgrade_script();
struct UpgradeJob {
  UpgradeMode mode = UpgradeMode::safe;
  bool new_conffiles = false;          // for all packages but those in `other`
  std::vector<Pin> pins = {};          // in every step
  std::vector<Pin> other = {};         // stay in the first step and are upgraded in the second, with the other policy
};
std::vector<std::string> upgrade_arguments(const UpgradeJob& job);

// Changes the server (downloads). Tells for which of the packages named in the positional parameters an upgrade would
// meet a configuration file that both sides changed. Parameters: as package_arguments(), then "--", then NAME=VERSION
// each. Sections: download, conflicts (PACKAGE TAB FILE).
std::string conffile_script();

// Read-only, as root. Section: locks.
std::string locks_script();

// The text of a preferences file for the pins.
std::string preferences_text(const std::vector<Pin>& pins);

}  // namespace maintain::plugins::apt
