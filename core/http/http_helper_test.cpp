#include "http/http_helper.hpp"

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
  const auto helper = start_http_helper({directory.path() / "cache", {}}, clock);
  REQUIRE(helper);
  const HttpServer server([](const std::string& request) {
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
  const auto one = start_http_helper({directory.path() / "cache", {}}, clock);
  const auto two = start_http_helper({directory.path() / "cache", {}}, clock);
  REQUIRE(one);
  REQUIRE(two);
  std::vector<HttpRequest> requests;
  const HttpServer server([](const std::string&) { return response(200, "x"); });
  for (int i = 0; i < 30; ++i) requests.push_back({.url = server.url("/" + std::to_string(i)), .max_age = 6h});
  std::thread other([&] { (void)(*two)->prefetch(requests, never); });
  (void)(*one)->prefetch(requests, never);
  other.join();
  CHECK(server.requests().size() == 30);
}

TEST_CASE("http helper: who is cancelled does not wait for it") {
  const TemporaryDirectory directory;
  const FixedClock clock(noon);
  const auto helper = start_http_helper({directory.path() / "cache", {}}, clock);
  REQUIRE(helper);
  std::mutex held;
  std::unique_lock lock(held);
  const HttpServer server([&](const std::string&) {
    const std::lock_guard until_the_end(held);
    return std::string();
  });
  const auto answer = (*helper)->fetch({.url = server.url("/a")}, [] { return true; });
  REQUIRE_FALSE(answer);
  CHECK(answer.error().kind == ErrorKind::cancelled);
  CHECK((*helper)->fetch({.url = server.url("/a")}, never).error().kind == ErrorKind::system);
  lock.unlock();
}
