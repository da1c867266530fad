// Making the services use what was renewed, and seeing that they do.
#pragma once

#include <map>
#include <set>
#include <string>

#include <maintain/plugin.hpp>

#include "letsencrypt/renew/inspection.hpp"
#include "letsencrypt/renew/memory.hpp"
#include "letsencrypt/renew/options.hpp"

namespace maintain::letsencrypt {

// The client's own deploy hooks have failed after a renewal of these certificates; `hooks` says which, empty: none.
// They are run again by deploy(), also where there is no place to look at.
void note_failed_hooks(const std::set<std::string>& renewed, const std::string& hooks, const Survey& survey, Moment now,
                       DeployMemory& memory);

// Runs the deploy command for each certificate that is not where it belongs, unless that was tried a short while ago,
// and for each of `renewed` when it is the project's own command. Looks again at what is served afterwards, into
// `looked`, and remembers what did not help. In a dry run nothing is run. Returns the certificates for which it would
// run or did run.
std::set<std::string> deploy(sdk::Context& context, const Options& options, const Probe& probe_here,
                             const std::set<std::string>& renewed, Looked& looked, Memory& memory);

// What audit() is to know of it, by the certificate's name.
std::map<std::string, DeployStory> deploy_stories(const DeployMemory& memory);

}  // namespace maintain::letsencrypt
