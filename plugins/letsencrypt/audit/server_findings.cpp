#include <algorithm>
#include <cstdlib>
#include <set>

#include "common/sections.hpp"
#include "letsencrypt/audit/findings.hpp"
#include "letsencrypt/audit/wording.hpp"

namespace maintain::letsencrypt {
namespace {

using sdk::Finding;
using sdk::State;

constexpr std::int64_t skew_warning = 5 * 60;
constexpr std::int64_t skew_critical = 60 * 60;
constexpr std::size_t most_problems = 20;

std::string client_text(Client client) {
  return client == Client::none || client == Client::command ? "the client" : std::string(client_name(client));
}

void add_clock(const AuditView& view, Findings& findings) {
  const AuditInput& input = view.input;
  if (input.survey_at == 0 || input.survey.server_time == 0) return;
  // The server may say any number.
  constexpr std::int64_t most = 1'000'000'000'000;
  const std::int64_t ahead = std::clamp(input.survey.server_time, -most, most) - input.survey_at;
  if (std::abs(ahead) <= skew_warning) return;
  findings.push_back(
      {.state = std::abs(ahead) > skew_critical ? State::critical : State::warning, .code = "letsencrypt.clock_skew",
       .title = "the server's clock is wrong",
       .detail = "It is " + span_words(ahead) + (ahead > 0 ? " ahead of" : " behind") +
                 " the maintenance server's clock. A client that goes by it renews at the wrong time, and the "
                 "certificate authority may refuse its orders.",
       .action = "See which of the two clocks is right, and let the other be kept by NTP: `timedatectl` tells whether "
                 "that is on, `timedatectl set-ntp true` turns systemd's own on."});
}

void add_client(const AuditView& view, Findings& findings) {
  const Survey& survey = view.input.survey;
  // Who only looks reads the store; what renews it may be in a container.
  if (!view.input.renews || view.input.client == Client::none || survey.client_found) return;
  findings.push_back({.state = State::warning, .code = "letsencrypt.client_missing",
                      .title = client_text(view.input.client) + " is not on the server",
                      .detail = "Nothing renews the certificates there, unless something else does.",
                      .action = "Install it, or say in the task's options which `client` there is."});
}

void add_store(const AuditView& view, Findings& findings) {
  const Survey& survey = view.input.survey;
  if (survey.store_trouble == FileTrouble::denied || survey.store_trouble == FileTrouble::broken) {
    StoredCertificate store;
    store.name = store.path = survey.store.empty() ? "the client's store" : survey.store;
    store.trouble = survey.store_trouble;
    store.in_store = true;
    Finding finding = file_finding(view, store, "the store " + survey.store);
    finding.detail = "Which certificates there are is not known.";
    if (survey.store_trouble == FileTrouble::broken) {
      finding.title = "the store " + survey.store + " is not a store of " + client_text(view.input.client);
      finding.action = "See whether the task's `store` is right.";
    }
    findings.push_back(std::move(finding));
    return;
  }
  if (!survey.certificates.empty()) return;
  std::string missing;
  for (const std::string& place : survey.missing_places)
    missing += (missing.empty() ? "" : "; ") + plugins::printable(place);
  const bool is_none = view.input.client == Client::none;
  if (is_none && (!view.input.served.empty() || !survey.deployed.empty())) return;  // there is something to look at
  findings.push_back(
      {.state = State::warning, .code = "letsencrypt.no_certificates",
       .title = "there is no certificate to look after",
       .detail = is_none ? "The task names neither a client nor certificates nor endpoints."
                         : !missing.empty() ? missing + "."
                                            : (survey.store.empty() ? "The store" : survey.store) + " holds none.",
       .action = is_none ? "Give the task `certificates` or `endpoints`, or the `client` that keeps them."
                         : "See whether the task's `client`, `store` and `user` are right, and issue a first "
                           "certificate: the client renews what it has, this task asks for no new ones."});
}

void add_names(const AuditView& view, Findings& findings) {
  const Survey& survey = view.input.survey;
  for (const std::string& name : view.input.names) {
    const auto has_it = [&](const StoredCertificate& stored) {
      return leaf_of(stored) != nullptr && covers(*leaf_of(stored), name);
    };
    const auto serves_it = [&](const Served& served) {
      return leaf_of(served) != nullptr && covers(*leaf_of(served), name) && served.endpoint.name == name;
    };
    if (std::any_of(survey.certificates.begin(), survey.certificates.end(), has_it)) continue;
    // Without a store what is served is all there is to look at.
    if (survey.certificates.empty() && std::any_of(view.input.served.begin(), view.input.served.end(), serves_it)) {
      continue;
    }
    std::vector<std::string> looked_at;
    for (const StoredCertificate& stored : survey.certificates) looked_at.push_back(stored.name);
    const bool is_sure = std::all_of(survey.certificates.begin(), survey.certificates.end(),
                                     [](const auto& stored) { return leaf_of(stored) != nullptr; }) &&
                         survey.store_trouble == FileTrouble::none;
    findings.push_back(
        {.state = State::warning, .code = "letsencrypt.name_missing", .subject = name,
         .title = "no certificate covers " + name,
         .detail = (looked_at.empty() ? "There is none to look at." : "Looked at: " + list_text(looked_at, 10) + ".") +
                   (is_sure ? "" : " Not all could be read."),
         .action = view.input.client == Client::certbot
                       ? "Issue one: `certbot certonly --cert-name NAME -d ...` with all names that the certificate is "
                         "to have, the old ones, too. If it is no longer used, take it out of the task's `names`."
                       : "Issue one with that name. If it is no longer used, take it out of the task's `names`."});
  }
}

// An endpoint may name a certificate that nobody looks after, by a slip of the pen.
void add_unknown_certificates(const AuditView& view, Findings& findings) {
  if (view.input.survey.store_trouble != FileTrouble::none) return;
  std::set<std::string> told;
  for (const Served& served : view.input.served) {
    const std::string& name = served.endpoint.certificate;
    if (name.empty() || find_stored(view.input.survey, name) != nullptr || !told.insert(name).second) continue;
    std::vector<std::string> known;
    for (const StoredCertificate& stored : view.input.survey.certificates) known.push_back(stored.name);
    findings.push_back({.state = State::warning, .code = "letsencrypt.missing", .subject = name,
                        .title = "the certificate " + name + " of an endpoint is not among those looked after",
                        .detail = "Those are: " + (known.empty() ? "none" : list_text(known, 10)) + ".",
                        .action = "Correct the name in the task's `endpoints`, or add it to `certificates`."});
  }
}

void add_problems(const AuditView& view, Findings& findings, bool bad_roots) {
  std::string lines;
  std::size_t count = 0;
  const Survey& survey = view.input.survey;
  std::vector<std::string> problems = survey.problems;
  // Without any certificate no_certificates says so, and with files alone no store is needed.
  const bool is_told = survey.store_trouble == FileTrouble::missing && survey.certificates.empty();
  for (const std::string& place : survey.missing_places)
    if (!is_told && place != survey.store + " is not there") problems.push_back(place);
  for (const std::string& problem : problems) {
    if (++count > most_problems) break;
    lines += (lines.empty() ? "" : "\n") + plugins::printable(problem);
  }
  if (bad_roots) lines += (lines.empty() ? "" : "\n") + std::string("a file of `roots` holds no certificate");
  if (view.input.roots.empty()) {
    lines += lines.empty() ? "" : "\n";
    lines += "the maintenance server has no authorities to believe (package ca-certificates): whether chains are "
             "trusted was not looked at";
  }
  const bool is_bad = !lines.empty();
  const auto lacks_openssl = [](const StoredCertificate& stored) {
    return stored.key_hash.empty() && stored.key_problem.starts_with("openssl is not installed");
  };
  const auto& stored = survey.certificates;
  if (std::any_of(stored.begin(), stored.end(), lacks_openssl)) {
    lines += (lines.empty() ? "" : "\n") + std::string("openssl is not installed on the server: whether private keys "
                                                       "belong to their certificates was not looked at");
  }
  if (lines.empty()) return;
  findings.push_back({.state = is_bad ? State::warning : State::ok, .code = "letsencrypt.unreadable",
                      .title = "not everything about the certificates could be looked at", .detail = lines,
                      .action = "Mend what the detail says, or take it out of the task's options."});
}

}  // namespace

Findings server_findings(const AuditView& view) {
  Findings findings;
  add_clock(view, findings);
  add_client(view, findings);
  add_store(view, findings);
  add_names(view, findings);
  add_unknown_certificates(view, findings);
  const auto& roots = view.input.survey.roots;
  const bool bad_roots = std::any_of(roots.begin(), roots.end(), [](const std::string& pem) {
    return !TrustRoots().add_pem(pem);
  });
  add_problems(view, findings, bad_roots);
  return findings;
}

}  // namespace maintain::letsencrypt
