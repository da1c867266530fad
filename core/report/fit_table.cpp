#include "report/fit_table.hpp"

#include <algorithm>
#include <numeric>
#include <optional>

namespace maintain {
namespace {

constexpr std::size_t narrowest = 10;  // of a column that is shortened
constexpr std::size_t gap = 2;

bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

std::size_t columns_of(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_character));
}

void cut(std::string& text, std::size_t columns) {
  if (columns_of(text) <= columns) return;
  std::size_t seen = 0, end = 0;
  while (end < text.size() && (!begins_character(text[end]) || seen++ < columns - 1)) ++end;
  text = text.substr(0, end) + "…";
}

std::vector<std::size_t> widths_of(const TableText& table) {
  std::vector<std::size_t> widths;
  for (const std::string& heading : table.headings) widths.push_back(columns_of(heading));
  for (const auto& row : table.rows)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], columns_of(row[i]));
  return widths;
}

std::size_t total(const std::vector<std::size_t>& widths) {
  return std::accumulate(widths.begin(), widths.end(), std::size_t{0}) + gap * (widths.size() - 1);
}

std::optional<std::size_t> column(const TableText& table, const std::string& heading) {
  const auto found = std::find(table.headings.begin(), table.headings.end(), heading);
  if (found == table.headings.end()) return std::nullopt;
  return static_cast<std::size_t>(found - table.headings.begin());
}

void drop(TableText& table, std::size_t index) {
  const auto at = static_cast<std::ptrdiff_t>(index);
  table.headings.erase(table.headings.begin() + at);
  for (auto& row : table.rows) row.erase(row.begin() + at);
}

}  // namespace

void fit_table(TableText& table, std::size_t width, const std::vector<std::string>& dispensable,
               const std::vector<std::string>& shortened) {
  for (const std::string& heading : dispensable)
    if (const auto index = column(table, heading); index && total(widths_of(table)) > width) drop(table, *index);
  for (;;) {
    const std::vector<std::size_t> widths = widths_of(table);
    if (total(widths) <= width) return;
    std::size_t widest = narrowest, index = widths.size();
    for (const std::string& heading : shortened) {
      const auto at = column(table, heading);
      if (at && widths[*at] > widest) widest = widths[*at], index = *at;
    }
    if (index == widths.size()) return;  // narrower it cannot be
    for (auto& row : table.rows) cut(row[index], widest - 1);
  }
}

}  // namespace maintain
