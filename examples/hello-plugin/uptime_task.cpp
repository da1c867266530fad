#include "uptime_task.hpp"

#include <charconv>

using namespace maintain::sdk;

namespace {

// The whole seconds of "864000.11 1700000.00". What a server says may be anything.
std::int64_t parse_uptime(const std::string& text) {
  std::int64_t seconds = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || seconds < 0 || !std::string_view(rest).starts_with('.'))
    throw Failure(MAINTAIN_FAILED, "/proc/uptime makes no sense");
  return seconds;
}

}  // namespace

Outcome UptimeTask::run(Context& context) {
  const Completed uptime = context.must({.argv = {"cat", "/proc/uptime"}, .read_only = true});
  const std::int64_t seconds = parse_uptime(uptime.output);
  const std::int64_t days = seconds / 86400;

  context.metric("uptime", static_cast<double>(seconds), "seconds");
  context.summary("up for " + std::to_string(days) + " days");
  const auto most = context.options().at("at_most_days").get<std::int64_t>();
  if (days > most)
    context.finding({.state = State::warning,
                     .code = "hello.long_uptime",
                     .title = context.server() + " has been up for " + std::to_string(days) + " days",
                     .action = "Plan a reboot"});
  return Outcome::ok;
}
