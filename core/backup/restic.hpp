// The second place for copies: a restic repository, through the program `restic`. No secret is in an argument: restic
// gets the repository and the password by its environment.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "backup/restic_output.hpp"
#include "backup/task_copies.hpp"
#include "base/error.hpp"

namespace maintain {

struct ResticPlace {
  std::string repository;                  // empty: environment_file has it
  std::filesystem::path password_file;     // empty: environment_file has it
  std::filesystem::path environment_file;  // empty: none
};

class Restic {
 public:
  // Errors: configuration (something is missing; everybody may read what is secret), system.
  static Result<Restic> open(const ResticPlace& place);

  // What all of these may fail with: explain_restic(); not_found when restic is not installed; timed_out.

  Result<void> init() const;

  // Those that have all of these tags.
  Result<std::vector<ResticSnapshot>> snapshots(const std::vector<std::string>& tags) const;

  // Returns when the repository lists the new snapshot. `parent`, an earlier one of the task or empty, spares reading
  // what has not changed since. Errors, too: system, when files could not be read (then no snapshot is left there).
  Result<ResticSummary> backup(const OpenCopy& copy, const TaskKey& key, const std::string& parent) const;

  // Of one task. Removes names only: prune() frees the space. How many went.
  Result<std::size_t> forget(const TaskKey& key, const RetentionPolicy& policy) const;
  Result<void> prune() const;

 private:
  explicit Restic(std::map<std::string, std::string> environment) : environment_(std::move(environment)) {}
  Result<LocalExit> run(std::vector<std::string> words, Milliseconds timeout, const std::string& directory = {}) const;
  Result<std::string> ask(const std::vector<std::string>& words, Milliseconds timeout, const std::string& doing) const;

  std::map<std::string, std::string> environment_;
};

}  // namespace maintain
