#include "pydeps/classify/end_of_life.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "pydeps/classify/end_of_life_data.hpp"
#include "pydeps/classify/yaml_tree.hpp"

namespace maintain::pydeps {
namespace {

using Kind = YamlTree::Kind;

// All of the text, in digits.
std::optional<unsigned> number(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// 2026-04-10
std::optional<std::chrono::sys_days> parse_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = number(text.substr(0, 4));
  const auto month = number(text.substr(5, 2));
  const auto day = number(text.substr(8, 2));
  if (!year || !month || !day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)), std::chrono::month(*month),
                                         std::chrono::day(*day)};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date);
}

std::optional<std::vector<SupportCycle>> parse_cycles(const YamlTree& product) {
  if (product.kind != Kind::mapping) return std::nullopt;
  std::vector<SupportCycle> cycles;
  for (std::size_t place = 0; place < product.keys.size(); ++place) {
    std::optional<Version> line = Version::parse(product.keys[place]);
    const auto last = parse_date(product.items[place].text);
    if (!line || !last) return std::nullopt;
    cycles.push_back({*std::move(line), *last});
  }
  return cycles;
}

}  // namespace

std::optional<EndOfLifeTable> parse_end_of_life(std::string_view yaml) {
  const auto parsed = parse_yaml_tree(yaml);
  const auto* root = std::get_if<YamlTree>(&parsed);
  if (root == nullptr || root->kind != Kind::mapping) return std::nullopt;
  EndOfLifeTable table;
  bool is_dated = false;
  for (std::size_t place = 0; place < root->keys.size(); ++place) {
    if (root->keys[place] == "as_of") {
      const auto as_of = parse_date(root->items[place].text);
      if (!as_of) return std::nullopt;
      table.as_of = *as_of;
      is_dated = true;
      continue;
    }
    auto cycles = parse_cycles(root->items[place]);
    if (!cycles) return std::nullopt;
    std::sort(cycles->begin(), cycles->end(), [](const auto& a, const auto& b) { return a.line < b.line; });
    table.products[root->keys[place]] = *std::move(cycles);
  }
  if (!is_dated) return std::nullopt;
  return table;
}

const EndOfLifeTable& bundled_end_of_life() {
  static const EndOfLifeTable table = parse_end_of_life(end_of_life_data).value_or(EndOfLifeTable{});
  return table;
}

std::optional<EndOfLife> end_of_life(const EndOfLifeTable& table, std::string_view product, const Version& version,
                                     std::chrono::sys_days today) {
  const auto cycles = table.products.find(product);
  if (cycles == table.products.end()) return std::nullopt;
  for (const SupportCycle& cycle : cycles->second) {
    const bool is_later = !in_line(version, cycle.line);
    if (is_later && version > cycle.line) continue;
    const std::chrono::days left = cycle.last - today;
    const bool is_over = left.count() < 0;
    if (is_later && !is_over) return std::nullopt;
    return EndOfLife{cycle.line.text(), cycle.last, left, is_over, is_later};
  }
  return std::nullopt;
}

}  // namespace maintain::pydeps
