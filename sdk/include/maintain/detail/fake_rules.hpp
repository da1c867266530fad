// What the host refuses, refused by the test kit in the same way.
#pragma once

#include <cmath>

#include <maintain/detail/call.hpp>
#include <maintain/plugin.hpp>

namespace maintain::sdk::testkit::detail {

inline void require(bool good, const std::string& otherwise) {
  if (!good) throw Failure(MAINTAIN_INVALID_ARGUMENT, otherwise);
}

inline bool consists_of(std::string_view text, std::string_view allowed) {
  return !text.empty() && text.size() <= 100 && text.find_first_not_of(allowed) == std::string_view::npos;
}
inline bool is_letter(char c) { return c >= 'a' && c <= 'z'; }
inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
inline bool has_nul(std::string_view text) { return text.find('\0') != std::string_view::npos; }

// A job's or a lock's.
inline void check_name(std::string_view name) {
  require(consists_of(name, "abcdefghijklmnopqrstuvwxyz0123456789._-") && (is_letter(name[0]) || is_digit(name[0])),
          "a name must be [a-z0-9][a-z0-9._-]*, at most 100 bytes: " + std::string(name));
}

inline void check_path(std::string_view path) {
  require(!path.empty() && path[0] == '/' && path.size() <= 4000 && !has_nul(path),
          "a path on the server must be absolute: " + std::string(path));
}

// Of a file in a copy.
inline void check_copied_name(std::string_view name) {
  const std::string all = "/" + std::string(name) + "/";
  bool good = !name.empty() && name.size() <= 1000 && all.find("//") == std::string::npos &&
              all.find("/.") == std::string::npos;
  for (const char c : name)
    good = good && (is_letter(c) || (c >= 'A' && c <= 'Z') || is_digit(c) ||
                    std::string_view("/._@%+=-").find(c) != std::string_view::npos);
  require(good, "not the name of a file in a copy: " + std::string(name));
}

inline void check_finding(std::string_view code, std::string_view title) {
  require(consists_of(code, "abcdefghijklmnopqrstuvwxyz0123456789._-"),
          "a finding's code must be [a-z0-9._-]+, at most 100 bytes: " + std::string(code));
  require(title.find_first_not_of(" \t\r\n") != std::string_view::npos,
          "finding " + std::string(code) + " has no title");
}

inline void check_metric(std::string_view name, double value, std::string_view unit) {
  require(consists_of(name, "abcdefghijklmnopqrstuvwxyz0123456789_") && is_letter(name[0]),
          "a metric's name must be [a-z][a-z0-9_]*, at most 100 bytes: " + std::string(name));
  require(std::isfinite(value), "metric " + std::string(name) + " is not a number");
  require(unit.empty() || unit == "seconds" || unit == "bytes" || unit == "ratio",
          "metric " + std::string(name) + ": the unit must be seconds, bytes or ratio");
}

inline void check_command(const Command& command) {
  require(!command.script.empty() || (!command.argv.empty() && !command.argv[0].empty()),
          "a command needs argv or a script");
  bool nul = has_nul(command.script) || has_nul(command.become_user);
  for (const std::string& word : command.argv) nul = nul || has_nul(word);
  for (const auto& [name, value] : command.environment) {
    nul = nul || has_nul(value);
    bool good = !name.empty() && !is_digit(name[0]);
    for (const char c : name) good = good && (is_letter(c) || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_');
    require(good, "a command sets a variable with an impossible name: " + name);
  }
  require(!nul, "a command holds a NUL byte");
}

}  // namespace maintain::sdk::testkit::detail
