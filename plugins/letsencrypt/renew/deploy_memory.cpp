#include "letsencrypt/renew/deploy_memory.hpp"

#include <algorithm>

#include "common/sections.hpp"
#include "letsencrypt/renew/json_parts.hpp"

namespace maintain::letsencrypt {
namespace {

using namespace std::chrono_literals;
using sdk::Json;

constexpr Milliseconds shortest_pause = 15min;
constexpr Milliseconds longest_pause = 6h;
constexpr int failures_that_count = 2;
constexpr int most_attempts = 100'000;

}  // namespace

Milliseconds deploy_pause(int attempts) {
  Milliseconds pause = shortest_pause;
  for (int i = 1; i < attempts && pause < longest_pause; ++i) pause *= 2;
  return std::min(pause, longest_pause);
}

bool may_deploy(const DeployMemory& memory, const std::string& name, const std::string& fingerprint, Moment now,
                bool by_hand) {
  const auto known = memory.find(name);
  if (by_hand || known == memory.end() || known->second.fingerprint != fingerprint) return true;
  const Deployment& deployment = known->second;
  return deployment.last > now || now >= deployment.last + deploy_pause(deployment.attempts);
}

void note_attempt(DeployMemory& memory, const std::string& name, const std::string& fingerprint, Moment now, int status,
                  int signal) {
  Deployment& deployment = memory[name];
  if (deployment.fingerprint != fingerprint) deployment = {.fingerprint = fingerprint};
  deployment.attempts = std::min(deployment.attempts + 1, most_attempts);
  deployment.last = now;
  deployment.status = status;
  deployment.signal = signal;
  deployment.hooks.clear();
  deployment.by_client = false;
}

bool is_news(const DeployMemory& memory, const std::string& name) {
  const auto known = memory.find(name);
  return known != memory.end() && (known->second.by_client || known->second.attempts >= failures_that_count);
}

Json to_json(const DeployMemory& memory) {
  Json document = Json::object();
  for (const auto& [name, deployment] : memory) {
    if (document.size() >= most_remembered) break;
    document[plugins::printable(name)] = {{"fingerprint", deployment.fingerprint},
                                          {"attempts", deployment.attempts},
                                          {"last", moment_to_json(deployment.last)},
                                          {"status", deployment.status},
                                          {"signal", deployment.signal},
                                          {"hooks", cut(plugins::printable(deployment.hooks), 500)}};
    if (deployment.by_client) document[plugins::printable(name)]["by_client"] = true;
  }
  return document;
}

DeployMemory deploy_from_json(const Json& document, Moment now) {
  DeployMemory memory;
  if (!document.is_object()) return memory;
  for (const auto& [name, row] : document.items()) {
    const auto last = moment_at(row, "last", now + 1h);
    Deployment deployment{.fingerprint = text_at(row, "fingerprint", 64),
                          .attempts = static_cast<int>(number_at(row, "attempts", 0, most_attempts)),
                          .status = static_cast<int>(number_at(row, "status", 0, 255)),
                          .signal = static_cast<int>(number_at(row, "signal", 0, 255)),
                          .hooks = text_at(row, "hooks", 500),
                          .by_client = flag_at(row, "by_client")};
    if (!last || deployment.fingerprint.empty() || deployment.attempts == 0) continue;
    deployment.last = *last;
    if (memory.size() < most_remembered) memory.emplace(plugins::printable(name), deployment);
  }
  return memory;
}

}  // namespace maintain::letsencrypt
