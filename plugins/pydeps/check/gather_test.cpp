// Lists of packages, and the commands that write them.
#include "pydeps/check/gather.hpp"

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "pydeps/check/check_testing.hpp"
#include "pydeps/check/findings.hpp"

using namespace maintain::pydeps;
using namespace maintain::pydeps::testing;
using namespace maintain::sdk;
using namespace maintain::sdk::testkit;

TEST_CASE("list_command may become another user, has its own umask, and leaves nothing behind") {
  Fleet fleet;
  fleet.server.expect(script("mktemp")).reply("django==5.2.1\n");
  fleet.check({{"list_command", "/srv/shop/bin/list"}});
  REQUIRE(fleet.server.commands.size() == 1);
  ::setenv("list_script", fleet.server.commands[0].script.c_str(), 1);
  ::setenv("list_command", "list() { { stat -c %a \"${1%/*}\" \"$1\"; umask; echo \"$1\"; } >\"$1\"; }; list", 1);
  FILE* pipe = ::popen("umask 022; exec /bin/sh -c \"$list_script\" sh \"$list_command\"", "r");
  REQUIRE(pipe != nullptr);
  std::string output(4096, '\0');
  output.resize(std::fread(output.data(), 1, output.size(), pipe));
  CHECK(::pclose(pipe) == 0);
  const std::string modes = "711\n666\n0022\n";
  REQUIRE(output.starts_with(modes + "/tmp/maintain-packages."));
  const std::filesystem::path list = output.substr(modes.size(), output.size() - modes.size() - 1);
  CHECK_FALSE(std::filesystem::exists(list.parent_path()));
}

TEST_CASE("the earlier bot's list_command and freeze files are read, and only what an index has is asked for there") {
  Fleet fleet;
  fleet.publish("django", {"5.2.1", "5.2.8"});
  const std::string list = "# made by pip freeze\nDjango==5.2.1\npkg_resources==0.0.0\n"
                           "-e git+https://x/y.git@ab#egg=own\n";
  const Json options = {{"list_command", "/srv/shop/bin/list"}, {"ignored_packages", {"other"}}};
  const Matcher list_script = script("mktemp");
  SECTION("it lists") {
    fleet.server.expect(list_script).reply(list);
    CHECK(fleet.check(options).outcome == Outcome::ok);
    CHECK(fleet.server.find("pydeps.outdated", "django") != nullptr);
    CHECK(fleet.asked(Fleet::page("own")) == 0);
    CHECK(fleet.asked(Fleet::page("pkg-resources")) == 0);
    CHECK(fleet.server.commands.front().argv == std::vector<std::string>{"/srv/shop/bin/list"});
  }
  SECTION("it fails") {
    fleet.server.expect(list_script).reply(Reply::exits(3, "no such environment\n"));
    CHECK(fleet.check(options).outcome == Outcome::failed);
    const Finding* unread = fleet.server.find("pydeps.environment", "/srv/shop/bin/list");
    REQUIRE(unread != nullptr);
    CHECK(unread->title.find("it ended with 3: no such environment") != std::string::npos);
  }
  SECTION("a dry run does not run it") {
    fleet.check(options, true);
    CHECK(fleet.server.commands.empty());
  }
  SECTION("a file") {
    fleet.server.stub(script("section \"file-$number\""), {.output = "@@maintain begin file-0\n" + list +
                                                                     "\n@@maintain end 0\n"});
    CHECK(fleet.check({{"freeze", {"/srv/shop/requirements.lock"}}}).outcome == Outcome::ok);
    CHECK(fleet.server.find("pydeps.outdated", "django") != nullptr);
  }
}

TEST_CASE("what a list has for other systems is not installed, and what it has for some Pythons may be") {
  const auto versions = [](const Environment& environment) {
    std::string text;
    for (const Package& package : environment.packages) text += package.key + " " + package.version + "\n";
    return text;
  };
  SECTION("another system") {
    const Environment list = environment_of_list("/list",
        "pywin32==306 ; sys_platform == \"win32\"\nuvloop==0.21 ; sys_platform != 'win32'\nidna==3.4\n"
        "torch==2.1 ; sys_platform == 'darwin'\ntorch==2.1+cpu ; sys_platform == 'linux'\n"
        "odd==1 ; platform == 'x'\nold==1 ; python_version < '3'\n"
        "-e /srv/own#egg=own ; os_name == 'nt'\n");
    CHECK(versions(list) == "idna 3.4\nodd 1\nold 1\ntorch 2.1+cpu\nuvloop 0.21\n");
    CHECK(list.problems.empty());
    CHECK_FALSE(doubt_finding(list));
  }
  SECTION("one of several") {
    const Environment list = environment_of_list("/list",
        "numpy==1.26 ; python_version < '3.12'\nnumpy==2.1 ; python_version >= '3.12'\n"
        "idna==3.4 ; python_version < '3.12'\nidna==3.4 ; python_version >= '3.12'\n");
    CHECK(versions(list) == "idna 3.4\nnumpy 1.26\n");
    CHECK(list.packages.back().other_versions == std::vector<std::string>{"2.1"});
    REQUIRE(list.problems.size() == 1);
    CHECK(list.problems[0].doubt == Doubt::guessed);
    CHECK(list.problems[0].text == "numpy is listed as 1.26 and as 2.1, by markers that the list does not answer");
    CHECK(doubt_finding(list)->state == State::ok);
  }
  SECTION("one of them in any case") {
    const std::string sure = GENERATE("numpy==2.1\n", "numpy==2.1 ; sys_platform == 'linux'\n");
    const Environment list = environment_of_list("/list", "numpy==1.26 ; python_version < '3.12'\n" + sure);
    REQUIRE(list.problems.size() == 1);
    CHECK(list.problems[0].doubt == Doubt::duplicate);
    CHECK(list.problems[0].text == "numpy is listed as 2.1 and as 1.26");
    CHECK(versions(list) == "numpy 2.1\n");
    CHECK(doubt_finding(list)->state == State::warning);
  }
}

TEST_CASE("an environment that was not read may still be there when it is named, or nobody may look") {
  const auto may = [](const std::string& path, const Gathered& gathered) { return may_still_be(gathered, path, path); };
  const std::string path = "/srv/shop/env";
  CHECK_FALSE(may(path, {}));
  for (const Absence why : {Absence::missing, Absence::denied, Absence::no_environment})
    CHECK(may(path, {.inventory = {.absent = {{why, path}}}}));
  CHECK(may(path, {.inventory = {.absent = {{Absence::unmatched, "/srv/*/env"}}}}));
  CHECK(may(path, {.inventory = {.absent = {{Absence::partly_denied, "/srv/*/env"}}}}));
  CHECK(may(path, {.inventory = {.absent = {{Absence::denied, "/srv/a-link"}}}}));
  CHECK_FALSE(may(path, {.inventory = {.absent = {{Absence::missing, "/srv/other"}}}}));
  CHECK_FALSE(may(path, {.inventory = {.absent = {{Absence::partly_denied, "/home/*/env"}}}}));
  CHECK(may(path, {.inventory = {.hidden = {{"/srv/shop", "service shop"}}}}));
  CHECK_FALSE(may(path, {.inventory = {.hidden = {{"/srv/sho", "service shop"}}}}));
  CHECK(may(path, {.inventory = {.left_out = 1}}));
  const std::string given = "/srv/current/env";
  for (const char* named : {"/srv/current/env", "/srv/current/env/", "/srv/*/env"})
    CHECK(may_still_be({.inventory = {.absent = {{Absence::missing, named}}}}, "/data/env", given));
  CHECK_FALSE(may_still_be({.inventory = {.absent = {{Absence::missing, "/srv/other/env"}}}}, "/data/env", given));
  CHECK(may("/srv/list", {.unread = {{"/srv/list", "it does not exist"}}}));
  CHECK(may(path, {.unread = {{"", "cut off"}}}));
  CHECK_FALSE(may(path, {.unread = {{"/srv/list", "it does not exist"}}}));
}
