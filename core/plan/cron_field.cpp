#include "plan/cron_field.hpp"

#include <optional>
#include <string>

#include <fmt/format.h>

#include "base/text.hpp"

namespace maintain {
namespace {

constexpr std::string_view month_names[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                            "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::string_view weekday_names[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

bool is_weekday(const CronField& field) { return field.high == 7; }

bool is_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::optional<int> number(std::string_view digits) {
  int value = 0;
  for (const char digit : digits) {
    value = value * 10 + (digit - '0');
    if (value > 9999) return std::nullopt;
  }
  return value;
}

std::string allowed(const CronField& field) {
  std::string text = fmt::format("{} to {}", field.low, field.high);
  if (!field.names.empty()) text += fmt::format(", or {} to {}", field.names.front(), field.names.back());
  return text;
}

tl::unexpected<Error> wrong(const CronField& field, std::string_view what, std::string hint) {
  return fail(ErrorKind::configuration, fmt::format("{}: {}", field.name, what), std::move(hint));
}

// What other cron dialects offer there, so that the error can name it.
std::string_view dialect(std::string_view item) {
  if (item.find('#') != item.npos) return "the n-th weekday of a month ('#')";
  if (item.find('?') != item.npos) return "'?'";
  if (item.front() == 'l' || item.back() == 'l') return "'L', the last one,";
  if (item.back() == 'w') return "'W', the nearest working day,";
  if (item.front() == 'h' || item.front() == 'r') return "a hashed or random value ('H', 'R')";
  return {};
}

Result<int> parse_value(std::string_view item, const CronField& field) {
  if (item.empty()) return wrong(field, "a number is missing", "it takes " + allowed(field));
  if (is_digits(item)) {
    const std::optional<int> value = number(item);
    if (value && *value >= field.low && *value <= field.high) return *value;
    return wrong(field, fmt::format("{} is out of range", item), "it takes " + allowed(field));
  }
  for (std::size_t i = 0; i < field.names.size(); ++i) {
    if (field.names[i] == item) return field.low + static_cast<int>(i);
  }
  if (const std::string_view extra = dialect(item); !extra.empty()) {
    return wrong(field, fmt::format("'{}': {} is not supported", item, extra), "it takes " + allowed(field));
  }
  return wrong(field, fmt::format("'{}' is not understood", item), "it takes " + allowed(field));
}

struct Range {
  int low;
  int high;
};

Result<Range> parse_range(std::string_view item, bool has_step, const CronField& field) {
  if (item == "*") return Range{field.low, field.high};
  const auto dash = item.find('-');
  if (dash == item.npos) {
    const Result<int> value = parse_value(item, field);
    if (!value) return fail(value.error());
    return Range{*value, has_step ? field.high : *value};  // 10/5 is 10-59/5
  }
  const Result<int> low = parse_value(item.substr(0, dash), field);
  if (!low) return fail(low.error());
  const Result<int> high = parse_value(item.substr(dash + 1), field);
  if (!high) return fail(high.error());
  if (*low <= *high) return Range{*low, *high};
  if (is_weekday(field) && *high == 0) return Range{*low, 7};  // fri-sun
  return wrong(field, fmt::format("the range {} runs backwards", item),
               fmt::format("write two ranges: {}-{},{}-{}", item.substr(0, dash),
                           is_weekday(field) ? 7 : field.high, field.low, item.substr(dash + 1)));
}

}  // namespace

const CronField cron_fields[5] = {{"minute", 0, 59, {}},
                                  {"hour", 0, 23, {}},
                                  {"day of month", 1, 31, {}},
                                  {"month", 1, 12, month_names},
                                  {"day of week", 0, 7, weekday_names}};

Result<std::bitset<60>> parse_cron_field(std::string_view text, const CronField& field) {
  std::bitset<60> values;
  for (const std::string& item : split(text, ',')) {
    std::string_view range_text = item;
    int step = 1;
    const auto slash = item.find('/');
    if (slash != item.npos) {
      range_text = range_text.substr(0, slash);
      const std::string_view step_text = std::string_view(item).substr(slash + 1);
      const std::optional<int> given = is_digits(step_text) ? number(step_text) : std::nullopt;
      if (!given || *given == 0) {
        return wrong(field, fmt::format("'{}' has no usable step", item), "write it like */15 or 5-50/15");
      }
      step = *given;
    }
    const Result<Range> range = parse_range(range_text, slash != item.npos, field);
    if (!range) return fail(range.error());
    for (int value = range->low; value <= range->high; value += step) {
      values.set(static_cast<std::size_t>(is_weekday(field) ? value % 7 : value));
    }
  }
  return values;
}

}  // namespace maintain
