// The test kit's maintain.http/1: servers that say what the test wrote.
#pragma once

#include <algorithm>

#include <maintain/detail/fake_call.hpp>
#include <maintain/detail/fake_rules.hpp>
#include <maintain/testkit.hpp>

namespace maintain::sdk::testkit::detail {

inline HttpRequest checked_http_request(FakeServer& server, const maintain_http_request* raw) {
  require(raw != nullptr && MAINTAIN_HAS(raw, timeout_ms), "a question over HTTP has a wrong struct_size");
  HttpRequest request;
  request.url = to_string(raw->url);
  request.accept = to_string(raw->accept);
  request.method = raw->method.size == 0 ? "GET" : to_string(raw->method);
  request.content_type = to_string(raw->content_type);
  request.body = to_string(raw->body);
  request.max_age = Milliseconds(raw->max_age_ms);
  request.max_stale = Milliseconds(raw->max_stale_ms);
  request.limit = raw->limit;
  request.timeout = Milliseconds(raw->timeout_ms);
  require(request.method == "GET" || request.method == "POST", "only GET and POST are asked over HTTP");
  const auto& allowed = server.script().allowed_urls;
  if (allowed && std::none_of(allowed->begin(), allowed->end(),
                              [&](const std::string& beginning) { return request.url.starts_with(beginning); }))
    throw Failure(MAINTAIN_REFUSED,
                  request.url + " is beneath none of the URLs that the manifest lists under \"http\"");
  return request;
}

inline FakeAnswer http_answer(FakeServer& server, const HttpRequest& request) {
  for (const std::string& key : {request.url + " " + request.body, request.url})
    if (const auto found = server.http.find(key); found != server.http.end()) return found->second;
  if (server.on_http)
    if (auto answer = server.on_http(request)) return *answer;
  return {.status = 404};
}

inline constexpr maintain_http_1 http_table = {
    sizeof(maintain_http_1),
    [](const maintain_host* host, uint64_t count, const maintain_http_request* const* requests,
       maintain_error* error) {
      return call(host, error, [&](FakeServer& server) {
        check_time(server);
        for (uint64_t i = 0; i < count; ++i) checked_http_request(server, requests[i]);
      });
    },
    [](const maintain_host* host, const maintain_http_request* raw, maintain_http_answer* answer,
       const maintain_sink* body, maintain_error* error) {
      return call(host, error, [&](FakeServer& server) -> maintain_status {
        check_time(server);
        const HttpRequest request = checked_http_request(server, raw);
        server.http_requests.push_back(request);
        const FakeAnswer said = http_answer(server, request);
        if (!said.failure.empty()) throw Failure(MAINTAIN_FAILED, said.failure);
        if (request.limit != 0 && said.body.size() > request.limit)
          throw Failure(MAINTAIN_REFUSED, request.url + ": the answer is too long");
        answer->status = said.status;
        answer->origin = static_cast<maintain_http_origin>(said.origin);
        answer->age_ms = said.age.count();
        return body == nullptr ? MAINTAIN_OK : body->write(body->context, said.body.data(), said.body.size());
      });
    }};

}  // namespace maintain::sdk::testkit::detail
