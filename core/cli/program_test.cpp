#include "cli/program.hpp"

#include <stdlib.h>

#include <map>
#include <optional>

#include <catch2/catch.hpp>

#include "base/fd.hpp"

using namespace maintain;

namespace {

struct Scratch {
  std::filesystem::path path;
  Scratch() {
    char name[] = "/tmp/maintain-cli-XXXXXX";
    path = ::mkdtemp(name);
    REQUIRE(write_file_atomically(path / "servers.yml",
                                  "servers:\n- {name: web1, groups: [shop]}\n"
                                  "- {name: db1, groups: [databases], enabled: no}\n"));
  }
  ~Scratch() { std::filesystem::remove_all(path); }
  Scratch(const Scratch&) = delete;

  std::vector<std::string> select(const std::vector<std::string>& names) const {
    Program program;
    program.config_directory = path.string();
    std::vector<std::string> selected;
    for (const Server& server : program.select_servers(names)) selected.push_back(server.name);
    return selected;
  }
};

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("servers are selected by name, by group, or all that are enabled") {
  const Scratch scratch;
  CHECK(scratch.select({}) == Names{"web1"});
  CHECK(scratch.select({"db1", "web1"}) == Names{"db1", "web1"});
  CHECK(scratch.select({"@shop", "web1"}) == Names{"web1"});
}

TEST_CASE("a name or group that is not there is an error, whatever stands before it") {
  const Scratch scratch;
  CHECK_THROWS_WITH(scratch.select({"web1", "@nosuch"}), Catch::Contains("group or tag 'nosuch'"));
  CHECK_THROWS_WITH(scratch.select({"web1", "@databases"}), Catch::Contains("no enabled server"));
  CHECK_THROWS_WITH(scratch.select({"@shpo"}), Catch::Contains("did you mean '@shop'?"));
  CHECK_THROWS_WITH(scratch.select({"web1", "web11"}), Catch::Contains("did you mean 'web1'?"));
}

TEST_CASE("whether the locale is UTF-8 is told by the first variable that is set") {
  const std::vector<const char*> names{"LC_ALL", "LC_CTYPE", "LANG"};
  std::map<std::string, std::optional<std::string>> before;
  for (const char* name : names) {
    const char* value = ::getenv(name);
    before[name] = value != nullptr ? std::optional<std::string>(value) : std::nullopt;
  }
  const auto with = [&](const std::vector<const char*>& values) {
    for (std::size_t i = 0; i < names.size(); ++i)
      if (values[i] != nullptr) ::setenv(names[i], values[i], 1);
      else ::unsetenv(names[i]);
    return Program().utf8_locale();
  };
  CHECK_FALSE(with({nullptr, nullptr, nullptr}));  // as under cron
  CHECK(with({nullptr, nullptr, "C.UTF-8"}));
  CHECK(with({"", nullptr, "de_DE.utf8"}));
  CHECK(with({nullptr, "en_US.UTF-8", "C"}));
  CHECK_FALSE(with({"C", nullptr, "en_US.UTF-8"}));
  CHECK_FALSE(with({nullptr, nullptr, "de_DE"}));
  for (const auto& [name, value] : before)
    if (value) ::setenv(name.c_str(), value->c_str(), 1);
    else ::unsetenv(name.c_str());
}

TEST_CASE("an interrupted command never counts as well") {
  Program program;
  CHECK(program.settled(ExitStatus::well) == ExitStatus::well);
  program.interrupted = true;
  CHECK(program.settled(ExitStatus::well) == ExitStatus::findings);
  CHECK(program.settled(ExitStatus::unreachable) == ExitStatus::findings);
  CHECK(program.settled(ExitStatus::usage) == ExitStatus::usage);
}

TEST_CASE("a state store that cannot be looked at is not taken for none") {
  const Scratch scratch;
  REQUIRE(write_file_atomically(scratch.path / "maintain.yml", "paths: {state: state}\n"));
  Program program;
  program.config_directory = scratch.path.string();
  CHECK(program.readable_store() == nullptr);
  std::filesystem::create_directory(scratch.path / "state");
  std::filesystem::create_symlink("state.sqlite", scratch.path / "state/state.sqlite");  // to itself
  CHECK_THROWS_AS(program.readable_store(), Fatal);
}
