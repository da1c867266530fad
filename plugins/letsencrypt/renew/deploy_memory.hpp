// Attempts to make the services use a renewed certificate. A deploy hook that failed once is run by no ACME client
// again: the certificate lies there renewed and the old one is served until it ends. Here it is run again, with a
// growing pause, for as long as the wrong one is served. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>

#include <maintain/plugin.hpp>

namespace maintain::letsencrypt {

using sdk::Milliseconds;
using sdk::Moment;

// One certificate's, for as long as it is not served as it lies on the disk.
struct Deployment {
  std::string fingerprint = {};     // of the certificate that is to be served
  int attempts = 0;                 // deploy commands that did not help; the client's own one after a renewal counts
  Moment last{};                    // when the latest ended
  int status = 0;                   // its exit status
  int signal = 0;
  std::string hooks = {};           // which of several failed, or why it has no exit status, in words; printable
  bool by_client = false;           // its own hook in a renewal, which nobody else can run again
};

// By the certificate's name.
using DeployMemory = std::map<std::string, Deployment>;

// 15 minutes after the first attempt, doubling, at most 6 hours.
Milliseconds deploy_pause(int attempts);

// Whether the hook may run now. By hand it may, as it may for another certificate than the one last tried.
bool may_deploy(const DeployMemory& memory, const std::string& name, const std::string& fingerprint, Moment now,
                bool by_hand);

void note_attempt(DeployMemory& memory, const std::string& name, const std::string& fingerprint, Moment now, int status,
                  int signal);

// A first failure is nothing to wake somebody for: services reload, networks hiccup. Unless it stays the last, for
// nothing is there to run again.
bool is_news(const DeployMemory& memory, const std::string& name);

sdk::Json to_json(const DeployMemory& memory);
// What does not have the expected shape, or lies in the future, is dropped.
DeployMemory deploy_from_json(const sdk::Json& document, Moment now);

}  // namespace maintain::letsencrypt
