// The options of letsencrypt.renew and letsencrypt.check as manifest.json describes them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <maintain/plugin.hpp>

#include "letsencrypt/client/client.hpp"
#include "letsencrypt/probe/endpoint.hpp"
#include "letsencrypt/renew/rehearsal_memory.hpp"

namespace maintain::letsencrypt {

struct Options {
  ClientOptions client = {};               // who renews; certbot only without a `command`
  std::vector<std::string> names = {};     // in lower case
  std::optional<std::vector<Endpoint>> endpoints = {};  // none: each name of each certificate at each of `ports`
  std::vector<std::uint16_t> ports = {443};
  bool from_server = false;                // it, not the maintenance server, looks at what is served
  Rehearse rehearse = Rehearse::never;
  std::string renewed_output = {};
};

// Throws sdk::InvalidOption for all that a run would refuse. `otherwise` is the client of a task without that option.
Options read_options(const sdk::Json& json, Client otherwise);

// Whose store is looked into. A command of the project's own most often calls certbot, as in the earlier bot's
// `certbot` entry: then it is certbot's.
ClientOptions looked_at(const Options& options);

// Changes when another command would be run, or the same one for other certificates: a hash, for commands may hold
// what is nobody's business.
std::string attempt_id(const Options& options);

}  // namespace maintain::letsencrypt
