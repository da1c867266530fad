#include "http/http_cache.hpp"

#include <fstream>
#include <set>

#include <catch2/catch.hpp>

#include "http/testing.hpp"

using namespace maintain;
using namespace std::chrono_literals;
using maintain::testing::TemporaryDirectory;

namespace {

const Time noon = *parse_time("2026-11-29T12:00:00Z");

struct Fixture {
  TemporaryDirectory directory;
  HttpCache cache{directory.path() / "http"};
  HttpRequest request{.url = "https://index.example.org/a"};
  std::filesystem::path entry = cache.entry_of(request);

  void keep(const std::string& body) {
    REQUIRE(cache.keep(entry, {200, "\"v1\"", "Sun, 29 Nov 2026 11:00:00 GMT", "text/plain", body}));
    REQUIRE(cache.confirm(entry, noon));
  }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "http cache: an answer comes back, whatever bytes its body has") {
  CHECK_FALSE(cache.find(entry));
  const std::string body("a\0\n{}\xff", 6);
  keep(body);
  const auto found = cache.find(entry);
  REQUIRE(found);
  CHECK(found->confirmed == noon);
  CHECK(found->headers.etag == "\"v1\"");
  const auto read = read_cached(entry, 100);
  REQUIRE(read);
  CHECK(read->body == body);
  CHECK(read->status == 200);
  CHECK(read->content_type == "text/plain");
}

TEST_CASE_METHOD(Fixture, "http cache: what a power cut left of a file is nothing") {
  keep("whole");
  std::string text = *read_file(entry, 10000);
  SECTION("cut short") {
    std::ofstream(entry) << text.substr(0, text.size() - 1);
    CHECK_FALSE(cache.find(entry));
    CHECK_FALSE(read_cached(entry, 100));
  }
  SECTION("zeros where the body was") {
    std::ofstream(entry) << text.substr(0, text.size() - 5) + std::string(5, '\0');
    CHECK_FALSE(cache.find(entry));
    CHECK_FALSE(read_cached(entry, 100));
  }
  SECTION("no headers") {
    std::ofstream(entry) << std::string(100, '\0');
    CHECK_FALSE(cache.find(entry));
  }
}

TEST_CASE_METHOD(Fixture, "http cache: questions that differ in anything have files of their own") {
  HttpRequest post = request, other = request, accepting = request, with_body = request;
  post.method = "POST";
  other.url += "b";
  accepting.accept = "application/json";
  with_body.body = "x";
  const std::set<std::filesystem::path> entries{entry, cache.entry_of(post), cache.entry_of(other),
                                                cache.entry_of(accepting), cache.entry_of(with_body)};
  CHECK(entries.size() == 5);
  other = request;
  other.max_age = 6h;
  CHECK(cache.entry_of(other) == entry);
}

TEST_CASE_METHOD(Fixture, "http cache: one asks at a time") {
  const auto lock = cache.lock(entry, 0ms);
  REQUIRE(lock);
  const auto second = cache.lock(entry, 0ms);
  REQUIRE_FALSE(second);
  CHECK(second.error().kind == ErrorKind::busy);
  CHECK(cache.lock(entry, 1h, [] { return true; }).error().kind == ErrorKind::busy);  // at once
}

TEST_CASE_METHOD(Fixture, "http cache: old answers go, once a day") {
  keep("old");
  cache.prune(noon, noon - 1h, 1'000'000);
  CHECK(cache.find(entry));
  cache.prune(noon + 1h, noon + 1s, 1'000'000);  // too soon after the last time
  CHECK(cache.find(entry));
  cache.prune(noon + 25h, noon + 1s, 1'000'000);
  CHECK_FALSE(cache.find(entry));
}

TEST_CASE_METHOD(Fixture, "http cache: of more than there is room for, the oldest go") {
  std::vector<std::filesystem::path> entries;
  for (int i = 0; i < 4; ++i) {
    request.url = "https://index.example.org/" + std::to_string(i);
    entries.push_back(cache.entry_of(request));
    REQUIRE(cache.keep(entries.back(), {200, "", "", "", std::string(10'000, 'x')}));
    REQUIRE(cache.confirm(entries.back(), noon + i * 1h));
  }
  cache.prune(noon + 5h, noon - 1h, 25'000);
  CHECK_FALSE(cache.find(entries[0]));
  CHECK_FALSE(cache.find(entries[1]));
  CHECK(cache.find(entries[2]));
  CHECK(cache.find(entries[3]));
}
