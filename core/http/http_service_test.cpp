#include "http/http_service.hpp"

#include <sys/resource.h>

#include <fstream>

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
  std::vector<std::string> allow{server.url("/"), "https://index.example.org/"};

  HttpService service(std::map<std::string, std::string> instead = {}) {
    return HttpService({directory.path() / "cache", allow, std::move(instead)}, clock);
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

TEST_CASE_METHOD(Fixture, "http: an answer that is too long, one that does not come and no known scheme are errors") {
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

TEST_CASE_METHOD(Fixture, "http: a redirect leads to another server only where that may be asked") {
  std::string posted;
  HttpServer other([&](const std::string& request) {
    posted = request;
    return response(200, "there");
  });
  const int status = GENERATE(302, 307);
  handler = [&](const std::string&) { return response(status, "", "Location: " + other.url("/open/x") + "\r\n"); };
  HttpRequest post = get("/a");
  post.method = "POST";
  post.body = "{}";
  const auto refused = service().fetch(post);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::refused);
  CHECK(refused.error().message.find("redirects to " + other.url("/open/x")) != std::string::npos);
  CHECK(other.requests().empty());
  SECTION("allowed") { allow.push_back(other.url("/open/")); }
  SECTION("asked instead of another") {
    CHECK(body_of(service({{"https://elsewhere.example.org/", other.url("/open/")}}).fetch(post)) == "there");
    return;
  }
  CHECK(body_of(service().fetch(post)) == "there");
  CHECK(posted.starts_with(status == 302 ? "GET /open/x " : "POST /open/x "));
}

TEST_CASE_METHOD(Fixture, "http: who redirects for ever is given up") {
  handler = [](const std::string&) { return response(302, "", "Location: /again\r\n"); };
  const auto answer = service().fetch(get("/a"));
  REQUIRE_FALSE(answer);
  CHECK(answer.error().kind == ErrorKind::refused);
  CHECK(asked() == 6);
}

TEST_CASE_METHOD(Fixture, "http: what is not allowed is not asked, and neither is what stands for it") {
  allow = {server.url("/simple/")};
  auto service = this->service({{server.url("/other/"), server.url("/simple/")}});
  for (const std::string path : {"/other/", "/simple/../x", "/simple"}) {
    service.prefetch({get(path)});
    const auto answer = service.fetch(get(path));
    REQUIRE_FALSE(answer);
    CHECK(answer.error().kind == ErrorKind::refused);
  }
  CHECK(asked() == 0);
}

TEST_CASE_METHOD(Fixture, "http: a body that a power cut has zeroed is asked for anew") {
  handler = [](const std::string& request) {
    return request.find("If-None-Match") != request.npos ? response(304, "")
                                                         : response(200, "body", "ETag: \"v1\"\r\n");
  };
  const auto first = service().fetch(get("/a"));
  REQUIRE(first);
  const std::string text = *read_file(first->entry, 10'000);
  std::ofstream(first->entry) << text.substr(0, text.size() - 4) + std::string(4, '\0');
  const auto again = service().fetch(get("/a"));
  CHECK(body_of(again) == "body");
  CHECK(again->origin == HttpOrigin::network);
  std::ofstream(first->entry) << text.substr(0, text.size() - 4) + std::string(4, '\0');
  handler = [](const std::string&) { return std::string(); };
  CHECK_FALSE(service().fetch(get("/a")));
  CHECK_FALSE(std::filesystem::exists(first->entry));
}

TEST_CASE_METHOD(Fixture, "http: whether it changed is asked of a GET only") {
  handler = [](const std::string& request) {
    return request.find("If-None-Match") != request.npos ? response(304, "")
                                                         : response(200, "body", "ETag: \"v1\"\r\n");
  };
  HttpRequest post = get("/query", 0ms);
  post.method = "POST";
  for (int i = 0; i < 2; ++i) {
    const auto answer = service().fetch(post);
    CHECK(body_of(answer) == "body");
    CHECK(answer->origin == HttpOrigin::network);
  }
}

TEST_CASE_METHOD(Fixture, "http: workers whose clocks differ by a second ask once") {
  const FixedClock ahead(noon + 1s);
  HttpService first({directory.path() / "cache", allow}, ahead);
  REQUIRE(first.fetch(get("/a")));
  const auto answer = service().fetch(get("/a"));
  REQUIRE(answer);
  CHECK(answer->origin == HttpOrigin::cache);
  CHECK(answer->age == 0s);
  CHECK(asked() == 1);
  const FixedClock wrong(noon - 1h);
  HttpService third({directory.path() / "cache", allow}, wrong);
  CHECK(third.fetch(get("/a"))->origin == HttpOrigin::network);
}

TEST_CASE_METHOD(Fixture, "http: what was fresh when it was looked at is the answer, however the clock goes on") {
  struct Ticking final : Clock {
    mutable Time at = noon;
    Time now() const override { return at += 1s; }
  };
  REQUIRE(service().fetch(get("/a")));
  for (int seconds = 1; seconds < 8; ++seconds) {
    const Ticking ticking;
    HttpService other({directory.path() / "cache", allow}, ticking);
    CHECK(other.fetch(get("/a", std::chrono::seconds(seconds))));
  }
}

TEST_CASE_METHOD(Fixture, "http: who wants it younger than the first who had it from the cache has it asked for") {
  REQUIRE(service().fetch(get("/a")));
  clock.set(noon + 5h);
  auto service = this->service();
  CHECK(service.fetch(get("/a", 6h))->origin == HttpOrigin::cache);
  CHECK(service.fetch(get("/a", 1h))->origin == HttpOrigin::network);
  CHECK(service.fetch(get("/a", 0h))->origin == HttpOrigin::network);
  CHECK(asked() == 2);
}

TEST_CASE_METHOD(Fixture, "http: many questions do not need as many descriptors") {
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  const rlimit few{256, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
  std::vector<HttpRequest> requests;
  for (int i = 0; i < 300; ++i) requests.push_back(get("/" + std::to_string(i)));
  std::size_t most = 0;
  handler = [&](const std::string&) {
    const std::filesystem::directory_iterator open("/proc/self/fd");
    most = std::max(most, static_cast<std::size_t>(std::distance(open, {})));
    return response(200, "body");
  };
  auto service = this->service();
  service.prefetch(requests);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(asked() == 300);
  CHECK(most > 128);  // that they are locked at all
  CHECK(most < 220);
  for (const HttpRequest& request : requests) CHECK(service.fetch(request));
  CHECK(asked() == 300);
}

TEST_CASE_METHOD(Fixture, "http: an answer that cannot be kept is given all the same, once for all who ask") {
  std::ofstream(directory.path() / "cache") << "no directory";
  auto service = this->service();
  service.prefetch({get("/a")});
  for (int i = 0; i < 2; ++i) {
    const auto answer = service.fetch(get("/a"));
    REQUIRE(answer);
    CHECK(answer->status == 200);
    CHECK(answer->body == "body");
    CHECK(answer->entry.empty());
    CHECK(answer->problem.find("cache") != std::string::npos);
  }
  CHECK(asked() == 1);
}

TEST_CASE_METHOD(Fixture, "http: nobody is asked for who has given up") {
  HttpService service({directory.path() / "cache", allow}, clock, [] { return true; });
  const HttpCache cache(directory.path() / "cache");
  const auto lock = cache.lock(cache.entry_of(get("/b")), 0ms);
  REQUIRE(lock);
  for (const std::string path : {"/a", "/b"}) {
    const auto answer = service.fetch(get(path));
    REQUIRE_FALSE(answer);
    CHECK(answer.error().kind == ErrorKind::cancelled);
  }
  CHECK(asked() == 0);
}

TEST_CASE_METHOD(Fixture, "http: what others ask for is waited for once, not one after the other") {
  const HttpCache cache(directory.path() / "cache");
  std::vector<UniqueFd> locks;
  std::vector<HttpRequest> requests;
  for (int i = 0; i < 30; ++i) {
    requests.push_back(get("/" + std::to_string(i)));
    requests.back().timeout = 400ms;
    locks.push_back(*cache.lock(cache.entry_of(requests.back()), 0ms));
  }
  const auto began = std::chrono::steady_clock::now();
  service().prefetch(requests);
  CHECK(std::chrono::steady_clock::now() - began < 6s);  // 30 times 400 ms are 12 s
  CHECK(asked() == 30);
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
