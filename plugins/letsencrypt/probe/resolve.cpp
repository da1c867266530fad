#include "letsencrypt/probe/resolve.hpp"

#include <algorithm>
#include <array>
#include <memory>

#include <netdb.h>
#include <sys/socket.h>

namespace maintain::letsencrypt {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t at_once = 20;
constexpr std::chrono::milliseconds look_up{200};  // how long at most until is_cancelled is asked again

// What the C library's thread reads and writes.
struct Query {
  std::string name;
  addrinfo hints{};
  gaicb request{};

  explicit Query(std::string text) : name(std::move(text)) {
    hints.ai_socktype = SOCK_STREAM;  // else each address comes three times
    request.ar_name = name.c_str();
    request.ar_request = &hints;
  }
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;
  ~Query() {
    if (request.ar_result != nullptr) ::freeaddrinfo(request.ar_result);
  }
};

Resolved addresses_of(const addrinfo* found) {
  Resolved result;
  for (; found != nullptr && result.addresses.size() < most_addresses; found = found->ai_next) {
    std::array<char, NI_MAXHOST> host{};
    if (::getnameinfo(found->ai_addr, found->ai_addrlen, host.data(), host.size(), nullptr, 0, NI_NUMERICHOST) != 0)
      continue;
    const std::string address(host.data());
    const bool known = std::find(result.addresses.begin(), result.addresses.end(), address) != result.addresses.end();
    if (!known && is_address(address)) result.addresses.push_back(address);
  }
  if (result.addresses.empty()) result = {{}, Served::Kind::name_unknown, "has no address"};
  return result;
}

// Only that the name server says so proves that there is no address.
Resolved result_of(const Query& query, int error) {
  switch (error) {
    case 0: return addresses_of(query.request.ar_result);
    case EAI_NONAME:
#ifdef EAI_NODATA
    case EAI_NODATA:
#endif
      return {{}, Served::Kind::name_unknown, "has no address"};
    case EAI_AGAIN: return {{}, Served::Kind::not_looked, "could not be looked up: no name server answers for it now"};
    case EAI_INPROGRESS:
    case EAI_CANCELED: return {{}, Served::Kind::not_looked, "could not be looked up in time"};
    default: return {{}, Served::Kind::not_looked, std::string("could not be looked up: ") + ::gai_strerror(error)};
  }
}

void wait(const std::vector<std::unique_ptr<Query>>& queries, Clock::time_point deadline,
          const std::function<bool()>& is_cancelled) {
  while (!is_cancelled()) {
    std::vector<const gaicb*> open;
    for (const auto& query : queries)
      if (::gai_error(&query->request) == EAI_INPROGRESS) open.push_back(&query->request);
    const auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(deadline - Clock::now());
    if (open.empty() || left.count() <= 0) return;
    const auto part = std::min<std::chrono::nanoseconds>(left, look_up);
    const timespec span{0, static_cast<long>(part.count())};
    ::gai_suspend(open.data(), static_cast<int>(open.size()), &span);
  }
}

}  // namespace

std::map<std::string, Resolved> resolve(const std::vector<std::string>& names, std::chrono::milliseconds each,
                                        const std::function<bool()>& is_cancelled) {
  std::map<std::string, Resolved> results;
  for (std::size_t at = 0; at < names.size(); at += at_once) {
    std::vector<std::unique_ptr<Query>> queries;
    std::vector<gaicb*> requests;
    for (std::size_t i = at; i < std::min(at + at_once, names.size()); ++i) {
      queries.push_back(std::make_unique<Query>(names[i]));
      requests.push_back(&queries.back()->request);
    }
    const int began = ::getaddrinfo_a(GAI_NOWAIT, requests.data(), static_cast<int>(requests.size()), nullptr);
    // Where it could begin none, or only some, those say so themselves, or are still as they were.
    if (began == 0 || began == EAI_AGAIN) wait(queries, Clock::now() + each, is_cancelled);
    for (auto& query : queries) {
      // A query that a thread is at cannot be taken back.
      if (::gai_error(&query->request) == EAI_INPROGRESS) ::gai_cancel(&query->request);
      const int error = ::gai_error(&query->request);
      results[query->name] = began == EAI_MEMORY || began == EAI_SYSTEM ?
                                 Resolved{{}, Served::Kind::not_looked, "could not be looked up: no memory"} :
                                 result_of(*query, error);
      if (error == EAI_INPROGRESS) (void)query.release();
    }
  }
  return results;
}

}  // namespace maintain::letsencrypt
