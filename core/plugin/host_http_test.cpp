#include <fstream>

#include <catch2/catch.hpp>

#include "http/testing.hpp"
#include "plugin/host_testing.hpp"

using namespace maintain;
using namespace maintain::test;

namespace {

const FixedClock noon(*parse_time("2026-11-29T12:00:00Z"));

struct HttpFixture : Fixture {
  maintain::testing::HttpServer server{[this](const std::string& asked) { return handler(asked); }};
  std::function<std::string(const std::string&)> handler = [](const std::string& asked) {
    return maintain::testing::response(asked.starts_with("GET /bad") ? 500 : 200, "the body");
  };
  maintain_http_request request{};
  maintain_http_answer answer{};
  std::string url = server.url("/simple/a");

  HttpFixture() {
    request.struct_size = sizeof request;
    answer.struct_size = sizeof answer;
    ask(url);
    call.http = *start_http_helper({directory.path() / "http", {server.url("/")}}, noon);
    call.http_allowed = {server.url("/simple/"), server.url("/bad/")};
  }
  void ask(const std::string& what) {
    url = what;
    request.url = to_text(url);
  }
  maintain_status fetch() {
    output.bytes.clear();
    return get<maintain_http_1>(MAINTAIN_HTTP_1)->fetch(host(), &request, &answer, &output.raw, &error.raw);
  }
};

}  // namespace

TEST_CASE_METHOD(HttpFixture, "a plugin asks over HTTP, and its dry run does, too") {
  call.mode = GENERATE(Mode::apply, Mode::check);
  request.max_age_ms = 3600'000;
  const maintain_http_request* all[] = {&request};
  CHECK(get<maintain_http_1>(MAINTAIN_HTTP_1)->prefetch(host(), 1, all, nullptr) == MAINTAIN_OK);
  REQUIRE(fetch() == MAINTAIN_OK);
  CHECK(answer.status == 200);
  CHECK(output.bytes == "the body");
  CHECK(server.requests().size() == 1);
}

TEST_CASE_METHOD(HttpFixture, "a plugin asks only what its manifest or the administrator allows") {
  ask(server.url("/other"));
  CHECK(fetch() == MAINTAIN_REFUSED);
  CHECK(error.message.find("http: {allow:") != std::string::npos);
  ask(server.url("/simple/../other"));
  CHECK(fetch() == MAINTAIN_REFUSED);
  CHECK(server.requests().empty());
  manifest.http = {server.url("/other/")};
  ask(server.url("/other/x"));
  CHECK(fetch() == MAINTAIN_OK);
}

TEST_CASE_METHOD(HttpFixture, "a server's trouble is a failure, and no lost connection to the maintained server") {
  ask(server.url("/bad/"));
  CHECK(fetch() == MAINTAIN_FAILED);
  CHECK(error.message.find("500") != std::string::npos);
}

TEST_CASE_METHOD(HttpFixture, "what is wrong with a question over HTTP is told") {
  request.method = to_text("PUT");
  CHECK(fetch() == MAINTAIN_INVALID_ARGUMENT);
  request.method = {};
  request.struct_size = 8;
  CHECK(fetch() == MAINTAIN_INVALID_ARGUMENT);
  request.struct_size = sizeof request;
  call.http.reset();
  CHECK(fetch() == MAINTAIN_UNSUPPORTED);
  call.no_http = "no more processes";
  CHECK(fetch() == MAINTAIN_UNSUPPORTED);
  CHECK(error.message.find("no more processes") != std::string::npos);
}

TEST_CASE_METHOD(HttpFixture, "where the cache cannot be written a plugin has its answer all the same") {
  const auto place = directory.path() / "a_file" / "http";
  std::ofstream(place.parent_path()) << "x";
  call.http = *start_http_helper({place, {server.url("/")}}, noon);
  for (int i = 0; i < 2; ++i) {
    REQUIRE(fetch() == MAINTAIN_OK);
    CHECK(output.bytes == "the body");
  }
  CHECK(server.requests().size() == 1);
}
