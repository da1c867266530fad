// Looking, without changing anything: what is on the server, and what is served. Both tasks begin and end with it.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <maintain/plugin.hpp>

#include "letsencrypt/audit/audit.hpp"
#include "letsencrypt/client/survey.hpp"
#include "letsencrypt/probe/served.hpp"
#include "letsencrypt/renew/memory.hpp"
#include "letsencrypt/renew/options.hpp"

namespace maintain::letsencrypt {

// What probe_from_here() does. Given to the tasks, so that tests open no connections.
using Probe = std::function<std::vector<Served>(const std::vector<Endpoint>& endpoints, Milliseconds each,
                                                const std::function<bool()>& is_cancelled)>;

// Of a store with more names than this (from the server: most_server_endpoints), the rest is not looked at, and that is
// said.
inline constexpr std::size_t most_endpoints = 1000;

struct Looked {
  Survey survey = {};
  Moment survey_at{};
  std::vector<Endpoint> endpoints = {};
  std::vector<Served> served = {};
};

// Throws sdk::Failure when nothing can be said of the server's certificates: it did not answer as it should, or the
// store may not be read, in which case no certificate seen must not mean that there is none.
void survey(sdk::Context& context, const Options& options, Looked& looked);

// Fills endpoints and served, by the options and the survey's certificates.
void probe(sdk::Context& context, const Options& options, const Probe& probe_here, Looked& looked);
// Looks again at the endpoints of these certificates only.
void probe_again(sdk::Context& context, const Options& options, const Probe& probe_here,
                 const std::set<std::string>& certificates, const SeenCertificates& seen, Looked& looked);

// Pure. Where certificates are to be served: as the options say, or each name of each certificate at each port.
// Wildcards and what is no name are left out. `left_out` counts what is beyond the bound.
std::vector<Endpoint> endpoints_of(const Options& options, const Survey& survey, std::size_t& left_out);

// Leaf fingerprints of all certificates that can be read.
Fingerprints fingerprints(const Survey& survey);

// What audit() is given, but for what only letsencrypt.renew knows. Takes the memory of what was seen.
AuditInput audit_input(sdk::Context& context, const Options& options, const Looked& looked, const Memory& memory);

// Findings, metrics, and the memory of what was seen.
void tell(sdk::Context& context, const Audit& result, Memory& memory);

// "3 certificates, the first to end in 21 days (shop.example.org)"
std::string summary_of(const Audit& result);

}  // namespace maintain::letsencrypt
