#include "transport/remote_command.hpp"

#include <sys/random.h>

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "transport/quoting.hpp"

namespace maintain {
namespace {

// One argument of a process may have 128 KiB on Linux, and libssh2 sends no request longer than 34 KiB.
constexpr std::size_t longest_argument = 128 * 1024 - 1;
constexpr std::size_t longest_line = 24 * 1024;

// $1 and $2 are lines that nothing else equals. What stands before $1 is a password that sudo did not ask for. A
// command that was cut off by the end of the input is not run.
constexpr const char* take_from_input =
    "until IFS= read -r maintain_l || exit 125; [ \"$maintain_l\" = \"$1\" ]; do :; done\n"
    "maintain_s=\n"
    "while IFS= read -r maintain_l || exit 125; [ \"$maintain_l\" != \"$2\" ]; do\n"
    "maintain_s=\"$maintain_s$maintain_l\n\"\n"
    "done\n"
    "eval \"unset maintain_l maintain_s\n$maintain_s\"";

// Servers that are administered as root often have no sudo; runuser is part of every Debian.
constexpr const char* leave_root =
    "u=$1; shift\n"
    "if command -v sudo >/dev/null 2>&1; then exec sudo -n -H -u \"$u\" -- \"$@\"; fi\n"
    "HOME=$(getent passwd \"$u\" | cut -d: -f6) USER=$u LOGNAME=$u\n"
    "export HOME USER LOGNAME\n"
    "exec runuser -u \"$u\" -- \"$@\"";

using Words = std::vector<std::string>;

void append(Words& words, const Words& more) { words.insert(words.end(), more.begin(), more.end()); }

bool is_user_name(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_.@-$\\").find(c) != std::string_view::npos;
  };
  return !name.empty() && name[0] != '-' && std::all_of(name.begin(), name.end(), fits);
}

Result<void> check(const RemoteCommand& command) {
  const auto wrong = [](const std::string& what) { return fail(ErrorKind::refused, "a command for a server " + what); };
  if (command.argv.empty() && command.script.empty()) return wrong("has neither words nor a script");
  if (command.script.empty() && command.argv[0].empty()) return wrong("has no name");
  if (command.script.find('\0') != std::string::npos) return wrong("has a NUL byte in its script");
  for (const std::string& word : command.argv) {
    if (word.find('\0') != std::string::npos) return wrong("has a NUL byte in an argument");
    if (word.size() > longest_argument) return wrong("has an argument of more than 128 KiB");
  }
  for (const auto& [name, value] : command.environment) {
    if (!is_environment_name(name)) return wrong("sets a variable with an impossible name: '" + printable(name) + "'");
    if (value.find('\0') != std::string::npos) return wrong("has a NUL byte in the variable " + name);
    if (name.size() + value.size() + 1 > longest_argument) return wrong("sets a variable to more than 128 KiB");
  }
  if (!command.become_user.empty() && !is_user_name(command.become_user))
    return wrong("would run as an impossible user: '" + printable(command.become_user) + "'");
  return {};
}

// The command in words: env(1) sets the variables, since sudo lets no others through.
Words in_words(const RemoteCommand& command) {
  Words words;
  if (!command.environment.empty()) words.push_back("env");
  for (const auto& [name, value] : command.environment) words.push_back(name + "=" + value);
  if (!command.script.empty()) append(words, {"/bin/sh", "-c", command.script, "sh"});
  append(words, command.argv);
  return words;
}

// The command as the text of a script.
std::string in_text(const RemoteCommand& command) {
  std::string text;
  for (const auto& [name, value] : command.environment) text += "export " + name + "=" + quote_word(value) + "\n";
  if (command.script.empty()) return text + "exec " + quote_words(command.argv);
  return text + "set -- " + quote_words(command.argv) + "\n" + command.script;
}

Words become_words(const RemoteCommand& command, const CommandContext& context) {
  if (!needs_become(command, context.user)) return {};
  if (context.user == "root") return {"/bin/sh", "-c", leave_root, "sh", command.become_user};
  Words words;
  // sudo is to complain in English, which we read. It hands LC_ALL on, and nothing may stand between sudo and a command
  // that sudoers allows by its path: so only where the command has an LC_ALL of its own anyway.
  if (command.environment.contains("LC_ALL")) words = {"env", "LC_ALL=C.UTF-8"};
  // -k: a password that sudo remembers from before would make it a matter of chance whether it asks.
  if (context.password) append(words, {"sudo", "-k", "-S", "-p", "", "-H", "-u", command.become_user, "--"});
  else append(words, {"sudo", "-n", "-H", "-u", command.become_user, "--"});
  return words;
}

}  // namespace

std::string PreparedCommand::line() const { return "exec " + quote_words(words); }

bool needs_become(const RemoteCommand& command, const std::string& user) {
  return !command.become_user.empty() && command.become_user != user;
}

Result<PreparedCommand> prepare_command(const RemoteCommand& command, const CommandContext& context) {
  if (auto checked = check(command); !checked) return fail(checked.error());
  PreparedCommand prepared{become_words(command, context), command.input};
  const bool asks_password = context.password && needs_become(command, context.user) && context.user != "root";
  const Words words = in_words(command);
  const std::size_t length = quote_words(words).size();
  if (!asks_password && !command.secret && length <= longest_line) {
    append(prepared.words, words);
    return prepared;
  }
  const std::string start = "maintain-start-" + context.token, end = "maintain-end-" + context.token;
  append(prepared.words, {"/bin/sh", "-c", take_from_input, "sh", start, end});
  prepared.input = (asks_password ? *context.password + "\n" : "") + start + "\n" + in_text(command) + "\n" + end +
                   "\n" + command.input;
  return prepared;
}

Error command_timeout(const std::string& server, Milliseconds timeout) {
  return {ErrorKind::timed_out,
          fmt::format("{}: the command did not end within {}", server,
                      format_duration(std::chrono::ceil<Seconds>(timeout))),
          "a process that it left in the background may be holding its output open", {}};
}

std::string random_token() {
  unsigned char bytes[16];
  std::size_t got = 0;
  while (got < sizeof bytes) {
    const ssize_t more = ::getrandom(bytes + got, sizeof bytes - got, 0);
    if (more > 0) got += static_cast<std::size_t>(more);
  }
  std::string token;
  for (const unsigned char byte : bytes) token += fmt::format("{:02x}", byte);
  return token;
}

}  // namespace maintain
