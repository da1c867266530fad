// Any bytes are a release database or say why not; what is read stays within the bounds, and proposals from it hold.
// Or they are a table of ends of life, or none.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "pydeps/classify/end_of_life.hpp"
#include "pydeps/classify/proposals.hpp"

using namespace maintain::pydeps;

namespace {

void demand(bool kept) {
  if (!kept) std::abort();
}

bool is_line(std::string_view text) {
  for (const char c : text)
    if ((c >= 0 && c < ' ') || c == 0x7F) return false;
  return true;
}

void read_ends(std::string_view text) {
  const auto [table, problem] = parse_end_of_life(text);
  demand(is_line(problem) && problem.empty() == table.has_value());
  if (!table) return;
  for (const auto& [product, cycles] : table->products)
    for (const SupportCycle& cycle : cycles) {
      demand(end_of_life(*table, product, cycle.line, cycle.last) != std::nullopt);
      const auto end = end_of_life(*table, product, cycle.line, cycle.last + std::chrono::days(1));
      demand(end && end->left == end->last - (cycle.last + std::chrono::days(1)));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  read_ends({reinterpret_cast<const char*>(data), size});
  const ReleaseDatabase database = parse_release_database({reinterpret_cast<const char*>(data), size});
  demand(database.problems.size() <= 20);
  for (const DatabaseProblem& problem : database.problems) demand(problem.line >= 0 && is_line(problem.message));
  for (const auto& [name, package] : database.packages) {
    demand(database.find(name) == &package && is_line(name) && is_line(package.changelog_url));
    ReleaseQuery query;
    query.installed = package.lts_lines.empty() ? *Version::parse("1.0") : package.lts_lines.front();
    query.releases = &package;
    query.types = ReportedTypes::all;
    for (const auto& [version, kind] : package.kinds) query.available.push_back({.version = version.text()});
    for (const Version& version : package.ignored) query.available.push_back({.version = version.text()});
    const Proposals proposals = propose_releases(query);
    const Version* before = &query.installed;
    for (const Proposal& proposal : proposals.releases) {
      demand(*before < proposal.version && proposal.from_database);
      demand(!package.ignored.contains(proposal.version) && !proposal.version.is_prerelease());
      demand(!proposals.lts_line || in_line(proposal.version, *proposals.lts_line));
      before = &proposal.version;
    }
  }
  return 0;
}
