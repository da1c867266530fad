#include "http/http_service.hpp"

#include <catch2/catch.hpp>

#include "http/testing.hpp"

using namespace maintain;
using namespace std::chrono_literals;
using maintain::testing::HttpServer;
using maintain::testing::response;
using maintain::testing::TemporaryDirectory;

namespace {

const Time noon = *parse_time("2026-11-29T12:00:00Z");

struct Fixture {
  TemporaryDirectory directory;
  FixedClock clock{noon};
  std::function<std::string(const std::string&)> handler = [](const std::string&) { return response(200, "body"); };
  HttpServer server{[this](const std::string& request) { return handler(request); }};

  HttpService service(std::map<std::string, std::string> instead = {}) {
    return HttpService({directory.path() / "cache", std::move(instead)}, clock);
  }
  HttpRequest get(const std::string& path, Milliseconds max_age = 6h, Milliseconds max_stale = 48h) {
    return {.url = server.url(path), .max_age = max_age, .max_stale = max_stale, .timeout = 20s};
  }
  std::size_t asked() const { return server.requests().size(); }
};

std::string body_of(const Result<HttpAnswer>& answer) {
  REQUIRE(answer);
  return read_cached(answer->entry, 1'000'000)->body;
}

}  // namespace

TEST_CASE_METHOD(Fixture, "http: a server is asked once while its answer is fresh, whoever asks") {
  auto first = service();
  const auto answer = first.fetch(get("/a"));
  CHECK(body_of(answer) == "body");
  CHECK(answer->origin == HttpOrigin::network);
  CHECK(answer->status == 200);
  clock.set(noon + 5h);
  auto second = service();  // another worker, or another run
  const auto again = second.fetch(get("/a"));
  CHECK(body_of(again) == "body");
  CHECK(again->origin == HttpOrigin::cache);
  CHECK(again->age == 5h);
  CHECK(asked() == 1);
}

TEST_CASE_METHOD(Fixture, "http: an old answer is confirmed by its ETag and counts as new then") {
  handler = [](const std::string& request) {
    return request.find("If-None-Match: \"v1\"") != request.npos ? response(304, "", "ETag: \"v1\"\r\n")
                                                                 : response(200, "body", "ETag: \"v1\"\r\n");
  };
  REQUIRE(service().fetch(get("/a")));
  clock.set(noon + 7h);
  const auto answer = service().fetch(get("/a"));
  CHECK(body_of(answer) == "body");
  CHECK(answer->origin == HttpOrigin::revalidated);
  CHECK(answer->age == 0s);
  clock.set(noon + 12h);
  CHECK(service().fetch(get("/a"))->origin == HttpOrigin::cache);
  CHECK(asked() == 2);
}

TEST_CASE_METHOD(Fixture, "http: where the server cannot answer, what it said earlier does, and says so") {
  REQUIRE(service().fetch(get("/a")));
  clock.set(noon + 7h);
  const int status = GENERATE(500, 503, 429);
  handler = [&](const std::string&) { return response(status, "trouble"); };
  const auto answer = service().fetch(get("/a"));
  CHECK(body_of(answer) == "body");
  CHECK(answer->origin == HttpOrigin::stale);
  CHECK(answer->age == 7h);
  CHECK(answer->problem.find(std::to_string(status)) != std::string::npos);
  clock.set(noon + 49h);
  const auto too_old = service().fetch(get("/a"));
  REQUIRE_FALSE(too_old);
  CHECK(too_old.error().kind == ErrorKind::unreachable);
  CHECK(too_old.error().message.find(std::to_string(status)) != std::string::npos);
}

TEST_CASE_METHOD(Fixture, "http: many are brought at once, each once, and a failure is not tried again") {
  handler = [](const std::string& request) {
    return request.starts_with("GET /bad") ? std::string() : response(200, request.substr(0, request.find(" HTTP")));
  };
  auto service = this->service();
  std::vector<HttpRequest> requests;
  for (int i = 0; i < 40; ++i) requests.push_back(get("/" + std::to_string(i % 20)));
  requests.push_back(get("/bad"));
  service.prefetch(requests);
  CHECK(asked() == 21);
  CHECK(body_of(service.fetch(get("/7"))) == "GET /7");
  for (int i = 0; i < 2; ++i) {
    const auto bad = service.fetch(get("/bad"));
    REQUIRE_FALSE(bad);
    CHECK(bad.error().kind == ErrorKind::unreachable);
  }
  CHECK(asked() == 21);
}

TEST_CASE_METHOD(Fixture, "http: an absent page is an answer that is kept, other refusals are not") {
  const int status = GENERATE(404, 403);
  handler = [&](const std::string&) { return response(status, "no"); };
  CHECK(service().fetch(get("/a"))->status == status);
  CHECK(service().fetch(get("/a"))->status == status);
  CHECK(asked() == (status == 404 ? 1 : 2));
}

TEST_CASE_METHOD(Fixture, "http: a question with a body is asked with it, and kept by it") {
  handler = [](const std::string& request) { return response(200, request.substr(request.find("\r\n\r\n") + 4)); };
  HttpRequest post = get("/query");
  post.method = "POST";
  post.content_type = "application/json";
  post.body = "{\"q\":1}";
  auto service = this->service();
  CHECK(body_of(service.fetch(post)) == "{\"q\":1}");
  CHECK(server.requests().at(0).find("Content-Type: application/json") != std::string::npos);
  post.body = "{\"q\":2}";
  CHECK(body_of(service.fetch(post)) == "{\"q\":2}");
  CHECK(body_of(this->service().fetch(post)) == "{\"q\":2}");
  CHECK(asked() == 2);
}

TEST_CASE_METHOD(Fixture, "http: an answer that is too long, one that does not come and one in no known scheme are errors") {
  SECTION("too long") {
    handler = [](const std::string&) { return response(200, std::string(5000, 'x')); };
    HttpRequest request = get("/a");
    request.limit = 4999;
    const auto answer = service().fetch(request);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().kind == ErrorKind::refused);
    CHECK(answer.error().message.find("longer than") != std::string::npos);
  }
  SECTION("never") {
    HttpRequest request = get("/a");
    request.timeout = 50ms;
    std::mutex held;
    std::unique_lock lock(held);
    handler = [&](const std::string&) {
      const std::lock_guard until_the_end(held);
      return std::string();
    };
    const auto answer = service().fetch(request);
    lock.unlock();
    REQUIRE_FALSE(answer);
    CHECK(answer.error().kind == ErrorKind::timed_out);
  }
  SECTION("a file") {
    HttpRequest request;
    request.url = "file:///etc/passwd";
    const auto answer = service().fetch(request);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().kind == ErrorKind::refused);
  }
  SECTION("redirected to a file") {
    handler = [](const std::string&) { return response(302, "", "Location: file:///etc/passwd\r\n"); };
    CHECK_FALSE(service().fetch(get("/a")));
  }
}

TEST_CASE_METHOD(Fixture, "http: a redirect is followed, and its target's headers count") {
  handler = [&](const std::string& request) {
    return request.starts_with("GET /a ") ? response(301, "moved", "ETag: \"no\"\r\nLocation: /b\r\n")
                                          : response(200, "there", "Content-Type: text/x\r\n");
  };
  const auto answer = service().fetch(get("/a"));
  CHECK(body_of(answer) == "there");
  CHECK(read_cached(answer->entry, 1000)->content_type == "text/x");
  CHECK(read_cached(answer->entry, 1000)->etag.empty());
}

TEST_CASE_METHOD(Fixture, "http: another server can be asked instead") {
  HttpRequest request = get("");
  request.url = "https://index.example.org/simple/a/";
  auto service = this->service({{"https://index.example.org/", server.url("/mirror/")},
                                {"https://", "http://127.0.0.1:1/"}});
  CHECK(body_of(service.fetch(request)) == "body");
  CHECK(server.requests().at(0).starts_with("GET /mirror/simple/a/ "));
}

TEST_CASE("http: of the beginnings that fit, the longest is replaced") {
  const std::map<std::string, std::string> instead{{"https://a/", "1/"}, {"https://a/b/", "2/"}};
  CHECK(replaced_url("https://a/x", instead) == "1/x");
  CHECK(replaced_url("https://a/b/x", instead) == "2/x");
  CHECK(replaced_url("https://ab/x", instead) == "https://ab/x");
}
