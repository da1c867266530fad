// Making the services use what was renewed, and seeing that they do.
#pragma once

#include <map>
#include <set>
#include <string>

#include <maintain/plugin.hpp>

#include "letsencrypt/renew/inspection.hpp"
#include "letsencrypt/renew/memory.hpp"
#include "letsencrypt/renew/options.hpp"
#include "letsencrypt/renew/renewal.hpp"

namespace maintain::letsencrypt {

// The client's own deploy hooks may have failed after the renewal. They are run again by deploy(), also where there is
// no place to look at; where there is nothing to run that is remembered until the certificate is in its place, or a
// person starts the task.
void note_failed_hooks(const Options& options, const Renewal& renewal, const Survey& survey, Moment now,
                       DeployMemory& memory);

// Runs the deploy command for the certificates that are not where they belong, unless that was tried a short while ago,
// and for those of `renewed` when it is the project's own command. certbot's hooks run once for each certificate; the
// project's own command once, with the names of all certificates concerned in RENEWED_DOMAINS (at most 64 KiB) and the
// first one's directory in RENEWED_LINEAGE. Not for a certificate whose key is another's or that is not valid yet.
// Looks again at what is served afterwards, into `looked`, and remembers what did not help, and of the project's own
// command what ended badly, though the certificate is in its place; an attempt is on the disk before it begins. What
// does not fit into the run's time counts as an attempt, too. In a dry run nothing is run. Returns the certificates for
// which it would run or did run.
std::set<std::string> deploy(sdk::Context& context, const Options& options, const Probe& probe_here,
                             const std::set<std::string>& renewed, Looked& looked, Memory& memory);

// What audit() is to know of it, by the certificate's name.
std::map<std::string, DeployStory> deploy_stories(const DeployMemory& memory);

}  // namespace maintain::letsencrypt
