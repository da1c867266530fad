#include "report/digest.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "report/finding_order.hpp"
#include "report/ledger.hpp"
#include "report/own_findings.hpp"

namespace maintain {
namespace {

using OpenBefore = std::map<FindingIdentity, OpenFinding>;

DigestItem item_of(const Ledger& ledger, Notice notice, const OpenFinding& open) {
  return {notice, open.key, open.finding, open.since, ledger.contact_of(open.key), open.run_id};
}

// Whoever starts a dry run wants to see all it finds, and leaves no trace.
void add_all(Digest& digest, const Ledger& ledger, const OpenBefore& before) {
  for (const auto& [identity, found] : ledger.open()) {
    DigestItem item = item_of(ledger, Notice::alert, found);
    if (const auto known = before.find(identity); known != before.end()) item.since = known->second.since;
    digest.items.push_back(std::move(item));
  }
}

Seconds interval_of(const Finding& finding, const DigestRequest& request) {
  return finding.remind > Seconds(0) ? finding.remind : request.reminder;
}

// Of a task's findings with an interval of their own, all are told again when the first is due: that is its digest.
using Told = std::tuple<TaskKey, Seconds>;
std::set<Told> due_together(const Ledger& ledger, const OpenBefore& before, const DigestRequest& request) {
  std::set<Told> due;
  for (const auto& [identity, open] : ledger.open()) {
    const auto known = before.find(identity);
    if (open.finding.remind > Seconds(0) && known != before.end() && known->second.reported &&
        request.now - *known->second.reported >= open.finding.remind)
      due.emplace(open.key, open.finding.remind);
  }
  return due;
}

void add_open(Digest& digest, const Ledger& ledger, const OpenBefore& before, const DigestRequest& request) {
  const std::set<Told> together = due_together(ledger, before, request);
  for (const auto& [identity, found] : ledger.open()) {
    OpenFinding open = found;
    bool is_news = false;
    if (const auto known = before.find(identity); known != before.end()) {
      open.since = known->second.since;
      open.reported = known->second.reported;
      is_news = severity_rank(open.finding.state) > severity_rank(known->second.finding.state) ||
                is_another_failure(known->second.finding, open.finding);
    }
    const bool alert = !open.reported || is_news;
    const bool reminder = !alert && (request.now - *open.reported >= interval_of(open.finding, request) ||
                                     together.contains({open.key, open.finding.remind}));
    if (alert || reminder) {
      digest.items.push_back(item_of(ledger, alert ? Notice::alert : Notice::reminder, open));
      open.reported = request.now;
    }
    digest.open_after.push_back(std::move(open));
  }
}

// Only who heard of a trouble needs to hear that it is over.
void add_recoveries(Digest& digest, const Ledger& ledger, const OpenBefore& before) {
  for (const auto& [identity, open] : before)
    if (open.reported && !ledger.open().contains(identity) && ledger.is_recovery(open))
      digest.items.push_back(item_of(ledger, Notice::recovery, open));
}

auto place_of(const DigestItem& item) {
  return std::tuple(item.notice == Notice::recovery, -severity_rank(item.finding.state), item.notice,
                    std::tie(item.key, item.finding.code));
}

bool goes_before(const DigestItem& a, const DigestItem& b) {
  const auto place_a = place_of(a), place_b = place_of(b);
  return place_a != place_b ? place_a < place_b : reads_before(a.finding, b.finding);
}

}  // namespace

Digest make_digest(const DigestRequest& request) {
  OpenBefore before;
  for (const OpenFinding& open : request.open_before) before[identity_of(open)] = open;

  Ledger ledger(request);
  const bool dry = request.mode == Mode::check;
  if (!dry) ledger.start_from(request.open_before);
  for (const TaskResult& result : request.results) ledger.apply(result);
  ledger.settle_reachability();
  if (!dry) {
    ledger.settle_staleness();
    ledger.settle_second_place();
  }

  Digest digest;
  if (dry) {
    add_all(digest, ledger, before);
    digest.open_after = request.open_before;
  } else {
    add_open(digest, ledger, before, request);
    add_recoveries(digest, ledger, before);
  }
  std::sort(digest.items.begin(), digest.items.end(), goes_before);
  for (const auto& [identity, open] : ledger.open()) {
    digest.worst = worst(digest.worst, open.finding.state);
    if (open.finding.code == code_server_unreachable) digest.someone_unreachable = true;
    else digest.person_needed = true;
  }
  return digest;
}

}  // namespace maintain
