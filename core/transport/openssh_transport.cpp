#include "transport/openssh_transport.hpp"

#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <optional>

#include <fmt/format.h>

#include "base/fd.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "transport/known_hosts.hpp"
#include "transport/local_program.hpp"
#include "transport/output_collector.hpp"
#include "transport/ssh_command.hpp"
#include "transport/ssh_wire.hpp"
#include "transport/status_filter.hpp"
#include "transport/sudo.hpp"

namespace maintain {
namespace {

constexpr std::size_t longest_socket_path = sizeof(sockaddr_un::sun_path) - 1 - 17;
constexpr std::size_t socket_name_size = 17;  // "/ssh-" and 12 random digits
// A master whose owner was killed ends by itself after this time without a command.
constexpr Seconds master_life{120};
constexpr const char* control_persist = "-oControlPersist=120";
constexpr Milliseconds master_patience{5000};

using Words = std::vector<std::string>;

class OpensshConnection final : public Connection {
 public:
  OpensshConnection(const Server& server, TransportSettings settings, const std::string& directory)
      : server_(server), settings_(std::move(settings)),
        socket_(directory + "/ssh-" + random_token().substr(0, socket_name_size - 5)),
        anonymous_(server, std::string(), settings_.cancelled) {}

  ~OpensshConnection() override {
    if (opened_) ask_master("exit");
    ::unlink(socket_.c_str());
  }

  Result<void> open() {
    Words words = ssh_words(server_, settings_);
    const Words master = {"-M", "-N", "-f", control_path(), control_persist};
    words.insert(words.begin() + 1, master.begin(), master.end());
    words.push_back(server_.host());
    LocalCommand command{.argv = std::move(words)};
    command.timeout = settings_.connect_timeout + settings_.handshake_timeout + settings_.authentication_timeout;
    command.cancelled = settings_.cancelled;
    const auto ended = run_local(command);
    if (!ended && ended.error().kind == ErrorKind::timed_out)
      return fail(ErrorKind::unreachable,
                  fmt::format("{}: ssh did not connect within {}", name_of(server_),
                              format_duration(std::chrono::ceil<Seconds>(command.timeout))));
    if (!ended) return fail(ended.error());
    if (!ended->ok()) return fail(with_known_key(explain_ssh_failure(server_, reason_behind(ended->error_output))));
    opened_ = true;
    used_ = std::chrono::steady_clock::now();
    return {};
  }

  Result<RemoteExit> run(const RemoteCommand& command) override {
    if (lost_) return fail(*lost_);
    if (auto open = stay_open(); !open) return fail(open.error());
    auto sudo = sudo_for(command);
    if (!sudo) return fail(sudo.error());
    const auto prepared = (*sudo)->prepare(command);
    if (!prepared) return fail(prepared.error());
    RemoteExit exit;
    OutputCollector output(command.on_output, exit.output, command.output_limit);
    OutputCollector error_output(command.on_error_output, exit.error_output, command.output_limit);
    StatusFilter filter(random_token());
    const auto ended = run_with_deadlines(
        name_of(server_), words_for(filter.wrap(prepared->line())), prepared->input, command, settings_,
        [&](std::string_view piece) { return output.take(piece); },
        [&](std::string_view piece) {
          const std::string own = filter.pass(piece);
          return own.empty() || error_output.take(own);
        });
    used_ = std::chrono::steady_clock::now();
    if (!ended) return fail(ended.error());
    if (const std::string rest = filter.rest(); !rest.empty()) error_output.take(rest);
    if (!filter.tell(exit)) {
      lost_ = Error{ErrorKind::unreachable,
                    fmt::format("{}: connection lost while running a command (ssh ended with {})", name_of(server_),
                                ended->describe()), {}, {}};
      return fail(*lost_);
    }
    exit.truncated = output.truncated() || error_output.truncated();
    return (*sudo)->judge(command, std::move(exit), error_output.head());
  }

  bool usable() const override { return !lost_; }
  std::string describe() const override { return settings_.bulk ? "openssh for bulk" : "openssh"; }

 private:
  // A master sends to nowhere what the command that connects for it (a jump host's ssh) complains of. Without one it is
  // heard.
  std::string reason_behind(const std::string& error_output) const {
    if (error_output.find("UNKNOWN port") == std::string::npos) return error_output;
    LocalCommand again{.argv = ssh_words(server_, settings_)};
    const Words alone = {"-oControlMaster=no", "-oControlPath=none"};
    again.argv.insert(again.argv.begin() + 1, alone.begin(), alone.end());
    again.argv.insert(again.argv.end(), {server_.host(), "true"});
    again.timeout = settings_.connect_timeout + settings_.handshake_timeout;
    again.cancelled = settings_.cancelled;
    const auto ended = run_local(again);
    return ended && !ended->ok() ? ended->error_output : error_output;
  }

  // ssh names the line of the key it expected; a person wants to see its fingerprint beside the new one.
  Error with_known_key(Error error) const {
    const auto known = read_known_hosts(settings_.known_hosts_files, server_);
    if (!known || !error.where) return error;
    for (const KnownKey& key : known->keys)
      if (key.where == *error.where) error.message += ", known is " + key.type + " " + fingerprint(key.blob);
    return error;
  }

  std::string control_path() const { return "-oControlPath=" + ssh_file_value(socket_); }

  // Only through the master: were it gone, ssh would connect anew behind our back, but for that ProxyCommand.
  Words words_for(const std::string& line) const {
    return {"ssh", "-F", "none", "-oBatchMode=yes", "-oControlMaster=no", control_path(), "-oProxyCommand=false",
            "-oLogLevel=ERROR", "-T", server_.host(), line};
  }

  bool ask_master(const char* what) const {
    LocalCommand ask{.argv = {"ssh", "-F", "none", control_path(), "-O", what, server_.host()}};
    ask.timeout = master_patience;
    const auto answer = run_local(ask);
    return answer && answer->ok();
  }

  // After a pause the master may have ended by itself; nothing was running then, so nothing is lost by a new one.
  Result<void> stay_open() {
    if (std::chrono::steady_clock::now() - used_ < master_life / 2 || ask_master("check")) return {};
    return open();
  }

  // Whether sudo is needed depends on who we are there, which ssh_config may have decided.
  Result<Sudo*> sudo_for(const RemoteCommand& command) {
    if (command.become_user.empty()) return &anonymous_;
    if (!sudo_) {
      std::string user = server_.user;
      if (user.empty()) {
        const auto answer = run({.argv = {"id", "-un"}, .timeout = std::chrono::seconds(30)});
        if (!answer) return fail(answer.error());
        user = trim(answer->output);
      }
      sudo_.emplace(server_, user, settings_.cancelled);
    }
    return &*sudo_;
  }

  Server server_;
  TransportSettings settings_;
  std::string socket_;
  Sudo anonymous_;              // for commands that stay who we are
  std::optional<Sudo> sudo_;
  std::optional<Error> lost_;
  bool opened_ = false;
  Steady used_{};
};

// Anybody can be first to make it in /tmp; later nobody but its owner can change it.
Result<std::string> directory_in_tmp() {
  const std::string path = fmt::format("/tmp/maintain-{}", ::geteuid());
  if (auto made = make_directories(path, 0700); !made) return fail(made.error());
  struct stat status {};
  if (::lstat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == ::geteuid() &&
      (status.st_mode & 077) == 0)
    return path;
  return fail(ErrorKind::refused, path + " is not a directory of our own, for ssh's control sockets",
              "remove it, or give a shorter path as `run` below `paths` in maintain.yml");
}

}  // namespace

Result<std::string> make_control_directory(const std::string& wanted) {
  std::string path = wanted;
  if (wanted.empty() || wanted.size() + socket_name_size > longest_socket_path) {
    const auto shared = directory_in_tmp();
    if (!shared) return shared;
    // The same for the same wish: who made it may not be allowed to remove it in the end.
    path = fmt::format("{}/{:016x}", *shared, std::hash<std::string>{}(wanted));
  }
  if (auto made = make_directories(path, 0700); !made) return fail(made.error());
  return path;
}

Result<std::unique_ptr<Connection>> OpensshTransport::connect(const Server& server) {
  if (auto checked = check_destination(server); !checked) return fail(checked.error());
  auto control = make_control_directory(settings_.control_directory);
  if (!control) return fail(control.error());
  auto connection = std::make_unique<OpensshConnection>(server, settings_, *control);
  if (auto opened = connection->open(); !opened) return fail(opened.error());
  return connection;
}

Result<std::unique_ptr<Connection>> connect_bulk_openssh(const Server& server, TransportSettings settings) {
  settings.bulk = true;
  return OpensshTransport(std::move(settings)).connect(server);
}

Result<std::unique_ptr<Connection>> OpensshTransport::connect_bulk(const Server& server) {
  return connect_bulk_openssh(server, settings_);
}

Result<std::vector<std::string>> OpensshTransport::remote_shell(const Server& server, bool with_destination) const {
  return bulk_shell(server, settings_, with_destination);
}

}  // namespace maintain
