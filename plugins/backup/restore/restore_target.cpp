#include "backup/restore/restore_target.hpp"

#include <optional>

#include <maintain/plugin.hpp>

#include "backup/tree/rsync_command.hpp"
#include "backup/volume/container_runtime.hpp"

namespace maintain::plugins::backup {
namespace {

constexpr std::string_view database_word = "database:";
constexpr std::string_view volume_word = "volume:";
constexpr std::size_t longest_name = 128;

[[noreturn]] void wrong(const std::string& why) { throw sdk::InvalidOption("/to", why); }

std::string path_in(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) wrong("a path cannot hold a zero byte");
  std::string path = tidy_path(text);
  if ((path + "/").find("/../") != std::string::npos) wrong("a path to restore to cannot hold '..'");
  return path;
}

// What a program would take for an option or a connection string is no harm where it is quoted, but is a mistake.
std::string database_in(std::string_view name) {
  if (name.empty()) wrong("database: needs a name");
  if (name.size() > longest_name) wrong("a database's name is shorter than " + std::to_string(longest_name) + " bytes");
  if (name.front() == '-') wrong("a database's name cannot begin with '-'");
  for (const char c : name)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) wrong("a database's name cannot hold control characters");
  return std::string(name);
}

std::optional<RestoreTarget> thing_in(std::string_view text) {
  if (text.starts_with(database_word))
    return RestoreTarget{TargetKind::database, database_in(text.substr(database_word.size()))};
  if (!text.starts_with(volume_word)) return std::nullopt;
  const std::string_view name = text.substr(volume_word.size());
  if (!is_volume_name(name)) wrong("volume: needs a name of letters, digits, '_', '.' and '-'");
  return RestoreTarget{TargetKind::volume, std::string(name)};
}

}  // namespace

RestoreTarget parse_restore_target(std::string_view text, std::string_view server) {
  if (text.starts_with('/')) return {TargetKind::directory, path_in(text)};
  if (const auto thing = thing_in(text)) return *thing;
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos)
    wrong("where to? An absolute directory here, " + std::string(server) + ":/PATH, database:NAME, or volume:NAME");
  const std::string_view named = text.substr(0, colon);
  if (named != server)
    wrong("a copy of " + std::string(server) + " is restored here or there, not on '" + std::string(named) +
          "': restore it to a directory here, and take it on from there");
  const std::string_view rest = text.substr(colon + 1);
  if (rest.starts_with('/')) return {TargetKind::path, path_in(rest)};
  if (const auto thing = thing_in(rest)) return *thing;
  wrong("after '" + std::string(server) + ":' comes an absolute path, database:NAME, or volume:NAME");
}

std::string describe(const RestoreTarget& target, const std::string& server) {
  if (target.kind == TargetKind::directory) return target.name;
  if (target.kind == TargetKind::path) return server + ":" + target.name;
  if (target.kind == TargetKind::volume) return "the volume " + target.name + " on " + server;
  return "the database " + target.name + " on " + server;
}

}  // namespace maintain::plugins::backup
