// The scripts of scripts.hpp, run on the server, as values. All calls throw sdk::Failure.
#pragma once

#include <maintain/plugin.hpp>

#include "apt/findings.hpp"
#include "apt/pending.hpp"
#include "apt/scripts.hpp"
#include "apt/server_state.hpp"
#include "common/lock_holders.hpp"
#include "common/server_snapshot.hpp"

namespace maintain::plugins::apt {

struct ServerState {
  std::vector<LockHolder> locks;
  std::vector<BrokenPackage> broken;
  bool interrupted = false;  // dpkg was killed in mid-work
  std::vector<DiskSpace> disks;
  std::string kernel;        // release that runs
  std::vector<InstalledPackage> kernel_images;
};

// What came of refreshing the package lists.
struct Refresh {
  std::vector<SourceProblem> problems;
  bool locked = false;     // somebody held the lock of the lists
  bool any_source = false; // at least one source could be refreshed
  bool no_source() const { return !locked && !any_source && problems.empty(); }  // the server has none
};

class ServerAccess {
 public:
  explicit ServerAccess(sdk::Context& context) : context_(context) {}

  std::vector<LockHolder> locks();
  ServerState state();
  PackageSurvey packages(UpgradeMode mode, const std::vector<Pin>& pins);
  Effects effects(const std::vector<std::string>& packages);
  Refresh refresh();
  // Downloads what an upgrade with these pins would take.
  ConffileConflicts conffile_conflicts(UpgradeMode mode, const std::vector<Pin>& pins,
                                       const std::vector<PendingPackage>& packages);
  ServerSnapshot snapshot();
  std::string journal(const std::string& unit);
  // Restarts a service; empty when that worked, else why not.
  std::string restart(const std::string& unit);

 private:
  Sections run(const std::string& script, std::vector<std::string> arguments, bool read_only, Milliseconds timeout);
  sdk::Context& context_;
};

}  // namespace maintain::plugins::apt
