#include "transport/sudo.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>

#include "base/fd.hpp"
#include "base/process.hpp"
#include "base/text.hpp"

namespace maintain {
namespace {

constexpr std::string_view own_words = "sudo: ";

// A warning about the host's name comes with success, too.
bool is_told_by_sudo(std::string_view line) {
  return line.starts_with(own_words) && line.find("resolve host") == std::string_view::npos;
}

std::string last_line(std::string_view text) {
  const std::vector<std::string> lines = split_lines(trim(text));
  return lines.empty() ? "" : lines.back();
}

}  // namespace

bool sudo_forbids(std::string_view error_output) {
  const auto says = [&](std::string_view text) { return error_output.find(text) != std::string_view::npos; };
  return says("is not allowed to execute") || says("is not in the sudoers file") || says("may not run sudo");
}

bool sudo_knows_no_user(const RemoteCommand& command, std::string_view error_output) {
  const std::vector<std::string> lines = split_lines(error_output);
  return std::any_of(lines.begin(), lines.end(), [&](std::string_view line) {
    return line == fmt::format("{}unknown user {}", own_words, command.become_user) ||
           line == fmt::format("{}unknown user: {}", own_words, command.become_user);  // older ones
  });
}

// In any language. A script and variables have sudo run a shell or env(1), which say 127 themselves.
bool sudo_finds_no_program(const RemoteCommand& command, int status, std::string_view error_output) {
  if (status != 1 || !command.script.empty() || !command.environment.empty() || command.argv.empty()) return false;
  const std::string& program = command.argv[0];
  const std::string line = last_line(error_output);
  return line.starts_with(fmt::format("{}{}: ", own_words, program)) ||
         line.starts_with(fmt::format("{}'{}': ", own_words, program));
}

std::optional<Error> sudo_failure(const std::string& server, const std::string& user, const RemoteCommand& command,
                                  int status, std::string_view error_output) {
  const auto failure = [&](const std::string& what, std::string hint) {
    return Error{ErrorKind::authentication, fmt::format("{}: {}", server, what), std::move(hint), {}};
  };
  const auto says = [&](std::string_view text) { return error_output.find(text) != std::string_view::npos; };
  if (status == 127 && (says("sudo: not found") || says("sudo: command not found")))
    return failure("sudo is not installed", "install it there, or connect as root");
  if (status != 1) return std::nullopt;
  if (says("incorrect password attempt"))
    return failure(fmt::format("sudo refused the password of user '{}'", user),
                   "check the password file or command of this server's become settings");
  if (says("sudo: a password is required") || says("sudo: a terminal is required") ||
      says("sudo: no password was provided") || says("sudo: no tty present"))
    return failure(fmt::format("sudo asks for a password of user '{}'", user),
                   "allow it with NOPASSWD in sudoers, or name a password file or command in this server's become "
                   "settings");
  if (sudo_forbids(error_output))
    return failure(fmt::format("sudo does not allow this to user '{}': {}", user,
                               shorten(printable(trim(error_output)), 300)),
                   "add a rule to sudoers on the server");
  if (sudo_knows_no_user(command, error_output))
    return failure(fmt::format("sudo: unknown user '{}'", command.become_user),
                   "there is no user of that name on the server: name another one, or create it there");
  // A program that is not there is the command's own failure, also of a sudo that the command itself runs.
  const std::string last = last_line(error_output);
  if (last.ends_with(": command not found") || sudo_finds_no_program(command, status, error_output))
    return std::nullopt;
  // Other refusals, in any language: the first line has the reason, what follows is that sudo gives up.
  if (!is_told_by_sudo(last)) return std::nullopt;
  const std::vector<std::string> lines = split_lines(trim(error_output));
  const auto reason = std::find_if(lines.begin(), lines.end(), is_told_by_sudo);
  return failure(shorten(printable(*reason), 300),
                 fmt::format("try it by hand: sudo -n -u {} true", command.become_user));
}

Result<std::optional<std::string>> read_sudo_password(const Server& server, const Cancelled& cancelled) {
  const auto first_line = [](const std::string& text) { return text.substr(0, text.find_first_of("\r\n")); };
  const auto empty = [&](const std::string& where) {
    return fail(Error{ErrorKind::configuration,
                      fmt::format("{}: the sudo password from {} is empty", server.name, where), {}, server.where});
  };
  if (const std::string& file = server.become.password_file; !file.empty()) {
    const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) return fail_errno(fmt::format("{}: cannot open the password file {}", server.name, file), errno);
    struct stat status {};
    if (::fstat(fd.get(), &status) != 0) return fail_errno("cannot examine " + file, errno);
    if ((status.st_mode & 077) != 0)
      return fail(ErrorKind::refused,
                  fmt::format("{}: the password file {} may be read by others", server.name, file),
                  "chmod 600 " + file);
    auto text = read_file(file, 64 * 1024);
    if (!text) return fail(text.error());
    const std::string password = first_line(*text);
    if (password.empty()) return empty(file);
    return password;
  }
  if (server.become.password_command.empty()) return std::optional<std::string>{};
  LocalCommand command{.argv = server.become.password_command};
  command.timeout = std::chrono::seconds(30);
  command.output_limit = 64 * 1024;
  command.cancelled = cancelled;
  const auto ended = run_local(command);
  if (!ended) return fail(ended.error());
  // Neither stream is shown: a helper may print part of a secret even when it fails.
  if (!ended->ok())
    return fail(ErrorKind::configuration,
                fmt::format("{}: the password command {} failed with {}", server.name, command.argv[0],
                            ended->describe()), "run it by hand to see why");
  const std::string password = first_line(ended->output);
  if (password.empty()) return empty("the command " + command.argv[0]);
  return password;
}

Sudo::~Sudo() {
  if (password_) std::fill(password_->begin(), password_->end(), '\0');
}

Result<PreparedCommand> Sudo::prepare(const RemoteCommand& command) {
  if (needs_become(command, user_) && user_ != "root") {
    if (refusal_) return fail(*refusal_);
    if (!password_read_) {
      auto password = read_sudo_password(server_, cancelled_);
      if (!password) return fail(password.error());
      password_ = std::move(*password);
      password_read_ = true;
    }
  }
  return prepare_command(command, {user_, password_, random_token()});
}

Result<RemoteExit> Sudo::judge(const RemoteCommand& command, RemoteExit exit, std::string_view error_head) {
  if (!needs_become(command, user_)) return exit;
  if (sudo_finds_no_program(command, exit.status, error_head)) {
    exit.status = 127;
    return exit;
  }
  auto failure = sudo_failure(server_.name, user_, command, exit.status, error_head);
  if (!failure) return exit;
  if (password_ && !sudo_forbids(error_head) && !sudo_knows_no_user(command, error_head)) refusal_ = failure;
  return fail(*failure);
}

}  // namespace maintain
