// What a person has to be told of renewals, deploys and rehearsals that failed. Pure.
#pragma once

#include <vector>

#include <maintain/plugin.hpp>

#include "letsencrypt/audit/audit.hpp"
#include "letsencrypt/renew/memory.hpp"
#include "letsencrypt/renew/options.hpp"
#include "letsencrypt/renew/renewal.hpp"

namespace maintain::letsencrypt {

// lines: of the certificates as they are now. A failing renewal is told in each run until one succeeds, whether or not
// this run tried: critical when a certificate that fails is overdue for long, or has expired. One finding for each
// certificate that fails; for many, and where it is not known which, one without a subject. Where another process of
// the client keeps it from renewing, that is told after 24 hours.
Findings renewal_findings(const Options& options, const Renewal& renewal, const Memory& memory,
                          const std::vector<CertificateLine>& lines, Moment now);

// From the second deploy on that ended badly and left the certificate where it was; of a hook that only the client can
// run, from the first.
Findings deploy_findings(const Options& options, const DeployMemory& memory);

Findings rehearsal_findings(const Options& options, const RehearsalMemory& memory);

}  // namespace maintain::letsencrypt
