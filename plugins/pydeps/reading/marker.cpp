#include "pydeps/reading/marker.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace maintain::pydeps {
namespace {

constexpr std::size_t deepest = 20;

struct Variable {
  std::string_view name;
  std::string_view value;  // empty: not known
};

constexpr std::array<Variable, 18> variables = {{
    {"os_name", "posix"}, {"os.name", "posix"}, {"sys_platform", "linux"}, {"sys.platform", "linux"},
    {"platform_system", "Linux"}, {"implementation_name", "cpython"}, {"platform_python_implementation", "CPython"},
    {"platform.python_implementation", "CPython"}, {"python_implementation", "CPython"}, {"python_version", {}},
    {"python_full_version", {}}, {"implementation_version", {}}, {"platform_machine", {}}, {"platform.machine", {}},
    {"platform_release", {}}, {"platform_version", {}}, {"platform.version", {}}, {"extra", {}}}};

// Longer ones first: each begins with what a shorter one is.
constexpr std::array<std::string_view, 8> operators = {"===", "==", "~=", "!=", "<=", ">=", "<", ">"};

struct Operand {
  bool is_variable = false;
  std::optional<std::string_view> text;  // of a variable only when it is known
};

bool is_blank(char c) { return c == ' ' || c == '\t'; }

// Not <cctype>: its answers depend on the locale.
bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
}

Applies applies_if(bool truth) { return truth ? Applies::yes : Applies::no; }

Applies compared(const Operand& left, std::string_view op, const Operand& right) {
  if (left.is_variable == right.is_variable || !left.text || !right.text) return Applies::unknown;
  if (op == "==") return applies_if(*left.text == *right.text);
  if (op == "!=") return applies_if(*left.text != *right.text);
  const bool is_in = right.text->find(*left.text) != std::string_view::npos;  // a part of the text, as Python has it
  if (op == "in") return applies_if(is_in);
  if (op == "not in") return applies_if(!is_in);
  return Applies::unknown;
}

class MarkerReader {
 public:
  explicit MarkerReader(std::string_view text) : text_(text) {}

  // Nothing, here and below: it is no marker.
  std::optional<Applies> read() {
    const auto answer = read_or(0);
    skip_blanks();
    return at_ == text_.size() ? answer : std::nullopt;
  }

 private:
  std::optional<Applies> read_or(std::size_t depth) {
    auto answer = read_and(depth);
    while (answer && take_word("or")) {
      const auto other = read_and(depth);
      answer = other ? std::optional(std::max(*answer, *other)) : std::nullopt;
    }
    return answer;
  }

  std::optional<Applies> read_and(std::size_t depth) {
    auto answer = read_atom(depth);
    while (answer && take_word("and")) {
      const auto other = read_atom(depth);
      answer = other ? std::optional(std::min(*answer, *other)) : std::nullopt;
    }
    return answer;
  }

  std::optional<Applies> read_atom(std::size_t depth) {
    if (!take('(')) return read_comparison();
    if (depth == deepest) return std::nullopt;
    const auto answer = read_or(depth + 1);
    return take(')') ? answer : std::nullopt;
  }

  std::optional<Applies> read_comparison() {
    const auto left = read_operand();
    const std::string_view op = left ? read_operator() : std::string_view();
    if (op.empty()) return std::nullopt;
    const auto right = read_operand();
    return right ? std::optional(compared(*left, op, *right)) : std::nullopt;
  }

  std::optional<Operand> read_operand() {
    for (const char quote : {'"', '\''})
      if (take(quote)) return read_text(quote);
    const std::string_view name = next_word();
    at_ += name.size();
    const auto found = std::find_if(variables.begin(), variables.end(),
                                    [&](const Variable& variable) { return variable.name == name; });
    if (found == variables.end()) return std::nullopt;
    return Operand{.is_variable = true, .text = found->value.empty() ? std::nullopt : std::optional(found->value)};
  }

  // Blanks in it count. PEP 508 has no '\' there, and installers read it as Python does.
  std::optional<Operand> read_text(char quote) {
    const std::size_t end = text_.find(quote, at_);
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view text = text_.substr(at_, end - at_);
    at_ = end + 1;
    if (text.find('\\') != std::string_view::npos) return std::nullopt;
    return Operand{.is_variable = false, .text = text};
  }

  std::string_view read_operator() {
    if (take_word("in")) return "in";
    if (take_word("not")) return take_word("in") ? "not in" : std::string_view();
    for (const std::string_view op : operators) {
      if (!text_.substr(at_).starts_with(op)) continue;
      at_ += op.size();
      return op;
    }
    return {};
  }

  std::string_view next_word() const {
    std::size_t end = at_;
    while (end < text_.size() && is_word(text_[end])) ++end;
    return text_.substr(at_, end - at_);
  }

  bool take_word(std::string_view word) {
    skip_blanks();
    if (next_word() != word) return false;
    at_ += word.size();
    return true;
  }

  bool take(char c) {
    skip_blanks();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  void skip_blanks() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

Applies marker_applies(std::string_view marker) {
  if (marker.size() > longest_marker) return Applies::unknown;
  return MarkerReader(marker).read().value_or(Applies::unknown);
}

}  // namespace maintain::pydeps
