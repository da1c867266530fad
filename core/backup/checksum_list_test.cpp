#include "backup/checksum_list.hpp"

#include <catch2/catch.hpp>

#include "base/process.hpp"

using namespace maintain;

namespace {

const std::string zeros(64, '0');

}  // namespace

TEST_CASE("checksum_list: lines are read as they were written") {
  for (const std::string name : {"a", "data/a b", " leading", "data/\xff\xfe", "back\\slash", "new\nline", "cr\rhere",
                                 "\\n", "*star"}) {
    const std::string line = checksum_line(zeros, name);
    REQUIRE(line.back() == '\n');
    CHECK(line.find('\n') == line.size() - 1);
    CHECK(parse_checksum_line(std::string_view(line).substr(0, line.size() - 1)) == ChecksumLine{zeros, name});
  }
}

TEST_CASE("checksum_list: what is no line is none") {
  for (const std::string& wrong : {std::string(), zeros, zeros + "  ", zeros + " a", zeros.substr(1) + "g  a",
                                   "\\" + zeros + "  a\\x", "\\" + zeros + "  a\\", "A" + zeros.substr(1) + "  a"})
    CHECK_FALSE(parse_checksum_line(wrong));
}

TEST_CASE("checksum_list: the order of a walk") {
  const std::vector<std::string> walked{"a", "a/x", "a/x/y", "a/z", "a\x01", "a b", "a-", "a.txt", "aa", "b", "\xff"};
  for (std::size_t i = 0; i < walked.size(); ++i)
    for (std::size_t k = 0; k < walked.size(); ++k) {
      INFO(walked[i] << " " << walked[k]);
      CHECK(stands_before(walked[i], walked[k]) == (i < k));
    }
}

TEST_CASE("checksum_list: sha256sum -c reads names of every kind") {
  // Each file is empty; the list names them in a directory that the script makes.
  const std::string empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  LocalCommand command;
  command.argv = {"sh", "-c", "d=$(mktemp -d) && cd \"$d\" && : >\"$1\" && : >\"$2\" && : >\"$3\" && sha256sum -c -;"
                              " s=$?; rm -rf \"$d\"; exit $s",
                  "sh", "a b", "new\nline", "back\\slash"};
  for (std::size_t i = 4; i < command.argv.size(); ++i) command.input += checksum_line(empty, command.argv[i]);
  const auto done = run_local(command);
  REQUIRE(done);
  INFO(done->output << done->error_output);
  CHECK(done->ok());
}
