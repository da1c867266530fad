// All addresses of names, within a time.
//
// getaddrinfo(3) blocks for as long as it pleases and cannot be interrupted. So it runs in threads of the C library
// (getaddrinfo_a(3)): they execute nothing of ours, so that a plugin can be unloaded while one still waits. What is
// not there in time is given up; the memory that its thread will write into is then left to it and never freed, a few
// hundred bytes for each such name.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "letsencrypt/probe/served.hpp"

namespace maintain::letsencrypt {

struct Resolved {
  std::vector<std::string> addresses = {};              // numeric, each once, at most most_addresses
  Served::Kind kind = Served::Kind::answered;           // else name_unknown or not_looked
  std::string problem = {};
};

inline constexpr std::size_t most_addresses = 16;

// As this machine resolves names: /etc/hosts, then DNS. `each` is the time for names that are asked for at once, which
// are 20 (so many threads the C library has for it). is_cancelled is asked at least every 200 ms and ends it.
std::map<std::string, Resolved> resolve(const std::vector<std::string>& names, std::chrono::milliseconds each,
                                        const std::function<bool()>& is_cancelled);

}  // namespace maintain::letsencrypt
