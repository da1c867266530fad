// From what is on the server and what is served to what a person has to be told. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <maintain/plugin.hpp>

#include "letsencrypt/audit/comparison.hpp"
#include "letsencrypt/audit/seen.hpp"
#include "letsencrypt/certificate/chain_check.hpp"
#include "letsencrypt/certificate/lifetime.hpp"
#include "letsencrypt/client/client.hpp"
#include "letsencrypt/client/survey.hpp"
#include "letsencrypt/probe/served.hpp"

namespace maintain::letsencrypt {

using Findings = std::vector<sdk::Finding>;

// What the task did to get a certificate to where it is served; without an entry it did nothing.
struct DeployStory {
  bool quiet = false;     // it will be tried again soon: no finding yet that an old one is served or lies in a copy,
                          // unless the run before had it
  std::string text = {};  // a sentence for the detail: "The deploy hook has ended with status 1, twice."
};

struct AuditInput {
  Survey survey = {};
  std::vector<Served> served = {};
  std::vector<std::string> names = {};  // some certificate must cover each
  std::int64_t now = 0;                 // seconds since 1970, as all moments here, by the maintenance server's clock
  std::int64_t survey_at = 0;           // the same clock when the survey ended; 0: the server's clock is not judged
  TrustRoots roots = {};                // besides survey.roots, which audit() adds
  Client client = Client::none;
  std::string user = {};                // who reads the store; empty: the connection's user
  bool renews = false;                  // letsencrypt.renew, so what fails here is ours to mend
  bool has_deploy = false;              // there is a deploy command or hook to run
  bool endpoints_given = false;         // by options; else they follow from the certificates' names
  std::map<std::string, DeployStory> deploys = {};  // by the certificate's name
  SeenCertificates seen = {};           // of the run before
};

// One of the survey's certificates, for the summary, metrics and `status`.
struct CertificateLine {
  std::string name = {};
  bool is_known = false;        // false: it cannot be read, and of what follows only `problem` is set
  std::string problem = {};
  Standing standing = Standing::fine;
  double remaining = 0;         // fraction of its lifetime, 0 to 1
  double days_left = 0;         // negative: it has ended
  std::int64_t not_after = 0;
  std::string issuer_short = {};
  std::string fingerprint = {};
  std::vector<std::string> names = {};
  std::size_t endpoints = 0;    // where it belongs
  std::size_t current = 0;      // where it is served
};
// "shop.example.org: 62 % left, 56 days, Let's Encrypt R11, served at 2 of 2 places"
std::string to_text(const CertificateLine& line);

struct Audit {
  Findings findings = {};       // each code and subject once
  std::vector<CertificateLine> lines = {};
  SeenCertificates seen = {};   // for the next run
};
Audit audit(const AuditInput& input);

}  // namespace maintain::letsencrypt
