#include "pydeps/reading/split_names.hpp"

#include <catch2/catch.hpp>

using namespace maintain::pydeps;
using Names = std::vector<std::string>;

TEST_CASE("the names that templates wrote into one text") {
  CHECK(split_package_names("a") == Names{"a"});
  CHECK(split_package_names("a,b") == Names{"a", "b"});
  CHECK(split_package_names(" a, b ,,c\n") == Names{"a", "b", "c"});
  CHECK(split_package_names("a b\tc") == Names{"a", "b", "c"});
  CHECK(split_package_names("['pkg-resources', 'html5lib']") == Names{"pkg-resources", "html5lib"});
  CHECK(split_package_names(R"([u'a', "b"])") == Names{"a", "b"});
  CHECK(split_package_names("a; rm") == Names{"a;", "rm"});
  for (const char* nothing : {"", " ", "[]", "['']", "\"\"", "None", "False", "false", "no", "~", "null"})
    CHECK(split_package_names(nothing).empty());
  CHECK(split_package_names("none, a") == Names{"none", "a"});
  CHECK(split_package_names("u'") == Names{"u'"});
  CHECK(split_package_names("'") == Names{"'"});
}
