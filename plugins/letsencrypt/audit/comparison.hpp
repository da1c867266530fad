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
  similar,      // like what the store may have had before, and nothing proves it: the same authority, earlier
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

// "old" needs a proof, for a deploy hook runs by it: the certificate was seen here as the store's, or has its key. Each
// place by itself is compared by compare(); compare_all() knows one thing more.
//
// The one that the endpoint names belongs there. Else, of those that cover the endpoint's name: the one that is
// served; the one that was served before its renewal; the one that was issued last.
Compared compare(const Served& served, const Survey& survey, const SeenCertificates& seen);

// Likewise for a file of survey.deployed, with the names in the copy in place of the endpoint's.
Compared compare(const StoredCertificate& copy, const Survey& survey, const SeenCertificates& seen);

struct Comparison {
  std::vector<Compared> served = {};
  std::vector<Compared> deployed = {};
};
// All of them. Of a certificate that was never seen before, what went before it cannot have been seen: then one that is
// similar, and has all its names, is the old one, unless some place has the current one. That is one machine which was
// renewed before we came and never reloaded, not somebody else's beside ours.
Comparison compare_all(const Survey& survey, const std::vector<Served>& served, const SeenCertificates& seen);

// Names of the certificates that are not where they are to be, so that a deploy hook may help: some endpoint or copy is
// old, or has a self-signed one in the place of a real one.
std::set<std::string> to_deploy(const Survey& survey, const std::vector<Served>& served, const SeenCertificates& seen);

}  // namespace maintain::letsencrypt
