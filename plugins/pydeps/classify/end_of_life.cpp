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

constexpr std::size_t longest_line = 50;

// What is wrong is thrown as a text, and caught below.
struct Wrong {
  int line;
  std::string why;
};

std::vector<SupportCycle> read_cycles(const std::string& name, const YamlTree& product, std::chrono::sys_days as_of) {
  if (name != "python" && name != "django") throw Wrong{product.line, quoted(name) + " is neither python nor django"};
  if (product.kind != Kind::mapping || product.keys.empty()) throw Wrong{product.line, name + " has no lines"};
  std::vector<SupportCycle> cycles;
  for (std::size_t place = 0; place < product.keys.size(); ++place) {
    const std::string& text = product.keys[place];
    std::optional<Version> line = text.size() <= longest_line ? Version::parse(text) : std::nullopt;
    const YamlTree& date = product.items[place];
    const auto last = parse_date(date.text);
    if (!line || line->base() != *line) throw Wrong{date.line, name + ": " + quoted(text) + " is no line of releases"};
    if (!last) throw Wrong{date.line, name + " " + line->text() + ": " + quoted(date.text) + " is no date"};
    cycles.push_back({*std::move(line), *last, as_of});
  }
  std::sort(cycles.begin(), cycles.end(), [](const auto& a, const auto& b) { return a.line < b.line; });
  return cycles;
}

EndOfLifeTable read_table(std::string_view yaml) {
  const auto parsed = parse_yaml_tree(yaml);
  if (const auto* refusal = std::get_if<YamlRefusal>(&parsed)) throw Wrong{refusal->line, refusal->message};
  const auto& root = std::get<YamlTree>(parsed);
  if (root.kind != Kind::mapping) throw Wrong{root.line, "it is no mapping of products to their lines"};
  EndOfLifeTable table;
  const auto as_of = std::find(root.keys.begin(), root.keys.end(), "as_of");
  if (as_of == root.keys.end()) throw Wrong{root.line, "as_of is missing"};
  const YamlTree& dated = root.items[static_cast<std::size_t>(as_of - root.keys.begin())];
  const auto day = parse_date(dated.text);
  if (!day) throw Wrong{dated.line, "as_of: " + quoted(dated.text) + " is no date"};
  table.as_of = *day;
  for (std::size_t place = 0; place < root.keys.size(); ++place)
    if (const std::string& name = root.keys[place]; name != "as_of")
      table.products[name] = read_cycles(name, root.items[place], *day);
  if (table.products.empty()) throw Wrong{root.line, "it names neither python nor django"};
  return table;
}

}  // namespace

ParsedEndOfLife parse_end_of_life(std::string_view yaml) {
  try {
    return {.table = read_table(yaml)};
  } catch (const Wrong& wrong) {
    return {.problem = (wrong.line > 0 ? "line " + std::to_string(wrong.line) + ": " : "") + wrong.why};
  }
}

const EndOfLifeTable& bundled_end_of_life() {
  static const EndOfLifeTable table = parse_end_of_life(end_of_life_data).table.value_or(EndOfLifeTable{});
  return table;
}

EndOfLifeTable renewed(EndOfLifeTable table, const EndOfLifeTable& newer) {
  table.as_of = newer.as_of;
  for (const auto& [product, cycles] : newer.products) {
    std::map<Version, SupportCycle> lines;
    for (const SupportCycle& cycle : table.products[product]) lines.insert_or_assign(cycle.line, cycle);
    for (const SupportCycle& cycle : cycles) lines.insert_or_assign(cycle.line, cycle);
    table.products[product].clear();
    for (auto& [line, cycle] : lines) table.products[product].push_back(std::move(cycle));
  }
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
    return EndOfLife{cycle.line.text(), cycle.last, cycle.as_of, left, is_over, is_later};
  }
  return std::nullopt;
}

}  // namespace maintain::pydeps
