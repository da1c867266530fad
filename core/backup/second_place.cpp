#include "backup/second_place.hpp"

#include <nlohmann/json.hpp>

#include "base/fd.hpp"

namespace maintain {
namespace {

using Json = nlohmann::json;

constexpr const char* file_name = "_second.json";
constexpr std::size_t file_limit = 64 * 1024;
constexpr Seconds clock_skew = std::chrono::minutes(10);  // a clock that was set back a little makes nothing unsent

std::string text_of(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

std::string encode_sent_copy(const SentCopy& sent) {
  return Json{{"version", 1}, {"copy", sent.copy}, {"snapshot", sent.snapshot}, {"seen", format_time(sent.seen)}}
             .dump(2) + "\n";
}

std::optional<SentCopy> parse_sent_copy(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  const auto seen = parse_time(text_of(json, "seen"));
  SentCopy sent{text_of(json, "copy"), text_of(json, "snapshot"), seen.value_or(Time{})};
  if (!seen || !time_of_copy(sent.copy) || sent.snapshot.empty()) return std::nullopt;
  return sent;
}

std::optional<SentCopy> read_sent_copy(const std::filesystem::path& directory) {
  const auto text = read_file(directory / file_name, file_limit);
  return text ? parse_sent_copy(*text) : std::nullopt;
}

Result<void> keep_sent_copy(const std::filesystem::path& directory, const SentCopy& sent) {
  return write_file_atomically(directory / file_name, encode_sent_copy(sent), 0600);
}

Result<SecondStatus> second_status(const std::filesystem::path& backups, const TaskKey& key, Seconds max_age,
                                   Time now) {
  SecondStatus status{max_age};
  const auto sent = read_sent_copy(copies_directory(backups, key));
  if (sent && sent->seen <= now + clock_skew) {
    status.in_step = sent->seen;
    return status;
  }
  const auto copies = TaskCopies(backups, key).list();
  if (!copies) return fail(copies.error());
  for (const CopyManifest& copy : *copies)  // newest first
    if (copy.state == CopyState::verified) status.waiting_since = copy.finished;
  return status;
}

}  // namespace maintain
