// What can be known of a dump from its SQL: how many tables it makes, and what it needs before it can be restored.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace maintain::plugins::backup {

struct SqlFacts {
  std::uint64_t tables = 0;
  std::set<std::string> roles;     // of PostgreSQL: owners, and who is granted something; at most 1,000
  std::string encoding;            // of PostgreSQL: "UTF8"; empty: not said
  std::optional<int> from_major;   // of PostgreSQL: the version of the server it was dumped from
};

// Takes the text in pieces, looks at the beginnings of lines only, and keeps at most 64 KiB of one. The rows between
// COPY and its end are skipped, so that data which looks like SQL is not counted.
class SqlScan {
 public:
  explicit SqlScan(std::string_view engine) : postgresql_(engine == "postgresql") {}
  void take(std::string_view bytes);
  SqlFacts finish();

 private:
  void line(std::string_view text);
  void postgresql_line(std::string_view text);
  void add_role(std::string_view name);

  bool postgresql_;
  bool in_copy_ = false;
  std::string rest_;
  SqlFacts facts_;
};

}  // namespace maintain::plugins::backup
