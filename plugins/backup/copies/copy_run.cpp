#include "backup/copies/copy_run.hpp"

#include "common/duration.hpp"

namespace maintain::plugins::backup {

using sdk::Json;

const sdk::Draft& CopyRun::begin(const std::string& source, const std::string& engine, bool reuse) {
  source_ = source;
  Json request = {{"source", source}, {"engine", engine}, {"resume", reuse}, {"seed", reuse}};
  if (options_.max_bytes != 0) request["max_bytes"] = options_.max_bytes;
  if (options_.max_files != 0) request["max_files"] = options_.max_files;
  draft_ = context_.begin_copy(request);
  return draft_;
}

sdk::Outcome CopyRun::finish(const Evidence& evidence) {
  Json facts = {{"verified", evidence.verified},
                {"tools", evidence.tools},
                {"format", evidence.format},
                {"details", evidence.details},
                {"drop", options_.drop},
                {"allow_empty", options_.allow_empty}};
  if (options_.legacy_layout && !evidence.links.empty()) facts["links"] = evidence.links;
  const sdk::CommittedCopy copy = context_.commit_copy(facts);
  tell(copy, evidence.note);
  prune(copy);
  tell_waiting(copy);
  // A success is what max_age counts from: only a copy that can be relied on is one.
  return copy.verified() ? sdk::Outcome::ok : sdk::Outcome::failed;
}

void CopyRun::tell(const sdk::CommittedCopy& copy, const std::string& note) {
  context_.metric("backup_bytes", static_cast<double>(copy.bytes), "bytes");
  context_.metric("backup_new_bytes", static_cast<double>(copy.new_bytes), "bytes");
  context_.metric("backup_files", static_cast<double>(copy.files));
  const std::string size = bytes_text(copy.bytes) + " in " + std::to_string(copy.files) +
                           (copy.files == 1 ? " file" : " files");
  if (copy.quarantined()) {
    context_.summary("quarantined: " + copy.reason + (note.empty() ? "" : "; " + note));
    return;
  }
  std::string line = size + ", " + bytes_text(copy.new_bytes) + " new";
  if (copy.state != "verified") line += ", " + copy.state;
  if (!note.empty()) line += "; " + note;
  context_.summary(line);
  for (const std::string& problem : copy.problems)
    context_.finding({.state = sdk::State::warning,
                      .code = "backup.not_kept",
                      .subject = problem,
                      .title = source_ + ": " + problem});
}

// In each run, for each copy: a good one after it must not make anybody believe that all is well.
void CopyRun::tell_waiting(const sdk::CommittedCopy& copy) {
  for (const sdk::CopyInfo& waiting : context_.copies()) {
    if (waiting.state == "damaged") tell_damaged(waiting);
    if (waiting.state != "quarantined") continue;
    const bool is_new = waiting.id == copy.id;
    context_.finding({.state = sdk::State::critical,
                      .code = "backup.quarantined",
                      .subject = waiting.id,
                      .title = source_ + ": " +
                               (is_new ? "the new copy was quarantined: " + copy.reason
                                       : "a quarantined copy waits for you (" + bytes_text(waiting.bytes) + ")"),
                      .detail = "It is kept, and no older copy is removed until you decide.",
                      .action = "look at the source; if the copy is right: maintain backups accept " +
                                context_.server() + " " + task_name() + " " + waiting.id +
                                ", else the same with --discard"});
  }
}

void CopyRun::tell_damaged(const sdk::CopyInfo& copy) {
  const std::string of_task = context_.server() + " " + task_name();
  context_.finding({.state = sdk::State::critical,
                    .code = "backup.damaged",
                    .subject = copy.id,
                    .title = source_ + ": the copy " + copy.id + " is damaged: " + copy.reason,
                    .detail = "It counts no more, and no copy is removed as long as it is there. The disk may be failing.",
                    .action = "maintain backups verify --at all " + of_task + "; take what is whole of it, then: "
                              "maintain backups accept " + of_task + " " + copy.id + " --discard"});
}

std::string CopyRun::task_name() const {
  return context_.project().empty() ? context_.task() : context_.project() + "/" + context_.task();
}

// After an unverified copy, too, or they would fill the disk of a task whose copies cannot be proved. What is not known
// to be good takes no good copy's place: the policy counts verified ones only.
void CopyRun::prune(const sdk::CommittedCopy& copy) {
  if (copy.quarantined()) return;
  Json policy = {{"min_verified", options_.min_verified}};
  if (!options_.keep.is_null()) policy["keep"] = options_.keep;
  const Json answer = context_.prune_copies(policy);
  for (const Json& id : answer.value("removed", Json::array()))
    context_.log(sdk::Level::info, "removed the copy " + id.get<std::string>());
}

}  // namespace maintain::plugins::backup
