// What a client printed about a renewal. It may say anything: the certificate files and the exit status decide what
// happened; this tells a person why. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "letsencrypt/client/client.hpp"

namespace maintain::letsencrypt {

// All text is printable. What hooks print is never part of it.
struct RenewalOutput {
  // One line that stays the same while the trouble does: "urn:ietf:params:acme:error:connection: shop.example.org: ..."
  // where the authority said something, else the client's own words. Empty: no error was seen.
  std::string error = {};
  std::string detail = {};                   // every distinct error, a line each, at most ten
  std::vector<std::string> renewed = {};     // lineages, each once, at most 500
  std::vector<std::string> failed = {};      // likewise; also those whose configuration cannot be read
  std::vector<std::string> not_due = {};
  std::vector<std::string> failed_hooks = {};  // "deploy-hook: exit status 3": certbot ends with 0 all the same
  bool busy = false;                         // another process of the client was at work, so nothing was tried
  // Seconds since 1970, for a problem of type rateLimited that names a time within 31 days; of several the latest.
  std::optional<std::int64_t> rate_limited_until = {};
};

// output: standard output and standard error. command is read as certbot's, then for problems in any form.
RenewalOutput read_renewal_output(Client client, std::string_view output, std::int64_t now);

}  // namespace maintain::letsencrypt
