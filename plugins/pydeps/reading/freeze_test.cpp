#include "pydeps/reading/freeze.hpp"

#include <fstream>
#include <iterator>

#include <catch2/catch.hpp>

#include "pydeps/reading/marker.hpp"

using namespace maintain::pydeps;
using Lines = std::vector<std::string>;

namespace {

std::string describe(const FreezeEntry& entry) {
  const Package& package = entry.package;
  std::string text = std::to_string(entry.line) + " " + package.name;
  text += " " + (package.version.empty() ? "?" : package.version);
  if (package.origin != Origin::index) text += " " + std::string(origin_name(package.origin)) + " " + package.url;
  if (!package.commit.empty()) text += " @" + package.commit;
  if (!entry.marker.empty()) text += " ; " + entry.marker;
  return text;
}

Lines entries(std::string_view text) {
  Lines lines;
  for (const FreezeEntry& entry : parse_freeze(text).entries) lines.push_back(describe(entry));
  return lines;
}

Lines notes(const std::vector<FreezeNote>& notes) {
  Lines lines;
  for (const FreezeNote& note : notes) lines.push_back(std::to_string(note.line) + ": " + note.text);
  return lines;
}

std::string testdata(const std::string& name) {
  std::ifstream file(std::string(MAINTAIN_TESTDATA) + "/" + name);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("what pip freeze wrote of a real environment") {
  const Freeze freeze = parse_freeze(testdata("freeze.txt"));
  CHECK(notes(freeze.problems) == Lines{});
  CHECK(notes(freeze.skipped) == Lines{});
  Lines lines;
  for (const FreezeEntry& entry : freeze.entries) lines.push_back(describe(entry));
  CHECK(lines == Lines{
      "1 archived 1.2+local archive file:///tmp/archived-1.2%2Blocal-py3-none-any.whl",
      "2 committed ? vcs file:///tmp/committed @ac464982aaf682071981c7733555971d378e86da",
      "3 copied ? local file:///tmp/copied",
      "5 in.place 1.0 editable /tmp/in_place",
      "6 setuptools 65.5.0"});
}

TEST_CASE("pinned requirements") {
  CHECK(entries("Django==4.2.1") == Lines{"1 Django 4.2.1"});
  CHECK(entries("\xEF\xBB\xBF" "a==1\r\n\r\nb===2004d\r\n") == Lines{"1 a 1", "3 b 2004d"});
  CHECK(entries("a == 1.0  # why\nb[x,y]==2\nc (==3)\n  d==1!4+e.5\n") ==
        Lines{"1 a 1.0", "2 b 2", "3 c 3", "4 d 1!4+e.5"});
  CHECK(entries("a==1; python_version < \"3.8\"\nb==2;sys_platform=='x' # c\n") ==
        Lines{"1 a 1 ; python_version < \"3.8\"", "2 b 2 ; sys_platform=='x'"});
  CHECK(parse_freeze("Foo_Bar.baz==1").entries.at(0).package.key == "foo-bar-baz");
  CHECK(entries("# a==1\n## b==2\n   # c==3\n").empty());
  CHECK(entries("a==1\nA==2\n").size() == 2);
}

TEST_CASE("a marker that is cut says so, for what is left of it may be another marker") {
  std::string marker = "os_name == 'nt'";
  marker.resize(longest_marker, ' ');
  CHECK(parse_freeze("a==1 ; " + marker + "or 'x' in os_name").entries.at(0).marker == marker + "...");
  marker.back() = '\t';
  marker += "or os_name == 'posix'";
  CHECK(marker_applies(parse_freeze("a==1 ; " + marker).entries.at(0).marker) == Applies::unknown);
}

TEST_CASE("hashes and joined lines") {
  CHECK(entries("a==1 \\\n    --hash=sha256:12 \\\n    --hash=sha256:34\nb==2 --hash=sha256:56\nc\\\n==3\n") ==
        Lines{"1 a 1", "4 b 2", "5 c 3"});
  CHECK(entries("a==1 \\\n# comment \\\nb==2\n") == Lines{"1 a 1", "3 b 2"});
  CHECK(entries("a==1 \\") == Lines{"1 a 1"});
  CHECK(entries("\\\na==1\n") == Lines{"1 a 1"});
  CHECK(entries("\\\n\\\n\\").empty());
}

TEST_CASE("requirements by URL") {
  CHECK(entries("a @ git+https://u:secret@h/x.git@9ab#subdirectory=y\n"
                "b[extra]@ https://h/b-1.5.tar.gz#sha256=12 ; python_version > '3'\n"
                "c @ file:///srv/c\nd@file:///tmp/d-2.0-py3-none-any.whl\n"
                "git+ssh://git@h/e.git@v2#egg=e\nhttps://h/f-1.0.zip#egg=f&x=y\n") ==
        Lines{"1 a ? vcs https://h/x.git @9ab",
              "2 b 1.5 archive https://h/b-1.5.tar.gz ; python_version > '3'",
              "3 c ? local file:///srv/c",
              "4 d 2.0 archive file:///tmp/d-2.0-py3-none-any.whl",
              "5 e ? vcs ssh://git@h/e.git @v2",
              "6 f 1.0 archive https://h/f-1.0.zip"});
  const Freeze nameless = parse_freeze("https://u:secret@h/f.zip?token=secret\n./dir/x.whl\n");
  CHECK(nameless.entries.empty());
  CHECK(notes(nameless.problems) == Lines{"1: no name of a package with 'https://h/f.zip'",
                                          "2: no name of a package with './dir/x.whl'"});
}

TEST_CASE("editable installs as the versions of pip write them") {
  CHECK(entries("-e git+https://t@h/a.git@9ab#egg=a_b&subdirectory=x\n"
                "# Editable install with no version control (c==1.0)\n-e /srv/c\n"
                "# Editable Git install with no remote (d.x===weird)\n-e /srv/d\n"
                "# Editable Git install (e==1) with either a deleted local remote or invalid URI:\n# 'h:x'\n-e /srv/e\n"
                "--editable=git+ssh://git@h/f.git#egg=f[x]\n-e g @ file:///srv/g\n") ==
        Lines{"1 a_b ? editable https://h/a.git @9ab", "3 c 1.0 editable /srv/c", "5 d.x weird editable /srv/d",
              "8 e 1 editable /srv/e", "9 f ? editable ssh://git@h/f.git", "10 g ? editable file:///srv/g"});
  // What was announced is for the next line only.
  const Freeze other = parse_freeze("# Editable install with no version control (c==1.0)\na==1\n"
                                    "## !! Could not determine repository location\n-e /srv/c\n-e\n");
  CHECK(other.entries.size() == 1);
  CHECK(notes(other.problems) == Lines{"4: no name of a package with the editable '/srv/c'",
                                       "5: no name of a package with the editable ''"});
}

TEST_CASE("options are skipped, and their passwords are not shown") {
  const Freeze freeze = parse_freeze(
      "-i https://u:secret@h/simple\n-ihttps://u:secret@h\n--index-url=https://u:secret@h\n"
      "--extra-index-url https://u:secret@h\n-c other.txt\n--constraint=other.txt\n--pre\na==1\n");
  CHECK(notes(freeze.skipped) ==
        Lines{"1: -i", "2: -i", "3: --index-url", "4: --extra-index-url", "5: -c", "6: --constraint",
              "7: --pre"});
  CHECK(freeze.problems.empty());
  CHECK(freeze.entries.size() == 1);
}

TEST_CASE("a list that another one names is missed") {
  const Freeze freeze = parse_freeze("-r base.txt\n-rbase.txt\n--requirement base.txt\n--requirement=base.txt\n"
                                     "-r https://u:secret@h/base.txt?token=secret  # base\n--require-hashes\na==1\n");
  CHECK(notes(freeze.problems) == Lines{"1: names another list, 'base.txt', which is not read",
                                        "2: names another list, 'base.txt', which is not read",
                                        "3: names another list, 'base.txt', which is not read",
                                        "4: names another list, 'base.txt', which is not read",
                                        "5: names another list, 'https://h/base.txt', which is not read"});
  CHECK(notes(freeze.skipped) == Lines{"6: --require-hashes"});
  CHECK(freeze.entries.size() == 1);
  const Freeze whole =
      parse_freeze("-r base.txt\na==1\n## The following requirements were added by pip freeze:\nb==1\n");
  CHECK(whole.problems.empty());
  CHECK(whole.entries.size() == 2);
}

TEST_CASE("what is not pinned, or no requirement at all") {
  const auto problems = [](std::string_view text) { return notes(parse_freeze(text).problems); };
  CHECK(problems("a\nb>=1\nc==1.*\nd==1,!=2\ne~=1\nf[x]\n") ==
        Lines{"1: 'a' is not pinned to a version", "2: 'b' is not pinned to a version",
              "3: 'c' is not pinned to a version", "4: 'd' is not pinned to a version",
              "5: 'e' is not pinned to a version", "6: 'f' is not pinned to a version"});
  CHECK(problems("==1\n!!\nWARNING: nothing\n-bash: pip\x1B[1m\n") ==
        Lines{"1: '==1' is no requirement", "2: '!!' is no requirement", "3: 'WARNING: nothing' is no requirement"});
  CHECK(problems("\xFF\xFE" "a\0=\0=\0") == Lines{"1: the text is UTF-16, not UTF-8"});
  CHECK(problems("a==\x1B[1m\n") == Lines{"1: 'a' is not pinned to a version"});
  CHECK(problems("a\x1B==1\n") == Lines{"1: 'a?==1' is no requirement"});
  CHECK(problems("a @\n") == Lines{"1: 'a' comes from nowhere"});
}

TEST_CASE("endless text is bounded") {
  std::string many;
  for (int i = 0; i < 30000; ++i) many += "a" + std::to_string(i) + "==1\n";
  CHECK(parse_freeze(many).entries.size() == 20000);
  CHECK(parse_freeze(many).problems.size() == 1);
  CHECK(parse_freeze(std::string(5'000'000, 'a')).problems.size() == 2);
  std::string joined;
  for (int i = 0; i < 100000; ++i) joined += "aaaaaaaa\\\n";
  CHECK(parse_freeze(joined).entries.empty());
  std::string bad;
  for (int i = 0; i < 1000; ++i) bad += "!\n";
  CHECK(parse_freeze(bad).problems.size() == 201);
}
