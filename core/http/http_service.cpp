#include "http/http_service.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace maintain {
namespace {

constexpr std::size_t at_once = 16;
constexpr auto kept_for = std::chrono::hours(24 * 30);  // without a confirmation

bool is_success(int status) { return status >= 200 && status < 300; }

// "There is none" is worth remembering, too.
bool is_kept(const HttpRequest& request, int status) {
  return is_success(status) || (request.method == "GET" && (status == 404 || status == 410));
}

bool is_trouble(int status) { return status == 429 || status >= 500; }

Milliseconds age_at(Time now, Time confirmed) { return std::max(now - confirmed, Seconds(0)); }

}  // namespace

std::string replaced_url(const std::string& url, const std::map<std::string, std::string>& instead) {
  const std::pair<const std::string, std::string>* longest = nullptr;
  for (const auto& entry : instead)
    if (url.starts_with(entry.first) && (longest == nullptr || entry.first.size() > longest->first.size()))
      longest = &entry;
  return longest == nullptr ? url : longest->second + url.substr(longest->first.size());
}

HttpService::HttpService(HttpPlaces places, const Clock& clock)
    : places_(std::move(places)), cache_(places_.cache), clock_(clock) {
  const Time now = clock_.now();
  cache_.prune(now, now - kept_for);
}

Time HttpService::oldest_fresh(const HttpRequest& request) const {
  return clock_.now() - std::chrono::floor<Seconds>(request.max_age);
}

std::optional<HttpAnswer> HttpService::from_cache(const Entry& entry, Time confirmed_since) const {
  const auto found = cache_.find(entry);
  const Time now = clock_.now();
  // One from the future is from a clock that was wrong.
  if (!found || found->confirmed < confirmed_since || found->confirmed > now) return std::nullopt;
  return HttpAnswer{found->headers.status, HttpOrigin::cache, age_at(now, found->confirmed), {}, entry};
}

void HttpService::prefetch(const std::vector<HttpRequest>& requests) { ask(requests); }

Result<HttpAnswer> HttpService::fetch(const HttpRequest& request) {
  ask({request});
  HttpRequest replaced = request;
  replaced.url = replaced_url(request.url, places_.instead);
  const Entry entry = cache_.entry_of(replaced);
  if (const auto known = asked_.find(entry); known != asked_.end()) return known->second;
  if (auto answer = from_cache(entry, oldest_fresh(replaced))) return *answer;
  return fail(ErrorKind::internal, fmt::format("{}: was asked, and nothing came of it", request.url));
}

void HttpService::ask(const std::vector<HttpRequest>& requests) {
  const Time began = clock_.now();
  std::vector<Question> free, busy;
  std::set<Entry> seen;
  for (HttpRequest request : requests) {
    request.url = replaced_url(request.url, places_.instead);
    const Entry entry = cache_.entry_of(request);
    if (asked_.contains(entry) || !seen.insert(entry).second) continue;
    const auto is_fresh = [&] { return request.max_age.count() > 0 && from_cache(entry, oldest_fresh(request)); };
    if (is_fresh()) continue;
    auto lock = cache_.lock(entry, Milliseconds::zero());
    if (lock && is_fresh()) continue;  // somebody had it, and has brought it since
    const bool elsewhere = !lock && lock.error().kind == ErrorKind::busy;
    (elsewhere ? busy : free).push_back({std::move(request), entry, lock ? std::move(*lock) : UniqueFd()});
  }
  ask_servers(std::move(free));
  // What another process was asking for meanwhile has come by now, as a rule.
  for (Question& question : busy) {
    auto lock = cache_.lock(question.entry, question.request.timeout);
    if (lock) question.lock = std::move(*lock);
    const Time since = std::min(began, oldest_fresh(question.request));
    if (auto answer = from_cache(question.entry, since)) {
      asked_.insert_or_assign(question.entry, *answer);
      continue;
    }
    std::vector<Question> one;
    one.push_back(std::move(question));
    ask_servers(std::move(one));
  }
}

void HttpService::ask_servers(std::vector<Question> questions) {
  std::vector<HttpTransfer> transfers;
  for (const Question& question : questions) {
    HttpTransfer& transfer = transfers.emplace_back(HttpTransfer{question.request});
    if (const auto known = cache_.find(question.entry)) {
      transfer.if_none_match = known->headers.etag;
      transfer.if_modified_since = known->headers.last_modified;
    }
  }
  transfer_all(transfers, at_once, [&](std::size_t index, Result<HttpResponse> response) {
    take(questions[index], std::move(response));
    questions[index].lock.reset();
  });
}

void HttpService::take(const Question& question, Result<HttpResponse> response) {
  const auto settle = [&](Result<HttpAnswer> answer) { asked_.insert_or_assign(question.entry, std::move(answer)); };
  const std::string& url = question.request.url;
  if (!response) return settle(without_server(question, response.error()));
  if (is_trouble(response->status))
    return settle(without_server(question, {ErrorKind::unreachable,
                                            fmt::format("{}: the server answered {}", url, response->status), {}, {}}));
  const Time now = clock_.now();
  if (response->status == 304) {
    if (const auto known = cache_.find(question.entry); known && cache_.confirm(question.entry, now))
      return settle(HttpAnswer{known->headers.status, HttpOrigin::revalidated, {}, {}, question.entry});
    return settle(fail(ErrorKind::remote, fmt::format("{}: the server says that nothing has changed, and nothing is "
                                                      "known", url)));
  }
  if (!is_kept(question.request, response->status)) {
    HttpAnswer answer;
    answer.status = response->status;
    return settle(answer);
  }
  const CachedAnswer kept{response->status, response->etag, response->last_modified, response->content_type,
                          std::move(response->body)};
  if (auto done = cache_.keep(question.entry, kept); !done) return settle(fail(done.error()));
  (void)cache_.confirm(question.entry, now);
  settle(HttpAnswer{kept.status, HttpOrigin::network, {}, {}, question.entry});
}

Result<HttpAnswer> HttpService::without_server(const Question& question, const Error& error) const {
  const auto known = cache_.find(question.entry);
  const Time now = clock_.now();
  if (!known || question.request.max_stale < age_at(now, known->confirmed)) return fail(error);
  return HttpAnswer{known->headers.status, HttpOrigin::stale, age_at(now, known->confirmed), error.message,
                    question.entry};
}

}  // namespace maintain
