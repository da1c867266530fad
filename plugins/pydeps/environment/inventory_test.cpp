#include "pydeps/environment/inventory.hpp"

#include "pydeps/environment/inventory_testing.hpp"
#include "pydeps/environment/site_packages.hpp"

using namespace maintain::pydeps;
using Lines = std::vector<std::string>;

namespace {

std::string testdata(const std::string& name) {
  std::ifstream file(std::string(MAINTAIN_TESTDATA) + "/" + name);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string section(const std::string& body) { return "@@maintain begin inventory\n" + body + "\n@@maintain end 0\n"; }

// The one environment that the records make; it begins and ends by itself.
Environment environment_of(const std::string& records) {
  const Inventory inventory = parse_inventory(section("env\t/e\t/e\n" + records + "done\t/e\nwhole"));
  CHECK(inventory.whole);
  REQUIRE(inventory.environments.size() == 1);
  return inventory.environments[0];
}

std::string record(const std::string& entry, const std::string& name, const std::string& version) {
  const std::string meta = "meta\t" + entry + "\t";
  return "dist\t" + entry + "\n" + meta + "Name: " + name + "\n" + meta + "Version: " + version + "\n";
}

}  // namespace

TEST_CASE("the inventory of a real environment") {
  const Inventory inventory = parse_inventory(testdata("venv.txt"));
  CHECK(inventory.whole);
  REQUIRE(inventory.environments.size() == 1);
  const Environment& environment = inventory.environments[0];
  CHECK(environment.path == "/srv/shop/env");
  CHECK(environment.python_version == "3.11.7");
  CHECK_FALSE(environment.system_site_packages);
  CHECK(describe_problems(environment) == Lines{});
  CHECK(describe_packages(environment) == Lines{
      "archived 1.2+local archive file:///srv/build/archived-1.2%2Blocal-py3-none-any.whl",
      "committed 1.0 vcs file:///srv/build/committed", "copied 1.0 local file:///srv/build/copied",
      "in-place 1.0 editable file:///srv/build/in_place", "pip 23.2.1", "setuptools 65.5.0"});
  CHECK(environment.packages[1].commit == "ac464982aaf682071981c7733555971d378e86da");
  CHECK(environment.packages[3].name == "in.place");
  CHECK(environment.packages[4].requires_python == ">=3.7");
  REQUIRE(inventory.absent.size() == 1);
  CHECK(inventory.absent[0].why == Absence::missing);
  CHECK(inventory.absent[0].path == "/srv/shop/old");
}

TEST_CASE("a package that is recorded twice is there once, and doubtful") {
  const Environment twice = environment_of("lib\tpython3.11\n" + record("a_b-1.dist-info", "a.b", "1") +
                                           record("a_b-2.dist-info", "A-B", "2"));
  CHECK(describe_packages(twice) == Lines{"a-b 1"});
  CHECK(describe_problems(twice) ==
        Lines{"a.b is recorded more than once, as 1 and as 2; which one is imported cannot be told"});
  CHECK(twice.problems[0].doubt == Doubt::duplicate);

  const Environment same = environment_of("lib\tpython3.11\n" + record("a-1-py3.11.egg-info", "a", "1") +
                                          record("a-1.dist-info", "A", "1"));
  CHECK(describe_problems(same) == Lines{});
  REQUIRE(same.packages.size() == 1);
  CHECK(same.packages[0].name == "A");

  const Environment older = environment_of("lib\tpython3.11\n" + record("a-2.egg-info", "a", "2") +
                                           record("a-1.dist-info", "A", "1") + "link\ta.egg-link\t/srv/a\n");
  CHECK(describe_packages(older) == Lines{"a 1"});
  CHECK(describe_problems(older) ==
        Lines{"A is recorded more than once, as 1 and as 2; which one is imported cannot be told"});
}

TEST_CASE("packages of another Python are left out, but not silently") {
  const std::string two = "lib\tpython3.9\n" + record("a-1.dist-info", "a", "1") + "lib\tpython3.11\n" +
                          record("b-1.dist-info", "b", "1");
  const Environment upgraded = environment_of("cfg\tversion = 3.11.2\n" + two);
  CHECK(describe_packages(upgraded) == Lines{"b 1"});
  CHECK(describe_problems(upgraded) ==
        Lines{"packages for python3.9 lie in an environment of Python 3.11.2; they are left out"});
  const Environment broken =
      environment_of("cfg\tversion = 3.12.1\nlib\tpython3.9\n" + record("a-1.dist-info", "a", "1"));
  CHECK(describe_packages(broken) == Lines{"a 1"});
  CHECK(describe_problems(broken) ==
        Lines{"packages for python3.9 lie in an environment of Python 3.12.1, which has none of its own"});
  const Environment unsaid = environment_of("cfg\thome = /usr/bin\n" + two);
  CHECK(unsaid.python_version == "3.9");
  CHECK(unsaid.system_site_packages);
  CHECK(describe_packages(unsaid) == Lines{"a 1", "b 1"});
}

TEST_CASE("the series of a Python") {
  CHECK(python_series("python3.11") == "3.11");
  CHECK(python_series("python3.13t") == "3.13");
  CHECK(python_series("pypy3.9") == "3.9");
  CHECK(python_series("3.13.0rc2") == "3.13");
  for (const char* text : {"", "python", "python3", "python3.", "x3.1", "3", "3333333333.1"})
    CHECK(python_series(text).empty());
}

TEST_CASE("names and versions of directories serve where metadata is missing") {
  const Environment environment = environment_of(
      "lib\tpython3.8\ndist\ta_b-1.0.dist-info\ndist\tc-2.0-py3.8-linux-x86_64.egg\ndist\td.egg-info\n"
      "dist\te-1.dist-info\nmeta\te-1.dist-info\tName: other thing\ndist\t-.dist-info\ndist\tf-1\n");
  CHECK(describe_packages(environment) == Lines{"a-b 1.0", "c 2.0", "d ?", "e 1"});
  CHECK(describe_problems(environment) == Lines{
      "-.dist-info names no package",
      "METADATA of a_b is missing, or says nothing; its version is taken from the directory's name",
      "PKG-INFO of d is missing, or says nothing; its version is taken from the directory's name",
      "METADATA of e is missing, or says nothing; its version is taken from the directory's name"});
}

TEST_CASE("an answer that was cut off is not taken for a whole one") {
  CHECK_FALSE(parse_inventory("").whole);
  CHECK_FALSE(parse_inventory(section("")).whole);
  const Inventory cut = parse_inventory("@@maintain begin inventory\nenv\t/e\t/e\nlib\tpython3.11\n" +
                                        record("a-1.dist-info", "a", "1"));
  CHECK_FALSE(cut.whole);
  REQUIRE(cut.environments.size() == 1);
  CHECK(describe_packages(cut.environments[0]) == Lines{"a 1"});
  CHECK(describe_problems(cut.environments[0]) == Lines{"the list was cut off; packages may be missing"});
  CHECK_FALSE(parse_inventory(section("env\t/e\t/e\nwhole")).whole);
}

TEST_CASE("nonsense of a server stays small and printable") {
  const Inventory inventory = parse_inventory(section(
      "done\t/e\ncfg\tversion = 1\nlib\tpython3\nmeta\nnone\tbored\t/x\nnone\tmissing\t/\x1B[1m\xFF\nmore\t-5\n"
      "env\t/\x1B[2J\t/g\nfoo\tbar-1.dist-info\ninstaller\nlib\tpython3.11\ninstaller\tx-1.dist-info\t\x07\n"
      "url\tx-1.dist-info\t{\nmeta\tx-1.dist-info\tName: x\nmeta\tx-1.dist-info\tVersion: 1\ndone\t/\x1B[2J\n"
      "env\t/\x1B[2J\t/again\ndone\t/\x1B[2J\nwhole"));
  CHECK(inventory.left_out == 1);
  REQUIRE(inventory.absent.size() == 1);
  CHECK(inventory.absent[0].path == "/?[1m?");
  REQUIRE(inventory.environments.size() == 1);
  const Environment& environment = inventory.environments[0];
  CHECK(environment.path == "/?[2J");
  CHECK(environment.given == "/g");
  CHECK(describe_packages(environment) == Lines{"x 1"});
  CHECK(environment.packages[0].installer.empty());
  CHECK(describe_problems(environment) == Lines{"x-1.dist-info/direct_url.json is none"});
  std::string endless;
  for (int i = 0; i < 5000; ++i) endless += "env\t/" + std::to_string(i) + "\t/\nlib\tpython3.1\ndist\t~x.egg-info\n";
  CHECK(parse_inventory(section(endless)).environments.size() == 200);
  std::string entries = "env\t/e\t/e\nlib\tpython3.1\n";
  for (int i = 0; i < 30000; ++i) entries += "dist\t~" + std::to_string(i) + ".egg-info\n";
  const Inventory many = parse_inventory(section(entries));
  CHECK(many.environments.at(0).problems.size() == 200);
}
