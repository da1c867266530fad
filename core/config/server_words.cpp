#include "config/server_words.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "model/names.hpp"

namespace maintain {
namespace {

constexpr std::size_t longest_address = 255;

std::string common_problem(std::string_view text) {
  if (text.empty()) return "is empty";
  if (text.size() > longest_address) return "is too long";
  if (text.front() == '-') return "begins with a dash";
  if (std::any_of(text.begin(), text.end(), [](char c) { return c == ' ' || c == '\t'; })) return "holds a space";
  if (printable(text) != text) return "holds a character that cannot be shown";
  return {};
}

}  // namespace

std::string name_problem(std::string_view name) {
  if (name.find('/') != name.npos) return "holds a slash";
  if (name.starts_with('.')) return "begins with a dot";
  if (auto problem = common_problem(name); !problem.empty()) return problem;
  // the rule; above are its usual reasons
  return is_safe_directory_name(name) ? "" : "cannot be the name of a directory";
}

std::string address_problem(std::string_view address) {
  if (address.find_first_of("/@'\"\\$`;&|<>(){}*?!#,") != address.npos) return "holds a character that no address has";
  return common_problem(address);
}

std::string user_problem(std::string_view user) {
  if (user.find_first_of("/:'\"`;&|<>(){}*?!#,") != user.npos) return "holds a character that no user name has";
  return common_problem(user);
}

}  // namespace maintain
