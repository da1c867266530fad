// Three places that must agree: the certificate in the client's store, the copies of it that services read, and what is
// served. Pure; what it finds decides whether a deploy hook has to run, and goes into the findings of audit.hpp.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "letsencrypt/audit/seen.hpp"
#include "letsencrypt/client/survey.hpp"
#include "letsencrypt/probe/served.hpp"

namespace maintain::letsencrypt {

enum class Agreement {
  current,      // the store's own
  old,          // what the store had before: it was renewed, and not deployed
  newer,        // for the same names, and younger than the store's: something else renews it
  self_signed,  // not the store's, and signed by itself: most often what a service starts with
  foreign,      // none of ours, yet it covers the name
  uncovered,    // none of ours, and it does not cover the name
  unknown,      // there is nothing in the store to compare it with
  nothing,      // there is no certificate to compare
};
std::string_view to_string(Agreement agreement);  // "current", "self_signed", ...

// An endpoint, or a deployed copy.
struct Compared {
  std::string certificate = {};  // name of the stored certificate that belongs there; empty: none is known
  Agreement agreement = Agreement::nothing;
};

// The leaf, or null where the file has trouble.
const Certificate* leaf_of(const StoredCertificate& stored);
const Certificate* leaf_of(const Served& served);
// By name among survey.certificates, or null.
const StoredCertificate* find_stored(const Survey& survey, std::string_view name);

// The one that the endpoint names belongs there. Else, of those that cover the endpoint's name: the one that is
// served; the one that was served before its renewal; the one that was issued last.
Compared compare(const Served& served, const Survey& survey, const SeenCertificates& seen);

// Likewise for a file of survey.deployed, with the names in the copy in place of the endpoint's.
Compared compare(const StoredCertificate& copy, const Survey& survey, const SeenCertificates& seen);

// Names of the certificates that are not where they are to be, so that a deploy hook may help: some endpoint or copy is
// old, or has a self-signed one in the place of a real one.
std::set<std::string> to_deploy(const Survey& survey, const std::vector<Served>& served, const SeenCertificates& seen);

}  // namespace maintain::letsencrypt
