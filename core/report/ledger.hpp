// The open findings while the results of a run are applied to them, one after the other. Part of the digest.
#pragma once

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "report/digest.hpp"

namespace maintain {

// What makes a finding the same as an earlier one: where, code, subject.
using FindingIdentity = std::tuple<TaskKey, std::string, std::string>;
FindingIdentity identity_of(const OpenFinding& open);

class Ledger {
 public:
  explicit Ledger(const DigestRequest& request);  // which must outlive it

  // Takes over what is open, without what belongs to tasks and servers that exist no longer.
  void start_from(const std::vector<OpenFinding>& open);
  void apply(const TaskResult& result);
  // What only the end of all results tells: who does not answer, and which tasks lost the connection though their
  // server could be reached again.
  void settle_reachability();
  // Tasks whose last success is older than promised.
  void settle_staleness();
  // Tasks whose copies do not get to the second place.
  void settle_second_place();

  const std::map<FindingIdentity, OpenFinding>& open() const { return open_; }
  // Whether the end of a finding that was open is worth telling. It is not when the finding was dropped because its
  // owner exists no longer, or gave way to a worse word on the same thing.
  bool is_recovery(const OpenFinding& before) const;
  std::string contact_of(const TaskKey& key) const;

 private:
  bool is_transient(const std::string& server) const;
  bool still_exists(const OpenFinding& open) const;
  bool is_replaced_by(const OpenFinding& open, const TaskResult& result) const;
  State capped(const TaskKey& key, State state) const;
  void observe(const TaskKey& key, Finding finding, const TaskResult& result);
  void observe_all(const TaskKey& key, const TaskResult& result);
  void fall_silent(const TaskResult& result);
  void apply_failure(const TaskKey& key, const TaskResult& result);
  template <class Predicate>
  void forget_if(Predicate predicate) {
    std::erase_if(open_, [&](const auto& entry) { return predicate(entry.second); });
  }

  const DigestRequest& request_;
  std::map<std::string, const Server*> servers_;         // those that are enabled
  std::map<TaskKey, const TaskStatus*> statuses_;
  std::map<TaskKey, const TaskResult*> last_result_;
  std::set<std::pair<std::string, TaskKey>> project_results_;  // run id, project: those with a result of their own
  std::map<FindingIdentity, OpenFinding> open_;
  std::map<std::string, const TaskResult*> answering_;   // by server: the last result that proves it answers
  // by server: the last one that proves it does not (skipped: a transient one)
  std::map<std::string, const TaskResult*> silent_;
};

}  // namespace maintain
