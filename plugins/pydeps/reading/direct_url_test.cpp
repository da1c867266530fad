#include "pydeps/reading/direct_url.hpp"

#include <catch2/catch.hpp>

using namespace maintain::pydeps;

TEST_CASE("direct_url.json of a repository, without the password") {
  const auto direct = parse_direct_url(
      R"({"url": "https://user:secret@host.example/a/b.git",
          "vcs_info": {"vcs": "git", "requested_revision": "main",
                       "commit_id": "7921be1537eac1e97bc40179a57f0349c2aee67d"}})");
  REQUIRE(direct);
  CHECK(direct->origin == Origin::vcs);
  CHECK(direct->url == "https://host.example/a/b.git");
  CHECK(direct->vcs == "git");
  CHECK(direct->commit == "7921be1537eac1e97bc40179a57f0349c2aee67d");
  CHECK(direct->revision == "main");
}

TEST_CASE("direct_url.json of directories and archives") {
  // As pip 23.2 writes them.
  const auto in_place = parse_direct_url(R"({"dir_info": {"editable": true}, "url": "file:///srv/shop"})");
  REQUIRE(in_place);
  CHECK(in_place->origin == Origin::editable);
  CHECK(in_place->url == "file:///srv/shop");
  const auto copied = parse_direct_url(R"({"dir_info": {}, "url": "file:///srv/shop"})");
  REQUIRE(copied);
  CHECK(copied->origin == Origin::local);
  const auto archive = parse_direct_url(
      R"({"archive_info": {"hash": "sha256=2dc", "hashes": {"sha256": "2dc"}}, "url": "file:///tmp/a-1.0.whl"})");
  REQUIRE(archive);
  CHECK(archive->origin == Origin::archive);
}

TEST_CASE("what is no direct_url.json") {
  for (const char* text : {"", "{", "[]", "1", "{}", R"({"url": "file:///x"})", R"({"dir_info": {}})",
                           R"({"url": 5, "dir_info": {}})", R"({"url": "file:///x", "dir_info": []})", "\xFF"})
    CHECK_FALSE(parse_direct_url(text));
  CHECK_FALSE(parse_direct_url(std::string(70000, '[')));
  CHECK_FALSE(parse_direct_url(R"({"url": "file:///x", "dir_info": {}})" + std::string(70000, ' ')));
  const auto odd = parse_direct_url(
      R"({"url": "https://h/x\u001b\n", "vcs_info": {"vcs": "git", "commit_id": "a b", "requested_revision": 7}})");
  REQUIRE(odd);
  CHECK(odd->url == "https://h/x??");
  CHECK(odd->commit.empty());
  CHECK(odd->revision.empty());
}
