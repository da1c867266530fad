// Columns for a terminal: as wide as their content, two spaces apart, no trailing blanks.
#pragma once

#include <string>
#include <vector>

namespace maintain {

class TextTable {
 public:
  explicit TextTable(std::vector<std::string> headings);
  void add(std::vector<std::string> cells);  // missing cells are empty, surplus ones an error of the caller
  bool empty() const { return rows_.empty(); }
  std::string render() const;  // headings, then rows, each ended by a newline

 private:
  std::vector<std::string> headings_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace maintain
