// Making services use a certificate that is already there: what the client runs after a renewal, run again. A hook that
// failed once is never run again by the clients themselves, and its service goes on with the old certificate.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "letsencrypt/client/client.hpp"
#include "letsencrypt/client/survey.hpp"

namespace maintain::letsencrypt {

// With options.deploy that; else for a lineage of certbot what certbot itself would run, in its order: the executables
// of renewal-hooks/deploy, the lineage's renew_hook, and the reload by its installer plugin (nginx, apache). The text
// of renew_hook stays on the server. RENEWED_LINEAGE and RENEWED_DOMAINS are set as certbot sets them. Nothing when
// there is nothing to run. The command's output is the hooks' own, which may hold secrets; its exit status is not 0
// when a hook failed.
std::optional<sdk::Command> deploy_command(const ClientOptions& options, const StoredCertificate& certificate);

struct FailedHook {
  std::string name = {};  // the executable's file name, "renew_hook", "nginx" or "apache"
  int status = 0;
};

// Pure. What of the standard output of the default's command says which hooks failed; empty for the project's own.
std::vector<FailedHook> read_failed_hooks(std::string_view output);

// "hook reload-mail.sh ended with exit status 3", one line of at most ten hooks. Empty without any.
std::string failed_hooks_text(const std::vector<FailedHook>& hooks);

}  // namespace maintain::letsencrypt
