#include "backup/drill/drill_database.hpp"

#include <charconv>

#include "backup/drill/drill_answer.hpp"
#include "backup/drill/scratch_engine.hpp"

namespace maintain::plugins::backup {
namespace {

void check_tables(const DumpToRestore& one, const ScratchAnswer& answer) {
  std::uint64_t tables = 0;
  const char* const begin = answer.text.data();
  if (!answer.ok || std::from_chars(begin, begin + answer.text.size(), tables).ec != std::errc())
    throw DrillFailure("restored, " + one.dump.database + " cannot be asked for its tables", last_lines(answer.text));
  if (tables < one.facts.tables)
    throw DrillFailure("the dump of " + one.dump.database + " makes " + std::to_string(one.facts.tables) +
                       " tables, restored are " + std::to_string(tables));
}

// The copy is not to blame when PostgreSQL's extensions are not installed here.
std::vector<ScratchAnswer> run(Scratch& scratch, const ScratchPlan& plan) {
  try {
    return scratch.run(plan);
  } catch (const DrillFailure& failure) {
    if (failure.tail().find("Could not open extension control file") == std::string::npos) throw;
    throw DrillImpossible(failure.what(), failure.tail(),
                          "install the Debian package of that extension on the maintenance server");
  }
}

}  // namespace

std::vector<Assertion> drill_database(sdk::Context& context, const sdk::OpenCopy& copy,
                                      const std::vector<std::string>& assertions, const std::string& database) {
  const CopyContent content = read_content(copy);
  const auto engine = make_scratch_engine(content.engine);
  if (engine == nullptr)
    throw DrillImpossible("a copy made by the engine '" + content.engine + "' cannot be restored for test");
  engine->require();
  const std::string asked = assertions.empty() ? "" : dump_of(content, database).database;

  Scratch scratch(context);
  std::vector<DumpToRestore> dumps;
  for (const Dump& dump : content.dumps) {
    const std::string path = copy.path + "/" + dump.file;
    dumps.push_back({dump, path, engine->facts(scratch, dump, path)});
  }
  ScratchPlan plan = engine->restore(dumps, content.globals ? copy.path + "/" + *content.globals : "");
  for (const DumpToRestore& one : dumps) plan.steps.push_back(engine->count_tables(one.dump.database));
  for (const std::string& statement : assertions) plan.steps.push_back(engine->ask(asked, statement));
  const std::vector<ScratchAnswer> answers = run(scratch, plan);
  if (answers.size() != dumps.size() + assertions.size())
    throw DrillFailure("the drill's programs gave " + std::to_string(answers.size()) + " answers instead of " +
                       std::to_string(dumps.size() + assertions.size()));

  for (std::size_t i = 0; i < dumps.size(); ++i) check_tables(dumps[i], answers[i]);
  std::vector<Assertion> judged;
  for (std::size_t i = 0; i < assertions.size(); ++i) {
    const Verdict verdict = judge(answers[dumps.size() + i]);
    judged.push_back({assertions[i], verdict.holds, verdict.gave});
  }
  return judged;
}

}  // namespace maintain::plugins::backup
