#include "backup/drill/drill_task.hpp"

#include <algorithm>
#include <optional>

#include "backup/copies/copy_content.hpp"
#include "backup/copies/copy_options.hpp"
#include "backup/drill/drill_database.hpp"
#include "backup/drill/drill_tree.hpp"
#include "backup/drill/scratch.hpp"

namespace maintain::plugins::backup {
namespace {

struct Drill {
  sdk::OpenCopy copy;
  std::uint64_t bytes = 0;
  double seconds = 0;
  std::vector<Assertion> assertions;

  std::size_t held() const {
    return static_cast<std::size_t>(
        std::count_if(assertions.begin(), assertions.end(), [](const Assertion& one) { return one.holds; }));
  }
};

// Nothing when there is none yet.
std::optional<sdk::OpenCopy> copy_to_drill(sdk::Context& context) {
  try {
    return context.open_copy(context.options().value("at", "latest"));
  } catch (const sdk::Failure& failure) {
    if (failure.status() != MAINTAIN_NOT_FOUND) throw;
    return std::nullopt;
  }
}

// A restore shows what cannot be read, not what reads as something else.
void verify(sdk::Context& context, const sdk::OpenCopy& copy) {
  const sdk::Json answer = context.verify_copy(copy.id);
  const sdk::Json wrong = answer.value("wrong", sdk::Json::array());
  if (wrong.empty()) return;
  std::string tail;
  for (std::size_t i = 0; i < wrong.size() && i < 20; ++i)
    tail += wrong[i].value("file", "") + ": " + wrong[i].value("problem", "") + "\n";
  throw DrillFailure("the copy is not what its list of checksums says (" + std::to_string(wrong.size()) +
                         (wrong.size() == 1 ? " file)" : " files)"),
                     last_lines(tail));
}

std::string summary_of(const Drill& drill) {
  std::string line = "restored " + bytes_text(drill.bytes) + " in " + seconds_text(drill.seconds);
  if (drill.assertions.empty()) return line;
  return line + ", " + std::to_string(drill.held()) + " of " + std::to_string(drill.assertions.size()) +
         (drill.assertions.size() == 1 ? " assertion holds" : " assertions hold");
}

void remember(sdk::Context& context, const Drill& drill, bool passed) {
  context.set_state({{"last",
                      {{"copy", drill.copy.id},
                       {"time_ms", context.now().time_since_epoch().count()},
                       {"passed", passed},
                       {"seconds", drill.seconds},
                       {"bytes", drill.bytes},
                       {"assertions", drill.assertions.size()},
                       {"held", drill.held()}}}});
}

sdk::Outcome tell_failure(sdk::Context& context, const Drill& drill, const DrillFailure& failure) {
  const bool impossible = dynamic_cast<const DrillImpossible*>(&failure) != nullptr;
  const std::string action = !failure.action().empty() ? failure.action()
                                                       : "look at the source, and at the copies before this one: "
                                                         "maintain backups list " + context.server();
  context.finding({.state = sdk::State::critical,
                   .code = impossible ? "backup.drill_impossible" : "backup.drill_failed",
                   .subject = {},
                   .title = (impossible ? "no drill: " : "the copy " + drill.copy.id + " could not be restored: ") +
                            std::string(failure.what()),
                   .detail = failure.tail(),
                   .action = action});
  context.summary(failure.what());
  if (!impossible) remember(context, drill, false);
  return sdk::Outcome::failed;
}

void tell_assertions(sdk::Context& context, const Drill& drill) {
  for (const Assertion& one : drill.assertions)
    if (!one.holds)
      context.finding({.state = sdk::State::critical,
                       .code = "backup.drill_failed",
                       .subject = one.text,
                       .title = "restored from the copy " + drill.copy.id + ", this does not hold: " + one.text,
                       .detail = "it gave: " + one.gave,
                       .action = "compare with the source; the copies before this one: maintain backups list " +
                                 context.server()});
}

}  // namespace

std::optional<std::string> DrillTask::validate(const sdk::Json& options) {
  const sdk::Json parent = options.value("parent", sdk::Json::object());
  if (!parent.is_object()) return std::nullopt;
  const sdk::Json of_parent = parent.value("options", sdk::Json::object());
  if (parent.value("type", "") == "backup.database" && of_parent.value("engine", "") == "command")
    return "there is no drill for 'engine: command': only the project knows how to restore what its own command "
           "prints. Leave 'drill' out";
  return std::nullopt;
}

sdk::Outcome DrillTask::run(sdk::Context& context) {
  const std::vector<std::string> assertions = list_option(context.options(), "assert");
  auto copy = copy_to_drill(context);
  if (!copy) {  // whether copies are made is the other task's business, and told there
    context.summary("there is no verified copy yet");
    return sdk::Outcome::skipped;
  }
  Drill drill{.copy = *std::move(copy), .bytes = 0, .seconds = 0, .assertions = {}};
  drill.bytes = drill.copy.manifest.value("bytes", std::uint64_t{0});
  const std::string engine = drill.copy.manifest.value("engine", "");
  if (context.check_mode()) {
    context.summary("would restore the copy " + drill.copy.id + " (" + engine + ", " + bytes_text(drill.bytes) +
                    ") for test");
    return sdk::Outcome::ok;
  }
  auto begin = context.monotonic();
  try {
    verify(context, drill.copy);
    begin = context.monotonic();
    drill.assertions = is_tree_engine(engine)
                           ? drill_tree(context, drill.copy, assertions)
                           : drill_database(context, drill.copy, assertions,
                                            context.options().value("database", ""));
  } catch (const DrillFailure& failure) {
    return tell_failure(context, drill, failure);
  }
  drill.seconds = std::chrono::duration<double>(context.monotonic() - begin).count();
  context.metric("drill_seconds", drill.seconds, "seconds");
  context.metric("drill_bytes", static_cast<double>(drill.bytes), "bytes");
  context.summary(summary_of(drill));
  tell_assertions(context, drill);
  const bool passed = drill.held() == drill.assertions.size();
  remember(context, drill, passed);
  return passed ? sdk::Outcome::ok : sdk::Outcome::failed;
}

}  // namespace maintain::plugins::backup
