// What `apt-get update` says of single sources. Its exit status is 0 when a mirror cannot be reached.
#include <algorithm>
#include <array>

#include "apt/apt_parse.hpp"
#include "common/sections.hpp"

namespace maintain::plugins::apt {
namespace {

constexpr std::size_t most_problems = 200;
constexpr std::size_t longest_reason = 500;

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

bool is_address(std::string_view word) { return has(word, ":/") && !word.starts_with(':'); }

// "http://host/path bookworm" of "http://host/path bookworm/main amd64 Packages"; empty without an address.
std::string source_in(std::string_view text) {
  const auto words = split_words(text);
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (!is_address(words[i])) continue;
    std::string source(words[i]);
    if (i + 1 < words.size()) source += " " + std::string(words[i + 1].substr(0, words[i + 1].find('/')));
    return source;
  }
  return {};
}

std::string_view quoted(std::string_view text) {
  const std::size_t start = text.find('\'');
  const std::size_t end = start == std::string_view::npos ? start : text.find('\'', start + 1);
  return end == std::string_view::npos ? std::string_view{} : text.substr(start + 1, end - start - 1);
}

SourceTrouble trouble_of(std::string_view reason) {
  struct Sign {
    std::string_view words;
    SourceTrouble trouble;
  };
  static constexpr std::array signs{
      Sign{"Could not get lock", SourceTrouble::locked},
      Sign{"Unable to lock directory", SourceTrouble::locked},
      Sign{"Malformed entry", SourceTrouble::configuration},
      Sign{"Malformed line", SourceTrouble::configuration},
      Sign{"Malformed stanza", SourceTrouble::configuration},
      Sign{"list of sources could not be read", SourceTrouble::configuration},
      Sign{"Conflicting values set for option", SourceTrouble::configuration},
      Sign{"is not signed", SourceTrouble::signature},
      Sign{"GPG error", SourceTrouble::signature},
      Sign{"signatures", SourceTrouble::signature},
      Sign{"NO_PUBKEY", SourceTrouble::signature},
      Sign{"is expired", SourceTrouble::expired},
      Sign{"is not valid yet", SourceTrouble::expired},
      Sign{"changed its '", SourceTrouble::renamed},
      Sign{"doesn't have the component", SourceTrouble::component},
      Sign{"a Release file", SourceTrouble::missing},
      Sign{"404 ", SourceTrouble::missing},
      Sign{"410 ", SourceTrouble::missing},
      Sign{"File not found", SourceTrouble::missing},
      Sign{"resolving", SourceTrouble::network},
      Sign{"Could not connect", SourceTrouble::network},
      Sign{"Unable to connect", SourceTrouble::network},
      Sign{"Cannot initiate the connection", SourceTrouble::network},
      Sign{"Could not resolve", SourceTrouble::network},
      Sign{"Connection ", SourceTrouble::network},
      Sign{"timed out", SourceTrouble::network},
      Sign{"500 ", SourceTrouble::network},
      Sign{"502 ", SourceTrouble::network},
      Sign{"503 ", SourceTrouble::network},
  };
  for (const Sign& sign : signs) {
    if (has(reason, sign.words)) return sign.trouble;
  }
  return SourceTrouble::other;
}

void add(std::vector<SourceProblem>& problems, std::string source, std::string_view reason) {
  reason = trim(reason).substr(0, longest_reason);
  const auto same = std::find_if(problems.begin(), problems.end(),
                                 [&](const SourceProblem& problem) { return problem.source == source; });
  SourceProblem problem{.source = std::move(source), .trouble = trouble_of(reason), .reason = std::string(reason)};
  if (same == problems.end()) {
    if (problems.size() < most_problems) problems.push_back(std::move(problem));
  } else if (same->trouble == SourceTrouble::other || same->reason.empty()) {
    *same = std::move(problem);
  }
}

// Follow-ups that only say that something above went wrong.
bool says_nothing_new(std::string_view line) {
  return line.starts_with("W: Some index files failed") || line.starts_with("E: Some index files failed") ||
         line.starts_with("W: Failed to fetch") || line.starts_with("E: Failed to fetch") ||
         line.starts_with("E: The list of sources could not be read") ||
         line.starts_with("E: Unable to lock directory") ||
         line.starts_with("W: Download is performed unsandboxed") || has(line, "is configured multiple times");
}

}  // namespace

std::vector<SourceProblem> parse_update(std::string_view text) {
  std::vector<SourceProblem> problems;
  const auto lines = split_lines(text);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string_view line = lines[i];
    if (line.starts_with("Err:")) {
      const bool told = i + 1 < lines.size() && lines[i + 1].starts_with("  ");
      add(problems, source_in(line), told ? lines[i + 1] : std::string_view{});
    }
  }
  for (const std::string_view line : lines) {
    const bool error = line.starts_with("E: ");
    if ((!error && !line.starts_with("W: ")) || says_nothing_new(line)) continue;
    const std::string_view message = line.substr(3);
    const SourceTrouble trouble = trouble_of(message);
    if (!error && trouble != SourceTrouble::signature && trouble != SourceTrouble::component) continue;
    const std::string_view name = quoted(message);
    const std::string_view component_owner =
        trouble == SourceTrouble::component && has(message, "repository '")
            ? message.substr(message.find("repository '"))
            : std::string_view{};
    std::string source = source_in(component_owner.empty() ? name : quoted(component_owner));
    if (source.empty()) source = source_in(message);
    // A malformed entry quotes an address too, but the file is what has to be mended.
    if (trouble == SourceTrouble::configuration || trouble == SourceTrouble::locked) source.clear();
    add(problems, std::move(source), message);
  }
  return problems;
}

}  // namespace maintain::plugins::apt
