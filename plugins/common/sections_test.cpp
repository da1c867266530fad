#include "common/sections.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <cstdio>

using namespace maintain::plugins;

namespace {

// What a real shell makes of a script.
std::string run_shell(const std::string& script) {
  std::FILE* pipe = popen(("sh -c '" + script + "'").c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string output;
  std::array<char, 4096> buffer{};
  while (const std::size_t size = std::fread(buffer.data(), 1, buffer.size(), pipe)) output.append(buffer.data(), size);
  pclose(pipe);
  return output;
}

}  // namespace

TEST_CASE("a script's sections come back with their text and exit status") {
  // The prelude holds single quotes, hence through a variable of the shell's own.
  std::string script = section_prelude() + R"(
two() { echo one; printf two; }
section both two
section nothing true
section error sh -c "echo broken >&2; exit 3" || section status echo $?
section input cat
)";
  for (std::size_t at = 0; (at = script.find('\'', at)) != std::string::npos; at += 4) script.replace(at, 1, "'\\''");
  const auto sections = parse_sections(run_shell(script));
  REQUIRE(sections.size() == 5);
  CHECK(find_section(sections, "both")->body == "one\ntwo");
  CHECK(find_section(sections, "both")->ok());
  CHECK(find_section(sections, "nothing")->body.empty());
  CHECK(find_section(sections, "error")->body == "broken\n");
  CHECK(find_section(sections, "error")->status == 3);
  CHECK(find_section(sections, "status")->body == "3\n");
  CHECK(find_section(sections, "input")->body.empty());
  CHECK(find_section(sections, "missing") == nullptr);
}

TEST_CASE("a section that was cut off has no status") {
  const auto sections =
      parse_sections("noise\n@@maintain begin a\nx\n\n@@maintain end 0\n@@maintain begin b\nhalf a li");
  CHECK(find_section(sections, "a")->ok());
  CHECK(find_section(sections, "a")->body == "x\n");
  CHECK_FALSE(find_section(sections, "b")->status);
  CHECK(find_section(sections, "b")->body == "half a li");
}

TEST_CASE("a status that is none is not taken for success") {
  for (const auto* status : {"", "zero", "-1", "256", "0 "}) {
    CAPTURE(status);
    const auto sections = parse_sections("@@maintain begin a\n\n@@maintain end " + std::string(status) + "\n");
    CHECK_FALSE(find_section(sections, "a")->status);
  }
}

TEST_CASE("marks are left out of what a person sees, however the pieces fall") {
  const std::string output =
      "begun\n@@maintain begin a\nx\n\ny\n\n@@maintain end 0\n@@maintain begin b\nno line end\n@@maintain end 3\n"
      "@@maintain begin c\n\n@@maintain end 0\n\nContinue? [y/N] ";
  for (const std::size_t size : {std::size_t{1}, std::size_t{3}, std::size_t{17}, output.size()}) {
    CAPTURE(size);
    std::string shown;
    {
      ShownSections sections([&](std::string_view text) { shown += text; });
      for (std::size_t at = 0; at < output.size(); at += size) sections.add(std::string_view(output).substr(at, size));
      CHECK_FALSE(shown.ends_with("[y/N] "));
    }
    CHECK(shown == "begun\nx\n\ny\nno line end\n\nContinue? [y/N] ");
  }
}

TEST_CASE("a line without end is shown before it grows large") {
  std::string shown;
  ShownSections sections([&](std::string_view text) { shown += text; });
  for (int i = 0; i < 100; ++i) sections.add(std::string(100, '.'));
  CHECK(shown.size() > 8000);
}

TEST_CASE("lines and words") {
  CHECK(split_lines("a\r\n\nb") == std::vector<std::string_view>{"a", "", "b"});
  CHECK(split_lines("").empty());
  CHECK(split_words("  a\tb  ") == std::vector<std::string_view>{"a", "b"});
  CHECK(trim("\n x y \n") == "x y");
  CHECK(trim(" \n").empty());
  CHECK(parse_number("42") == 42);
  CHECK_FALSE(parse_number("4 2"));
  CHECK_FALSE(parse_number(""));
  CHECK_FALSE(parse_number("-1"));
  CHECK_FALSE(parse_number("99999999999999999999"));
}

TEST_CASE("text for people holds nothing but text") {
  CHECK(printable("plain\ttext\n") == "plain\ttext\n");
  CHECK(printable("Gr\xC3\xBC\xC3\x9F" "e \xE2\x82\xAC \xF0\x9F\x90\xA7") ==
        "Gr\xC3\xBC\xC3\x9F" "e \xE2\x82\xAC \xF0\x9F\x90\xA7");
  CHECK(printable("\x1B[31mred\r") == "?[31mred?");
  CHECK(printable(std::string_view("a\0b\x7F", 4)) == "a?b?");
  CHECK(printable("\xFF\xC3(\xC0\xAF\xED\xA0\x80") == "?" "?(?" "?" "?" "?" "?");
  CHECK(printable("\xC2\x9B" "31m") == "??31m");  // a terminal's C1 control
  CHECK(printable("cut \xE2\x82") == "cut ??");
}
