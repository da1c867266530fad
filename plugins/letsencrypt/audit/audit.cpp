#include "letsencrypt/audit/audit.hpp"

#include <algorithm>

#include "common/sections.hpp"
#include "letsencrypt/audit/findings.hpp"
#include "letsencrypt/audit/wording.hpp"

namespace maintain::letsencrypt {
namespace {

using sdk::Finding;

constexpr std::size_t most_alike = 4;
constexpr std::size_t most_listed = 15;

// Whether an address of the endpoint's name has served the store's certificate, now or before.
bool is_ours(const AuditView& view, const std::string& name) {
  for (std::size_t i = 0; i < view.served.size(); ++i) {
    if (view.served[i].agreement == Agreement::current && view.input.served[i].endpoint.name == name) return true;
  }
  const std::string prefix = name + " ";
  for (auto at = view.input.seen.lower_bound(prefix);
       at != view.input.seen.end() && at->first.starts_with(prefix); ++at) {
    if (at->second.was_ours) return true;
  }
  return false;
}

// Of the certificate that is served only what has none in the store to be judged by; of the endpoint all.
void keep_endpoint(const AuditView& view, std::size_t index, SeenCertificates& seen) {
  const Served& served = view.input.served[index];
  const std::string key = endpoint_text(served.endpoint);
  const Agreement agreement = view.served[index].agreement;
  const bool is_alone = agreement == Agreement::unknown || agreement == Agreement::newer;
  const auto before = view.input.seen.find(key);
  if (before != view.input.seen.end()) {
    if (is_alone || agreement == Agreement::nothing) seen.insert(*before);
    else seen.insert({key, {.told = before->second.told, .looked = before->second.looked}});
  }
  if (is_alone) note_seen(seen, key, *leaf_of(served), view.input.now);
  if (agreement == Agreement::old) note_former(seen, view.served[index].certificate, *leaf_of(served));
  for (const auto& [place, known] : unlooked_before(view, index)) seen.emplace(place, *known);
}

SeenCertificates seen_now(const AuditView& view) {
  const AuditInput& input = view.input;
  SeenCertificates seen;
  // Who cannot see what the store holds forgets nothing.
  if (input.survey.store_trouble != FileTrouble::none) seen = input.seen;
  for (const StoredCertificate& stored : input.survey.certificates) {
    const auto before = input.seen.find(stored.name);
    if (before != input.seen.end()) seen.insert(*before);
    if (leaf_of(stored) != nullptr) note_seen(seen, stored.name, *leaf_of(stored), input.now);
  }
  for (std::size_t i = 0; i < view.served.size(); ++i) keep_endpoint(view, i, seen);
  for (std::size_t i = 0; i < view.deployed.size(); ++i) {
    if (view.deployed[i].agreement != Agreement::old) continue;
    note_former(seen, view.deployed[i].certificate, *leaf_of(input.survey.deployed[i]));
  }
  return seen;
}

AuditView look(const AuditInput& input) {
  AuditView view{.input = input, .roots = input.roots};
  for (const std::string& pem : input.survey.roots) view.roots.add_pem(pem);
  Comparison all = compare_all(input.survey, input.served, input.seen);
  view.served = std::move(all.served);
  view.deployed = std::move(all.deployed);
  view.seen = seen_now(view);
  for (const Served& served : input.served) {
    if (is_ours(view, served.endpoint.name)) view.ours.insert(served.endpoint.name);
  }
  return view;
}

CertificateLine line_of(const AuditView& view, const StoredCertificate& stored) {
  CertificateLine line{.name = stored.name};
  const Certificate* leaf = leaf_of(stored);
  if (leaf == nullptr) {
    line.problem = stored.problem;
    return line;
  }
  line.is_known = true;
  line.standing = standing(*leaf, view.input.now);
  line.remaining = remaining(*leaf, view.input.now);
  line.days_left = days_left(*leaf, view.input.now);
  line.not_after = leaf->not_after;
  line.issuer_short = leaf->issuer_short;
  line.fingerprint = leaf->fingerprint;
  line.names = leaf->names;
  for (std::size_t i = 0; i < view.served.size(); ++i) {
    if (view.served[i].certificate != stored.name || view.input.served[i].kind == Served::Kind::not_looked) continue;
    ++line.endpoints;
    if (view.served[i].agreement == Agreement::current) ++line.current;
  }
  return line;
}

// "alike" is code, state and certificate: what one reload mends.
bool are_alike(const Grouped& a, const Grouped& b) {
  return !a.certificate.empty() && a.certificate == b.certificate && a.finding.code == b.finding.code &&
         a.finding.state == b.finding.state;
}

std::string title_of_many(const Finding& finding, const std::string& certificate) {
  const std::string_view code = finding.code;
  const std::string of = " of the certificate " + certificate;
  if (code == "letsencrypt.served_old") return "an old certificate is served at many endpoints" + of;
  if (code == "letsencrypt.served_unreachable") return "many endpoints" + of + " do not answer with a certificate";
  if (code == "letsencrypt.served_chain") return "a chain that is not good is served at many endpoints" + of;
  if (code == "letsencrypt.self_signed") return "a self-signed certificate is served at many endpoints" + of;
  return "another certificate is served at many endpoints" + of;
}

Finding many(const std::vector<const Grouped*>& alike) {
  Finding finding = alike.front()->finding;
  std::string lines;
  for (std::size_t i = 0; i < alike.size() && i < most_listed; ++i) lines += alike[i]->finding.subject + "\n";
  if (alike.size() > most_listed) lines += "and " + std::to_string(alike.size() - most_listed) + " more\n";
  finding.title = title_of_many(finding, alike.front()->certificate);
  finding.detail = lines + "The first: " + finding.detail;
  finding.subject = alike.front()->certificate + " endpoints";  // the certificate may have a finding of its own
  return finding;
}

// Whatever a certificate's or the server's text was: one line is one line.
void clean(Finding& finding) {
  for (std::string* text : {&finding.subject, &finding.title}) {
    *text = plugins::printable(*text);
    std::replace(text->begin(), text->end(), '\n', ' ');
  }
  finding.detail = plugins::printable(finding.detail);
  finding.action = plugins::printable(finding.action);
}

}  // namespace

std::vector<std::string> current_endpoints(const AuditView& view, const std::string& name) {
  std::vector<std::string> places;
  for (std::size_t i = 0; i < view.served.size(); ++i) {
    if (view.served[i].certificate == name && view.served[i].agreement == Agreement::current) {
      places.push_back(endpoint_text(view.input.served[i].endpoint));
    }
  }
  return places;
}

Findings merge_alike(const std::vector<Grouped>& findings) {
  Findings merged;
  std::vector<bool> done(findings.size(), false);
  for (std::size_t i = 0; i < findings.size(); ++i) {
    if (done[i]) continue;
    std::vector<const Grouped*> alike;
    for (std::size_t j = i; j < findings.size(); ++j) {
      if (j == i || are_alike(findings[i], findings[j])) alike.push_back(&findings[j]);
    }
    if (alike.size() <= most_alike) {
      merged.push_back(findings[i].finding);
      continue;
    }
    for (std::size_t j = i; j < findings.size(); ++j) done[j] = done[j] || are_alike(findings[i], findings[j]);
    merged.push_back(many(alike));
  }
  return merged;
}

std::string to_text(const CertificateLine& line) {
  if (!line.is_known) return line.name + ": " + (line.problem.empty() ? "cannot be read" : line.problem);
  const auto seconds = static_cast<std::int64_t>(line.days_left * 86400);
  std::string text = line.name + ": ";
  if (line.standing == Standing::expired) text += "expired " + span_words(seconds) + " ago";
  else if (line.standing == Standing::not_yet_valid) text += "not yet valid";
  else text += percent_text(line.remaining) + " left, " + span_words(seconds);
  text += ", " + line.issuer_short;
  if (line.endpoints > 0) {
    text += ", served at " + std::to_string(line.current) + " of " + std::to_string(line.endpoints) +
            (line.endpoints == 1 ? " place" : " places");
  }
  return text;
}

Audit audit(const AuditInput& input) {
  const AuditView view = look(input);
  Audit result{.findings = server_findings(view), .lines = {}, .seen = view.seen};
  const auto add = [&](Findings more) {
    result.findings.insert(result.findings.end(), more.begin(), more.end());
  };
  for (const StoredCertificate& stored : input.survey.certificates) {
    add(stored_or_repeated(view, stored, result.seen));
    result.lines.push_back(line_of(view, stored));
  }
  add(deployed_findings(view, result.seen));
  add(merge_alike(served_or_repeated(view, result.seen)));
  for (Finding& finding : result.findings) clean(finding);
  return result;
}

}  // namespace maintain::letsencrypt
