// One copy from its beginning to its report, the same for all that is copied: draft, commit, what is found, what of
// the older copies goes.
#pragma once

#include <string>

#include <maintain/plugin.hpp>

#include "backup/copies/copy_options.hpp"

namespace maintain::plugins::backup {

// What a task knows of the draft it has filled.
struct Evidence {
  sdk::Json verified = sdk::Json::array();  // of {"how","detail"}: what proved that the copy is whole
  sdk::Json tools = sdk::Json::object();    // program -> version
  std::string format;
  sdk::Json details = sdk::Json::object();
  sdk::Json links = sdk::Json::object();    // of the legacy layout: name -> path in the copy
  std::string note = {};                    // for the end of the summary; may be empty
};

class CopyRun {
 public:
  CopyRun(sdk::Context& context, CopyOptions options) : context_(context), options_(std::move(options)) {}

  // Opens the draft. source: what is copied, for people. reuse: it may hold what an interrupted run left, or all of the
  // newest copy; the task then removes what is no longer there.
  const sdk::Draft& begin(const std::string& source, const std::string& engine, bool reuse);
  const sdk::Draft& draft() const { return draft_; }

  // Commits it and tells what came of it, and lets older ones go; what is not verified is the outcome failed. Each
  // quarantined or damaged copy that waits for a person is a finding.
  sdk::Outcome finish(const Evidence& evidence);

 private:
  void tell(const sdk::CommittedCopy& copy, const std::string& note);
  void tell_waiting(const sdk::CommittedCopy& copy);
  void tell_damaged(const sdk::CopyInfo& copy);
  void prune(const sdk::CommittedCopy& copy);
  std::string task_name() const;  // as `maintain backups` takes it

  sdk::Context& context_;
  CopyOptions options_;
  std::string source_;
  sdk::Draft draft_;
};

}  // namespace maintain::plugins::backup
