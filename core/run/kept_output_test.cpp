#include "run/kept_output.hpp"

#include <catch2/catch.hpp>

#include "base/text.hpp"
#include "store/sqlite_store.hpp"

using namespace maintain;

TEST_CASE("output that fits is kept as it is") {
  KeptOutput output(1000);
  output.add("one\n");
  output.add(std::string(900, 'x'));
  CHECK(output.text() == "one\n" + std::string(900, 'x'));
}

TEST_CASE("of output that does not fit the beginning and the end are kept") {
  KeptOutput output(100);
  output.add("beginning ");
  for (int i = 0; i < 100'000; ++i) output.add("0123456789");
  output.add(" the end");
  const std::string text = output.text();
  CHECK(text.substr(0, 10) == "beginning ");
  CHECK(text.substr(text.size() - 8) == " the end");
  CHECK(text.size() < 200);
  CHECK(text.find("[... 999918 bytes left out ...]") != std::string::npos);
}

TEST_CASE("lines that the cut would divide are left out, and counted") {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "line " + std::to_string(i) + "\n";
  KeptOutput output(2000);
  output.add(text);
  const std::string kept = output.text();
  std::size_t known = 0;
  const auto lines = split_lines(kept);
  for (const auto& line : lines)
    if (text.find(line + "\n") != std::string::npos) known += line.size() + 1;
  CHECK(lines.front() == "line 0");
  CHECK(lines.back() == "line 999");
  CHECK(kept == kept.substr(0, kept.find("[...")) + "[... " + std::to_string(text.size() - known) +
        " bytes left out ...]\n" +
                    kept.substr(kept.find("...]") + 5));
}

TEST_CASE("a character is never cut in two") {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "\xe2\x82\xac";
  for (std::size_t limit = 1000; limit < 1012; ++limit) {
    KeptOutput output(limit);
    output.add(text);
    CHECK(output.text().find("\xef\xbf\xbd") == std::string::npos);
  }
}

TEST_CASE("what is kept of a task's output is what the store gives back, whatever its size") {
  KeptOutput output(3 * 1024 * 1024);
  for (int i = 0; i < 60; ++i) output.add(std::string(1024 * 1024, 'x'));
  const auto store = open_memory_store().value();
  Run run;
  run.id = "20261122T130341Z-4f2a";
  REQUIRE(store->begin_run(run));
  TaskCommit commit;
  commit.run_id = run.id;
  commit.result.server = "web1";
  commit.result.task = "dump";
  commit.output = output.text();
  REQUIRE(store->commit_task(commit));
  const std::string kept = store->task_output(run.id, {"web1", "", "dump"}).value();
  CHECK(kept == commit.output);
  CHECK_THAT(kept, Catch::Contains("[... " + std::to_string(57 * 1024 * 1024) + " bytes left out ...]"));
}

TEST_CASE("output is fit to be shown, also where a character came in two pieces") {
  KeptOutput output(100);
  output.add("gr\xc3");
  output.add("\xbc\x1b[2J\xff\n");
  CHECK(output.text() == "gr\xc3\xbc\xef\xbf\xbd\n");
}
