#include "config/server_words.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace maintain {
namespace {

constexpr std::size_t longest_name = 200;  // a directory entry has 255 bytes, and suffixes come behind it
constexpr std::size_t longest_address = 255;

std::string common_problem(std::string_view text, std::size_t longest) {
  if (text.empty()) return "is empty";
  if (text.size() > longest) return "is too long";
  if (text.front() == '-') return "begins with a dash";
  if (std::any_of(text.begin(), text.end(), [](char c) { return c == ' ' || c == '\t'; })) return "holds a space";
  if (printable(text) != text) return "holds a character that cannot be shown";
  return {};
}

}  // namespace

std::string name_problem(std::string_view name) {
  if (name.find('/') != name.npos) return "holds a slash";
  if (name.starts_with('.')) return "begins with a dot";
  return common_problem(name, longest_name);
}

std::string address_problem(std::string_view address) {
  if (address.find_first_of("/@'\"\\$`;&|<>(){}*?!#,") != address.npos) return "holds a character that no address has";
  return common_problem(address, longest_address);
}

std::string user_problem(std::string_view user) {
  if (user.find_first_of("/:'\"`;&|<>(){}*?!#,") != user.npos) return "holds a character that no user name has";
  return common_problem(user, longest_address);
}

}  // namespace maintain
