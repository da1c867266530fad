#include "pydeps/environment/discovery_script.hpp"

#include <algorithm>
#include <csignal>

#include "pydeps/environment/inventory_testing.hpp"

using namespace maintain::pydeps;
namespace fs = std::filesystem;
using Lines = std::vector<std::string>;

namespace {

// A systemctl that prints what the real one would for services in this tree.
std::string with_services(const ScratchTree& tree, std::string shown) {
  for (std::size_t at = 0; (at = shown.find("ROOT", at)) != std::string::npos;) shown.replace(at, 4, tree.path(""));
  tree.write("shown", shown);
  tree.write("bin/systemctl", "#!/bin/sh\nexec cat '" + tree.path("shown") + "'\n");
  fs::permissions(tree.path("bin/systemctl"), fs::perms(0755));
  return tree.path("bin") + ":/usr/bin:/bin";
}

const Environment* find_environment(const Inventory& inventory, const std::string& path) {
  for (const Environment& environment : inventory.environments)
    if (environment.path == path) return &environment;
  return nullptr;
}

// A process that runs, seen from outside, as a program of an environment does; it ends with the object.
class Running {
 public:
  Running(const std::string& argument, const std::string& variable) {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    child_ = ::fork();
    REQUIRE(child_ >= 0);
    if (child_ == 0) {
      std::string first = argument;
      std::string minutes = "600";
      std::string environment = variable;
      char* const argv[] = {first.data(), minutes.data(), nullptr};
      char* const envp[] = {environment.data(), nullptr};
      ::execve("/usr/bin/sleep", argv, envp);
      ::_exit(127);
    }
    // The other end closes when the program has begun.
    ::close(ends[1]);
    char byte;
    CHECK(::read(ends[0], &byte, 1) == 0);
    ::close(ends[0]);
  }
  ~Running() {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

 private:
  pid_t child_;
};

}  // namespace

TEST_CASE("environments of services are found by command, variables and working directory") {
  const ScratchTree tree;
  for (const char* name : {"shop/env", "api/.venv", "jobs/e", "path/e", "near/venv", "unused/env"})
    tree.make_environment(name);
  tree.write("plain/bin/program", "");
  const std::string search_path = with_services(tree,
      "ExecStart={ path=ROOTshop/env/bin/gunicorn ; argv[]=ROOTshop/env/bin/gunicorn shop.wsgi ; ignore_errors=no ; "
      "start_time=[n/a] ; stop_time=[n/a] ; pid=0 ; code=(null) ; status=0/0 }\nEnvironment=\nId=shop.service\n\n"
      "ExecStart={ path=/bin/sh ; argv[]=/bin/sh -c exec python=ROOTapi/.venv/bin/python; ignore_errors=no }\n"
      "WorkingDirectory=/\nId=api.service\n\n"
      "Id=jobs@1.service\nEnvironment=A=b VIRTUAL_ENV=ROOTjobs/e SECRET=hidden\n\n"
      "Id=path.service\nEnvironment=PATH=ROOTpath/e/bin:/usr/bin\n\n"
      "Id=near.service\nWorkingDirectory=!ROOTnear\n\n"
      "Id=plain.service\nExecStart={ path=ROOTplain/bin/program ; argv[]=ROOTplain/bin/program }\n\n"
      "Id=gone.service\nExecStart={ path=ROOTgone/bin/program ; argv[]=ROOTgone/bin/program }\n");
  const std::string output = tree.run({}, true, false, search_path);
  CHECK(output.find("SECRET") == std::string::npos);
  const Inventory inventory = parse_inventory(output);
  CHECK(inventory.whole);
  CHECK(inventory.absent.empty());
  const auto found_by = [&](const char* name) {
    const Environment* environment = find_environment(inventory, tree.path(name));
    return environment ? environment->found_by : Lines{};
  };
  CHECK(found_by("shop/env") == Lines{"service shop.service"});
  CHECK(found_by("api/.venv") == Lines{"service api.service"});
  CHECK(found_by("jobs/e") == Lines{"service jobs@1.service"});
  CHECK(found_by("path/e") == Lines{"service path.service"});
  CHECK(found_by("near/venv") == Lines{"service near.service"});
  CHECK(found_by("unused/env").empty());
  CHECK(find_environment(inventory, tree.path("plain")) == nullptr);
}

TEST_CASE("environments of running processes are found, beside those that were asked for") {
  const ScratchTree tree;
  for (const char* name : {"command/env", "variable/env"}) tree.make_environment(name);
  const Running command(tree.path("command/env/bin/python"), "SECRET=hidden");
  const Running variable("worker", "VIRTUAL_ENV=" + tree.path("variable/env"));
  const std::string output = tree.run({tree.path("command/*")}, true);
  CHECK(output.find("hidden\t") == std::string::npos);
  CHECK(output.find("SECRET") == std::string::npos);
  const Inventory inventory = parse_inventory(output);
  CHECK(inventory.whole);
  const Environment* asked = find_environment(inventory, tree.path("command/env"));
  REQUIRE(asked);
  CHECK(asked->found_by == Lines{"process"});
  const Environment* found = find_environment(inventory, tree.path("variable/env"));
  REQUIRE(found);
  CHECK(found->found_by == Lines{"process"});
  CHECK(find_environment(tree.look({tree.path("command/*")}), tree.path("variable/env")) == nullptr);
}

TEST_CASE("a service's environment that may not be looked at is told") {
  const ScratchTree tree;
  tree.make_environment("home/shop/env");
  fs::permissions(tree.path("home/shop"), fs::perms(0));
  const std::string search_path = with_services(tree,
      "Id=other.service\nWorkingDirectory=ROOThome/shop\n\n"
      "Id=shop.service\nExecStart={ path=ROOThome/shop/env/bin/x ; argv[]=ROOThome/shop/env/bin/x }\n");
  const Inventory inventory = parse_inventory(tree.run({}, true, true, search_path));
  fs::permissions(tree.path("home/shop"), fs::perms(0755));
  CHECK(find_environment(inventory, tree.path("home/shop/env")) == nullptr);
  Lines hidden;
  for (const Hidden& one : inventory.hidden)
    if (one.by != "process") hidden.push_back(one.path + " " + one.by);
  CHECK(hidden == Lines{tree.path("home/shop/env") + " service shop.service"});
}
