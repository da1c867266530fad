#include "plugin/host_command.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "transport/quoting.hpp"

namespace maintain {
namespace {

constexpr std::uint64_t default_output_limit = 16 * 1024 * 1024;
constexpr std::uint64_t most_words = 100'000;

tl::unexpected<HostFailure> invalid(std::string what) {
  return host_fail(MAINTAIN_INVALID_ARGUMENT, "a command " + std::move(what));
}

bool has_nul(const std::string& text) { return text.find('\0') != std::string::npos; }

}  // namespace

std::string HostCommand::describe() const {
  if (secret) return "a command";
  if (!script.empty()) return "a script";
  return "'" + shorten(printable(join(argv, " ")), 200) + "'";
}

tl::expected<HostCommand, HostFailure> admit_command(const Host& host, const maintain_command* raw) {
  if (raw == nullptr || !MAINTAIN_HAS(raw, error_output)) return invalid("has a wrong struct_size");
  if (raw->argc > most_words || raw->envc > most_words) return invalid("has too many words");
  if ((raw->argc > 0 && raw->argv == nullptr) || (raw->envc > 0 && raw->env == nullptr))
    return invalid("counts words that are not there");
  HostCommand command;
  for (std::uint64_t i = 0; i < raw->argc; ++i) command.argv.push_back(to_string(raw->argv[i]));
  command.script = to_string(raw->script);
  command.input = to_string(raw->input);
  command.become_user = to_string(raw->become_user);
  for (std::uint64_t i = 0; i < raw->envc; ++i) {
    const std::string_view pair = to_view(raw->env[i]);
    const auto equals = pair.find('=');
    if (equals == std::string_view::npos || !is_environment_name(pair.substr(0, equals)))
      return invalid("sets a variable with an impossible name");
    command.environment[std::string(pair.substr(0, equals))] = pair.substr(equals + 1);
  }
  command.read_only = (raw->flags & MAINTAIN_COMMAND_READ_ONLY) != 0;
  command.secret = (raw->flags & MAINTAIN_COMMAND_SECRET) != 0;
  command.bulk = (raw->flags & MAINTAIN_COMMAND_BULK) != 0;
  if ((raw->flags & MAINTAIN_COMMAND_CLEANUP) != 0) command.aim = Aim::cleanup;
  command.quiet = command.secret || (raw->flags & MAINTAIN_COMMAND_QUIET) != 0;
  command.timeout = Milliseconds(std::max<std::int64_t>(raw->timeout_ms, 0));
  command.idle_timeout = Milliseconds(std::max<std::int64_t>(raw->idle_timeout_ms, 0));
  command.output_limit = raw->output_limit != 0 ? raw->output_limit : default_output_limit;
  command.output = raw->output;
  command.error_output = raw->error_output;
  if (command.script.empty() && (command.argv.empty() || command.argv[0].empty()))
    return invalid("has neither words nor a script");
  if (has_nul(command.script) || has_nul(command.become_user) ||
      std::any_of(command.argv.begin(), command.argv.end(), has_nul) ||
      std::any_of(command.environment.begin(), command.environment.end(),
                  [](const auto& variable) { return has_nul(variable.second); }))
    return invalid("holds a NUL byte");
  if (host.check_mode() && !command.read_only)
    return host_fail(MAINTAIN_REFUSED,
                     fmt::format("dry run: {} may change something, so it was not run", command.describe()));
  return command;
}

StreamFeed::StreamFeed(Host& host, const maintain_sink* sink, std::uint64_t limit, bool save)
    : sink_(sink), left_(limit), copy_(save ? std::make_unique<OutputCopy>(host) : nullptr) {}

bool StreamFeed::take(std::string_view bytes, bool save) {
  if (bytes.size() > left_) truncated_ = true;
  bytes = bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size())));
  left_ -= bytes.size();
  if (copy_ && save) copy_->add(bytes);
  if (result_) result_ = write_to(sink_, bytes);
  return result_.has_value();
}

}  // namespace maintain
