#include "loopback_sshd.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "base/process.hpp"
#include "transport/known_hosts.hpp"
#include "transport/local_user.hpp"
#include "transport/ssh_wire.hpp"

extern char** environ;

namespace maintain {
namespace {

constexpr const char* sshd = "/usr/sbin/sshd";

void require(bool good, const std::string& what) {
  if (!good) throw std::runtime_error("loopback sshd: " + what);
}

std::string content_of(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void make_key(const std::string& path, const std::string& type) {
  LocalCommand command{.argv = {"ssh-keygen", "-q", "-t", type, "-N", "", "-C", "test", "-f", path}};
  if (type == "rsa") command.argv.insert(command.argv.end(), {"-b", "2048"});
  const auto made = run_local(command);
  require(made && made->ok(), "ssh-keygen failed");
}

// RSA keys take a second to make: one for all. Each kind's user key is the same everywhere; host keys are not.
void copy_key(const std::string& path, const std::string& type) {
  static const TemporaryDirectory made;
  const std::string original = made.path(type);
  if (!std::filesystem::exists(original)) make_key(original, type);
  for (const char* part : {"", ".pub"}) std::filesystem::copy_file(original + part, path + part);
}

}  // namespace

TemporaryDirectory::TemporaryDirectory() {
  char path[] = "/tmp/maintain-test-XXXXXX";
  require(::mkdtemp(path) != nullptr, "no temporary directory");
  ::chmod(path, 0711);  // users of a test read their authorized_keys below
  path_ = path;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TemporaryDirectory::write(const std::string& name, const std::string& content, mode_t mode) const {
  std::ofstream(path(name)) << content;
  ::chmod(path(name).c_str(), mode);
  return path(name);
}

std::string LoopbackSshd::unavailable() {
  if (::access(sshd, X_OK) != 0) return "there is no /usr/sbin/sshd";
  const passwd* me = ::getpwuid(::geteuid());
  if (me == nullptr || ::access(me->pw_shell, X_OK) != 0) return "the user has no login shell";
  return {};
}

LoopbackSshd::LoopbackSshd(const SshdOptions& options) : options_(options) {
  // What Debian's service does before it starts sshd; without root it is not asked for.
  if (::geteuid() == 0) ::mkdir("/run/sshd", 0755);
  std::string configuration;
  for (const std::string& line : options.configuration) configuration += line + "\n";
  // SHLVL keeps bash from reading the tester's .bashrc, which may take a second for each command.
  configuration += "SetEnv SHLVL=2\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n"
                   "KbdInteractiveAuthentication no\n"
                   "PermitRootLogin yes\nPidFile none\nUseDNS no\nLogLevel VERBOSE\nMaxSessions 20\n"
                   "AuthorizedKeysFile " +
                   directory_.path("authorized_keys") + "\n";
  for (const std::string& type : options.host_key_types) {
    (type == "rsa" ? copy_key : make_key)(directory_.path("host_" + type), type);
    configuration += "HostKey " + directory_.path("host_" + type) + "\n";
  }
  std::string authorized;
  for (const std::string& type : options.user_key_types) {
    copy_key(user_key(type), type);
    authorized += content_of(user_key(type) + ".pub");
  }
  directory_.write("sshd_config", configuration);
  directory_.write("authorized_keys", authorized, 0644);

  listener_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  require(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size) == 0, "no port");
  require(::listen(listener_.get(), 64) == 0, "cannot listen");
  ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  stop_.reset(::eventfd(0, EFD_CLOEXEC));

  std::string known;
  for (const std::string& type : options.host_key_types)
    known += known_hosts_name("127.0.0.1", port_) + " " + host_key(type) + "\n";
  directory_.write("known_hosts", known);
  thread_ = std::thread([this] { accept_all(); });
}

LoopbackSshd::~LoopbackSshd() {
  ::eventfd_write(stop_.get(), 1);
  thread_.join();
  kill_connections();
}

std::string LoopbackSshd::host_key(const std::string& type) const {
  const std::string text = content_of(directory_.path("host_" + type + ".pub"));
  return text.substr(0, text.find(' ', text.find(' ') + 1));
}

std::string LoopbackSshd::key_blob(const std::string& path) {
  std::istringstream words(content_of(path));
  std::string type, blob;
  words >> type >> blob;
  return base64_decode(blob).value_or("");
}

Server LoopbackSshd::server() const {
  Server server;
  server.name = "web1";
  server.address = "127.0.0.1";
  server.port = port_;
  server.user = local_user();
  return server;
}

TransportSettings LoopbackSshd::settings() const {
  TransportSettings settings;
  settings.known_hosts_files = {known_hosts()};
  settings.identity_files = {user_key(options_.user_key_types.at(0))};
  settings.control_directory = directory_.path("control");
  settings.use_agent = false;
  return settings;
}

void LoopbackSshd::accept_all() {
  for (;;) {
    pollfd waits[2] = {{listener_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}};
    if (::poll(waits, 2, -1) < 0) continue;
    if (waits[1].revents != 0) return;
    const UniqueFd connection(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    const linger at_once{1, 0};
    if (connection && options_.resets)
      ::setsockopt(connection.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    if (connection) start_sshd(connection.get());
  }
}

void LoopbackSshd::start_sshd(int connection) {
  std::vector<std::string> words = options_.wrapper;
  for (const std::string& word : {std::string(sshd), std::string("-i"), std::string("-f"),
                                  directory_.path("sshd_config"), std::string("-E"), directory_.path("sshd.log")})
    words.push_back(word);
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_adddup2(&actions, connection, 0);
  posix_spawn_file_actions_adddup2(&actions, connection, 1);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  pid_t child = 0;
  if (::posix_spawnp(&child, argv[0], &actions, &attributes, argv.data(), environ) == 0) {
    const std::lock_guard lock(mutex_);
    children_.push_back(child);
    ++connections_;
  }
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
}

void LoopbackSshd::signal_connections(int signal) {
  const std::lock_guard lock(mutex_);
  for (const pid_t child : children_) ::kill(-child, signal);
}

void LoopbackSshd::kill_connections() {
  signal_connections(SIGKILL);
  const std::lock_guard lock(mutex_);
  for (const pid_t child : children_) ::waitpid(child, nullptr, 0);
  children_.clear();
}

}  // namespace maintain
