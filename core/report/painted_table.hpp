#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "base/text_table.hpp"
#include "report/paint.hpp"

namespace maintain {

// A table whose rows may have a colour. Cells never hold a line end, so that a line of the text is a row.
class PaintedTable {
 public:
  PaintedTable(std::vector<std::string> headings, const TextStyle& style)
      : table_(std::move(headings)), style_(style) {}
  void add(std::vector<std::string> cells, std::string_view color = {}) {
    for (std::string& cell : cells) cell = printable(cell);
    table_.add(std::move(cells));
    colors_.emplace_back(color);
  }
  std::string render() const {
    std::string text;
    std::size_t row = 0;
    for (const std::string& line : split_lines(table_.render())) {
      text += (row == 0 ? line : paint(line, colors_[row - 1], style_)) + '\n';
      ++row;
    }
    return text;
  }

 private:
  TextTable table_;
  TextStyle style_;
  std::vector<std::string> colors_;
};

}  // namespace maintain
