// A client of ssh-agent with deadlines. libssh2's own waits for ever for an agent that hangs, and cannot ask it for
// RSA signatures that today's servers accept.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/fd.hpp"

namespace maintain {

struct AgentKey {
  std::string blob;
  std::string comment;
};

// The agent's answer to a request for its keys; pure.
Result<std::vector<AgentKey>> parse_agent_keys(std::string_view answer);
// What comes in the answer's signature after the algorithm's name; pure.
Result<std::string> parse_agent_signature(std::string_view answer);

class Agent {
 public:
  // unreachable when nothing listens at the path ($SSH_AUTH_SOCK).
  static Result<Agent> connect(const std::string& path, Deadline deadline);
  Result<std::vector<AgentKey>> keys(Deadline deadline);
  // RSA keys sign with SHA-512. refused: the agent did not want to, or has the key no more.
  Result<std::string> sign(const std::string& blob, std::string_view data, Deadline deadline);

 private:
  explicit Agent(UniqueFd fd) : fd_(std::move(fd)) {}
  Result<std::string> ask(const std::string& request, Deadline deadline);
  UniqueFd fd_;
};

}  // namespace maintain
