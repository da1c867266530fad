#include "backup/restic_output.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <re2/re2.h>

#include "base/text.hpp"

namespace maintain {
namespace {

using Json = nlohmann::json;

constexpr std::size_t shown_unread = 10;

// restic splits tags at commas and takes blanks off; a server's name may hold both.
std::string encode(std::string_view word) {
  std::string encoded;
  for (const char c : word) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("._-@:+").find(c) != std::string_view::npos;
    if (plain) encoded += c;
    else encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return encoded;
}

tl::unexpected<Error> not_understood(const char* what) {
  return fail(ErrorKind::remote, fmt::format("what {} printed is not what it was asked for", what),
              "maintain knows restic 0.14 and later: see `restic version`");
}

// "2026-11-29T01:02:03.123+01:00"
std::optional<Time> time_of(const Json& json) {
  static const RE2 form(R"((\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.\d+)?(?:Z|([+-])(\d{2}):(\d{2})))");
  std::string moment, sign, hours, minutes;
  if (!json.is_string() || !RE2::FullMatch(json.get<std::string>(), form, &moment, &sign, &hours, &minutes)) return {};
  const auto time = parse_time(moment + "Z");
  if (!time) return std::nullopt;
  if (sign.empty()) return *time;
  const Seconds offset = std::chrono::hours(std::stoi(hours)) + std::chrono::minutes(std::stoi(minutes));
  return sign == "+" ? *time - offset : *time + offset;
}

bool is_restic_id(const std::string& id) {
  return id.size() >= 8 && id.size() <= 64 && id.find_first_not_of("0123456789abcdef") == id.npos;
}

std::string text_of(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// restic leaves a password in an address where it quotes its backend's words.
std::string without_passwords(std::string text) {
  static const RE2 password(R"(://([^/\s:@]*):[^/\s@]*@)");
  RE2::GlobalReplace(&text, password, R"(://\1:***@)");
  return text;
}

// The line that says it, among warnings before and advice behind it.
std::string reason_of(const LocalExit& exit) {
  std::string reason;
  for (const std::string& line : split_lines(exit.error_output)) {
    const std::string_view words = trim(line);
    if (words.empty()) continue;
    reason = words;
    constexpr std::string_view fatal = "Fatal: ";
    if (words.starts_with(fatal)) reason.erase(0, fatal.size());
    if (words.starts_with(fatal) || words.starts_with("unable to ")) break;
  }
  if (reason.empty()) return exit.describe();
  return shorten(printable(without_passwords(std::move(reason))), 300);
}

struct Cause {
  std::array<std::string_view, 6> words;  // any of them in the error output
  int status;                             // of restic since 0.17; 0: none of its own
  ErrorKind kind;
  const char* hint;
};

// In the order in which they are looked for: a backend that refuses us also "cannot open the config file".
constexpr std::array causes{
    Cause{{"wrong password or no key found"}, 12, ErrorKind::authentication,
          "password_file must hold the password that the repository was made with"},
    Cause{{"repository is already locked", "unable to create lock"}, 11, ErrorKind::busy,
          "another restic works there; if none does, its lock goes with `restic unlock --remove-all`"},
    Cause{{"401 Unauthorized", "403 Forbidden", "Access Denied", "SignatureDoesNotMatch", "InvalidAccessKeyId",
           "Permission denied"}, 0, ErrorKind::authentication,
          "see the keys in environment_file, and the rights of the place where the repository is"},
    Cause{{"no such file or directory", "file does not exist", "404 Not Found", "key does not exist",
           "bucket does not exist", "unexpected HTTP response (404)"}, 10, ErrorKind::not_found,
          "if the place is right and none was made yet: maintain backups push --init"},
    Cause{{"dial tcp", "no such host", "i/o timeout", "subprocess ssh", "unable to open", "connection"}, 0,
          ErrorKind::unreachable, "see whether the place answers; the next push tries again"},
};

}  // namespace

std::string restic_tag_of(const TaskKey& key) {
  return fmt::format("{}/{}/{}", encode(key.server), key.project.empty() ? "_" : encode(key.project),
                     encode(key.task));
}

std::string restic_tag_of(const TaskKey& key, const std::string& copy) {
  return restic_tag_of(key) + "/" + encode(copy);
}

bool ResticSnapshot::has_tag(const std::string& tag) const {
  return std::find(tags.begin(), tags.end(), tag) != tags.end();
}

Result<std::vector<ResticSnapshot>> parse_restic_snapshots(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_null()) return std::vector<ResticSnapshot>();  // of a repository that has none
  if (!json.is_array()) return not_understood("restic snapshots");
  std::vector<ResticSnapshot> snapshots;
  for (const Json& item : json) {
    if (!item.is_object()) return not_understood("restic snapshots");
    const auto time = time_of(item.value("time", Json()));
    ResticSnapshot snapshot{text_of(item, "id"), time.value_or(Time{})};
    if (!time || !is_restic_id(snapshot.id)) return not_understood("restic snapshots");
    if (const auto tags = item.find("tags"); tags != item.end() && tags->is_array())
      for (const Json& tag : *tags)
        if (tag.is_string()) snapshot.tags.push_back(tag.get<std::string>());
    snapshots.push_back(std::move(snapshot));
  }
  return snapshots;
}

Result<ResticSummary> parse_restic_summary(std::string_view text) {
  const std::vector<std::string> lines = split_lines(trim(text));
  const Json json = lines.empty() ? Json() : Json::parse(lines.back(), nullptr, false);
  if (!json.is_object() || text_of(json, "message_type") != "summary") return not_understood("restic backup");
  ResticSummary summary{text_of(json, "snapshot_id")};
  if (!is_restic_id(summary.snapshot)) return not_understood("restic backup");
  const auto number = [&json](const char* key) {
    const auto found = json.find(key);
    return found != json.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
  };
  summary.added = number("data_added");
  summary.files = number("total_files_processed");
  return summary;
}

std::vector<std::string> parse_unread_files(std::string_view error_output) {
  std::vector<std::string> files;
  for (const std::string& line : split_lines(error_output)) {
    const Json json = Json::parse(line, nullptr, false);
    if (!json.is_object() || text_of(json, "message_type") != "error") continue;
    const std::string item = shorten(printable(text_of(json, "item")), 300);
    if (item.empty() || std::find(files.begin(), files.end(), item) != files.end()) continue;
    files.push_back(item);
    if (files.size() == shown_unread) break;
  }
  return files;
}

Result<std::size_t> parse_restic_forget(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_array()) return not_understood("restic forget");
  std::size_t removed = 0;
  for (const Json& group : json) {
    if (!group.is_object()) return not_understood("restic forget");
    if (const auto gone = group.find("remove"); gone != group.end() && gone->is_array()) removed += gone->size();
  }
  return removed;
}

std::vector<std::string> restic_keep_options(const RetentionPolicy& policy) {
  constexpr int all = 1'000'000;  // restic 0.14 has no word for it
  std::vector<std::string> options;
  const auto count = [&](const char* word, int number) {
    if (number != 0) options.push_back(fmt::format("--keep-{}={}", word, number < 0 ? all : number));
  };
  const auto span = [&](const char* word, const std::optional<CalendarSpan>& of) {
    if (of) options.push_back(fmt::format("--keep-{}={}", word, to_string(*of)));
  };
  count("last", policy.last);
  count("hourly", policy.hourly);
  count("daily", policy.daily);
  count("weekly", policy.weekly);
  count("monthly", policy.monthly);
  count("yearly", policy.yearly);
  span("within", policy.within);
  span("within-hourly", policy.within_hourly);
  span("within-daily", policy.within_daily);
  span("within-weekly", policy.within_weekly);
  span("within-monthly", policy.within_monthly);
  span("within-yearly", policy.within_yearly);
  return options;
}

Result<std::map<std::string, std::string>> parse_environment_file(const std::string& file, std::string_view text) {
  static const RE2 form(R"((?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*))");
  std::map<std::string, std::string> environment;
  int number = 0;
  for (const std::string& line : split_lines(text)) {
    ++number;
    const std::string words(trim(line));
    if (words.empty() || words.front() == '#') continue;
    std::string name, value;
    if (words.find('\0') != words.npos || !RE2::FullMatch(words, form, &name, &value))
      return fail(Error{ErrorKind::configuration, "is no line of the form NAME=value", {}, Position{file, number, 1}});
    const bool quoted = value.size() >= 2 && value.front() == value.back() &&
                        (value.front() == '"' || value.front() == '\'');
    environment[name] = quoted ? value.substr(1, value.size() - 2) : value;
  }
  return environment;
}

Error explain_restic(const LocalExit& exit, const std::string& doing) {
  Error error{ErrorKind::remote, fmt::format("restic could not {}: {}", doing, reason_of(exit)), {}, {}};
  for (const Cause& cause : causes) {
    const bool said = std::any_of(cause.words.begin(), cause.words.end(), [&](std::string_view words) {
      return !words.empty() && exit.error_output.find(words) != std::string::npos;
    });
    if (!said && (cause.status == 0 || exit.status != cause.status)) continue;
    error.kind = cause.kind;
    error.hint = cause.hint;
    break;
  }
  return error;
}

}  // namespace maintain
