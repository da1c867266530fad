#include "backup/restore/server_stream.hpp"

#include "common/shell_words.hpp"

namespace maintain::plugins::backup {
namespace {

// $1 how the input comes, $2 the file. bash, because only with pipefail a broken compressed file shows.
constexpr const char* feed_script = R"(set -o pipefail
how=$1 input=$2; shift 2
case $how in
  file) exec "$@" <"$input" ;;
  gzip) gzip -dc <"$input" | "$@" ;;
esac)";

constexpr int ssh_failed = 255;

// Nothing with the local transport: there the server is this machine.
std::vector<std::string> shell_of(sdk::Context& context) {
  try {
    return context.remote_shell(true);
  } catch (const sdk::Failure& failure) {
    if (failure.status() != MAINTAIN_UNSUPPORTED) throw;
    return {};
  }
}

}  // namespace

std::vector<std::string> stream_argv(const ServerStream& stream, const std::vector<std::string>& shell, bool become) {
  std::vector<std::string> program;
  if (become) program = {"sudo", "-n", "-u", stream.user, "--"};
  program.insert(program.end(), stream.argv.begin(), stream.argv.end());
  std::vector<std::string> argv = {"bash", "-c", feed_script, "bash", stream.unzip ? "gzip" : "file", stream.file};
  if (shell.empty()) {
    argv.insert(argv.end(), program.begin(), program.end());
    return argv;
  }
  argv.insert(argv.end(), shell.begin(), shell.end());
  argv.push_back(shell_words(program));
  return argv;
}

void stream_to_server(sdk::Context& context, const ServerStream& stream, const std::string& what) {
  const bool become = !stream.user.empty() && context.facts().user != stream.user;
  const std::vector<std::string> shell = shell_of(context);
  const sdk::Completed ended = context.local({.argv = stream_argv(stream, shell, become), .quiet = true});
  if (ended.ok()) return;
  const std::string line = sdk::detail::last_line(ended.error_output);
  if (!shell.empty() && ended.status == ssh_failed)
    throw sdk::Failure(MAINTAIN_CONNECTION_LOST,
                       what + ": the connection was lost" + (line.empty() ? "" : ": " + line));
  const std::string reason = ended.signal != 0 ? "killed by signal " + std::to_string(ended.signal)
                                               : "exit status " + std::to_string(ended.status);
  throw sdk::Failure(MAINTAIN_FAILED, what + " failed: " + (line.empty() ? reason : line));
}

}  // namespace maintain::plugins::backup
