// maintain-confine as its callers have it: a program.
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "base/fd.hpp"
#include "base/process.hpp"

using namespace maintain;

namespace {

// A directory to write to, and a file beside it that is nobody's business.
struct Place {
  std::filesystem::path root, mine, secret;
  Place() {
    std::string pattern = (std::filesystem::temp_directory_path() / "maintain-confine-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    root = pattern;
    mine = root / "mine";
    secret = root / "secret";
    std::filesystem::create_directory(mine);
    std::ofstream(secret) << "hidden";
    ::chmod(secret.c_str(), 0600);
  }
  ~Place() { std::filesystem::remove_all(root); }

  std::vector<std::string> words(const std::vector<std::string>& argv) const {
    std::vector<std::string> all = {MAINTAIN_TEST_CONFINE};
    for (const char* path : {"/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc/ld.so.cache", "/no/such/path"})
      all.insert(all.end(), {"--read", path});
    all.insert(all.end(), {"--write", mine.string(), "--"});
    all.insert(all.end(), argv.begin(), argv.end());
    return all;
  }
  LocalExit run(const std::vector<std::string>& argv) const {
    auto ended = run_local({.argv = words(argv), .directory = mine.string()});
    REQUIRE(ended);
    return *std::move(ended);
  }
  LocalExit shell(const std::string& text) const { return run({"bash", "-c", text}); }
  // perl is on every Debian; what it is asked says "yes", or why not.
  std::string perl(const std::string& text) const {
    return run({"perl", "-MSocket", "-e", "print((" + text + ") ? \"yes\" : $!)"}).output;
  }
};

bool possible() {
  const auto checked = run_local({.argv = {MAINTAIN_TEST_CONFINE, "--check"}});
  REQUIRE(checked);
  if (checked->ok()) return true;
  WARN("not tested: " << checked->error_output);
  return false;
}

}  // namespace

TEST_CASE("a confined program reads and writes what it was given and nothing else") {
  if (!possible()) return;
  const Place place;
  const std::string secret = place.secret.string();
  const LocalExit ended =
      place.shell("echo in >file && cat file; cat '" + secret + "'; echo x >>'" + secret + "'; rm '" + secret +
                  "'; ls '" + place.root.string() + "'; ls /proc/1; exit 7");
  CHECK(ended.status == 7);
  CHECK(ended.output == "in\n");
  CHECK(read_file(place.secret, 100).value() == "hidden");
  CHECK(read_file(place.mine / "file", 100).value() == "in\n");
}

TEST_CASE("a confined program changes no mode, owner, time or attribute by name") {
  if (!possible()) return;
  const Place place;
  const std::string secret = place.secret.string();
  struct stat before {}, after {};
  REQUIRE(::stat(secret.c_str(), &before) == 0);
  CHECK(place.perl("chmod 0777, '" + secret + "'") == "yes");  // it says
  CHECK(place.perl("chown 1, 1, '" + secret + "'") == "Operation not permitted");
  CHECK(place.perl("utime 1, 1, '" + secret + "'") == "Operation not permitted");
  place.shell("setfattr -n user.a -v b '" + secret + "'; chmod 0777 '" + secret + "'; touch -d @1 '" + secret + "'");
  REQUIRE(::stat(secret.c_str(), &after) == 0);
  CHECK(after.st_mode == before.st_mode);
  CHECK(after.st_uid == before.st_uid);
  CHECK(after.st_mtime == before.st_mtime);
  CHECK(after.st_ctim.tv_nsec == before.st_ctim.tv_nsec);
}

TEST_CASE("a confined program reaches no service of this machine") {
  if (!possible()) return;
  const Place place;
  const UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
  REQUIRE(::listen(listener.get(), 1) == 0);
  const std::string port = std::to_string(ntohs(address.sin_port));
  CHECK_FALSE(place.shell("exec 3<>/dev/tcp/127.0.0.1/" + port).ok());
  CHECK(::accept(listener.get(), nullptr, nullptr) == -1);

  CHECK(place.perl("socket(S, AF_UNIX, SOCK_STREAM, 0)") == "Address family not supported by protocol");
  CHECK(place.perl("socketpair(A, B, AF_UNIX, SOCK_DGRAM, 0)") == "Operation not permitted");
}

TEST_CASE("a confined program has a loopback of its own") {
  if (!possible()) return;
  const Place place;
  CHECK(place.perl("socket(L, AF_INET, SOCK_STREAM, 0) && bind(L, sockaddr_in(5432, INADDR_LOOPBACK)) && "
                   "listen(L, 1) && socket(C, AF_INET, SOCK_STREAM, 0) && "
                   "connect(C, sockaddr_in(5432, INADDR_LOOPBACK))") == "yes");
}

TEST_CASE("a confined program makes no namespaces") {
  if (!possible()) return;
  const Place place;
  CHECK_FALSE(place.run({"unshare", "--user", "true"}).ok());
  CHECK_FALSE(place.run({"unshare", "--net", "true"}).ok());
}

TEST_CASE("a confined program ends as it ended, and what it left ends with it") {
  if (!possible()) return;
  const Place place;
  CHECK(place.run({"/no/such/program"}).status == 126);
  // The sleep holds the output, of which nothing would end.
  const LocalExit ended = place.shell("sleep 1000 & echo started");
  CHECK(ended.ok());
  CHECK(ended.output == "started\n");
}

TEST_CASE("when maintain-confine is killed its program is") {
  if (!possible()) return;
  const Place place;
  int pipe[2];
  REQUIRE(::pipe(pipe) == 0);
  const pid_t pid = ::fork();
  REQUIRE(pid >= 0);
  if (pid == 0) {
    ::dup2(pipe[1], STDOUT_FILENO);
    ::close(pipe[0]);
    ::close(pipe[1]);
    // Each would run far beyond the test: their end, which closes the pipe, is what is awaited.
    const std::vector<std::string> words = place.words({"bash", "-c", "sleep 1000 & echo; sleep 1000"});
    std::vector<char*> argv;
    for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  ::close(pipe[1]);
  pollfd wait{pipe[0], POLLIN, 0};
  char byte = 0;
  CHECK(::poll(&wait, 1, 20'000) == 1);
  CHECK(::read(pipe[0], &byte, 1) == 1);
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
  CHECK(::poll(&wait, 1, 20'000) == 1);
  CHECK(::read(pipe[0], &byte, 1) == 0);
  ::close(pipe[0]);
}

TEST_CASE("maintain-confine runs nothing when its words are wrong") {
  const Place place;
  const std::string made = (place.mine / "made").string();
  const std::vector<std::vector<std::string>> wrong = {
      {"touch", made}, {"--"}, {"--reed", "/usr", "--", "touch", made}, {"--read", "--", "touch", made}};
  for (const auto& words : wrong) {
    std::vector<std::string> argv = {MAINTAIN_TEST_CONFINE};
    argv.insert(argv.end(), words.begin(), words.end());
    const auto ended = run_local({.argv = argv});
    REQUIRE(ended);
    CHECK(ended->status == 125);
  }
  CHECK_FALSE(std::filesystem::exists(made));
}
