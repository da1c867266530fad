#include "pydeps/check/check_task.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "common/duration.hpp"
#include "pydeps/check/assess.hpp"
#include "pydeps/check/consult.hpp"
#include "pydeps/check/findings.hpp"
#include "pydeps/check/gather.hpp"
#include "pydeps/check/memory.hpp"
#include "pydeps/check/still_open.hpp"

namespace maintain::pydeps {
namespace {

constexpr std::size_t most_findings = 900;  // the host takes 1000

// Whether the counts of outdated packages say anything.
bool compares(const Options& options, const Knowledge& knowledge) {
  return !options.index.empty() && !knowledge.lacks_database();
}

// Of those that were asked about, which what is ignored as a whole is not.
std::string ignored_text(std::size_t vulnerabilities) {
  if (vulnerabilities == 0) return {};
  return vulnerabilities == 1 ? ", 1 vulnerability ignored"
                              : ", " + std::to_string(vulnerabilities) + " vulnerabilities ignored";
}

void report_environments(sdk::Context& context, bool compared, const Assessment& assessment) {
  for (const EnvironmentSummary& one : assessment.environments) {
    context.metric("pydeps_packages", static_cast<double>(one.packages), "", one.path);
    context.metric("pydeps_vulnerable", static_cast<double>(one.vulnerable), "", one.path);
    if (compared) context.metric("pydeps_outdated", static_cast<double>(one.outdated), "", one.path);
    context.output(one.path + (one.python.empty() ? "" : ", Python " + one.python) + ": " +
                   counted(one.packages, "package") + ", " + std::to_string(one.vulnerable) + " vulnerable" +
                   (compared ? ", " + std::to_string(one.outdated) + " outdated" : "") +
                   (one.not_compared == 0 ? "" : ", " + std::to_string(one.not_compared) + " not compared") +
                   ignored_text(one.ignored) + "\n");
  }
}

// The gravest first, and what could not be looked at before what is less than critical; only as many as can be told,
// for the rest is not to be remembered as told. How many were left out.
std::size_t bound(std::vector<Told>& told) {
  const auto gravity = [](const Told& one) {
    if (one.finding.state == sdk::State::critical) return 0;
    if (one.source == Source::none) return 1;
    return one.finding.state == sdk::State::warning ? 2 : one.finding.state == sdk::State::unknown ? 3 : 4;
  };
  std::stable_sort(told.begin(), told.end(),
                   [&](const Told& a, const Told& b) { return gravity(a) < gravity(b); });
  if (told.size() <= most_findings) return 0;
  const std::size_t left_out = told.size() - most_findings;
  told.erase(told.begin() + most_findings, told.end());
  return left_out;
}

void report_findings(sdk::Context& context, const std::vector<Told>& told, std::size_t left_out) {
  for (const Told& one : told) context.finding(one.finding);
  if (left_out > 0)
    context.finding({.state = sdk::State::warning, .code = "pydeps.more",
                     .title = counted(left_out, "finding") + " more than can be told",
                     .action = "Mend what is told first, or divide the environments among several tasks."});
}

std::string summary_of(const Options& options, const Assessment& assessment, const Knowledge& knowledge) {
  std::size_t packages = 0;
  std::size_t vulnerable = 0;
  std::size_t outdated = 0;
  std::size_t ignored = 0;
  for (const EnvironmentSummary& one : assessment.environments) {
    packages += one.packages;
    vulnerable += one.vulnerable;
    outdated += one.outdated;
    ignored += one.ignored;
  }
  std::string text = counted(packages, "package") + " in " + counted(assessment.environments.size(), "environment") +
                     ": " + std::to_string(vulnerable) + " vulnerable";
  if (compares(options, knowledge)) text += ", " + std::to_string(outdated) + " outdated";
  text += ignored_text(ignored);
  const sdk::Milliseconds age =
      std::max({knowledge.stale_index.age, knowledge.stale_advisories.age, knowledge.stale_database.age});
  if (age.count() > 0) text += "; by data up to " + plugins::age_text(age) + " old";
  if (const std::size_t count = knowledge.unanswered.size() + knowledge.unchecked.size() + knowledge.not_asked.size();
      count > 0)
    text += "; not all of it could be looked up";
  return text;
}

// Nobody answered anything: worth trying again soon, which a success is not.
bool nothing_known(const Wanted& wanted, const Knowledge& knowledge) {
  std::set<std::string> packages;
  for (const auto& [package, version] : wanted.versions) packages.insert(package);
  return !(wanted.projects.empty() && packages.empty()) && knowledge.unanswered.size() == wanted.projects.size() &&
         knowledge.unchecked.size() == packages.size();
}

}  // namespace

std::optional<std::string> CheckTask::validate(const sdk::Json& options) {
  read_options(options);
  return std::nullopt;
}

sdk::Outcome CheckTask::run(sdk::Context& context) {
  const Options options = read_options(context.options());
  const auto today = std::chrono::floor<std::chrono::days>(context.now());
  const Memory before = memory_from_json(context.state());
  Gathered gathered = gather(context, options);
  Ignores ignores(options.ignores, today);
  const Wanted wanted = wanted_of(gathered.inventory.environments, options, ignores);
  const Knowledge knowledge = consult(context, options, wanted, gathered);
  const std::string unnamed = unnamed_environment(before, gathered, options);
  Assessment assessment = assess({gathered, knowledge, options, today, known_ids(before), unnamed}, ignores);
  keep_what_is_not_over(before, gathered, knowledge, ignores, assessment);

  std::vector<Told>& told = assessment.told;
  const auto tell = [&](std::vector<Finding> findings) {
    for (Finding& finding : findings) told.push_back({.finding = std::move(finding)});
  };
  tell(absence_findings(gathered));
  tell(ages_of_before(before, wanted, knowledge));
  tell(stale_findings(knowledge, options));
  const bool all_known = !is_uncertain(gathered) && knowledge.unanswered.empty() && knowledge.unchecked.empty() &&
                         knowledge.not_asked.empty() && knowledge.unread_advisories.empty() &&
                         std::none_of(gathered.inventory.environments.begin(), gathered.inventory.environments.end(),
                                      is_incomplete);
  tell(findings_of_ignores(ignores, all_known, before));

  const std::size_t left_out = bound(told);
  report_findings(context, told, left_out);
  report_environments(context, compares(options, knowledge), assessment);
  context.summary(summary_of(options, assessment, knowledge));
  const bool nothing_read = gathered.inventory.environments.empty() && !gathered.unread.empty();
  context.set_state(memory_to_json({.checked = context.now(), .told = std::move(told),
                                    .environments = std::move(gathered.inventory.environments),
                                    .cut = left_out > 0, .unnamed = unnamed}));
  return nothing_read || nothing_known(wanted, knowledge) ? sdk::Outcome::failed : sdk::Outcome::ok;
}

}  // namespace maintain::pydeps
