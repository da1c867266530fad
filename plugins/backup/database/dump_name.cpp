#include "backup/database/dump_name.hpp"

#include <charconv>
#include <cstdint>
#include <cstdio>

namespace maintain::plugins::backup {
namespace {

constexpr std::size_t most_bytes = 200;  // of 255, with room for ".sql.gz" and for what the store puts around it

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("._@+=-").find(c) != std::string_view::npos;
}

std::string percent(char c) {
  char text[4];
  std::snprintf(text, sizeof text, "%%%02X", static_cast<unsigned>(static_cast<unsigned char>(c)));
  return text;
}

// FNV-1a: names differ by chance or by mistake, and the manifest says which file is whose.
std::string hash_text(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(hash));
  return digits;
}

}  // namespace

std::string dump_name(std::string_view database) {
  std::string name;
  for (const char c : database) {
    const bool first = name.empty() && (c == '.' || c == '-');
    const std::string coded = is_plain(c) && !first ? std::string(1, c) : percent(c);
    if (name.size() + coded.size() > most_bytes) return name + "-" + hash_text(database);
    name += coded;
  }
  return name;
}

std::string conninfo(std::string_view database) {
  std::string text = "dbname='";
  for (const char c : database) {
    if (c == '\'' || c == '\\') text += '\\';
    text += c;
  }
  return text + "'";
}

std::string from_hex(std::string_view digits) {
  if (digits.size() % 2 != 0) return {};
  std::string bytes;
  for (std::size_t at = 0; at < digits.size(); at += 2) {
    unsigned char byte = 0;
    const auto [end, error] = std::from_chars(digits.data() + at, digits.data() + at + 2, byte, 16);
    if (error != std::errc() || end != digits.data() + at + 2) return {};
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

}  // namespace maintain::plugins::backup
