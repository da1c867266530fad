// Bounds on what one task may say, and the cleaning of it. The worker cuts so that frames stay small; the supervisor
// cuts and cleans again, because a worker that was taken over by its server would not.
#pragma once

#include <cstddef>
#include <string>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "model/finding.hpp"
#include "model/plan.hpp"

namespace maintain {

inline constexpr std::size_t name_limit = 200;         // codes, subjects, units
inline constexpr std::size_t line_limit = 2000;        // titles, summaries, log lines
inline constexpr std::size_t text_limit = 32 * 1024;   // details
inline constexpr std::size_t state_limit = 256 * 1024; // a task's own document, see maintain.state/1
inline constexpr std::size_t findings_limit = 1000;    // per task
inline constexpr std::size_t metrics_limit = 1000;
inline constexpr std::size_t tasks_limit = 5000;       // per server
inline constexpr std::size_t server_tasks_limit = 100;  // of Scope::server and enabled, per server
inline constexpr Milliseconds longest_lock_wait = std::chrono::hours(24);

Finding bounded(Finding finding);

// One line, or several, fit to be shown.
std::string clean_line(const std::string& text);
Finding clean(const Finding& finding);
Error clean(const Error& error);
PlannedTask clean(PlannedTask task);

}  // namespace maintain
