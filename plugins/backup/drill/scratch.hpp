// A place on the maintenance server where a copy is restored for test: a directory below the task's own, and programs
// that work in it. What is restored was made by a server which may be hostile, and restoring a dump means running what
// it says: so every program is confined to this place and to the dump, or not run. See scratch_box.hpp.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include <maintain/plugin.hpp>

#include "backup/drill/scratch_plan.hpp"

namespace maintain::plugins::backup {

// Why a drill failed: what of it, the last lines of the program that did, and what a person can do.
class DrillFailure : public sdk::Failure {
 public:
  explicit DrillFailure(const std::string& what, std::string tail = {}, std::string action = {})
      : Failure(MAINTAIN_FAILED, what), tail_(std::move(tail)), action_(std::move(action)) {}
  const std::string& tail() const { return tail_; }
  const std::string& action() const { return action_; }

 private:
  std::string tail_, action_;
};

// The drill could not be made here, which says nothing of the copy.
class DrillImpossible : public DrillFailure {
 public:
  using DrillFailure::DrillFailure;
};

// Throws DrillImpossible, which names Debian's package, unless all of the programs are there.
void require_programs(const std::vector<std::string>& programs, const std::string& package);

// The last lines, at most 2,000 bytes.
std::string last_lines(std::string_view text);

class Scratch {
 public:
  // An empty directory; what an earlier drill left is removed first. Throws Failure(BUSY) when one is being made.
  explicit Scratch(sdk::Context& context);
  ~Scratch();  // removes it
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  // The directory that the programs may write to, as this process names it.
  std::string data() const { return path_ + "/data"; }

  // The same as the programs name it. They cannot walk to data(): its parents are closed to nobody. It has no length
  // to speak of either.
  static constexpr const char* inside = "/proc/self/fd/9";

  // Runs all of it to the end. Throws DrillFailure when a step fails, DrillImpossible when
  // they cannot be confined here.
  std::vector<ScratchAnswer> run(const ScratchPlan& plan);

  // Runs one program whose output goes to the function, however much it is. Throws DrillFailure when it fails,
  // DrillImpossible as above.
  void read(const ScratchStep& step, const std::function<void(std::string_view)>& on_output);

 private:
  void give_to_nobody();
  void remove() noexcept;

  sdk::Context& context_;
  std::string path_;
  int lock_ = -1;
};

}  // namespace maintain::plugins::backup
