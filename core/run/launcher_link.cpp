#include "run/launcher_link.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <utility>

extern "C" char** environ;

namespace maintain {
namespace {

constexpr Milliseconds end_limit = std::chrono::seconds(6);

struct SpawnOptions {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;

  explicit SpawnOptions(int socket) {
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&files, socket, launcher_descriptor);
    posix_spawnattr_init(&attributes);
    // A process group of its own: the terminal's Ctrl-C reaches the supervisor alone, which then ends all in order.
    posix_spawnattr_setpgroup(&attributes, 0);
    sigset_t signals;
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes, &signals);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGCHLD}) sigaddset(&signals, signal);
    posix_spawnattr_setsigdefault(&attributes, &signals);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  SpawnOptions(const SpawnOptions&) = delete;
  SpawnOptions& operator=(const SpawnOptions&) = delete;
  ~SpawnOptions() {
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
  }
};

}  // namespace

std::vector<std::string> installed_worker() {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
  for (const char* place : {"maintain-worker", "../libexec/maintain/maintain-worker", "../lib/maintain/maintain-worker",
                            "../run/maintain-worker"})
    if (const auto path = (self / place).lexically_normal(); ::access(path.c_str(), X_OK) == 0) return {path.string()};
  return {"maintain-worker"};
}

Result<LauncherLink> LauncherLink::start(const std::vector<std::string>& command, const Setup& setup) {
  auto pair = socket_pair();
  if (!pair) return fail(pair.error());
  std::vector<char*> argv;
  for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  const SpawnOptions options(pair->second.get());
  pid_t pid = -1;
  const int failed = ::posix_spawnp(&pid, argv[0], &options.files, &options.attributes, argv.data(), environ);
  if (failed != 0) {
    auto error = fail_errno("cannot start " + command.front(), failed).value();
    error.hint = "is maintain installed completely? `run: {worker: [...]}` in maintain.yml may name the worker";
    return fail(std::move(error));
  }
  LauncherLink link(Channel(std::move(pair->first)), pid);
  (void)link.channel_.send(Hello{});
  if (auto sent = link.channel_.send(setup); !sent) return fail(sent.error());
  return link;
}

LauncherLink::LauncherLink(LauncherLink&& other) noexcept
    : channel_(std::move(other.channel_)), pid_(std::exchange(other.pid_, -1)) {}

LauncherLink& LauncherLink::operator=(LauncherLink&& other) noexcept {
  if (this != &other) {
    end();
    channel_ = std::move(other.channel_);
    pid_ = std::exchange(other.pid_, -1);
  }
  return *this;
}

LauncherLink::~LauncherLink() { end(); }

void LauncherLink::end() {
  if (pid_ < 0) return;
  // Its death closes the socket's other end, which can be waited for with a limit; a child cannot.
  ::shutdown(channel_.fd(), SHUT_WR);
  const Deadline deadline = Deadline::after(end_limit);
  while (channel_.receive() != Channel::Received::end) {
    pollfd closed{channel_.fd(), POLLIN, 0};
    if (deadline.passed() || ::poll(&closed, 1, static_cast<int>(deadline.remaining().count())) == 0) {
      ::kill(pid_, SIGKILL);
      break;
    }
  }
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
  channel_.close();
}

Result<Channel> LauncherLink::start_worker(std::uint64_t worker) {
  auto pair = socket_pair();
  if (!pair) return fail(pair.error());
  if (auto sent = channel_.send(StartWorker{worker}, std::move(pair->second)); !sent) return fail(sent.error());
  return Channel(std::move(pair->first));
}

void LauncherLink::signal_worker(std::uint64_t worker, int signal) {
  (void)channel_.send(SignalWorker{worker, signal});
}

}  // namespace maintain
