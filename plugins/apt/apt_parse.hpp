// What apt-get, apt-cache and dpkg say about packages, as values. Everything here is pure and accepts any bytes:
// the text comes from a maintained server. All commands run with LC_ALL=C.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace maintain::plugins::apt {

// Whether it can be the name (with ":arch" for a foreign one) or the version of a package. Only such words are ever
// put into a command or a preferences file.
bool is_package_name(std::string_view text);
bool is_version(std::string_view text);

// One line of a simulation: Inst, or Remv (to is empty then). from is empty for a new package.
struct PlannedChange {
  std::string name;
  std::string from = {};
  std::string to = {};
  std::vector<std::string> origins = {};  // "Debian-Security:12/stable-security"
  bool is_upgrade() const { return !from.empty() && !to.empty(); }
};

// Whether an origin of a simulation, or a source of apt-cache policy, is one of the distribution's security archives.
bool is_security_origin(std::string_view origin);

// `apt-get --simulate upgrade` and its like.
struct Simulation {
  std::vector<PlannedChange> changes;
  std::vector<std::string> kept_back;  // named as kept back or as deferred due to phasing
};
Simulation parse_simulation(std::string_view text);

// `apt-cache policy NAME...`
struct PolicyVersion {
  std::string version;
  int phased = 100;                      // percentage of machines it is offered to
  std::vector<std::string> sources = {};  // "http://... bookworm-security/main amd64 Packages"
};
struct Policy {
  std::string installed;
  std::string candidate;
  std::vector<PolicyVersion> versions;  // newest first
};
std::map<std::string, Policy, std::less<>> parse_policy(std::string_view text);

// The newest version that is newer than the installed one and comes from a security archive; empty: none. It may be
// older than the candidate: a later version in another archive hides it.
std::string security_version(const Policy& policy);

// What an upgrade would need, from `apt-get --print-uris`.
struct Sizes {
  long long download = 0;  // bytes that have to be fetched
  long long growth = 0;    // bytes that the installed system grows by; negative: it shrinks
};
Sizes parse_sizes(std::string_view text);

// Why `apt-get update` could not refresh a source, or apt could not read its configuration.
enum class SourceTrouble { network, missing, signature, expired, renamed, component, configuration, locked, other };
struct SourceProblem {
  std::string source;  // "http://... bookworm"; empty when apt names none
  SourceTrouble trouble = SourceTrouble::other;
  std::string reason;  // apt's words
};
// Empty also when apt-get exits with 0 although a source failed: apt calls an unreachable mirror a warning.
std::vector<SourceProblem> parse_update(std::string_view text);

}  // namespace maintain::plugins::apt
