#include "transport/ssh_config.hpp"

#include <glob.h>

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>

#include "base/fd.hpp"
#include "base/text.hpp"
#include "transport/pattern.hpp"

namespace maintain {
namespace {

constexpr int deepest_include = 8;
constexpr std::size_t largest_file = 1024 * 1024;

// Keyword and arguments: blanks or one '=' between them, double quotes around what holds blanks.
std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  while (true) {
    while (!line.empty() && (line[0] == ' ' || line[0] == '\t' || (line[0] == '=' && words.size() == 1)))
      line.remove_prefix(1);
    if (line.empty() || (line[0] == '#')) return words;
    const bool quoted = line[0] == '"';
    if (quoted) line.remove_prefix(1);
    const std::string_view ends = quoted ? "\"" : words.empty() ? " \t=" : " \t";
    const std::string_view word = line.substr(0, line.find_first_of(ends));
    words.emplace_back(word);
    line.remove_prefix(std::min(line.size(), word.size() + (quoted ? 1 : 0)));
  }
}

bool is_none(const std::vector<std::string>& words) { return words.size() < 2 || to_lower(words[1]) == "none"; }

bool matters(const std::string& keyword, const std::vector<std::string>& words, const Server& server,
             bool has_identities) {
  for (const char* always : {"proxyjump", "proxycommand", "certificatefile", "pkcs11provider", "identityagent",
                             "hostkeyalias", "knownhostscommand", "revokedhostkeys", "bindaddress", "bindinterface"})
    if (keyword == always) return !is_none(words);
  if (words.size() < 2) return false;
  if (keyword == "hostname") return words[1] != "%h" && to_lower(words[1]) != to_lower(server.host());
  if (keyword == "port") return server.port == 22 && words[1] != "22";
  if (keyword == "user") return server.user.empty();
  return keyword == "identityfile" && !has_identities;
}

bool host_applies(const std::vector<std::string>& words, const std::string& host) {
  bool applies = false;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const bool negated = words[i].starts_with("!");
    if (!matches_pattern(host, std::string_view(words[i]).substr(negated ? 1 : 0))) continue;
    if (negated) return false;
    applies = true;
  }
  return applies;
}

bool match_applies(const std::vector<std::string>& words, const std::string& host) {
  if (words.size() == 3 && (to_lower(words[1]) == "host" || to_lower(words[1]) == "originalhost"))
    return matches_pattern_list(host, words[2]);
  return true;
}

std::string reason_in(const SshConfigFile& file, const Server& server, bool has_identities,
                      const SshConfigInclude& include, int depth) {
  bool applies = true;
  int number = 0;
  for (const std::string& line : split_lines(file.text)) {
    ++number;
    const std::vector<std::string> words = words_of(line);
    if (words.empty()) continue;
    const std::string keyword = to_lower(words[0]);
    if (keyword == "host") applies = host_applies(words, server.host());
    else if (keyword == "match") applies = match_applies(words, server.host());
    else if (applies && keyword == "include" && depth < deepest_include) {
      for (std::size_t i = 1; i < words.size(); ++i)
        for (const SshConfigFile& included : include(words[i]))
          if (std::string reason = reason_in(included, server, has_identities, include, depth + 1); !reason.empty())
            return reason;
    } else if (applies && matters(keyword, words, server, has_identities)) {
      return fmt::format("{}:{} sets {}", file.name, number, words[0]);
    }
  }
  return {};
}

SshConfigInclude files_below(const std::string& directory) {
  return [directory](const std::string& pattern) {
    std::vector<SshConfigFile> files;
    glob_t found{};
    const std::string full = pattern.starts_with("/") || pattern.starts_with("~") ? pattern : directory + "/" + pattern;
    if (::glob(full.c_str(), GLOB_TILDE, nullptr, &found) == 0)
      for (std::size_t i = 0; i < found.gl_pathc; ++i)
        if (auto text = read_file(found.gl_pathv[i], largest_file))
          files.push_back({found.gl_pathv[i], std::move(*text)});
    ::globfree(&found);
    return files;
  };
}

}  // namespace

std::string ssh_config_reason(const SshConfigFile& file, const Server& server, bool has_identities,
                              const SshConfigInclude& include) {
  return reason_in(file, server, has_identities, include, 0);
}

std::string ssh_config_reason(const Server& server, bool has_identities) {
  std::vector<std::string> directories = {"/etc/ssh"};
  if (const char* home = std::getenv("HOME")) directories.insert(directories.begin(), std::string(home) + "/.ssh");
  for (const std::string& directory : directories) {
    const std::string name = directory + (directory == "/etc/ssh" ? "/ssh_config" : "/config");
    const auto text = read_file(name, largest_file);
    if (!text) continue;
    if (std::string reason = ssh_config_reason({name, *text}, server, has_identities, files_below(directory));
        !reason.empty())
      return reason;
  }
  return {};
}

}  // namespace maintain
