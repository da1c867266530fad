#include "config/ansible_source.hpp"

#include <catch2/catch.hpp>

#include "config/ansible_hosts.hpp"
#include "config/scratch_directory.hpp"
#include "config/shell_words.hpp"

using namespace maintain;
using namespace maintain::testing;
using namespace std::chrono_literals;

namespace {

using Words = std::vector<std::string>;

Words names(const std::string& pattern) { return expand_host_pattern(pattern).value().names; }

std::string refused(const std::string& script, Milliseconds timeout = 30s) {
  const ScratchDirectory directory;
  directory.write("inventory", "#!/bin/sh\n" + script, 0755);
  const auto inventory = read_ansible_inventory(directory.path / "inventory", timeout);
  REQUIRE_FALSE(inventory);
  return inventory.error().describe();
}

}  // namespace

TEST_CASE("host patterns") {
  CHECK(names("web") == Words{"web"});
  CHECK(names("web[1:3]") == Words{"web1", "web2", "web3"});
  CHECK(names("web[08:10].x") == Words{"web08.x", "web09.x", "web10.x"});
  CHECK(names("web[:2]") == Words{"web0", "web1", "web2"});
  CHECK(names("web[1:9:4]") == Words{"web1", "web5", "web9"});
  CHECK(names("[a:c]-[1:2]") == Words{"a-1", "a-2", "b-1", "b-2", "c-1", "c-2"});
  CHECK(names("x[y:B]") == Words{"xy", "xz", "xA", "xB"});

  CHECK(expand_host_pattern("web:22")->port == 22);
  CHECK(names("web:22") == Words{"web"});
  CHECK(names("web[1:2]:22") == Words{"web1", "web2"});
  CHECK(expand_host_pattern("web[1:2]:22")->port == 22);
  CHECK(names("2001:db8::1") == Words{"2001:db8::1"});
  CHECK_FALSE(expand_host_pattern("2001:db8::1")->port);
  CHECK(names("[2001:db8::1]:22") == Words{"2001:db8::1"});
  CHECK(names("web:99999") == Words{"web:99999"});
}

TEST_CASE("malformed and enormous host patterns are refused") {
  for (const char* pattern : {"web[1]", "web[1:2:3:4]", "web[1:", "web[2:1]", "web[b:a]", "web[1:5:0]", "web[1:x]",
                              "web[01:5]", "web[1:]", "web[-1:5]", "web[1:99999999999999999999]", "web[ab:cd]"}) {
    INFO(pattern);
    CHECK_FALSE(expand_host_pattern(pattern));
  }
  CHECK(names("web[1:100000]").size() == 100'000);
  CHECK(expand_host_pattern("web[0:100000]").error().kind == ErrorKind::refused);
  CHECK(expand_host_pattern("web[1:1000][1:1000]").error().kind == ErrorKind::refused);
  CHECK(expand_host_pattern(std::string(5000, 'a')).error().kind == ErrorKind::refused);
}

TEST_CASE("an inventory has a bounded number of hosts") {
  const ScratchDirectory directory;
  directory.write("inventory", "a[1:60000]\nb[1:60000]\n");
  const auto inventory = read_ansible_inventory(directory.path / "inventory");
  REQUIRE_FALSE(inventory);
  CHECK(inventory.error().kind == ErrorKind::refused);
  CHECK(inventory.error().where->line == 2);
}

TEST_CASE("words are split as Python's shlex splits them") {
  CHECK(split_shell_words(R"(a "b c" 'd "e' f\ g)").value() == Words{"a", "b c", "d \"e", "f g"});
  CHECK(split_shell_words(R"("a\"b\\c\d" '\n')").value() == Words{R"(a"b\c\d)", R"(\n)"});
  CHECK(split_shell_words("a'b'\"c\" ''").value() == Words{"abc", ""});
  CHECK(split_shell_words("a#b c # d", true).value() == Words{"a"});
  CHECK(split_shell_words("'a # b' c", true).value() == Words{"a # b", "c"});
  CHECK(split_shell_words("a # b").value() == Words{"a", "#", "b"});
  CHECK_FALSE(split_shell_words("'a"));
  CHECK_FALSE(split_shell_words("a\\"));
}

TEST_CASE("an executable inventory that misbehaves is refused") {
  CHECK_THAT(refused("echo broken >&2; exit 3\n"), Catch::Contains("failed with --list, exit status 3: broken"));
  CHECK_THAT(refused("echo '{'\n"), Catch::Contains("not valid JSON"));
  CHECK_THAT(refused("echo '[]'\n"), Catch::Contains("no JSON object"));
  CHECK_THAT(refused("echo '{\"web\": {\"hosts\": \"a\"}}'\n"),
             Catch::Contains("the hosts of group 'web' are no list"));
  CHECK_THAT(refused("echo '{\"web\": {\"hosts\": [1]}}'\n"), Catch::Contains("a host of group 'web' is no text"));
  CHECK_THAT(refused("echo '{\"a\": {\"children\": [\"b\"]}, \"b\": {\"children\": [\"a\"]}}'\n"),
             Catch::Contains("contain each other"));
  CHECK_THAT(refused("exec sleep 60\n", 200ms), Catch::Contains("could not be run"));
  CHECK_THAT(refused("exec head -c 20000000 /dev/zero\n"), Catch::Contains("printed more than"));
  // Control characters of its complaint do not get through.
  CHECK_THAT(refused("printf '\\033[2J' >&2; exit 1\n"), !Catch::Contains("\x1b"));
}

TEST_CASE("an executable inventory without host variables is told of") {
  const ScratchDirectory directory;
  directory.write("inventory", "#!/bin/sh\n[ \"$1\" = --list ] && echo '{\"web\": [\"web1\"]}'\n", 0755);
  const auto inventory = read_ansible_inventory(directory.path / "inventory");
  REQUIRE(inventory);
  CHECK(inventory->hosts().size() == 1);
  REQUIRE(inventory->warnings.size() == 1);
  CHECK_THAT(inventory->warnings[0].message, Catch::Contains("no _meta.hostvars"));
}

TEST_CASE("data with the executable bit is data all the same") {
  const ScratchDirectory directory;
  directory.write("inventory", "[web]\nweb1\n", 0755);
  directory.write("hosts.yml", "#!comment\nweb: {hosts: {web1: }}\n", 0755);
  CHECK(read_ansible_inventory(directory.path / "inventory")->hosts().size() == 1);
  CHECK(read_ansible_inventory(directory.path / "hosts.yml")->hosts().size() == 1);
}

TEST_CASE("deep groups stay cheap") {
  std::string text = "[g0]\nweb1\n";
  for (int i = 1; i < 900; ++i) text += "[g" + std::to_string(i) + ":children]\ng" + std::to_string(i - 1) + "\n";
  const ScratchDirectory directory;
  directory.write("inventory", text);
  const auto inventory = read_ansible_inventory(directory.path / "inventory");
  REQUIRE(inventory);
  CHECK(inventory->groups_of(inventory->hosts()[0]).size() == 901);
  CHECK(inventory->hosts_of(*inventory->find_group("g899")).size() == 1);
}
