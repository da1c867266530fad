// Transfers over HTTP, several at once, by libcurl: with the system's certificate authorities, the proxies of the
// environment, compression, and HTTP/2 where the server has it. At most 5 redirects are followed, each to the host and
// port that redirects (or to https on the same host) or beneath a beginning of URLs that the caller lists, never from
// https to http: a server that was taken over must not have others asked in our name.
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

struct TransferRules {
  std::size_t at_once = 16;
  std::vector<std::string> redirects = {};   // beginnings of URLs, beneath which redirects may lead
  std::function<bool()> give_up = {};        // asked several times a second
};

// Carries them out, at most `at_once` at a time and 6 to one server, and tells of each as it ends: index in
// `transfers`, and the response whatever its status, or an Error: unreachable (no connection, no such host, a wrong
// certificate), timed_out, refused (too long, no http, redirected where it may not be asked), cancelled (by give_up).
// What `ended` does keeps the others waiting.
void transfer_all(const std::vector<HttpTransfer>& transfers, const TransferRules& rules,
                  const std::function<void(std::size_t index, Result<HttpResponse> response)>& ended);

}  // namespace maintain
