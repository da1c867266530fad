#include "uptime_task.hpp"

using namespace maintain::sdk;

Outcome UptimeTask::run(Context& context) {
  const Completed uptime = context.must({.argv = {"cat", "/proc/uptime"}, .read_only = true});
  const double seconds = std::stod(uptime.output);
  const auto days = static_cast<std::int64_t>(seconds / 86400);

  context.metric("uptime", seconds, "seconds");
  context.summary("up for " + std::to_string(days) + " days");
  const auto most = context.options().at("at_most_days").get<std::int64_t>();
  if (days > most)
    context.finding({.state = State::warning,
                     .code = "hello.long_uptime",
                     .title = context.server() + " has been up for " + std::to_string(days) + " days",
                     .action = "Plan a reboot"});
  return Outcome::ok;
}
