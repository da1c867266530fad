// A table that has to fit a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace maintain {

struct TableText {
  std::vector<std::string> headings;
  std::vector<std::vector<std::string>> rows;  // each with a cell for every heading
};

// What may be given up so that the table is at most `width` columns wide, in this order: whole columns, by heading;
// then the ends of the texts of others, the widest first, down to a width at which they can still be told apart.
void fit_table(TableText& table, std::size_t width, const std::vector<std::string>& dispensable,
               const std::vector<std::string>& shortened);

}  // namespace maintain
