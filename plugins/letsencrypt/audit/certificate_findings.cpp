#include <algorithm>

#include "letsencrypt/audit/findings.hpp"
#include "letsencrypt/audit/wording.hpp"

namespace maintain::letsencrypt {
namespace {

using sdk::Finding;
using sdk::State;
using Kind = ChainVerdict::Kind;

std::string called(const StoredCertificate& stored) { return "the certificate " + stored.name; }

std::string served_sentence(const AuditView& view, const std::string& name) {
  const auto places = current_endpoints(view, name);
  return places.empty() ? "" : "\nIt is served at " + list_text(places) + ".";
}

std::optional<Finding> age_finding(const AuditView& view, const StoredCertificate& stored, const Certificate& leaf) {
  const std::int64_t now = view.input.now;
  const Standing age = standing(leaf, now);
  if (age == Standing::fine) return std::nullopt;
  Finding finding{.state = State::critical, .code = {}, .subject = stored.name, .title = called(stored)};
  finding.detail = describe(leaf, now) + "." + served_sentence(view, stored.name);
  finding.action = renewal_advice(view, &stored);
  if (age == Standing::expired) {
    finding.code = "letsencrypt.expired";
    finding.title += " has expired";
    return finding;
  }
  if (age == Standing::not_yet_valid) {
    finding.code = "letsencrypt.not_yet_valid";
    finding.title += " is not valid yet";
    finding.detail = "It begins on " + moment_text(leaf.not_before) + ", in " + span_words(leaf.not_before - now) +
                     ".\n" + finding.detail;
    finding.action = "See whether the clocks are right, here and on the server (`timedatectl`). If they are, the "
                     "authority made it for later: use the one before until then.";
    return finding;
  }
  finding.state = age == Standing::critical ? State::critical : State::warning;
  finding.code = "letsencrypt.overdue";
  finding.title = "the renewal of " + finding.title + " is overdue";
  finding.detail = percent_text(remaining(leaf, now)) + " of its " + span_words(lifetime(leaf) + 60) +
                   " are left. " + finding.detail;
  return finding;
}

bool is_test_authority(const Certificate& leaf) {
  return leaf.issuer.find("(STAGING)") != std::string::npos || leaf.issuer.find("Fake LE") != std::string::npos;
}

std::string chain_advice(const AuditView& view, const StoredCertificate& stored, const Certificate& leaf, Kind kind) {
  if (is_test_authority(leaf)) {
    return "It comes from the authority's test service. Issue it anew without `--staging` or `--test-cert`.";
  }
  const std::string own = "If the authority is your own, add its root's file to the task's `roots`";
  if (kind == Kind::incomplete) {
    return "The file needs the authority's intermediate certificate behind the certificate itself. Take it from "
           "where " + std::string(stored.in_store ? "the client keeps the chain" : "the certificate came from") +
           ". " + own + ".";
  }
  if (kind == Kind::self_signed) {
    return std::string("Get one from an authority") + (view.input.renews ? "" : ", with an ACME client") +
           ". If it is meant to be like this, add the file to the task's `roots`.";
  }
  if (kind == Kind::broken) return "Put the file together anew: certificate and chain are not of one another.";
  return own + "; else issue the certificate anew, from one that clients know.";
}

std::optional<Finding> chain_finding(const AuditView& view, const StoredCertificate& stored, const Certificate& leaf) {
  const ChainVerdict verdict = judge_chain(view, stored.chain.certificates);
  const bool is_served = !current_endpoints(view, stored.name).empty();
  Finding finding{.state = State::warning, .code = {}, .subject = stored.name, .title = called(stored)};
  switch (verdict.kind) {
    case Kind::trusted: return std::nullopt;
    case Kind::incomplete:
      finding.code = "letsencrypt.chain_incomplete";
      finding.title += " lacks its intermediate certificate";
      break;
    case Kind::untrusted:
      finding.code = "letsencrypt.chain_untrusted";
      finding.title += " leads to no authority that is trusted";
      if (is_served) finding.state = State::critical;
      break;
    case Kind::self_signed:
      finding.code = "letsencrypt.self_signed";
      finding.title += is_served ? " is self-signed, and served to visitors" : " is self-signed";
      if (is_served) finding.state = State::critical;
      break;
    case Kind::broken:
      finding.code = "letsencrypt.broken";
      finding.title += " does not fit its own chain";
      finding.state = State::critical;
      break;
  }
  finding.detail = stored.path + ": " + verdict.detail + "." + served_sentence(view, stored.name);
  if (!stored.chain.problem.empty()) finding.detail += "\nOf the file, " + stored.chain.problem + ".";
  finding.action = chain_advice(view, stored, leaf, verdict.kind);
  return finding;
}

std::optional<Finding> key_finding(const StoredCertificate& stored, const Certificate& leaf,
                                   const std::string& user) {
  Finding finding{.state = State::critical, .code = {}, .subject = stored.name, .title = {}};
  if (!stored.key_hash.empty()) {
    if (stored.key_hash == leaf.key_hash) return std::nullopt;
    finding.code = "letsencrypt.key_mismatch";
    finding.title = "the private key of " + called(stored) + " belongs to another one";
    finding.detail = stored.key_path + " does not fit " + stored.path +
                     ". A service that is restarted with them does not start.";
    finding.action = "Find the key that was made with this certificate, or issue the certificate anew; do not restart "
                     "services that use it before.";
    return finding;
  }
  // A passphrase is no trouble.
  if (stored.key_trouble == FileTrouble::denied) {
    return Finding{.state = State::warning, .code = "letsencrypt.unreadable", .subject = stored.key_path,
                   .title = "the private key of " + called(stored) + " may not be read",
                   .detail = problem_text(stored.key_path, stored.key_problem) +
                             "\nWhether it belongs to the certificate is not known.",
                   .action = "Give the task a `user` that may read it, or let " +
                             (user.empty() ? "the user that maintain connects as" : user) +
                             " read it. The key stays on the server: only a hash of its public half leaves it."};
  }
  if (stored.key_trouble != FileTrouble::missing && stored.key_trouble != FileTrouble::broken) return std::nullopt;
  const bool is_missing = stored.key_trouble == FileTrouble::missing;
  finding.subject = stored.key_path;
  finding.code = is_missing ? "letsencrypt.missing" : "letsencrypt.broken";
  finding.title = "the private key of " + called(stored) + (is_missing ? " is not there" : " is damaged");
  finding.detail = problem_text(stored.key_path, stored.key_problem) +
                   "\nA service that is restarted does not start without it.";
  finding.action = "Put the key back from a backup, or issue the certificate anew.";
  return finding;
}

}  // namespace

ChainVerdict judge_chain(const AuditView& view, const std::vector<Certificate>& presented) {
  ChainVerdict verdict = check_chain(presented, view.roots, view.input.now);
  const bool needs_roots = verdict.kind == Kind::incomplete || verdict.kind == Kind::untrusted;
  return view.input.roots.empty() && needs_roots ? ChainVerdict{Kind::trusted, {}} : verdict;
}

Finding file_finding(const AuditView& view, const StoredCertificate& stored, const std::string& what) {
  Finding finding{.state = State::critical, .code = {}, .subject = stored.name, .title = {},
                  .detail = problem_text(stored.path, stored.problem)};
  const std::string user = view.input.user.empty() ? "the user that maintain connects as" : view.input.user;
  switch (stored.trouble) {
    case FileTrouble::denied:
      finding.code = "letsencrypt.unreadable";
      finding.title = what + " cannot be read";
      finding.action = user == "root" ? "root may not read it: see whether it lies on a network file system, or a "
                                        "security module forbids it."
                                      : "Let " + user + " read the file and look into the directories on its way, or "
                                        "give the task a `user` that may.";
      break;
    case FileTrouble::missing:
      finding.code = "letsencrypt.missing";
      finding.title = what + " is not there";
      finding.action = stored.in_store ? "See whether its name is right, and whether it was ever issued; if it was "
                                         "removed on purpose, take it out of the task's options."
                                       : "See whether the path is right; if it was removed on purpose, take it out of "
                                         "the task's options.";
      break;
    case FileTrouble::broken:
    case FileTrouble::none:
      finding.code = "letsencrypt.broken";
      finding.title = what + " is damaged";
      finding.action = stored.in_store ? "Look at the file. If its content is lost, issue the certificate anew, under "
                                         "the same name."
                                       : "Look at the file, and put the certificate back into it.";
      break;
  }
  return finding;
}

Findings change_findings(const AuditView& view, const std::string& name, const std::string& what) {
  Findings findings;
  const auto found = view.seen.find(name);
  if (found == view.seen.end()) return findings;
  const Seen& seen = found->second;
  const std::string told = " This is told for " + span_words(change_told_for) + ".";
  if (seen.issuer_changed) {
    findings.push_back({.state = State::warning, .code = "letsencrypt.issuer_changed", .subject = name,
                        .title = what + " is from another authority than before",
                        .detail = "Before: " + seen.former_issuer + ". Now: " + seen.issuer_organization +
                                  ", first seen on " + moment_text(*seen.issuer_changed) + ".",
                        .action = "If that was meant, there is nothing to do. If not, find out who had it issued, and "
                                  "see that a CAA record allows the authority you want." + told});
  }
  if (seen.lifetime_changed) {
    findings.push_back({.state = State::warning, .code = "letsencrypt.lifetime_changed", .subject = name,
                        .title = what + " has another lifetime than before",
                        .detail = "Before: " + span_words(seen.former_lifetime + 60) + ". Now: " +
                                  span_words(seen.lifetime + 60) + ", first seen on " +
                                  moment_text(*seen.lifetime_changed) + ".",
                        .action = "See that what renews it looks every " +
                                  span_words(std::clamp<std::int64_t>(seen.lifetime / 48, 3600, 86400)) +
                                  " or more often, and that it goes by the certificate and not by a fixed number of "
                                  "days." + told});
  }
  return findings;
}

Findings certificate_findings(const AuditView& view, const StoredCertificate& stored) {
  const Certificate* leaf = leaf_of(stored);
  if (leaf == nullptr) return {file_finding(view, stored, called(stored))};
  Findings findings;
  const auto add = [&](std::optional<Finding> finding) {
    if (finding) findings.push_back(std::move(*finding));
  };
  add(age_finding(view, stored, *leaf));
  add(chain_finding(view, stored, *leaf));
  add(key_finding(stored, *leaf, view.input.user));
  if (stored.in_store && !stored.is_configured && view.input.client == Client::certbot) {
    add(Finding{.state = State::warning, .code = "letsencrypt.not_configured", .subject = stored.name,
                .title = "certbot will not renew " + called(stored),
                .detail = "There is no renewal configuration for it that certbot could read.",
                .action = renewal_advice(view, &stored)});
  }
  for (Finding& change : change_findings(view, stored.name, called(stored))) findings.push_back(std::move(change));
  return findings;
}

}  // namespace maintain::letsencrypt
