// The help texts: cmd_NAME.md, compiled in.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace maintain {

struct HelpText {
  std::string summary;  // first paragraph after the title
  std::string body;     // the rest, headings in capitals
};

// The text of cmd_NAME.md. An unknown name is a defect: std::logic_error.
HelpText help_text(std::string_view name);

// What of it is about one of its commands: the paragraphs that begin with the command's word, and its examples.
HelpText help_text(std::string_view name, std::string_view command);

// What people type who know other programs: `help [COMMAND]` for [COMMAND] --help, `version` for --version.
std::vector<std::string> with_words_for_options(std::vector<std::string> arguments);

}  // namespace maintain
