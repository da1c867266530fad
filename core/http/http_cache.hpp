// Answers of HTTP servers on the disk, shared by all workers of all runs: one file for each question, which holds the
// answer's headers in a line of JSON, then its body. The file's modification time is when the server last sent or
// confirmed it. Losing any of it costs a transfer, so nothing is fsynced; what a power cut left of a file is noticed
// by its hash, before the file is used for anything.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/fd.hpp"
#include "http/http_request.hpp"

namespace maintain {

struct CachedAnswer {
  int status = 0;
  std::string etag = {};
  std::string last_modified = {};
  std::string content_type = {};
  std::string body = {};
};

// What is known of an entry without its body.
struct CacheEntry {
  CachedAnswer headers;  // without body
  Time confirmed{};
};

class HttpCache {
 public:
  explicit HttpCache(std::filesystem::path directory) : directory_(std::move(directory)) {}

  // Where the answer to the request is kept: two requests share a file when method, URL, accept and body agree.
  std::filesystem::path entry_of(const HttpRequest& request) const;

  // Nothing when there is none, what is there is damaged (it is read whole), or was not confirmed since `oldest`.
  std::optional<CacheEntry> find(const std::filesystem::path& entry, Time oldest = Time::min()) const;

  Result<void> keep(const std::filesystem::path& entry, const CachedAnswer& answer) const;
  // The server said that it has not changed.
  Result<void> confirm(const std::filesystem::path& entry, Time now) const;

  // What is damaged, by who holds its lock.
  void remove(const std::filesystem::path& entry) const;

  // Whoever holds it is the one who asks the server. busy: somebody else does, for longer than patience, or until
  // `give_up` said so.
  Result<UniqueFd> lock(const std::filesystem::path& entry, Milliseconds patience,
                        const std::function<bool()>& give_up = {}) const;

  // Removes what was not confirmed since `before`, and of the rest the oldest beyond `most_bytes`, at most once a day.
  void prune(Time now, Time before, std::uint64_t most_bytes) const;

 private:
  std::filesystem::path directory_;
};

// Reads an entry whole. not_found, or refused when it is damaged or longer than limit.
Result<CachedAnswer> read_cached(const std::filesystem::path& entry, std::uint64_t limit);

}  // namespace maintain
