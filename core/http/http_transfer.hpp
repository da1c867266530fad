// Transfers over HTTP, several at once, by libcurl: with the system's certificate authorities, the proxies of the
// environment, compression, and HTTP/2 where the server has it. Redirects are followed to the same or a safer scheme.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "http/http_request.hpp"

namespace maintain {

struct HttpTransfer {
  HttpRequest request;
  std::string if_none_match = {};      // an ETag
  std::string if_modified_since = {};  // a date, as the server wrote it
};

struct HttpResponse {
  int status = 0;
  std::string etag = {};
  std::string last_modified = {};
  std::string content_type = {};
  std::string body = {};
};

// Carries them out, at most `at_once` at a time and 6 to one server, and tells of each as it ends: index in
// `transfers`, and the response whatever its status, or an Error: unreachable (no connection, no such host, a wrong
// certificate), timed_out, refused (too long, no http). What `ended` does keeps the others waiting.
void transfer_all(const std::vector<HttpTransfer>& transfers, std::size_t at_once,
                  const std::function<void(std::size_t index, Result<HttpResponse> response)>& ended);

}  // namespace maintain
