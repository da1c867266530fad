// The parts of audit(): each looks at one side of what was found. Pure; docs/certificates.md lists the codes.
//
// A status line shows a finding's title without its subject, so that each title names what it is about, once, and has
// no numbers that move by themselves: those are in the detail.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "letsencrypt/audit/audit.hpp"

namespace maintain::letsencrypt {

struct AuditView {
  const AuditInput& input;
  TrustRoots roots = {};                // all of them
  std::vector<Compared> served = {};    // of each of input.served
  std::vector<Compared> deployed = {};  // of each of input.survey.deployed
  SeenCertificates seen = {};           // with this run in it
  std::set<std::string> ours = {};      // names of endpoints of which some address serves the store's, or has
};

// The client, its store, the server's clock, names that nothing covers, and what could not be looked at.
Findings server_findings(const AuditView& view);
// A stored certificate by itself: its file, age, chain, key, and what changed.
Findings certificate_findings(const AuditView& view, const StoredCertificate& stored);
// Deployed copies. That one is old is noted for the next run.
Findings deployed_findings(const AuditView& view, SeenCertificates& seen);
// One endpoint that could be looked at: view.input.served[index].
Findings served_findings(const AuditView& view, std::size_t index);

// Where somebody looked, the findings of now, which are noted for the next run. Where nobody could, those of the last
// look, which say when that was.
Findings stored_or_repeated(const AuditView& view, const StoredCertificate& stored, SeenCertificates& seen);

// What is remembered of the endpoint view.input.served[index], by its text, where it could not be looked at; without an
// address, of those of its name and port that nobody looked at, either. Else nothing.
std::map<std::string, const Seen*> unlooked_before(const AuditView& view, std::size_t index);

// Whether the last look at what is remembered by this key found that.
bool told_before(const AuditView& view, const std::string& key, std::string_view code);

// The three texts of what is wrong with a file, which all say who may do what about it.
sdk::Finding file_finding(const AuditView& view, const StoredCertificate& stored, const std::string& what);
// What changed of the one that is remembered by this name.
Findings change_findings(const AuditView& view, const std::string& name, const std::string& what);
// Where this certificate is served as it lies in the store: "shop.example.org 192.0.2.7:443".
std::vector<std::string> current_endpoints(const AuditView& view, const std::string& name);

// As check_chain(), by all roots. Without those of this machine it cannot be said that a chain is not trusted.
ChainVerdict judge_chain(const AuditView& view, const std::vector<Certificate>& presented);

// What to do about a certificate that was not renewed, by who is to renew it. stored null: nobody knows who.
std::string renewal_advice(const AuditView& view, const StoredCertificate* stored);
// What to do about a service that still has another certificate.
std::string deploy_advice(const AuditView& view, const Endpoint* endpoint);

// Where more than four of `findings` are the same for one certificate, one takes their place.
struct Grouped {
  sdk::Finding finding;
  std::string certificate = {};  // empty: stays by itself
};
// Of all endpoints, likewise. One finding more says what could not be looked at and was not for a day, or never.
std::vector<Grouped> served_or_repeated(const AuditView& view, SeenCertificates& seen);
Findings merge_alike(const std::vector<Grouped>& findings);

}  // namespace maintain::letsencrypt
