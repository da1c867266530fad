#include "backup/copy_manifest.hpp"

#include <catch2/catch.hpp>

using namespace maintain;

namespace {

CopyManifest example() {
  CopyManifest manifest;
  manifest.id = "20261129T010203Z";
  manifest.server = "web1";
  manifest.project = "shop";
  manifest.task = "orders";
  manifest.source = "PostgreSQL: orders";
  manifest.engine = "postgresql";
  manifest.state = CopyState::verified;
  manifest.started = *time_of_copy(manifest.id);
  manifest.finished = manifest.started + Seconds(65);
  manifest.bytes = 12'345'678'901;
  manifest.files = 1;
  manifest.new_bytes = 12'345'678'901;
  manifest.checksums = std::string(64, 'a');
  manifest.file_list = {{"orders.dump", 12'345'678'901, std::string(64, 'b')}};
  manifest.verified = {{"pg_restore --list", "42 entries", *parse_time("2026-11-29T01:03:08Z")}};
  manifest.tools = R"({"pg_dump":"15.18"})";
  return manifest;
}

}  // namespace

TEST_CASE("copy_manifest: is read as it was written") {
  const CopyManifest before = example();
  const auto after = decode_manifest(encode_manifest(before));
  REQUIRE(after);
  CHECK(after->id == before.id);
  CHECK(after->state == CopyState::verified);
  CHECK(after->finished - after->started == Seconds(65));
  CHECK(after->bytes == before.bytes);
  CHECK(after->file_list.at(0).sha256 == before.file_list[0].sha256);
  CHECK(after->verified.at(0).how == "pg_restore --list");
  CHECK(after->verified.at(0).when == before.verified[0].when);
  CHECK(after->tools == before.tools);
  CHECK_FALSE(after->accepted);
  CHECK(encode_manifest(*after) == encode_manifest(before));
}

TEST_CASE("copy_manifest: how files are shared, which older ones do not say") {
  CopyManifest manifest = example();
  manifest.sharing = Sharing::btrfs;
  std::string text = encode_manifest(manifest);
  CHECK(decode_manifest(text)->sharing == Sharing::btrfs);
  const auto at = text.find("\"btrfs\"");
  REQUIRE(at != std::string::npos);
  CHECK_FALSE(decode_manifest(std::string(text).replace(at, 7, "\"other\"")));
  const auto line = text.rfind('\n', at);
  CHECK(decode_manifest(text.erase(line, text.find('\n', at) - line))->sharing == Sharing::links);
}

TEST_CASE("copy_manifest: names that are not UTF-8 do not spoil it") {
  CopyManifest manifest = example();
  manifest.file_list[0].name = "\xff";
  CHECK(decode_manifest(encode_manifest(manifest)));
}

TEST_CASE("copy_manifest: what is not one is refused") {
  for (const std::string text : {"", "{}", "[]", "{\"version\":1}", "null"}) CHECK_FALSE(decode_manifest(text));
  const std::string good = encode_manifest(example());
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {"\"version\": 1", "\"version\": 2"}, {"\"id\": \"2026", "\"id\": \"../"}, {"verified\"", "verifed\""},
           {"\"bytes\": 12345678901", "\"bytes\": \"many\""}, {"2026-11-29T01:02:03Z", "yesterday"}}) {
    std::string bad = good;
    bad.replace(bad.find(from), from.size(), to);
    INFO(bad);
    CHECK_FALSE(decode_manifest(bad));
  }
}

TEST_CASE("copy_manifest: ids are moments") {
  CHECK(copy_id(*parse_time("2026-11-29T01:02:03Z")) == "20261129T010203Z");
  CHECK(copy_id(*parse_time("2026-11-29T01:02:03Z"), 3) == "20261129T010203Z-3");
  CHECK(time_of_copy("20261129T010203Z-3") == *parse_time("2026-11-29T01:02:03Z"));
  for (const char* wrong : {"", "latest", "_draft", "20261329T010203Z", "20261129T010203", "20261129T010203Z-1",
                            "20261129T010203Z-x", "20261129T010203Z-", "20261129T010203Z/x", "20261129T250203Z"})
    CHECK_FALSE(time_of_copy(wrong));
}
