// One script, one round trip: what a server is (its facts) and what its projects want (their configuration files).
//
// The script is sent to the server; what comes back is untrusted. Each piece is framed by its size and a random word
// that nothing on the server can know, so that the content of one file cannot pass for another file or for a fact.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace maintain {

inline constexpr std::size_t config_size_limit = 256 * 1024;        // of one file, see formats
inline constexpr std::size_t configs_total_limit = 512 * 1024;      // of all files of a server
inline constexpr std::size_t config_count_limit = 64;

inline constexpr std::string_view unreadable_problem = "cannot be read";  // FetchedConfig::problem: permissions

struct FetchedConfig {
  std::string path;
  std::string text;
  std::string problem = {};  // set: why there is no text; "is larger than 256 KiB"
};

struct Survey {
  std::string facts;                  // JSON object as maintain.facts/1 describes it
  std::string user;                   // who we are there
  std::vector<FetchedConfig> configs;
  bool odd_names = false;             // files of maintain.d were passed over because of characters in their names
  bool too_many = false;              // more than config_count_limit files
};

// A POSIX sh script. Its parameters: survey_arguments(). Its standard input: one line, the random word, which other
// users of the server must not see in a process list.
const std::string& survey_script();
// Without configs only the facts are gathered.
std::vector<std::string> survey_arguments(bool with_configs);

// Pure. An error of kind remote when the output is not what the script prints, as when a file changed under it.
Result<Survey> parse_survey(std::string_view output, std::string_view word);

}  // namespace maintain
