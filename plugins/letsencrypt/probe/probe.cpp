#include "letsencrypt/probe/probe.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

#include <arpa/inet.h>
#include <poll.h>

#include "letsencrypt/probe/connection.hpp"
#include "letsencrypt/probe/resolve.hpp"

namespace maintain::letsencrypt {
namespace {

using Clock = Connection::Clock;
constexpr std::size_t at_once = 64;
constexpr std::chrono::milliseconds again_after{1000};
constexpr std::chrono::milliseconds look_up{200};  // how long at most until is_cancelled is asked again

struct Open {
  std::size_t index = 0;  // of the result
  std::unique_ptr<Connection> connection;
};

Served begin(const Endpoint& endpoint, const std::string& address) {
  Served served{.endpoint = endpoint, .kind = Served::Kind::not_looked};
  const bool is_chosen = !endpoint.address.empty() && endpoint.address != endpoint.name;
  served.endpoint.address = address;
  if (!is_chosen && is_own_address(address)) {
    served.kind = Served::Kind::no_route;
    served.problem = "is an address of the looking machine itself, or of its own link; use `from: server`";
  }
  return served;
}

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
      results.push_back(begin(endpoint, endpoint.address));
      continue;
    }
    const Resolved& found = resolved.at(endpoint.name);
    for (const std::string& address : found.addresses) results.push_back(begin(endpoint, address));
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

// Looks at those of the results. False when it was cancelled.
bool look(std::vector<Served>& results, const std::vector<std::size_t>& places, std::chrono::milliseconds each,
          const std::function<bool()>& is_cancelled) {
  const TlsSettings settings;
  std::vector<Open> open;
  std::size_t next = 0;
  while (next < places.size() || !open.empty()) {
    for (; next < places.size() && open.size() < at_once; ++next) {
      const std::size_t place = places[next];
      open.push_back({place, std::make_unique<Connection>(results[place].endpoint, settings, Clock::now() + each)});
    }
    std::erase_if(open, [&](const Open& one) {
      if (one.connection->finished()) results[one.index] = one.connection->result();
      return one.connection->finished();
    });
    if (!open.empty()) poll_all(open);
    if (is_cancelled()) return false;
  }
  return true;
}

bool pause(const std::function<bool()>& is_cancelled) {
  for (const Clock::time_point end = Clock::now() + again_after; Clock::now() < end;) {
    if (is_cancelled()) return false;
    ::poll(nullptr, 0, static_cast<int>(look_up.count()));
  }
  return true;
}

// Indices of the results of which it is true.
template <typename Test>
std::vector<std::size_t> those(const std::vector<Served>& results, const Test& test) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < results.size(); ++i)
    if (test(results[i])) places.push_back(i);
  return places;
}

}  // namespace

bool is_own_address(const std::string& address) {
  std::array<unsigned char, 16> bytes{};
  // RFC 4291 2.5.5.2: ::ffff:192.0.2.7 goes to 192.0.2.7.
  constexpr std::array<unsigned char, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  const unsigned char* four = bytes.data();
  if (::inet_pton(AF_INET, address.c_str(), bytes.data()) != 1) {
    if (::inet_pton(AF_INET6, address.c_str(), bytes.data()) != 1) return false;
    if (bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80) return true;
    if (std::all_of(bytes.begin(), bytes.end() - 1, [](unsigned char byte) { return byte == 0; })) return bytes[15] < 2;
    if (std::memcmp(bytes.data(), mapped.data(), mapped.size()) != 0) return false;
    four = bytes.data() + mapped.size();
  }
  return four[0] == 127 || four[0] == 0 || (four[0] == 169 && four[1] == 254);
}

std::vector<Served> probe_from_here(const std::vector<Endpoint>& endpoints, std::chrono::milliseconds each,
                                    const std::function<bool()>& is_cancelled) {
  using Kind = Served::Kind;
  std::vector<Served> results = expand(endpoints, each, is_cancelled);
  const auto places = those(results, [](const Served& served) {
    return !served.endpoint.address.empty() && served.kind == Kind::not_looked;
  });
  if (look(results, places, each, is_cancelled)) {
    const auto again = those(results, [](const Served& served) {
      return served.kind == Kind::refused || served.kind == Kind::timed_out;
    });
    if (!again.empty() && pause(is_cancelled)) look(results, again, each, is_cancelled);
  }
  for (Served& served : results)
    if (served.kind == Kind::not_looked && served.problem.empty())
      served.problem = "was not looked at to the end: the run is being stopped";
  return results;
}

}  // namespace maintain::letsencrypt
