#include "cli/run_session.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "base/text.hpp"
#include "cli/debug_log.hpp"
#include "cli/live_display.hpp"
#include "store/sqlite_store.hpp"

namespace maintain {

namespace {

RunResult supervise_with_display(Program& program, const RunRequest& request, StateStore& store) {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) size = {24, 80, 0, 0};
  const Time started = program.clock().now();
  std::string closing;
  auto result = [&] {
    LiveDisplay display(size.ws_col, size.ws_row);
    auto supervised = supervise(request, store, program.clock(), display);
    closing = display.closing_line(program.clock().now() - started);
    return supervised;
  }();
  RunResult run = value_or_fatal(std::move(result));
  if (request.purpose == Purpose::run) std::fprintf(stderr, "%s\n", closing.c_str());
  return run;
}

RunResult supervise_for_the_reader(Program& program, const RunRequest& request, StateStore& store) {
  if (program.debug) {
    DebugLog log;
    return value_or_fatal(supervise(request, store, program.clock(), log));
  }
  if (program.standard_error_is_terminal() && !program.json && can_be_redrawn(std::getenv("TERM")))
    return supervise_with_display(program, request, store);
  RunObserver nobody;
  return value_or_fatal(supervise(request, store, program.clock(), nobody));
}

}  // namespace

RunResult supervise_visibly(Program& program, const RunRequest& request, StateStore& store) {
  program.refuse_state_of_another();
  RunResult run = supervise_for_the_reader(program, request, store);
  if (!run.interrupted) return run;
  program.interrupted = true;
  std::fputs(request.purpose == Purpose::run ? "maintain: stopped; what was not done stays due\n"
                                             : "maintain: stopped before every server was asked\n",
             stderr);
  return run;
}

std::unique_ptr<StateStore> store_to_look_at(Program& program) {
  auto store = program.readable_store();
  return store ? std::move(store) : value_or_fatal(open_memory_store());
}

std::string server_error(const ServerReport& report) {
  const std::string text = printable(report.error->describe());
  return text.starts_with(report.server + " ") ? text : report.server + ": " + text;
}

ExitStatus exit_status_of_servers(const RunResult& result) {
  ExitStatus status = ExitStatus::well;
  for (const ServerReport& report : result.servers) {
    if (!report.config_errors.empty()) return ExitStatus::findings;
    if (report.error && exit_status(*report.error) != ExitStatus::unreachable) return ExitStatus::findings;
    if (report.error) status = ExitStatus::unreachable;
  }
  return status;
}

}  // namespace maintain
