#include "backup/drill/drill_answer.hpp"

#include <algorithm>
#include <charconv>

#include "backup/drill/scratch.hpp"

namespace maintain::plugins::backup {

Verdict judge(const ScratchAnswer& answer) {
  std::string_view text = answer.text;
  if (!answer.ok) return {false, last_lines(text)};
  if (answer.text.size() >= scratch_answer_limit) return {false, "more than one value"};
  if (text.empty()) return {false, "no row"};
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.find('\n') != std::string_view::npos)
    return {false, std::to_string(std::count(text.begin(), text.end(), '\n') + 1) + " rows instead of one value"};
  if (text.find('\t') != std::string_view::npos) return {false, "several values instead of one: " + std::string(text)};
  if (text.empty()) return {false, "NULL or an empty text"};
  std::string word(text);
  std::transform(word.begin(), word.end(), word.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
  if (word == "t" || word == "true") return {true, std::string(text)};
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool holds = error == std::errc() && end == text.data() + text.size() && number != 0 && number == number;
  return {holds, std::string(text.substr(0, 500))};
}

}  // namespace maintain::plugins::backup
