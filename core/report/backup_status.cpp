#include "report/backup_status.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace maintain {
namespace {

constexpr std::array<const char*, 8> blocks{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::array<const char*, 8> letters{"_", ".", ":", "-", "=", "+", "*", "#"};

}  // namespace

bool is_stale(const BackupStatus& status, Time now) {
  const auto since = status.newest ? std::optional(status.newest->started) : status.first_seen;
  return status.task == BackupStatus::Task::active && status.max_age && since && now - *since > *status.max_age;
}

std::optional<Time> second_behind(const BackupStatus& status) {
  if (!status.second) return std::nullopt;
  return status.second->in_step ? status.second->in_step : status.second->waiting_since;
}

bool is_second_stale(const BackupStatus& status, Time now) {
  const auto since = second_behind(status);
  return status.task == BackupStatus::Task::active && since && now - *since > status.second->max_age;
}

bool lacks_drill(const BackupStatus& status, Time now) {
  return status.task == BackupStatus::Task::active && status.drillable &&
         (!status.last_passed_drill || now - *status.last_passed_drill > drill_patience);
}

std::string sparkline(const std::vector<std::uint64_t>& values, bool ascii) {
  const auto& heights = ascii ? letters : blocks;
  if (values.empty()) return {};
  const double greatest = std::max(1.0, static_cast<double>(*std::max_element(values.begin(), values.end())));
  std::string line;
  for (const std::uint64_t value : values) {
    const double height = std::ceil(static_cast<double>(value) / greatest * static_cast<double>(heights.size()));
    line += heights[static_cast<std::size_t>(std::clamp(height, 1.0, static_cast<double>(heights.size()))) - 1];
  }
  return line;
}

}  // namespace maintain
