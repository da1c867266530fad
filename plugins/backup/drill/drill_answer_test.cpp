#include "backup/drill/drill_answer.hpp"

#include <catch2/catch.hpp>

using namespace maintain::plugins::backup;

TEST_CASE("backup: an assertion holds when its one value is true or not 0") {
  for (const char* text : {"t\n", "true\n", "TRUE\n", "1\n", "42", "-1\n", "0.5\n", "1e3\n"}) {
    CAPTURE(text);
    CHECK(judge({true, text}).holds);
  }
  for (const char* text :
       {"f\n", "false\n", "0\n", "0.0\n", "\n", "", "NULL\n", "nan\n", "yes\n", "1\n1\n", "1\t1\n"}) {
    CAPTURE(text);
    CHECK_FALSE(judge({true, text}).holds);
  }
  CHECK_FALSE(judge({false, "1\n"}).holds);
}

TEST_CASE("backup: an assertion that does not hold says what it gave") {
  CHECK(judge({true, "0\n"}).gave == "0");
  CHECK(judge({true, "1\n2\n3\n"}).gave == "3 rows instead of one value");
  CHECK(judge({true, ""}).gave == "no row");
  CHECK(judge({true, std::string(scratch_answer_limit, 'x')}).gave == "more than one value");
  CHECK(judge({false, "ERROR:  relation \"orders\" does not exist\n"}).gave ==
        "ERROR:  relation \"orders\" does not exist");
}
