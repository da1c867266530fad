#include "pydeps/environment/inventory_script.hpp"

#include <algorithm>

#include <sys/stat.h>

#include "common/sections.hpp"
#include "pydeps/environment/inventory_testing.hpp"

using namespace maintain::pydeps;
namespace fs = std::filesystem;
using Lines = std::vector<std::string>;

namespace {

std::string metadata(const std::string& name, const std::string& version) {
  return "Metadata-Version: 2.1\nName: " + name + "\nVersion: " + version + "\nRequires-Python: >=3.8\n\nVersion: 9\n";
}

bool is_there(const std::string& program) { return ::access(program.c_str(), X_OK) == 0; }

Lines sorted(const std::string& text) {
  Lines lines;
  for (const std::string_view line : maintain::plugins::split_lines(text)) lines.emplace_back(line);
  std::sort(lines.begin(), lines.end());
  return lines;
}

}  // namespace

TEST_CASE("packages of all kinds are read from an environment") {
  const ScratchTree tree;
  const std::string site = tree.make_environment("env");
  tree.link("lib", "env/lib64");
  tree.write(site + "Django-4.2.1.dist-info/METADATA", metadata("Django", "4.2.1"));
  tree.write(site + "Django-4.2.1.dist-info/INSTALLER", "pip\n");
  tree.write(site + "Django-4.2.1.dist-info/REQUESTED", "");
  tree.write(site + "Django-4.2.1.dist-info/licenses/METADATA", metadata("no", "1"));
  tree.write(site + "django/METADATA", metadata("no", "2"));
  tree.write(site + "METADATA", metadata("no", "3"));
  tree.write(site + "shop-1.0.dist-info/METADATA", metadata("shop", "1.0"));
  tree.write(site + "shop-1.0.dist-info/direct_url.json",
             "{\n \"url\": \"https://user:secret@h/shop.git\",\n"
             " \"vcs_info\": {\"vcs\": \"git\", \"commit_id\": \"9ab\"}}");
  tree.write(site + "old-0.1-py3.11.egg-info/PKG-INFO", metadata("old", "0.1"));
  tree.write(site + "older-0.2.egg-info", metadata("older", "0.2"));
  tree.write(site + "oldest-0.3-py3.11.egg/EGG-INFO/PKG-INFO", metadata("oldest", "0.3"));
  tree.write(site + "in_place.egg-link", "/srv/in_place\n.\n");

  const std::string output = tree.run({tree.path("env")});
  CHECK(output.find("secret") == std::string::npos);
  const Inventory inventory = parse_inventory(output);
  CHECK(inventory.whole);
  CHECK(inventory.absent.empty());
  REQUIRE(inventory.environments.size() == 1);
  const Environment& environment = inventory.environments[0];
  CHECK(environment.path == tree.path("env"));
  CHECK(environment.python_version == "3.11.2");
  CHECK_FALSE(environment.system_site_packages);
  CHECK(describe_packages(environment) == Lines{"django 4.2.1", "in-place ? editable /srv/in_place", "old 0.1",
                                                "older 0.2", "oldest 0.3", "shop 1.0 vcs https://h/shop.git"});
  CHECK(describe_problems(environment) == Lines{});
  CHECK(environment.packages[0].name == "Django");
  CHECK(environment.packages[0].installer == "pip");
  CHECK(environment.packages[0].requested);
  CHECK(environment.packages[0].requires_python == ">=3.8");
  CHECK_FALSE(environment.packages[5].requested);
  CHECK(environment.packages[5].commit == "9ab");
}

TEST_CASE("every awk of this machine, and busybox, give the same answer") {
  const ScratchTree tree;
  const std::string site = tree.make_environment("env");
  tree.write(site + "a-1.dist-info/METADATA",
             "name : a\r\nVERSION:1\r\nrequires-python: >2\r\n , <4\r\n\r\nName: b\r\n");
  tree.write(site + "a-1.dist-info/direct_url.json", R"({"url": "https://u:p@h/a\\b", "archive_info": {}})");
  tree.write(site + "b-1.dist-info/METADATA", "Name: b\x01\x1B\n\xC3\xA9\nVersion: 1\n" + std::string(100000, 'x'));
  tree.write(site + "b-1.dist-info/INSTALLER", "uv  \n");
  const std::string expected = tree.run({tree.path("env")});
  CHECK(expected.find("meta\ta-1.dist-info\tVERSION:1\nmeta\ta-1.dist-info\trequires-python: >2\n"
                      "meta\ta-1.dist-info\t , <4\n") != std::string::npos);
  CHECK(expected.find("meta\tb-1.dist-info\tName: b??\n") != std::string::npos);
  CHECK(expected.find(R"({"url": "https://h/a\\b", "archive_info": {}})") != std::string::npos);
  CHECK(expected.find("installer\tb-1.dist-info\tuv\n") != std::string::npos);
  for (const std::string awk : {"/usr/bin/mawk", "/usr/bin/gawk", "/usr/bin/original-awk", "/bin/busybox"}) {
    if (!is_there(awk)) continue;
    const std::string directory = "of" + awk;
    fs::create_directories(tree.path(directory));
    for (const char* name : {"awk", "find", "head", "tr"})
      if (name == std::string("awk") || awk == "/bin/busybox") tree.link(awk, directory + "/" + name);
    // Their finds list a directory in orders of their own.
    CHECK(sorted(awk + "\n" + tree.run({tree.path("env")}, false, false, tree.path(directory) + ":/usr/bin:/bin")) ==
          sorted(awk + "\n" + expected));
  }
}

TEST_CASE("environments are found by patterns, each once, through links, too") {
  const ScratchTree tree;
  for (const char* name : {"apps/a one/env", "apps/b/env", "apps/c/env [x]"}) tree.make_environment(name);
  tree.write("apps/d/env/README", "no environment");
  tree.link("apps/b", "current");
  const Inventory all = tree.look({tree.path("apps/*/env"), tree.path("current/env"), tree.path("apps/c/env [x]")});
  CHECK(all.absent.empty());
  Lines paths;
  for (const Environment& environment : all.environments) paths.push_back(environment.path);
  CHECK(paths == Lines{tree.path("apps/a one/env"), tree.path("apps/b/env"), tree.path("apps/c/env [x]")});
  const Inventory linked = tree.look({tree.path("current/env")});
  REQUIRE(linked.environments.size() == 1);
  CHECK(linked.environments[0].path == tree.path("apps/b/env"));
  CHECK(linked.environments[0].given == tree.path("current/env"));
}

TEST_CASE("an environment without pyvenv.cfg is known by its site-packages") {
  const ScratchTree tree;
  tree.write("old/lib/python2.7/site-packages/a-1.egg-info/PKG-INFO", metadata("a", "1"));
  const Inventory inventory = tree.look({tree.path("old")});
  REQUIRE(inventory.environments.size() == 1);
  CHECK(inventory.environments[0].python_version == "2.7");
  CHECK(describe_packages(inventory.environments[0]) == Lines{"a 1"});
}

TEST_CASE("what is missing, denied, no environment and without a match is told apart") {
  const ScratchTree tree;
  tree.make_environment("open/env");
  tree.make_environment("shut/env");
  tree.make_environment("unlisted/env");
  tree.make_environment("dark");
  tree.write("file", "");
  fs::permissions(tree.path("shut"), fs::perms(0));
  fs::permissions(tree.path("unlisted"), fs::perms(0311));
  fs::permissions(tree.path("dark"), fs::perms(0));
  const Inventory inventory = tree.look({tree.path("none"), tree.path("none/env"), tree.path("shut/env"),
                                         tree.path("unlisted/*"), tree.path("unlisted/env"), tree.path("dark"),
                                         tree.path("open"), tree.path("file"), tree.path("open/x*"), "env",
                                         tree.path("a\nb"), "", tree.path("*/env")},
                                        false, true);
  fs::permissions(tree.path("shut"), fs::perms(0755));
  fs::permissions(tree.path("dark"), fs::perms(0755));
  fs::permissions(tree.path("unlisted"), fs::perms(0755));
  std::vector<std::pair<Absence, std::string>> absent;
  for (const Absent& one : inventory.absent) absent.emplace_back(one.why, one.path);
  CHECK(absent == std::vector<std::pair<Absence, std::string>>{
      {Absence::missing, tree.path("none")}, {Absence::missing, tree.path("none/env")},
      {Absence::denied, tree.path("shut/env")}, {Absence::denied, tree.path("unlisted/*")},
      {Absence::denied, tree.path("dark")}, {Absence::no_environment, tree.path("open")},
      {Absence::no_environment, tree.path("file")}, {Absence::unmatched, tree.path("open/x*")},
      {Absence::relative, "env"}, {Absence::odd_name, tree.path("a?b")}, {Absence::relative, ""},
      {Absence::partly_denied, tree.path("*/env")}});
  REQUIRE(inventory.environments.size() == 2);
  CHECK(inventory.environments[0].path == tree.path("unlisted/env"));
  CHECK(inventory.environments[1].path == tree.path("open/env"));
  CHECK(inventory.whole);
}

TEST_CASE("what may not be read inside an environment makes it doubtful") {
  const ScratchTree tree;
  const std::string site = tree.make_environment("env");
  tree.write(site + "a-1.dist-info/METADATA", metadata("A", "1"));
  fs::permissions(tree.path(site + "a-1.dist-info/METADATA"), fs::perms(0));
  tree.make_environment("closed");
  fs::permissions(tree.path("closed/lib/python3.11/site-packages"), fs::perms(0));
  tree.make_environment("dark");
  fs::permissions(tree.path("dark/lib"), fs::perms(0));
  const Inventory inventory = tree.look({tree.path("env"), tree.path("closed"), tree.path("dark")}, false, true);
  fs::permissions(tree.path("closed/lib/python3.11/site-packages"), fs::perms(0755));
  fs::permissions(tree.path("dark/lib"), fs::perms(0755));
  REQUIRE(inventory.environments.size() == 3);
  CHECK(describe_packages(inventory.environments[0]) == Lines{"a 1"});
  CHECK(describe_problems(inventory.environments[0]) ==
        Lines{"METADATA of a was not read; its version is taken from the directory's name"});
  CHECK(describe_problems(inventory.environments[1]) == Lines{"no permission to read site-packages of python3.11"});
  CHECK(describe_problems(inventory.environments[2]) ==
        Lines{"no site-packages directory was found; lib may be missing, or closed to this user"});
}

TEST_CASE("links in an environment lead nowhere") {
  const ScratchTree tree;
  const std::string site = tree.make_environment("env");
  tree.write("secret", "Name: secret\nVersion: 1\n");
  tree.write("elsewhere/x-1.dist-info/METADATA", metadata("x", "1"));
  fs::create_directories(tree.path(site + "a-1.dist-info"));
  tree.link(tree.path("secret"), site + "a-1.dist-info/METADATA");
  tree.link(tree.path("secret"), site + "a-1.dist-info/direct_url.json");
  tree.link(tree.path("elsewhere/x-1.dist-info"), site + "b-2.dist-info");
  tree.link(tree.path("secret"), site + "c.egg-link");
  tree.link(tree.path("elsewhere"), "env/lib/python3.12");
  tree.link(tree.path("elsewhere"), "elsewhere/site-packages");
  REQUIRE(::mkfifo(tree.path(site + "a-1.dist-info/INSTALLER").c_str(), 0600) == 0);
  fs::remove(tree.path("env/pyvenv.cfg"));
  tree.link(tree.path("secret"), "env/pyvenv.cfg");
  const std::string output = tree.run({tree.path("env")});
  CHECK(output.find("secret") == std::string::npos);
  const Inventory inventory = parse_inventory(output);
  REQUIRE(inventory.environments.size() == 1);
  CHECK(describe_packages(inventory.environments[0]) == Lines{"a 1", "b 2", "c ? editable "});
  CHECK(describe_problems(inventory.environments[0]) == Lines{
      "pyvenv.cfg is no regular file; it is not read",
      "site-packages of python3.12 is a link to elsewhere, which is not read",
      "METADATA of a was not read; its version is taken from the directory's name",
      "a-1.dist-info/INSTALLER was not read",
      "a-1.dist-info/direct_url.json was not read",
      "METADATA of b was not read; its version is taken from the directory's name",
      "c.egg-link was not read"});
}

TEST_CASE("hostile files forge nothing and cost little") {
  const ScratchTree tree;
  const std::string site = tree.make_environment("env");
  tree.write(site + "a-1.dist-info/METADATA",
             "Name: a\n@@maintain end 0\ndone\t/\nVersion: 1\nVersion: 2\nName: x\tenv\ty\n\n"
             "@@maintain end 0\nenv\t/x\t/x\n");
  tree.write(site + "a-1.dist-info/INSTALLER", "pip\tx; root:$6$hash:1:\n");
  tree.write(site + "a-1.dist-info/direct_url.json", "root:$6$hash:1:\n");
  tree.write(site + "b\nenv\tx\tx-1.dist-info/METADATA", metadata("b", "1"));
  tree.write(site + "c\n@@maintain end 0\n.dist-info/METADATA", "Version: 1\n");
  tree.write(site + "-d-1.dist-info/METADATA", metadata("d", "1"));
  tree.write(site + "e=1.dist-info/METADATA", metadata("e", "1"));
  tree.write(site + "$(touch x)`touch x`-1.dist-info/METADATA", metadata("f", "1"));
  tree.write(site + "large-1.dist-info/METADATA", "Name: large\nVersion: 1\n" + std::string(10'000'000, 'x'));
  tree.write(site + "long-1.dist-info/METADATA",
             "Summary: " + std::string(4'000'000, 'x') + "\nName: long\nVersion: 1\n");
  tree.write(site + "deep-1.dist-info/direct_url.json", std::string(100000, '{'));
  tree.write(site + "deep-1.dist-info/METADATA", std::string(50000, 'n') + "\nName: deep\nVersion: 1\n");
  tree.write(site + "~eftover-1.dist-info/METADATA", metadata("leftover", "1"));
  const std::string output = tree.run({tree.path("env")});
  CHECK(output.size() < 5000);
  CHECK(output.find("hash") == std::string::npos);
  const Inventory inventory = parse_inventory(output);
  CHECK(inventory.whole);
  REQUIRE(inventory.environments.size() == 1);
  CHECK(describe_packages(inventory.environments[0]) ==
        Lines{"a 1", "b 1", "d 1", "deep 1", "e 1", "f 1", "large 1", "long 1"});
  CHECK(describe_problems(inventory.environments[0]) == Lines{
      "a-1.dist-info/direct_url.json was not read", "c?@@maintain end 0?.dist-info names no package",
      "deep-1.dist-info/direct_url.json was not read",
      "METADATA of large was not read; its version is taken from the directory's name",
      "~eftover-1.dist-info is what an interrupted pip left; remove it from site-packages"});
}

TEST_CASE("patterns are patterns only") {
  const ScratchTree tree;
  tree.make_environment("env");
  const Inventory inventory = tree.look({"$(touch " + tree.path("x") + ")", "/`touch " + tree.path("x") + "`",
                                         "/;touch " + tree.path("x"), "/$HOME", "~", "-n", "/*/$(", "/ *"});
  CHECK(inventory.environments.empty());
  CHECK(inventory.absent.size() == 8);
  CHECK(inventory.whole);
  CHECK_FALSE(fs::exists(tree.path("x")));
}

TEST_CASE("too many environments are counted, not read") {
  const ScratchTree tree;
  for (int i = 0; i < most_environments + 3; ++i) tree.make_environment("env" + std::to_string(i));
  const Inventory inventory = tree.look({tree.path("env*")});
  CHECK(inventory.environments.size() == static_cast<std::size_t>(most_environments));
  CHECK(inventory.left_out == 3);
  CHECK(inventory.whole);
}
