#include "backup/database/database_task.hpp"

#include <map>

#include "backup/copies/copy_run.hpp"
#include "backup/database/database_engine.hpp"
#include "backup/database/dump_stream.hpp"

namespace maintain::plugins::backup {
namespace {

using sdk::Context;
using sdk::Json;
using sdk::Outcome;

// What fails leaves no draft: a dump cannot be taken up where it was cut off.
class DraftGuard {
 public:
  explicit DraftGuard(Context& context) : context_(context) {}
  ~DraftGuard() {
    if (done_) return;
    try {
      context_.abandon_copy(false);
    } catch (const std::exception& failure) {
      context_.log(sdk::Level::warning, std::string("the draft could not be removed: ") + failure.what());
    }
  }
  DraftGuard(const DraftGuard&) = delete;
  DraftGuard& operator=(const DraftGuard&) = delete;
  void done() { done_ = true; }

 private:
  Context& context_;
  bool done_ = false;
};

// "orders (9.5 MiB), customers", as far as a line goes.
std::string list_text(const std::vector<FoundDatabase>& databases) {
  constexpr std::size_t most = 10;
  std::string text;
  for (std::size_t i = 0; i < databases.size() && i < most; ++i) {
    text += (i == 0 ? "" : ", ") + databases[i].name;
    if (databases[i].bytes) text += " (" + bytes_text(*databases[i].bytes) + ")";
  }
  if (databases.size() > most) text += " and " + std::to_string(databases.size() - most) + " more";
  return text;
}

std::string source_text(const DatabaseEngine& engine, const DatabaseOptions& options, const Survey& survey) {
  if (options.engine == EngineKind::command) return engine.title();
  if (options.all) return "all databases of " + engine.title();
  std::vector<FoundDatabase> names = survey.databases;
  for (FoundDatabase& database : names) database.bytes.reset();
  return engine.title() + " " + list_text(names);
}

Outcome preview(Context& context, const DatabaseEngine& engine, const DatabaseOptions& options, const Survey& survey) {
  if (options.engine == EngineKind::command) {
    context.summary("would copy " + engine.title());
    return Outcome::ok;
  }
  std::uint64_t bytes = 0;
  for (const FoundDatabase& database : survey.databases) bytes += database.bytes.value_or(0);
  const std::size_t count = survey.databases.size();
  context.summary("would copy " + engine.title() + " " + list_text(survey.databases) +
                  (count > 1 ? "; " + bytes_text(bytes) + " in all" : "") +
                  (options.all && options.engine == EngineKind::postgresql ? "; with roles and tablespaces" : ""));
  return Outcome::ok;
}

void tell_failed(Context& context, const DatabaseDump& dump, const StreamedDump& streamed) {
  context.finding({.state = sdk::State::critical,
                   .code = "backup.dump_failed",
                   .subject = dump.database,
                   .title = "no copy was made: " + dump.title + " failed: " + streamed.problem,
                   .detail = streamed.said.empty() ? "" : last_said(streamed.said, 10),
                   .action = "run " + program_name(dump.command) + " on the server by hand, as the same user, and mend "
                             "what it complains about; all older copies stay meanwhile"});
}

// Fills the draft. Empty: all dumps are whole; else the titles of those that are not. One that fails does not keep the
// others from being tried: a person learns of all at once.
std::vector<std::string> dump_all(Context& context, DatabaseEngine& engine, const std::vector<DatabaseDump>& dumps,
                                  const std::string& directory, Evidence& evidence) {
  std::vector<std::string> failed;
  std::map<std::string, std::vector<std::string>> proofs;  // how -> detail of each
  bool proven = true;
  Json databases = Json::array();
  for (const DatabaseDump& dump : dumps) {
    StreamedDump streamed = stream_dump(context, dump);
    DumpProof proof;
    if (streamed.problem.empty()) {
      proof = engine.prove(context, dump, directory + "/" + dump.file);
      streamed.problem = proof.problem;
    }
    if (!streamed.problem.empty()) {
      tell_failed(context, dump, streamed);
      failed.push_back(dump.title);
      continue;
    }
    if (!streamed.said.empty())
      context.log(sdk::Level::info, dump.title + " said: " + last_said(streamed.said, 3));
    if (proof.how.empty()) proven = false;
    else proofs[proof.how].push_back(proof.detail.empty() ? dump.file : proof.detail);
    Json entry = {{"name", dump.database}, {"file", dump.file}, {"bytes", streamed.bytes}};
    if (dump.expected_bytes) entry["source_bytes"] = *dump.expected_bytes;
    entry.update(proof.facts);
    databases.push_back(std::move(entry));
    if (!dump.legacy_name.empty()) evidence.links[dump.legacy_name] = dump.file;
  }
  evidence.details["databases"] = std::move(databases);
  if (!proven) return failed;  // one of them unproven: the copy is
  for (const auto& [how, details] : proofs)
    evidence.verified.push_back({{"how", how},
                                 {"detail", details.size() == 1 ? details.front()
                                                                : std::to_string(details.size()) + " dumps"}});
  return failed;
}

}  // namespace

std::optional<std::string> DatabaseTask::validate(const Json& options) {
  copy_options(options);
  database_options(options);
  return std::nullopt;
}

Outcome DatabaseTask::run(Context& context) {
  const DatabaseOptions options = database_options(context.options());
  const auto engine = make_database_engine(options);
  const Survey survey = engine->survey(context, !context.check_mode());
  if (context.check_mode()) return preview(context, *engine, options, survey);

  if (!survey.damaged.empty()) {
    context.summary("no copy was made: " + engine->title() + " " + survey.damaged.front() +
                    (survey.damaged.size() == 1 ? " is damaged" : " and others are damaged"));
    return Outcome::failed;
  }
  CopyRun copy(context, copy_options(context.options()));
  const std::string directory =
      copy.begin(source_text(*engine, options, survey), options.engine_word, false).path;
  DraftGuard guard(context);
  Evidence evidence{.tools = survey.tools, .format = engine->format()};
  const auto failed = dump_all(context, *engine, engine->dumps(survey), directory, evidence);
  if (!failed.empty()) {
    const std::size_t others = failed.size() - 1;
    context.summary("no copy was made: " + failed.front() +
                    (others == 0 ? "" : " and " + std::to_string(others) + (others == 1 ? " other" : " others")) +
                    " failed");
    return Outcome::failed;
  }
  const Outcome outcome = copy.finish(evidence);
  guard.done();
  return outcome;
}

}  // namespace maintain::plugins::backup
