#include "pydeps/reading/marker.hpp"

#include <string>

#include <catch2/catch.hpp>

using namespace maintain::pydeps;

namespace {

constexpr const char* yes = "os_name == 'posix'";
constexpr const char* no = "sys_platform == 'win32'";
constexpr const char* unknown = "python_version < '3.8'";

Applies joined(const std::string& left, const std::string& word, const std::string& right) {
  return marker_applies(left + " " + word + " " + right);
}

std::string nested(std::size_t depth) { return std::string(depth, '(') + yes + std::string(depth, ')'); }

}  // namespace

TEST_CASE("markers of other systems do not apply, and those of this one do") {
  for (const char* marker : {
           "sys_platform == \"linux\"", "sys_platform=='linux'", "\tos_name  ==\t\"posix\" ",
           "platform_system == 'Linux'", "implementation_name == 'cpython'",
           "platform_python_implementation == 'CPython'", "os.name == 'posix'", "sys.platform == 'linux'",
           "platform.python_implementation == 'CPython'", "python_implementation == 'CPython'",
           "'linux' == sys_platform", "sys_platform != 'darwin'", "platform_python_implementation != 'PyPy'"}) {
    CAPTURE(marker);
    CHECK(marker_applies(marker) == Applies::yes);
  }
  for (const char* marker : {
           "sys_platform == \"win32\"", "os_name == 'nt'", "platform_system == 'Windows'", "sys_platform == 'Linux'",
           "platform_system == 'linux'", "implementation_name == 'pypy'", "\"win32\"==sys_platform",
           "sys_platform != 'linux'", "sys_platform == 'linux2'", "sys_platform == ''", "sys_platform == ' linux'"}) {
    CAPTURE(marker);
    CHECK(marker_applies(marker) == Applies::no);
  }
}

TEST_CASE("what a list does not say is unknown") {
  for (const char* marker : {
           "python_version >= '3'", "python_version < '3'", "'3.8' <= python_version", "python_full_version != '3.9.0'",
           "implementation_version >= '3.8'", "platform_machine == 'x86_64'", "platform.machine in 'x86_64 aarch64'",
           "platform_release >= '5'", "platform_version == '#1'", "platform.version == '#1'", "extra == 'test'",
           "python_version not in '2.7, 3.0'", "'x' in extra"}) {
    CAPTURE(marker);
    CHECK(marker_applies(marker) == Applies::unknown);
  }
}

TEST_CASE("\"in\" is a part of the text on its right") {
  CHECK(marker_applies("sys_platform in 'linux darwin'") == Applies::yes);
  CHECK(marker_applies("sys_platform in 'linux2'") == Applies::yes);
  CHECK(marker_applies("sys_platform in 'lin'") == Applies::no);
  CHECK(marker_applies("'lin' in sys_platform") == Applies::yes);
  CHECK(marker_applies("'linux2' in sys_platform") == Applies::no);
  CHECK(marker_applies("'' in sys_platform") == Applies::yes);
  CHECK(marker_applies("sys_platform in ''") == Applies::no);
  CHECK(marker_applies("sys_platform not in 'win32, cygwin'") == Applies::yes);
  CHECK(marker_applies("'in'in os_name") == Applies::no);
  CHECK(marker_applies("'ix'not\t in os_name") == Applies::no);
}

TEST_CASE("and, or and what is not known") {
  const Applies results[] = {Applies::no, Applies::unknown, Applies::yes};
  const char* markers[] = {no, unknown, yes};
  for (std::size_t left = 0; left < 3; ++left)
    for (std::size_t right = 0; right < 3; ++right) {
      CAPTURE(markers[left], markers[right]);
      CHECK(joined(markers[left], "and", markers[right]) == results[left < right ? left : right]);
      CHECK(joined(markers[left], "or", markers[right]) == results[left < right ? right : left]);
    }
}

TEST_CASE("\"and\" binds more than \"or\", parentheses more than both") {
  const std::string a = yes, b = no;
  CHECK(joined(a, "or", a + " and " + b) == Applies::yes);
  CHECK(joined(b + " and " + a, "or", a) == Applies::yes);
  CHECK(joined(b + " and " + b, "or", b + " and " + b + " or " + a) == Applies::yes);
  CHECK(joined("(" + a + " or " + a + ")", "and", b) == Applies::no);
  CHECK(joined(b, "and", "(" + b + " or " + a + ")") == Applies::no);
  CHECK(joined(a + " or " + unknown, "and", b) == Applies::yes);
  CHECK(marker_applies("(os_name=='nt')or(os_name=='posix')and'linux'==sys_platform") == Applies::yes);
  CHECK(marker_applies("os_name=='nt'or os_name=='posix'") == Applies::yes);
  CHECK(marker_applies("( ( os_name == 'nt' ) )") == Applies::no);
}

TEST_CASE("quotes, operators and words in a text are text") {
  CHECK(marker_applies("sys_platform == \"it's\"") == Applies::no);
  CHECK(marker_applies("sys_platform != 'a \"quoted\" word'") == Applies::yes);
  CHECK(marker_applies("sys_platform == 'x) or os_name == (posix'") == Applies::no);
  CHECK(marker_applies("os_name == 'nt' and sys_platform == ' or '") == Applies::no);
  CHECK(marker_applies("os_name == 'n;t#'") == Applies::no);
}

TEST_CASE("comparisons that mean nothing, or not the same to everybody, are unknown by themselves") {
  for (const std::string comparison : {
           "sys_platform >= 'linux'", "sys_platform < 'win32'", "sys_platform ~= 'linux'", "sys_platform === 'linux'",
           "os_name == sys_platform", "'posix' == 'posix'", "'a' in 'b'"}) {
    CAPTURE(comparison);
    CHECK(marker_applies(comparison) == Applies::unknown);
    CHECK(joined(comparison, "and", no) == Applies::no);
    CHECK(joined(comparison, "or", yes) == Applies::yes);
  }
}

TEST_CASE("what is no marker is unknown as a whole") {
  for (const std::string wrong : {
           "", " ", "os_name", "os_name ==", "== 'nt'", "os_name = 'nt'", "os_name == nt", "os_name == 'nt",
           "os_name == \"nt'", "os_names == 'nt'", "OS_NAME == 'nt'", "sys.platform.x == 'nt'",
           "platform.system == 'nt'", "os_name notin 'x'", "os_name not 'x'", "os_name not == 'x'",
           "os_name == 'x' == 'y'", "os_name == 'n\\x74'", "(os_name == 'nt'",
           "os_name == 'nt')", "()", "not os_name == 'nt'", "os_name == 'nt' andos_name == 'nt'", "os_name == 'nt' or",
           "or os_name == 'nt'", "os_name == 'nt' AND os_name == 'nt'", "os_name == 'nt' && os_name == 'nt'",
           "os_name == 'nt';", "os_name == 'nt' ...", "os_name\n== 'nt'"}) {
    CAPTURE(wrong);
    CHECK(marker_applies(wrong) == Applies::unknown);
    CHECK(joined(yes, "or", wrong) == Applies::unknown);
    CHECK(joined(no, "and", wrong) == Applies::unknown);
  }
}

TEST_CASE("a marker's length and nesting are bounded") {
  CHECK(marker_applies(nested(20)) == Applies::yes);
  CHECK(marker_applies(nested(21)) == Applies::unknown);
  CHECK(marker_applies(std::string(longest_marker, '(')) == Applies::unknown);
  std::string many = no;
  for (int i = 0; i < 15; ++i) many += std::string(" or (") + no + ")";
  CHECK(marker_applies(many) == Applies::no);
  many.resize(longest_marker, ' ');
  CHECK(marker_applies(many) == Applies::no);
  CHECK(marker_applies(many + " ") == Applies::unknown);
}
