// What answers questions over HTTP from the cache, or from the servers: each is asked once, however many ask.
#pragma once

#include <functional>
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
  // Beginnings of URLs (url_beginning.hpp), beneath which servers are asked, and beneath no others.
  std::vector<std::string> allow = {};
  // Servers that are asked in the place of others: beginnings of URLs ("https://pypi.org/") -> what stands for them.
  std::map<std::string, std::string> instead = {};
};

// The URL with the longest beginning that stands in `instead` replaced.
std::string replaced_url(const std::string& url, const std::map<std::string, std::string>& instead);

class HttpService {
 public:
  // What says `give_up` is asked several times a second; then everything comes to an end, with cancelled.
  HttpService(HttpPlaces places, const Clock& clock, std::function<bool()> give_up = {});

  // Brings the answers into the cache, several at a time. What cannot be had is told by fetch(), which does not ask
  // again for as long as this lives.
  void prefetch(const std::vector<HttpRequest>& requests);

  // Any status is an answer. Those of GET with 2xx, 404 and 410 are kept, and so are those of POST with 2xx; where the
  // server cannot answer (no connection, 429, 5xx) an earlier one does, if it is not too old. One that cannot be kept
  // is given as its body. Errors: refused, for a URL that is not allowed, and as transfer_all's.
  Result<HttpAnswer> fetch(const HttpRequest& request);

 private:
  using Entry = std::filesystem::path;
  // One that is to be asked for: with its lock, or while another process has that.
  struct Question {
    HttpRequest request;
    Entry entry;
    UniqueFd lock = {};
    bool was_elsewhere = false;   // another process had the lock
    bool is_conditional = false;  // "not changed" is an answer
  };
  struct Outcome {
    Result<HttpAnswer> answer;
    // Of one that the cache had: who wants it younger has it asked for after all.
    std::optional<Milliseconds> age = {};
  };
  void ask(const std::vector<HttpRequest>& requests);
  std::vector<Question> open_questions(const std::vector<HttpRequest>& requests);
  std::vector<Question> ask_free(std::vector<Question> questions, Time began, bool may_wait);
  void ask_servers(std::vector<Question> questions);
  bool settle_from_cache(const Question& question, Time began);
  bool is_settled(const Entry& entry, const HttpRequest& request) const;
  void take(const Question& question, Result<HttpResponse> response);
  HttpAnswer unkept(int status, std::string body, const Error& why);
  HttpRequest replaced(const HttpRequest& request) const;
  std::optional<HttpAnswer> from_cache(const Entry& entry, Time confirmed_since) const;
  Result<HttpAnswer> without_server(const Question& question, const Error& error) const;
  Time oldest_fresh(const HttpRequest& request) const;

  HttpPlaces places_;
  HttpCache cache_;
  const Clock& clock_;
  TransferRules rules_;
  std::map<Entry, Outcome> asked_;  // what came of each question since this lives
  std::size_t unkept_bytes_ = 0;    // of the bodies therein
};

}  // namespace maintain
