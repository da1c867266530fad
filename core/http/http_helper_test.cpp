#include "http/http_helper.hpp"

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
const HttpAsker::Cancelled never = [] { return false; };

}  // namespace

// The helper is forked before the server's thread exists, as in a worker.
TEST_CASE("http helper: asks for another process, and what it brought is in the cache") {
  const TemporaryDirectory directory;
  const FixedClock clock(noon);
  HttpServer server;
  const auto helper = start_http_helper({directory.path() / "cache", {server.url("/")}}, clock);
  REQUIRE(helper);
  server.start([](const std::string& request) {
    return request.starts_with("GET /bad") ? response(500, "") : response(200, std::string("b\0y\xff", 4));
  });
  const HttpRequest good{.url = server.url("/a"), .max_age = 6h};
  const HttpRequest bad{.url = server.url("/bad")};
  REQUIRE((*helper)->prefetch({good, bad}, never));
  const auto answer = (*helper)->fetch(good, never);
  REQUIRE(answer);
  CHECK(read_cached(answer->entry, 1000)->body == std::string("b\0y\xff", 4));
  const auto failed = (*helper)->fetch(bad, never);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().kind == ErrorKind::unreachable);
  CHECK(server.requests().size() == 2);
}

TEST_CASE("http helper: two of them ask a server once") {
  const TemporaryDirectory directory;
  const FixedClock clock(noon);
  HttpServer server;
  const auto one = start_http_helper({directory.path() / "cache", {server.url("/")}}, clock);
  const auto two = start_http_helper({directory.path() / "cache", {server.url("/")}}, clock);
  REQUIRE(one);
  REQUIRE(two);
  std::vector<HttpRequest> requests;
  server.start([](const std::string&) { return response(200, "x"); });
  for (int i = 0; i < 30; ++i) requests.push_back({.url = server.url("/" + std::to_string(i)), .max_age = 6h});
  std::thread other([&] { (void)(*two)->prefetch(requests, never); });
  (void)(*one)->prefetch(requests, never);
  other.join();
  CHECK(server.requests().size() == 30);
}

TEST_CASE("http helper: who is cancelled does not wait for it") {
  const TemporaryDirectory directory;
  const FixedClock clock(noon);
  std::mutex held;
  HttpServer server;
  auto helper = start_http_helper({directory.path() / "cache", {server.url("/")}}, clock);
  REQUIRE(helper);
  std::unique_lock lock(held);
  server.start([&](const std::string&) {
    const std::lock_guard until_the_end(held);
    return std::string();
  });
  const auto answer = (*helper)->fetch({.url = server.url("/a")}, [] { return true; });
  REQUIRE_FALSE(answer);
  CHECK(answer.error().kind == ErrorKind::cancelled);
  CHECK((*helper)->fetch({.url = server.url("/a")}, never).error().kind == ErrorKind::system);
  // The helper has ended by then, or its lock would be held for the 30 seconds of its transfer.
  const HttpCache cache(directory.path() / "cache");
  CHECK(cache.lock(cache.entry_of({.url = server.url("/a")}), 10s));
  lock.unlock();
}

TEST_CASE("http helper: what its worker wants is held within bounds") {
  const TemporaryDirectory directory;
  const FixedClock clock(noon);
  std::mutex held;
  HttpServer server;
  const auto helper = start_http_helper({directory.path() / "cache", {server.url("/open/")}}, clock);
  REQUIRE(helper);
  std::unique_lock lock(held);
  server.start([&](const std::string&) {
    const std::lock_guard until_the_end(held);
    return std::string();
  });
  CHECK((*helper)->fetch({.url = server.url("/a")}, never).error().kind == ErrorKind::refused);
  CHECK((*helper)->fetch({.method = "PUT", .url = server.url("/open/a")}, never).error().kind == ErrorKind::refused);
  CHECK(server.requests().empty());
  for (const Milliseconds timeout : {0ms, -1ms})  // to libcurl 0 is for ever
    CHECK((*helper)->fetch({.url = server.url("/open/a?" + std::to_string(timeout.count())), .timeout = timeout}, never)
              .error().kind == ErrorKind::timed_out);
  lock.unlock();
}

TEST_CASE("http helper: where the cache cannot be written it lives on, and its answers carry their bodies") {
  const TemporaryDirectory directory;
  const FixedClock clock(noon);
  HttpServer server;
  std::ofstream(directory.path() / "file") << "no directory";
  const auto helper = start_http_helper({directory.path() / "file" / "cache", {server.url("/")}}, clock);
  REQUIRE(helper);
  const std::string body("b\0y\xff", 4);
  server.start([&](const std::string&) { return response(200, body); });
  for (const std::string path : {"/a", "/b", "/a"}) {
    const auto answer = (*helper)->fetch({.url = server.url(path)}, never);
    REQUIRE(answer);
    CHECK(answer->entry.empty());
    CHECK(answer->body == body);
    CHECK(answer->problem.find("file") != std::string::npos);
  }
  CHECK(server.requests().size() == 2);
}
