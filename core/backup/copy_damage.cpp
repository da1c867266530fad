#include "backup/copy_damage.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "backup/tree.hpp"
#include "base/fd.hpp"
#include "base/text.hpp"

namespace maintain {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* file_name = "damaged.json";
constexpr std::size_t file_limit = 256 * 1024;
constexpr std::size_t most_named = 100;
constexpr std::size_t longest_text = 300;

std::optional<CopyDamage> decode(const std::string& text) {
  try {
    const Json json = Json::parse(text);
    const auto found = parse_time(json.at("found").get<std::string>());
    if (!found) return std::nullopt;
    CopyDamage damage{*found};
    for (const Json& one : json.at("wrong"))
      damage.wrong.push_back({one.at("file").get<std::string>(), one.at("problem").get<std::string>()});
    return damage;
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

}  // namespace

std::string to_string(const CopyDamage& damage) {
  const std::string when = "found " + format_time(damage.found);
  if (damage.wrong.empty()) return when;
  const auto& first = damage.wrong.front();
  const std::string more =
      damage.wrong.size() == 1 ? "" : fmt::format(", and {} more", count_of(damage.wrong.size() - 1, "file"));
  return fmt::format("{}: {}{}; {}", printable(first.file), printable(first.problem), more, when);
}

std::string damage_of(const std::filesystem::path& copy) {
  const auto text = read_plain_file(copy / file_name, file_limit);
  if (!text && text.error().kind == ErrorKind::not_found) return {};
  const auto damage = text ? decode(*text) : std::nullopt;
  return damage ? to_string(*damage) : fmt::format("it is marked so, and its {} cannot be read", file_name);
}

Result<void> mark_damaged(const std::filesystem::path& copy, const CopyDamage& damage) {
  Json wrong = Json::array();
  for (std::size_t i = 0; i < std::min(damage.wrong.size(), most_named); ++i)
    wrong.push_back({{"file", shorten(damage.wrong[i].file, longest_text)},
                     {"problem", shorten(damage.wrong[i].problem, longest_text)}});
  const Json json = {{"found", format_time(damage.found)}, {"wrong", std::move(wrong)}};
  const std::string text = json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  const std::filesystem::path file = copy / file_name;
  if (auto kept = write_file_atomically(file, text, 0600); !kept) return kept;
  // Root may have looked at another user's copies, who must be able to read why one of them counts no more.
  struct stat info{};
  if (::geteuid() != 0 || ::stat(copy.c_str(), &info) != 0 || info.st_uid == 0) return {};
  if (::lchown(file.c_str(), info.st_uid, info.st_gid) == 0) return {};
  return fail_errno("cannot give " + file.string() + " to its owner", errno);
}

Result<void> clear_damage(const std::filesystem::path& copy) {
  const std::filesystem::path file = copy / file_name;
  if (::unlink(file.c_str()) == 0 || errno == ENOENT) return {};
  return fail_errno("cannot remove " + file.string(), errno);
}

}  // namespace maintain
