#include "letsencrypt/audit/findings.hpp"
#include "letsencrypt/audit/wording.hpp"

namespace maintain::letsencrypt {
namespace {

using sdk::Finding;
using sdk::State;

std::string called(const StoredCertificate& copy) { return "the copy " + copy.path; }

// No certificate and no endpoint is called so.
std::string key_of(const StoredCertificate& copy) { return "deployed:" + copy.path; }

std::optional<Finding> old_finding(const AuditView& view, const StoredCertificate& copy, const Compared& compared) {
  if (compared.agreement == Agreement::current || compared.agreement == Agreement::newer) return std::nullopt;
  const Certificate& leaf = *leaf_of(copy);
  const StoredCertificate* stored = find_stored(view.input.survey, compared.certificate);
  const auto story = view.input.deploys.find(compared.certificate);
  const bool has_story = story != view.input.deploys.end();
  const Standing age = standing(leaf, view.input.now);
  const bool is_quiet = has_story && story->second.quiet && age != Standing::expired;
  // The silence of a first deployment must not close what is open.
  const bool is_open = told_before(view, key_of(copy), "letsencrypt.deployed_old");
  if (compared.agreement == Agreement::old && is_quiet && !is_open) return std::nullopt;
  Finding finding{.state = age == Standing::fine || age == Standing::late ? State::warning : State::critical,
                  .code = "letsencrypt.deployed_old", .subject = copy.path,
                  .title = called(copy) + " is not of a current certificate"};
  finding.detail = "The copy: " + describe(leaf, view.input.now) + ".";
  if (stored != nullptr) {
    finding.detail += "\nIn " + stored->path + ": " + describe(*leaf_of(*stored), view.input.now) + ".";
    if (compared.agreement == Agreement::old) {
      finding.title = called(copy) + " is from before the renewal of " + stored->name;
    }
    finding.action = "Copy the certificate, and its key, anew. " + deploy_advice(view, nullptr);
  } else {
    finding.action = "None of the certificates that are looked after has these names. Name the one that it is a copy "
                     "of in the task's `certificates`, or take it out of `deployed`.";
  }
  if (has_story && !story->second.text.empty()) finding.detail += "\n" + story->second.text;
  return finding;
}

std::optional<Finding> key_finding(const StoredCertificate& copy) {
  if (copy.key_hash.empty() || copy.key_hash == leaf_of(copy)->key_hash) return std::nullopt;
  return Finding{.state = State::critical, .code = "letsencrypt.key_mismatch", .subject = copy.path,
                 .title = "the private key beside " + called(copy) + " belongs to another certificate",
                 .detail = copy.key_path + "\nA service that is restarted with them does not start.",
                 .action = "Copy both from the store, the certificate and its key; do not restart services that use "
                           "them before."};
}

}  // namespace

Findings deployed_findings(const AuditView& view, SeenCertificates& seen) {
  Findings findings;
  for (std::size_t i = 0; i < view.input.survey.deployed.size(); ++i) {
    const StoredCertificate& copy = view.input.survey.deployed[i];
    if (leaf_of(copy) == nullptr) {
      findings.push_back(file_finding(view, copy, called(copy)));
      const auto before = view.input.seen.find(key_of(copy));
      if (before != view.input.seen.end()) seen.insert(*before);
      continue;
    }
    if (auto finding = old_finding(view, copy, view.deployed[i])) {
      note_told(seen, key_of(copy),
                {{.state = finding->state, .code = finding->code, .title = finding->title, .at = view.input.now}},
                view.input.now);
      findings.push_back(std::move(*finding));
    } else {
      seen.erase(key_of(copy));
    }
    if (auto finding = key_finding(copy)) findings.push_back(std::move(*finding));
  }
  return findings;
}

}  // namespace maintain::letsencrypt
