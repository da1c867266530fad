#include <algorithm>

#include "letsencrypt/audit/findings.hpp"
#include "letsencrypt/audit/wording.hpp"

namespace maintain::letsencrypt {
namespace {

using sdk::Finding;
using sdk::State;

constexpr std::int64_t unlooked_told_after = 86400;
constexpr std::size_t most_reasons = 15;

bool is_of_endpoint(const std::string& code) {
  return code.find("served") != std::string::npos || code == "letsencrypt.self_signed";
}

bool is_of_chain(const std::string& code) {
  return code == "letsencrypt.chain_incomplete" || code == "letsencrypt.chain_untrusted" ||
         code == "letsencrypt.served_chain";
}

Told told_of(const Finding& finding, const std::string& certificate, std::int64_t now) {
  return {.state = finding.state, .code = finding.code, .title = finding.title, .detail = finding.detail,
          .action = finding.action, .certificate = certificate, .at = now};
}

Finding again(const Told& told, const std::string& subject, const std::string& why) {
  return {.state = told.state, .code = told.code, .subject = subject, .title = told.title,
          .detail = told.detail + "\nThis could not be looked at now: " + why + ". Last seen on " +
                    moment_text(told.at) + ".",
          .action = told.action};
}

// What an earlier finding of a stored certificate needs to be looked at again, and is not there; empty: nothing lacks.
std::string lacking(const AuditView& view, const StoredCertificate& stored, const std::string& code) {
  if (stored.trouble == FileTrouble::denied) {
    return code == "letsencrypt.unreadable" ? "" : "the file cannot be read";
  }
  const Certificate* leaf = leaf_of(stored);
  const auto before = view.input.seen.find(stored.name);
  // Of another certificate it was not said.
  if (leaf == nullptr || before->second.fingerprints.empty() ||
      before->second.fingerprints.front() != leaf->fingerprint) {
    return {};
  }
  const bool has_key = !stored.key_path.empty() && (stored.key_trouble == FileTrouble::none ||
                                                    stored.key_trouble == FileTrouble::denied);
  if (code == "letsencrypt.key_mismatch" && stored.key_hash.empty() && has_key) {
    return stored.key_problem.empty() ? "the key cannot be read" : "of the key, " + stored.key_problem;
  }
  return view.input.roots.empty() && is_of_chain(code) ? "this machine has no roots" : "";
}

}  // namespace

bool told_before(const AuditView& view, const std::string& key, std::string_view code) {
  const auto before = view.input.seen.find(key);
  return before != view.input.seen.end() &&
         std::any_of(before->second.told.begin(), before->second.told.end(),
                     [&](const Told& told) { return told.code == code; });
}

std::map<std::string, const Seen*> unlooked_before(const AuditView& view, std::size_t index) {
  std::map<std::string, const Seen*> found;
  const Served& served = view.input.served[index];
  if (served.kind != Served::Kind::not_looked && served.kind != Served::Kind::no_route) return found;
  const std::string key = endpoint_text(served.endpoint);
  const SeenCertificates& seen = view.input.seen;
  if (!served.endpoint.address.empty()) {
    if (const auto at = seen.find(key); at != seen.end()) found.emplace(at->first, &at->second);
    return found;
  }
  const std::string prefix = served.endpoint.name + " ";
  const std::string suffix = ":" + std::to_string(served.endpoint.port);
  for (auto at = seen.lower_bound(prefix); at != seen.end() && at->first.starts_with(prefix); ++at) {
    const bool is_there = std::any_of(view.input.served.begin(), view.input.served.end(), [&](const Served& other) {
      return &other != &served && other.endpoint.name == served.endpoint.name &&
             endpoint_text(other.endpoint) == at->first;
    });
    if (at->first.ends_with(suffix) && !is_there) found.emplace(at->first, &at->second);
  }
  return found;
}

Findings stored_or_repeated(const AuditView& view, const StoredCertificate& stored, SeenCertificates& seen) {
  Findings findings = certificate_findings(view, stored);
  std::vector<Told> told;
  for (const Finding& finding : findings) {
    if (finding.subject == stored.name) told.push_back(told_of(finding, {}, view.input.now));
  }
  const auto before = view.input.seen.find(stored.name);
  if (before != view.input.seen.end()) {
    for (const Told& one : before->second.told) {
      const std::string why = lacking(view, stored, one.code);
      const bool is_there = std::any_of(findings.begin(), findings.end(), [&](const Finding& finding) {
        return finding.code == one.code && finding.subject == stored.name;
      });
      if (why.empty() || is_there) continue;
      findings.push_back(again(one, stored.name, why));
      told.push_back(one);
    }
  }
  note_told(seen, stored.name, std::move(told), view.input.now);
  return findings;
}

std::vector<Grouped> served_or_repeated(const AuditView& view, SeenCertificates& seen) {
  std::vector<Grouped> all;
  std::map<std::string, std::vector<std::string>> unlooked;  // by the reason
  const auto add = [&](Finding finding, const std::string& certificate) {
    const bool groups = is_of_endpoint(finding.code);
    all.push_back({std::move(finding), groups ? certificate : ""});
  };
  for (std::size_t i = 0; i < view.input.served.size(); ++i) {
    const Served& served = view.input.served[i];
    const std::string key = endpoint_text(served.endpoint);
    const std::string& certificate = view.served[i].certificate;
    const auto before = unlooked_before(view, i);
    bool is_known = false;
    bool is_repeated = false;
    for (const auto& [place, known] : before) {
      if (known->looked > 0 && view.input.now - known->looked < unlooked_told_after) is_known = true;
      for (const Told& told : known->told) {
        add(again(told, place, served.problem), told.certificate);
        is_repeated = true;
      }
    }
    if (served.kind == Served::Kind::not_looked) {
      if (!is_known && !is_repeated) unlooked[served.problem].push_back(key);
      continue;
    }
    if (is_repeated) continue;
    std::vector<Told> told;
    for (Finding& finding : served_findings(view, i)) {
      told.push_back(told_of(finding, certificate, view.input.now));
      add(std::move(finding), certificate);
    }
    if (served.kind == Served::Kind::no_route) continue;
    const auto earlier = view.input.seen.find(key);
    if (view.input.roots.empty() && leaf_of(served) != nullptr && earlier != view.input.seen.end()) {
      for (const Told& one : earlier->second.told) {
        if (!is_of_chain(one.code)) continue;
        add(again(one, key, "this machine has no roots"), one.certificate);
        told.push_back(one);
      }
    }
    note_told(seen, key, std::move(told), view.input.now);
  }
  for (const std::string& name : view.ours) {
    const std::string prefix = name + " ";
    for (auto at = seen.lower_bound(prefix); at != seen.end() && at->first.starts_with(prefix); ++at) {
      at->second.was_ours = true;
    }
  }
  if (unlooked.empty()) return all;
  Finding finding{.state = State::warning, .code = "letsencrypt.not_looked", .subject = {},
                  .title = "what is served could not be looked at", .detail = {},
                  .action = "Mend what the detail says, or choose with the task's `from` where to look from. Until "
                            "then nobody knows which certificates are served there."};
  std::size_t count = 0;
  for (const auto& [reason, places] : unlooked) {
    if (++count > most_reasons) break;
    finding.detail += (count == 1 ? "" : "\n") + list_text(places) + ": " + reason + ".";
  }
  all.push_back({std::move(finding), ""});
  return all;
}

}  // namespace maintain::letsencrypt
