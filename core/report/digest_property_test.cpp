// The digest as a machine: random histories of a small fleet, and what must hold in all of them.
#include <algorithm>
#include <map>
#include <random>
#include <tuple>

#include <catch2/catch.hpp>

#include "report/ledger.hpp"
#include "report/testing.hpp"

using namespace maintain;
using namespace maintain::testing;
using std::chrono::hours;
using std::chrono::minutes;

namespace {

constexpr int histories = 100;
constexpr int ticks = 60;

using Random = std::mt19937;

int below(Random& random, int limit) { return static_cast<int>(random() % static_cast<unsigned>(limit)); }

TaskResult random_result(Random& random, const TaskKey& key) {
  constexpr Outcome outcomes[] = {Outcome::ok, Outcome::ok, Outcome::changed, Outcome::skipped, Outcome::failed,
                                  Outcome::unreachable, Outcome::timed_out, Outcome::cancelled, Outcome::crashed};
  std::vector<Finding> findings;
  for (int i = below(random, 3); i > 0; --i)
    findings.push_back(finding(static_cast<State>(below(random, 4)), "a.b",
                               std::string(1, static_cast<char>('x' + below(random, 3)))));
  return result(key, outcomes[below(random, 9)], std::move(findings));
}

std::vector<TaskResult> random_results(Random& random, const Bot& bot) {
  std::vector<TaskResult> results;
  for (const Server& server : bot.servers)
    if (below(random, 2) == 0) results.push_back(random_result(random, {server.name, "", ""}));
  for (const TaskStatus& status : bot.statuses)
    if (below(random, 3) == 0) results.push_back(random_result(random, status.key));
  return results;
}

// What a person who reads every mail believes to be open, and how bad.
struct Reader {
  struct Belief {
    State worst_told;
    Time told;
  };
  std::map<FindingIdentity, Belief> believes;

  static FindingIdentity identity(const DigestItem& item) {
    return {item.key, item.finding.code, item.finding.subject};
  }
};

}  // namespace

TEST_CASE("in every history: never repeated, never silent on worse, reminded in time, recovered once") {
  for (unsigned seed = 0; static_cast<int>(seed) < histories; ++seed) {
    Random random(seed);
    Bot bot;
    Reader reader;
    for (int tick = 0; tick < ticks; ++tick) {
      INFO("seed " << seed << ", tick " << tick);
      bot.wait(minutes(15) + hours(below(random, 10)));
      const std::vector<OpenFinding> before = bot.open;
      const Digest digest = bot.tick(random_results(random, bot));

      std::map<FindingIdentity, OpenFinding> open;
      for (const OpenFinding& each : digest.open_after) {
        REQUIRE(open.emplace(identity_of(each), each).second);  // no identity twice
        REQUIRE(each.reported.has_value());                     // nobody is left in the dark
        REQUIRE(each.finding.state != State::ok);
        REQUIRE(bot.now - *each.reported < hours(24));
      }
      std::map<FindingIdentity, State> last_state;
      for (const OpenFinding& each : before) last_state[identity_of(each)] = each.finding.state;

      for (const DigestItem& item : digest.items) {
        const FindingIdentity identity = Reader::identity(item);
        const bool known = reader.believes.contains(identity);
        switch (item.notice) {
          case Notice::alert:  // new, or worse than it was
            REQUIRE((!known || severity_rank(item.finding.state) > severity_rank(last_state.at(identity))));
            reader.believes[identity] = {item.finding.state, bot.now};
            break;
          case Notice::reminder:
            REQUIRE(known);
            REQUIRE(bot.now - reader.believes.at(identity).told >= hours(24));
            reader.believes[identity] = {item.finding.state, bot.now};
            break;
          case Notice::recovery:  // of what was told, and is over
            REQUIRE(known);
            REQUIRE_FALSE(open.contains(identity));
            reader.believes.erase(identity);
            break;
        }
      }
      for (const auto& [identity, each] : open) {
        REQUIRE(reader.believes.contains(identity));
        REQUIRE(severity_rank(each.finding.state) <= severity_rank(reader.believes.at(identity).worst_told));
      }
      // Whatever is believed but not open was dropped for a reason that a reader knows: another ending of that task.
      std::erase_if(reader.believes, [&](const auto& entry) { return !open.contains(entry.first); });
      REQUIRE(digest.person_needed ==
              std::any_of(open.begin(), open.end(),
                          [](const auto& entry) { return entry.second.finding.code != "server.unreachable"; }));
      REQUIRE_FALSE(open.contains({TaskKey{"laptop", "", ""}, "server.unreachable", ""}));
    }
    // When all is well everywhere, nothing stays open, and a second look says nothing.
    std::vector<TaskResult> well;
    for (const Server& server : bot.servers) well.push_back(result({server.name, "", ""}, Outcome::ok));
    for (const TaskStatus& status : bot.statuses) well.push_back(result(status.key, Outcome::ok));
    for (const DigestItem& item : bot.tick(well).items) REQUIRE(item.notice == Notice::recovery);
    REQUIRE(bot.open.empty());
    REQUIRE(bot.tick(well).items.empty());
  }
}

TEST_CASE("the order in which findings are emitted does not matter") {
  for (unsigned seed = 0; seed < 100; ++seed) {
    Random random(seed);
    Bot bot;
    TaskResult one = random_result(random, {"web1", "shop", "upgrade"});
    TaskResult other = one;
    std::reverse(other.findings.begin(), other.findings.end());
    INFO("seed " << seed);
    REQUIRE(told(make_digest(bot.request({one}))) == told(make_digest(bot.request({other}))));
  }
}
