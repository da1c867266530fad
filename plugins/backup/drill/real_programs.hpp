// For tests: what a task runs on the maintenance server is really run.
#pragma once

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <maintain/testkit.hpp>

namespace maintain::plugins::backup {

inline std::string content_of_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// As the host does it.
inline std::vector<std::string> confined(const std::vector<std::string>& argv, const sdk::Confinement& confinement) {
  std::vector<std::string> words = {MAINTAIN_TEST_CONFINE};
  for (const std::string& path : confinement.readable) words.insert(words.end(), {"--read", path});
  for (const std::string& path : confinement.writable) words.insert(words.end(), {"--write", path});
  words.emplace_back("--");
  words.insert(words.end(), argv.begin(), argv.end());
  return words;
}

inline sdk::testkit::Reply run_really(const sdk::Command& command, const std::string& directory) {
  std::string pattern = (std::filesystem::temp_directory_path() / "maintain-run-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw sdk::testkit::TestProblem("cannot make a temporary directory");
  const std::filesystem::path files = pattern;
  std::ofstream(files / "in", std::ios::binary) << command.input;
  std::vector<std::string> argv = command.argv;
  if (command.confined_to) argv = confined(argv, *command.confined_to);
  std::vector<char*> words;
  for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);  // as the host does
    const bool ready = ::freopen((files / "in").c_str(), "r", stdin) != nullptr &&
                       ::freopen((files / "out").c_str(), "w", stdout) != nullptr &&
                       ::freopen((files / "err").c_str(), "w", stderr) != nullptr && ::chdir(directory.c_str()) == 0;
    for (const auto& [name, value] : command.environment) ::setenv(name.c_str(), value.c_str(), 1);
    if (ready) ::execvp(words[0], words.data());
    ::_exit(127);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {}
  sdk::testkit::Reply reply;
  reply.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  reply.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  reply.output = content_of_file(files / "out");
  reply.error_output = content_of_file(files / "err");
  std::filesystem::remove_all(files);
  return reply;
}

// Empty, or why not: for FakeServer::no_confinement, and for tests that need it.
inline std::string why_not_confined() {
  const auto reply = run_really({.argv = {MAINTAIN_TEST_CONFINE, "--check"}}, "/");
  return reply.status == 0 ? std::string() : "cannot confine: " + reply.error_output;
}

inline void run_local_programs_really(sdk::testkit::FakeServer& server) {
  const std::string directory = server.directory();
  server.no_confinement = why_not_confined();
  server.script().local_stubs.push_front(
      {sdk::testkit::anything(),
       [directory](const sdk::testkit::SeenCommand& command) { return run_really(command, directory); }});
}

}  // namespace maintain::plugins::backup
