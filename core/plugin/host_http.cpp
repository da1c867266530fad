// maintain.http/1: what other servers know, asked by a process of its own, kept for all.
#include "http/http_cache.hpp"
#include "http/url_beginning.hpp"
#include "base/text.hpp"
#include "plugin/extension_tables.hpp"
#include "plugin/host.hpp"

namespace maintain {
namespace {

constexpr std::uint64_t most_requests = 10'000;
constexpr std::uint64_t most_body = 8 * 1024 * 1024;
constexpr std::uint64_t usual_limit = 32 * 1024 * 1024;
constexpr std::uint64_t most_limit = 1024 * 1024 * 1024;
constexpr Milliseconds usual_timeout = std::chrono::seconds(30);

using Admitted = tl::expected<HttpRequest, HostFailure>;

Admitted admit(const Host& host, const maintain_http_request* raw) {
  if (raw == nullptr || !MAINTAIN_HAS(raw, timeout_ms))
    return host_fail(MAINTAIN_INVALID_ARGUMENT, "a question over HTTP has a wrong struct_size");
  HttpRequest request;
  if (raw->method.size > 0) request.method = to_string(raw->method);
  request.url = to_string(raw->url);
  request.accept = to_string(raw->accept);
  request.content_type = to_string(raw->content_type);
  if (request.method != "GET" && request.method != "POST")
    return host_fail(MAINTAIN_INVALID_ARGUMENT, "only GET and POST are asked over HTTP");
  if (raw->body.size > most_body) return host_fail(MAINTAIN_INVALID_ARGUMENT, "a question over HTTP is too long");
  request.body = to_string(raw->body);
  if (!is_beneath(request.url, host.manifest().http) && !is_beneath(request.url, host.call().http_allowed))
    return host_fail(MAINTAIN_REFUSED,
                     printable(request.url) + " may not be asked: it is beneath no URL that the plugin's manifest "
                     "lists; `http: {allow: [...]}` in maintain.yml allows more");
  request.max_age = std::max(Milliseconds(raw->max_age_ms), Milliseconds::zero());
  request.max_stale = std::max(Milliseconds(raw->max_stale_ms), Milliseconds::zero());
  request.limit = raw->limit == 0 ? usual_limit : std::min(raw->limit, most_limit);
  request.timeout = host.time_for(raw->timeout_ms > 0 ? Milliseconds(raw->timeout_ms) : usual_timeout);
  return request;
}

// No connection to that server is not the same as none to the one that is maintained.
HostFailure failure_of(const Error& error) {
  HostFailure failure{MAINTAIN_FAILED, error};
  if (error.kind == ErrorKind::cancelled) failure.status = MAINTAIN_CANCELLED;
  if (error.kind == ErrorKind::refused) failure.status = MAINTAIN_REFUSED;
  failure.error.message = shorten(printable(error.message), 1000);
  if (failure.status == MAINTAIN_FAILED) failure.error.kind = ErrorKind::remote;
  return failure;
}

tl::expected<HttpAsker*, HostFailure> asker(const Host& host) {
  if (auto time = host.check_time("asking over HTTP"); !time) return tl::make_unexpected(time.error());
  if (host.call().http) return host.call().http.get();
  const std::string& why = host.call().no_http;
  return host_fail(MAINTAIN_UNSUPPORTED, "no HTTP server can be asked here" + (why.empty() ? "" : ": " + why));
}

HttpAsker::Cancelled gives_up(const Host& host) {
  return [&host] { return host.cancelled() || host.call().deadline.passed(); };
}

HostResult prefetch(const Host& host, std::uint64_t count, const maintain_http_request* const* raw) {
  if (count > most_requests) return host_fail(MAINTAIN_INVALID_ARGUMENT, "too many questions over HTTP at once");
  const auto http = asker(host);
  if (!http) return tl::make_unexpected(http.error());
  std::vector<HttpRequest> requests;
  for (std::uint64_t i = 0; i < count; ++i) {
    auto request = admit(host, raw[i]);
    if (!request) return tl::make_unexpected(request.error());
    requests.push_back(std::move(*request));
  }
  if (auto done = (*http)->prefetch(requests, gives_up(host)); !done)
    return tl::make_unexpected(failure_of(done.error()));
  return {};
}

HostResult fetch(Host& host, const maintain_http_request* raw, maintain_http_answer* answer,
                 const maintain_sink* body) {
  if (answer == nullptr || !MAINTAIN_HAS(answer, age_ms))
    return host_fail(MAINTAIN_INVALID_ARGUMENT, "http.fetch: no place for the answer");
  const auto http = asker(host);
  if (!http) return tl::make_unexpected(http.error());
  const auto request = admit(host, raw);
  if (!request) return tl::make_unexpected(request.error());
  const auto came = (*http)->fetch(*request, gives_up(host));
  if (!came) return tl::make_unexpected(failure_of(came.error()));
  answer->status = came->status;
  answer->origin = static_cast<maintain_http_origin>(came->origin);
  answer->age_ms = came->age.count();
  if (!came->problem.empty())
    host.tell([&](TaskEvents& events) { events.log(LogLevel::warning, shorten(printable(came->problem), 1000)); });
  if (body == nullptr) return {};
  if (came->entry.empty()) return write_to(body, came->body);
  const auto kept = read_cached(came->entry, request->limit);
  if (!kept) return tl::make_unexpected(failure_of(kept.error()));
  return write_to(body, kept->body);
}

}  // namespace

const maintain_http_1 http_table = {
    sizeof(maintain_http_1),
    [](const maintain_host* host, uint64_t count, const maintain_http_request* const* requests,
       maintain_error* error) {
      return host_call(host, error, [&](Host& self) { return prefetch(self, count, requests); });
    },
    [](const maintain_host* host, const maintain_http_request* request, maintain_http_answer* answer,
       const maintain_sink* body, maintain_error* error) {
      return host_call(host, error, [&](Host& self) { return fetch(self, request, answer, body); });
    }};

}  // namespace maintain
