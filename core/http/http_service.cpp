#include "http/http_service.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "http/url_beginning.hpp"

namespace maintain {
namespace {

constexpr std::size_t portion = 128;  // locked together: each lock is a descriptor
constexpr std::size_t most_unkept_bytes = 256 * 1024 * 1024;
constexpr std::uint64_t most_kept_bytes = std::uint64_t{2} * 1024 * 1024 * 1024;
constexpr auto clocks_differ = std::chrono::minutes(1);  // of workers: each rounds, and carries on, by itself
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

HttpService::HttpService(HttpPlaces places, const Clock& clock, std::function<bool()> give_up)
    : places_(std::move(places)), cache_(places_.cache), clock_(clock) {
  rules_.redirects = places_.allow;
  for (const auto& [beginning, other] : places_.instead) rules_.redirects.push_back(other);
  rules_.give_up = std::move(give_up);
  const Time now = clock_.now();
  cache_.prune(now, now - kept_for, most_kept_bytes);
}

HttpRequest HttpService::replaced(const HttpRequest& request) const {
  HttpRequest result = request;
  result.url = replaced_url(request.url, places_.instead);
  return result;
}

Time HttpService::oldest_fresh(const HttpRequest& request) const {
  return clock_.now() - std::chrono::floor<Seconds>(request.max_age);
}

std::optional<HttpAnswer> HttpService::from_cache(const Entry& entry, Time confirmed_since) const {
  const auto found = cache_.find(entry, confirmed_since);
  const Time now = clock_.now();
  // One from further ahead is from a clock that was wrong.
  if (!found || found->confirmed > now + clocks_differ) return std::nullopt;
  return HttpAnswer{found->headers.status, HttpOrigin::cache, age_at(now, found->confirmed), {}, entry, {}};
}

void HttpService::prefetch(const std::vector<HttpRequest>& requests) { ask(requests); }

Result<HttpAnswer> HttpService::fetch(const HttpRequest& request) {
  if (!is_beneath(request.url, places_.allow))
    return fail(ErrorKind::refused, printable(request.url) + " may not be asked");
  ask({request});
  return asked_.at(cache_.entry_of(replaced(request))).answer;
}

void HttpService::ask(const std::vector<HttpRequest>& requests) {
  const Time began = clock_.now();
  std::vector<Question> questions = open_questions(requests);
  std::optional<Deadline> patience;  // one for all that others ask for
  bool may_wait = true;
  while (true) {
    questions = ask_free(std::move(questions), began, may_wait);
    if (questions.empty()) return;
    if (!patience) {
      Milliseconds longest{0};
      for (const Question& question : questions) longest = std::max(longest, question.request.timeout);
      patience = Deadline::after(longest);
    }
    auto lock = cache_.lock(questions.front().entry, patience->remaining(), rules_.give_up);
    if (lock) questions.front().lock = std::move(*lock);
    else may_wait = false;
  }
}

std::vector<HttpService::Question> HttpService::open_questions(const std::vector<HttpRequest>& requests) {
  std::vector<Question> questions;
  std::set<Entry> seen;
  for (const HttpRequest& request : requests) {
    if (!is_beneath(request.url, places_.allow)) continue;
    Question question{replaced(request), {}};
    question.entry = cache_.entry_of(question.request);
    if (is_settled(question.entry, request) || !seen.insert(question.entry).second ||
        settle_from_cache(question, Time::max()))
      continue;
    questions.push_back(std::move(question));
  }
  return questions;
}

// Returns those that another process is asking for, unless it was waited for long enough. While this waits for one it
// holds no other lock, so that no two processes wait for each other.
std::vector<HttpService::Question> HttpService::ask_free(std::vector<Question> questions, Time began, bool may_wait) {
  std::vector<Question> free, busy;
  for (Question& question : questions) {
    if (!question.lock) {
      auto lock = cache_.lock(question.entry, Milliseconds::zero());
      if (lock) {
        question.lock = std::move(*lock);
      } else if (may_wait && lock.error().kind == ErrorKind::busy) {
        question.was_elsewhere = true;
        busy.push_back(std::move(question));
        continue;
      }
    }
    // Somebody had it, and may have brought it since.
    if (settle_from_cache(question, began)) {
      question.lock.reset();
      continue;
    }
    free.push_back(std::move(question));
    if (free.size() == portion) ask_servers(std::exchange(free, {}));
  }
  ask_servers(std::move(free));
  return busy;
}

bool HttpService::settle_from_cache(const Question& question, Time began) {
  const Milliseconds max_age = question.request.max_age;
  if (max_age.count() <= 0 && !question.was_elsewhere) return false;
  const Time fresh = oldest_fresh(question.request);
  const auto answer = from_cache(question.entry, question.was_elsewhere ? std::min(began, fresh) : fresh);
  if (!answer) return false;
  Outcome outcome{*answer};
  if (!question.was_elsewhere) outcome.age = answer->age;
  asked_.insert_or_assign(question.entry, std::move(outcome));
  return true;
}

bool HttpService::is_settled(const Entry& entry, const HttpRequest& request) const {
  const auto known = asked_.find(entry);
  if (known == asked_.end()) return false;
  const auto& age = known->second.age;
  return !age || (request.max_age.count() > 0 && *age <= request.max_age);
}

void HttpService::ask_servers(std::vector<Question> questions) {
  std::vector<HttpTransfer> transfers;
  for (Question& question : questions) {
    HttpTransfer& transfer = transfers.emplace_back(HttpTransfer{question.request});
    if (const auto known = cache_.find(question.entry); !known) {
      if (question.lock) cache_.remove(question.entry);  // damaged, if there is one
    } else if (question.request.method == "GET") {  // RFC 9110, 13.1.2: for others it means something else
      transfer.if_none_match = known->headers.etag;
      transfer.if_modified_since = known->headers.last_modified;
      question.is_conditional = true;
    }
  }
  transfer_all(transfers, rules_, [&](std::size_t index, Result<HttpResponse> response) {
    take(questions[index], std::move(response));
    questions[index].lock.reset();
  });
}

void HttpService::take(const Question& question, Result<HttpResponse> response) {
  const auto settle = [&](Result<HttpAnswer> answer) {
    asked_.insert_or_assign(question.entry, Outcome{std::move(answer)});
  };
  const std::string& url = question.request.url;
  if (!response) return settle(without_server(question, response.error()));
  if (is_trouble(response->status))
    return settle(without_server(question, {ErrorKind::unreachable,
                                            fmt::format("{}: the server answered {}", url, response->status), {}, {}}));
  const Time now = clock_.now();
  if (response->status == 304) {
    const auto known = question.is_conditional ? cache_.find(question.entry) : std::nullopt;
    if (!known)
      return settle(fail(ErrorKind::remote, fmt::format("{}: the server says that nothing has changed, and nothing is "
                                                        "known", url)));
    (void)cache_.confirm(question.entry, now);
    return settle(HttpAnswer{known->headers.status, HttpOrigin::revalidated, {}, {}, question.entry, {}});
  }
  if (!is_kept(question.request, response->status)) {
    HttpAnswer answer;
    answer.status = response->status;
    return settle(answer);
  }
  CachedAnswer kept{response->status, response->etag, response->last_modified, response->content_type,
                    std::move(response->body)};
  if (auto done = cache_.keep(question.entry, kept); !done)
    return settle(unkept(kept.status, std::move(kept.body), done.error()));
  (void)cache_.confirm(question.entry, now);
  settle(HttpAnswer{kept.status, HttpOrigin::network, {}, {}, question.entry, {}});
}

HttpAnswer HttpService::unkept(int status, std::string body, const Error& why) {
  if (unkept_bytes_ + body.size() > most_unkept_bytes) {  // those are asked for again, by who wants them
    std::erase_if(asked_, [](const auto& known) { return known.second.answer && !known.second.answer->body.empty(); });
    unkept_bytes_ = 0;
  }
  unkept_bytes_ += body.size();
  return {status, HttpOrigin::network, {}, why.message, {}, std::move(body)};
}

Result<HttpAnswer> HttpService::without_server(const Question& question, const Error& error) const {
  const auto known = cache_.find(question.entry);
  const Time now = clock_.now();
  if (!known || question.request.max_stale < age_at(now, known->confirmed)) return fail(error);
  return HttpAnswer{known->headers.status, HttpOrigin::stale, age_at(now, known->confirmed), error.message,
                    question.entry, {}};
}

}  // namespace maintain
