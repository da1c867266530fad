// What is told of containers that were kept still.
#include "backup/volume/stillness.hpp"

#include "common/duration.hpp"

namespace maintain::plugins::backup {

// False when one of them ran in between.
bool Stillness::tell_fates(const std::vector<Container>& now) {
  bool undisturbed = true;
  const std::string participle = participle_of(hold_->quiesce);
  for (const HeldContainer& one : hold_->containers) {
    const Fate what_came = fate(one, now);
    undisturbed = undisturbed && what_came != Fate::runs && what_came != Fate::restarted;
    if (what_came == Fate::held || what_came == Fate::runs) continue;
    const Container* seen = find_container(now, one.id);
    const std::string what = what_came == Fate::gone ? "was removed"
                             : what_came == Fate::restarted
                                 ? "ended, and was started again by someone or its restart policy"
                                 : end_text(*seen);
    context_.finding({.state = sdk::State::warning,
                      .code = "backup.container_died",
                      .subject = one.name,
                      .title = "the container " + one.name + " " + what + " after it was " + participle +
                               " for a backup",
                      .detail = "It was not started again by maintain, for it did not end by maintain's doing.",
                      .action = what_came == Fate::ended ? "look at its log, then: " + runtime_name(hold_->runtime) +
                                                               " start " + one.name
                                                         : "see whether all is well with it"});
  }
  return undisturbed;
}

void Stillness::tell_outage(const Outage& outage) {
  context_.metric("backup_outage", std::chrono::duration<double>(outage.span).count(), "seconds");
  const std::string names = names_of(*hold_);
  if (outage.span > hold_->limit || !released_.empty()) {
    context_.finding({.state = sdk::State::warning,
                      .code = "backup.outage",
                      .subject = names,
                      .title = names + ": " + participle_of(hold_->quiesce) + " for a backup for longer than " +
                               span_text(hold_->limit),
                      .detail = !released_.empty() ? "The timer on the server let them run again, before the copy was "
                                                     "done: it is as after a power failure."
                                                   : "They ran again after " + span_text(outage.span) + ".",
                      .action = "give it a longer quiesce_limit, or a quieter hour"});
  }
}

void Stillness::tell_disturbance() {
  const std::string names = names_of(*hold_);
  context_.finding({.state = sdk::State::warning,
                    .code = "backup.not_quiesced",
                    .subject = names,
                    .title = names + ": not all of them stayed " + participle_of(hold_->quiesce) +
                             " while their volumes were copied",
                    .detail = "Somebody else let them run; the copy is as after a power failure.",
                    .action = "make sure that nothing starts them during a backup"});
}

void Stillness::tell_still(const std::string& why) {
  const std::string names = names_of(*hold_);
  std::string words;
  for (const HeldContainer& one : hold_->containers) words += " " + one.name;
  context_.finding({.state = sdk::State::critical,
                    .code = "backup.containers_down",
                    .subject = names,
                    .title = names + ": still " + participle_of(hold_->quiesce) + " by a backup, as far as we know",
                    .detail = why + "\nA timer on the server lets them run again at the latest " +
                              span_text(hold_->limit) + " after they were " + participle_of(hold_->quiesce) +
                              ", and the next run sees to it.",
                    .action = "on " + context_.server() + ": " + runtime_name(hold_->runtime) + " " +
                              undo_of(hold_->quiesce) + words});
}

void Stillness::tell_interrupted(bool held) {
  const std::string names = names_of(*hold_);
  context_.finding({.state = sdk::State::warning,
                    .code = "backup.interrupted",
                    .subject = names,
                    .title = names + ": " +
                             (held ? "stayed " + participle_of(hold_->quiesce) + " for " +
                                         span_text(context_.now() - hold_->since)
                                   : "had to be let run again by the timer on the server after " +
                                         span_text(hold_->limit)) +
                             ", for a backup was interrupted",
                    .detail = "They run again.",
                    .action = "see whether all is well with them"});
}

}  // namespace maintain::plugins::backup
