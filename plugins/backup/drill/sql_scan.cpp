#include "backup/drill/sql_scan.hpp"

#include <algorithm>
#include <charconv>

namespace maintain::plugins::backup {
namespace {

constexpr std::size_t longest_line = 64 * 1024;
constexpr std::size_t most_roles = 1000;

// What stands between two texts; nothing when one is missing.
std::optional<std::string_view> between(std::string_view text, std::string_view before, std::string_view after) {
  const std::size_t start = text.find(before);
  if (start == std::string_view::npos) return std::nullopt;
  const std::size_t end = text.find(after, start + before.size());
  if (end == std::string_view::npos) return std::nullopt;
  return text.substr(start + before.size(), end - start - before.size());
}

// An identifier as pg_dump writes it: plain, or in double quotes with doubled ones inside.
std::string identifier(std::string_view text) {
  if (!text.starts_with('"')) return std::string(text.substr(0, text.find_first_of(" ,;")));
  std::string name;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] != '"') name += text[i];
    else if (i + 1 < text.size() && text[i + 1] == '"') name += text[++i];
    else break;
  }
  return name;
}

}  // namespace

void SqlScan::take(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, end);
    if (rest_.size() < longest_line) rest_.append(piece.substr(0, longest_line - rest_.size()));
    if (end == std::string_view::npos) return;
    line(rest_);
    rest_.clear();
    bytes.remove_prefix(end + 1);
  }
}

SqlFacts SqlScan::finish() {
  if (!rest_.empty()) line(rest_);
  rest_.clear();
  return facts_;
}

void SqlScan::line(std::string_view text) {
  if (text.ends_with('\r')) text.remove_suffix(1);
  if (postgresql_) return postgresql_line(text);
  if (text.starts_with("CREATE TABLE ")) ++facts_.tables;
}

void SqlScan::postgresql_line(std::string_view text) {
  if (in_copy_) {
    in_copy_ = text != "\\.";
    return;
  }
  if (text.starts_with("COPY ") && text.ends_with(" FROM stdin;")) {
    in_copy_ = true;
  } else if (text.starts_with("-- Name: ") || text.starts_with("-- Data for Name: ")) {
    // Its own heading of each object; a CREATE TABLE could also stand in the body of a function.
    if (text.starts_with("-- Name: ") && text.find("; Type: TABLE; ") != std::string_view::npos) ++facts_.tables;
    if (const std::size_t owner = text.rfind("; Owner: "); owner != std::string_view::npos) {
      std::string_view name = text.substr(owner + 9);
      name = name.substr(0, name.find("; Tablespace: "));
      if (name != "-" && !name.empty() && facts_.roles.size() < most_roles) facts_.roles.emplace(name);
    }
  } else if (text.starts_with("GRANT ") || text.starts_with("REVOKE ") || text.starts_with("ALTER DEFAULT ")) {
    for (const std::string_view before : {" TO ", " FROM ", " FOR ROLE "})
      if (const std::size_t found = text.rfind(before); found != std::string_view::npos)
        add_role(text.substr(found + before.size()));
  } else if (text.starts_with("CREATE POLICY ")) {
    if (const auto names = between(text, " TO ", " USING ")) add_role(*names);
  } else if (text.starts_with("SET client_encoding = ")) {
    if (const auto name = between(text, "'", "'")) facts_.encoding = std::string(*name).substr(0, 64);
  } else if (text.starts_with("-- Dumped from database version ") && !facts_.from_major) {
    int major = 0;
    text.remove_prefix(32);
    if (std::from_chars(text.data(), text.data() + text.size(), major).ec == std::errc()) facts_.from_major = major;
  }
}

void SqlScan::add_role(std::string_view name) {
  const std::string role = identifier(name);
  if (!role.empty() && role != "PUBLIC" && facts_.roles.size() < most_roles) facts_.roles.insert(role);
}

}  // namespace maintain::plugins::backup
