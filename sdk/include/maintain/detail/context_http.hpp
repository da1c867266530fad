// Bodies of Context's maintain.http/1.
#pragma once

#include <maintain/detail/call.hpp>
#include <maintain/detail/context.hpp>
#include <maintain/plugin.hpp>

namespace maintain::sdk {

namespace detail {

// Points into the request.
inline maintain_http_request raw_http_request(const HttpRequest& request) {
  maintain_http_request raw{};
  raw.struct_size = sizeof raw;
  raw.method = to_text(request.method);
  raw.url = to_text(request.url);
  raw.accept = to_text(request.accept);
  raw.content_type = to_text(request.content_type);
  raw.body = to_text(request.body);
  raw.max_age_ms = request.max_age.count();
  raw.max_stale_ms = request.max_stale.count();
  raw.limit = request.limit;
  raw.timeout_ms = request.timeout.count();
  return raw;
}

}  // namespace detail

inline void Context::http_prefetch(const std::vector<HttpRequest>& requests) {
  std::vector<maintain_http_request> raw;
  std::vector<const maintain_http_request*> pointers;
  raw.reserve(requests.size());  // the pointers stay good
  for (const HttpRequest& request : requests) {
    raw.push_back(detail::raw_http_request(request));
    pointers.push_back(&raw.back());
  }
  detail::ErrorSlot error;
  error.check(table(http_, MAINTAIN_HTTP_1).prefetch(host_, pointers.size(), pointers.data(), error.raw()),
              "asking HTTP servers");
}

inline HttpAnswer Context::http_fetch(const HttpRequest& request) {
  const maintain_http_request raw = detail::raw_http_request(request);
  maintain_http_answer answer{};
  answer.struct_size = sizeof answer;
  std::string body;
  const detail::Sink sink(body);
  detail::ErrorSlot error;
  const auto status = table(http_, MAINTAIN_HTTP_1).fetch(host_, &raw, &answer, sink.raw(), error.raw());
  sink.rethrow();
  error.check(status, "asking " + request.url);
  return {answer.status, static_cast<HttpOrigin>(answer.origin), Milliseconds(answer.age_ms), std::move(body)};
}

}  // namespace maintain::sdk
