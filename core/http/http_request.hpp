// One question to an HTTP server, and what came of it. Plain values.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/clock.hpp"

namespace maintain {

struct HttpRequest {
  std::string method = "GET";              // or "POST"
  std::string url;                         // http or https
  std::string accept = {};                 // of the answer: a media type
  std::string content_type = {};           // of the body
  std::string body = {};
  Milliseconds max_age{0};                 // an answer that was confirmed so recently is as good as a new one
  Milliseconds max_stale{0};               // one no older than this will do where the server cannot answer
  std::uint64_t limit = 32 * 1024 * 1024;  // bytes of the answer's body
  Milliseconds timeout = std::chrono::seconds(30);

  bool operator==(const HttpRequest&) const = default;
};

// Where an answer is from.
enum class HttpOrigin {
  network,
  cache,        // confirmed less than max_age ago
  revalidated,  // the server said that it has not changed
  stale,        // the server could not answer, so this is what it said earlier
};

struct HttpAnswer {
  int status = 0;
  HttpOrigin origin = HttpOrigin::network;
  Milliseconds age{0};                     // since the server last sent or confirmed it
  std::string problem = {};                // why the server could not answer, or why the answer could not be kept
  std::filesystem::path entry = {};        // in the cache
  std::string body = {};                   // of one that could not be kept, and has no entry therefore
};

}  // namespace maintain
