// maintain-confine: what maintain-worker runs hostile work with, see confined_program.hpp. A program of its own, since
// namespaces and rules want a process that has one thread and nothing to lose.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "confine/confined_program.hpp"

namespace {

int complain(const maintain::Error& error) {
  // On two lines: the host tells them apart.
  std::fprintf(stderr, "%s\n%s\n", error.message.c_str(), error.hint.c_str());
  return 125;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "--check") == 0) {
    const auto confined = maintain::try_confinement();
    std::_Exit(confined ? 0 : complain(confined.error()));  // confined, not even a sanitizer may look around at the end
  }
  maintain::ConfinedProgram program;
  int next = 1;
  for (; next + 1 < argc; next += 2) {
    const std::string option = argv[next];
    if (option == "--read") program.readable.emplace_back(argv[next + 1]);
    else if (option == "--write") program.writable.emplace_back(argv[next + 1]);
    else break;
  }
  if (next + 1 >= argc || std::strcmp(argv[next], "--") != 0) {
    std::fputs("usage: maintain-confine [--read PATH | --write PATH]... -- PROGRAM [ARGUMENT]...\n"
               "       maintain-confine --check\n", stderr);
    return 125;
  }
  program.argv.assign(argv + next + 1, argv + argc);
  return complain(maintain::run_confined(program));
}
