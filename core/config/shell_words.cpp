#include "config/shell_words.hpp"

#include <utility>

namespace maintain {

Result<std::vector<std::string>> split_shell_words(std::string_view text, bool comments) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = '\0';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool last = i + 1 == text.size();
    if (quote != '\0') {
      if (c == quote) {
        quote = '\0';
      } else if (c == '\\' && quote == '"' && !last && (text[i + 1] == '"' || text[i + 1] == '\\')) {
        word += text[++i];
      } else {
        word += c;
      }
    } else if (c == '"' || c == '\'') {
      quote = c;
      in_word = true;
    } else if (c == '\\') {
      if (last) return fail(ErrorKind::configuration, "a backslash stands at the end");
      word += text[++i];
      in_word = true;
    } else if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
      if (in_word) words.push_back(std::exchange(word, {}));
      in_word = false;
    } else if (comments && c == '#') {
      break;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (quote != '\0') return fail(ErrorKind::configuration, std::string("the quote ") + quote + " is not closed");
  if (in_word) words.push_back(std::move(word));
  return words;
}

}  // namespace maintain
