// What a server says of its packages and of what runs on it is parsed whatever it is; what may go into a command or a
// preferences file is nothing but a package's name or version; what goes into findings and state is valid JSON text.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "apt/apt_parse.hpp"
#include "apt/findings.hpp"
#include "apt/job_output.hpp"
#include "apt/pending.hpp"
#include "apt/server_state.hpp"
#include "apt/version.hpp"
#include "common/lock_holders.hpp"
#include "common/server_snapshot.hpp"

using namespace maintain::plugins;
using namespace maintain::plugins::apt;

namespace {

void require(bool truth) {
  if (!truth) std::abort();
}

// Throws, and so ends the program, where the text is no UTF-8.
void require_text(const Findings& findings) {
  for (const auto& finding : findings) {
    require(!finding.title.empty() && !finding.code.empty());
    (void)nlohmann::json{finding.subject, finding.title, finding.detail, finding.action}.dump();
  }
}

void fuzz_packages(std::string_view text) {
  const PackageSurvey survey = read_packages(parse_sections(text));
  const Options options{.blocklist = {{.package = "a*", .reason = "x"}}, .conffile_rules = {}};
  const Moment now{std::chrono::hours(1)};
  const auto pending = classify(survey, options, parse_conflicts(text), {}, now);
  for (const Pin& pin : pins_for(pending, survey, options, now)) {
    require(is_package_name(pin.package) && (pin.version.empty() || is_version(pin.version)));
  }
  for (const PlannedChange& change : parse_simulation(text).changes) require(is_package_name(change.name));
  for (const auto& [name, policy] : parse_policy(text)) (void)security_version(policy);
  require_text(pending_findings(pending, options, now));
  require_text(partly_unknown_findings(survey));
  require_text(ineffective_findings(changes_despite({{"a", "1"}}, survey.all)));
}

void fuzz_server(std::string_view text) {
  (void)disk_findings(parse_disks(text), parse_sizes(text), true, {});
  Effects effects;
  effects.broken = parse_broken(text);
  effects.audit = effects.check = text;
  require_text(package_system_findings(effects));
  require_text(lock_findings(parse_lock_holders(text), {}, {}, {}));
  require_text(leftover_findings(parse_leftovers(text), {}));
  require_text(stale_findings(parse_stale(text)));
  require_text(reboot_findings(text));
  const auto images = parse_installed(text);
  std::vector<std::string> names;
  for (const auto& image : images) names.push_back(image.name);
  (void)removable_kernel_packages(names, images, text.substr(0, 20));
}

void fuzz_output(std::string_view text) {
  const JobOutput output = parse_job_output(text);
  require_text(failure_findings(output));
  for (const DoneChange& change : output.changes) require(is_package_name(change.name));
  for (const SourceProblem& problem : parse_update(text)) (void)printable(problem.source);
  const std::string_view half = text.substr(text.size() / 2);
  const std::string_view other = text.substr(0, text.size() / 2);
  require(compare_versions(half, half) == 0);
  const int order = compare_versions(half, other);
  const int reverse = compare_versions(other, half);
  require((order < 0) == (reverse > 0) && (order == 0) == (reverse == 0));
}

void fuzz_snapshot(std::string_view text) {
  const ServerSnapshot snapshot = parse_snapshot(text);
  for (const Change& change : compare(snapshot, snapshot)) require(change.kind == ChangeKind::unreadable);
  const ServerSnapshot kept = snapshot_from_json(nlohmann::json::parse(snapshot_to_json(snapshot).dump()));
  require_text(change_findings(compare(kept, parse_snapshot(text.substr(text.size() / 2))), {}));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  fuzz_packages(text);
  fuzz_server(text);
  fuzz_output(text);
  fuzz_snapshot(text);
  return 0;
}
