// What answers questions over HTTP from the cache, or from the servers: each is asked once, however many ask.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "http/http_cache.hpp"
#include "http/http_request.hpp"
#include "http/http_transfer.hpp"

namespace maintain {

struct HttpPlaces {
  std::filesystem::path cache;
  // Servers that are asked in the place of others: beginnings of URLs ("https://pypi.org/") -> what stands for them.
  std::map<std::string, std::string> instead = {};
};

// The URL with the longest beginning that stands in `instead` replaced.
std::string replaced_url(const std::string& url, const std::map<std::string, std::string>& instead);

class HttpService {
 public:
  HttpService(HttpPlaces places, const Clock& clock);

  // Brings the answers into the cache, several at a time. What cannot be had is told by fetch(), which does not ask
  // again for as long as this lives.
  void prefetch(const std::vector<HttpRequest>& requests);

  // Any status is an answer. Those of GET with 2xx, 404 and 410 are kept, and so are those of POST with 2xx; where the
  // server cannot answer (no connection, 429, 5xx) an earlier one does, if it is not too old. Errors: as transfer_all's.
  Result<HttpAnswer> fetch(const HttpRequest& request);

 private:
  using Entry = std::filesystem::path;
  // One that is to be asked for: with its lock, or while another process has that.
  struct Question {
    HttpRequest request;
    Entry entry;
    UniqueFd lock = {};
  };
  void ask(const std::vector<HttpRequest>& requests);
  void ask_servers(std::vector<Question> questions);
  void take(const Question& question, Result<HttpResponse> response);
  std::optional<HttpAnswer> from_cache(const Entry& entry, Time confirmed_since) const;
  Result<HttpAnswer> without_server(const Question& question, const Error& error) const;
  Time oldest_fresh(const HttpRequest& request) const;

  HttpPlaces places_;
  HttpCache cache_;
  const Clock& clock_;
  std::map<Entry, Result<HttpAnswer>> asked_;  // what came of each question since this lives
};

}  // namespace maintain
