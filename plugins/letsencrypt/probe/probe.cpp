#include "letsencrypt/probe/probe.hpp"

#include <algorithm>
#include <memory>

#include <poll.h>

#include "letsencrypt/probe/connection.hpp"
#include "letsencrypt/probe/resolve.hpp"

namespace maintain::letsencrypt {
namespace {

using Clock = Connection::Clock;
constexpr std::size_t at_once = 64;
constexpr std::chrono::milliseconds look_up{200};  // how long at most until is_cancelled is asked again

struct Open {
  std::size_t index = 0;  // of the result
  std::unique_ptr<Connection> connection;
};

// The results to come, with addresses; what has none is finished already, as its problem tells.
std::vector<Served> expand(const std::vector<Endpoint>& endpoints, std::chrono::milliseconds each,
                           const std::function<bool()>& is_cancelled) {
  std::vector<std::string> names;
  for (const Endpoint& endpoint : endpoints)
    if (endpoint.address.empty()) names.push_back(endpoint.name);
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  const auto resolved = resolve(names, each, is_cancelled);

  std::vector<Served> results;
  for (const Endpoint& endpoint : endpoints) {
    if (!endpoint.address.empty()) {
      results.push_back({.endpoint = endpoint});
      continue;
    }
    const Resolved& found = resolved.at(endpoint.name);
    for (const std::string& address : found.addresses) {
      results.push_back({.endpoint = endpoint});
      results.back().endpoint.address = address;
    }
    if (found.addresses.empty())
      results.push_back({.endpoint = endpoint, .kind = found.kind, .problem = found.problem});
  }
  return results;
}

void poll_all(const std::vector<Open>& open) {
  std::vector<pollfd> descriptors;
  Clock::time_point next = Clock::now() + look_up;
  for (const Open& each : open) {
    descriptors.push_back({each.connection->descriptor(), each.connection->events(), 0});
    next = std::min(next, each.connection->deadline());
  }
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now());
  const auto wait = std::clamp(left, std::chrono::milliseconds(0), look_up);
  const int count = ::poll(descriptors.data(), descriptors.size(), static_cast<int>(wait.count()));
  for (std::size_t i = 0; i < open.size(); ++i) {
    if (count > 0 && descriptors[i].revents != 0) open[i].connection->proceed();
    if (Clock::now() >= open[i].connection->deadline()) open[i].connection->time_out();
  }
}

}  // namespace

std::vector<Served> probe_from_here(const std::vector<Endpoint>& endpoints, std::chrono::milliseconds each,
                                    const std::function<bool()>& is_cancelled) {
  std::vector<Served> results = expand(endpoints, each, is_cancelled);
  const TlsSettings settings;
  std::vector<Open> open;
  std::size_t next = 0;
  bool cancelled = false;
  while (!cancelled && (next < results.size() || !open.empty())) {
    for (; next < results.size() && open.size() < at_once; ++next) {
      const Endpoint& endpoint = results[next].endpoint;
      if (endpoint.address.empty()) continue;
      open.push_back({next, std::make_unique<Connection>(endpoint, settings, Clock::now() + each)});
    }
    std::erase_if(open, [&](const Open& one) {
      if (one.connection->finished()) results[one.index] = one.connection->result();
      return one.connection->finished();
    });
    if (!open.empty()) poll_all(open);
    cancelled = is_cancelled();
  }
  if (cancelled) {
    for (const Open& one : open) results[one.index].problem = "was not looked at to the end: the run is being stopped";
    for (; next < results.size(); ++next)
      if (!results[next].endpoint.address.empty())
        results[next].problem = "was not looked at: the run is being stopped";
  }
  return results;
}

}  // namespace maintain::letsencrypt
