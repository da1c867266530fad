// Shared by the tests of this folder.
#pragma once

#include <stdlib.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "backup/task_copies.hpp"
#include "base/fd.hpp"
#include "base/text.hpp"
#include "cli/backups.hpp"
#include "cli/program.hpp"

namespace maintain::testing {

inline const TaskKey orders{"web1", "shop", "orders"};

// What a command prints comes to a file, and back from there.
inline std::string printed_by(const std::filesystem::path& file, const std::function<void()>& work) {
  std::fflush(stdout);
  const int before = ::dup(STDOUT_FILENO);
  REQUIRE(std::freopen(file.c_str(), "w", stdout) != nullptr);
  const auto restore = [&] {
    std::fflush(stdout);
    ::dup2(before, STDOUT_FILENO);
    ::close(before);
  };
  try {
    work();
  } catch (...) {
    restore();
    throw;
  }
  restore();
  return *read_file(file, 1024 * 1024);
}

struct NewCopy {
  std::string content;
  std::string file = "orders.dump";
  std::string type = {};
};

// A directory with a configuration and what it leads to, and commands that are run with it.
struct Scratch {
  std::filesystem::path path;
  Time now = *parse_time("2026-11-20T00:00:00Z");
  ExitStatus exit_status = ExitStatus::well;

  explicit Scratch(const std::string& settings = "paths: {state: .}\n",
                   const std::string& servers = "servers: [web1]\n") {
    char name[] = "/tmp/maintain-cli-XXXXXX";
    path = ::mkdtemp(name);
    write("servers.yml", servers);
    write("maintain.yml", settings);
  }
  ~Scratch() { std::filesystem::remove_all(path); }
  Scratch(const Scratch&) = delete;

  void write(const std::string& name, const std::string& content) const {
    REQUIRE(write_file_atomically(path / name, content, 0600));
  }
  std::filesystem::path backups() const { return path / "backups"; }

  // Proved, and with one file. Returns its id.
  std::string add_at(Time when, const TaskKey& key, const NewCopy& made) const {
    TaskCopies copies(backups(), key);
    DraftRequest request{"orders", "postgresql"};
    request.type = made.type;
    auto draft = copies.begin(request, when, never_interrupted);
    REQUIRE(draft);
    REQUIRE(draft->create(made.file));
    REQUIRE(draft->write(made.content));
    REQUIRE(draft->close());
    CopyFacts facts;
    facts.verified = {{"pg_restore --list", "", {}}};
    const auto copy = draft->commit(facts, when, never_interrupted);
    REQUIRE(copy);
    return copy->manifest.id;
  }
  // A day after the one before.
  std::string add(const TaskKey& key, const NewCopy& made) {
    now += std::chrono::hours(24);
    return add_at(now, key, made);
  }
  std::string add(const TaskKey& key, const std::string& content) { return add(key, NewCopy{content}); }

  using AddCommand = void (*)(CLI::App&, Program&);
  std::string run(AddCommand add_command, const std::vector<std::string>& words, bool json = false) {
    Program program;
    program.config_directory = path.string();
    program.json = json;
    CLI::App app;
    add_command(app, program);
    const std::string text = printed_by(path / "said", [&] {
      app.parse(std::vector<std::string>(words.rbegin(), words.rend()));  // as CLI11 wants them
    });
    exit_status = program.exit_status;
    return text;
  }
  // The words between blanks.
  std::string run(AddCommand add_command, const std::string& line, bool json = false) {
    return run(add_command, split_words(line), json);
  }
};

}  // namespace maintain::testing
