#include "run/survey.hpp"

#include <charconv>
#include <map>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "config/project_config.hpp"

namespace maintain {
namespace {

// Few processes: most servers are asked this every quarter of an hour. `kind size name`, a line end, the bytes, a
// line end, the word, a line end.
constexpr const char* script = R"sh(LC_ALL=C; export LC_ALL
IFS= read -r word
directory=$1 legacy=$2 one_limit=$3 all_limit=$4 count_limit=$5
value() { printf '%s %s -\n%s\n%s\n' "$1" "${#2}" "$2" "$word"; }
mark() { printf '%s 0 %s\n\n%s\n' "$1" "$2" "$word"; }
content() {
  printf '%s %s %s\n' "$1" "$2" "$3"
  head -c "$2" "$3"
  printf '\n%s\n' "$word"
}
line_of() { line=; [ -r "$1" ] && IFS= read -r line < "$1"; }

printf '\n%s\n' "$word"
size=0
[ -r /etc/os-release ] && size=$(($(wc -c < /etc/os-release)))
[ "$size" -gt 0 ] && [ "$size" -le 65536 ] && content os "$size" /etc/os-release
value uname "$(uname -n -r -m)"
value user "$(id -un)"
value time "$(date +%s%3N)"
line_of /proc/sys/kernel/random/boot_id; value boot "$line"
line_of /proc/uptime; value uptime "$line"
if [ -d /run/systemd/system ]; then line=systemd; else line_of /proc/1/comm; fi
value init "$line"
line_of /run/systemd/container
[ -n "$line" ] || line_of /run/host/container-manager
[ -n "$line" ] || { [ -e /.dockerenv ] && line=docker; }
[ -n "$line" ] || { [ -e /run/.containerenv ] && line=podman; }
[ -n "$line" ] || { [ -r /proc/1/environ ] && line=$(tr '\0' '\n' < /proc/1/environ | sed -n 's/^container=//p'); }
value container "$line"

total=0 count=0
config() {
  [ -e "$1" ] || return 0
  count=$((count + 1))
  if [ "$count" -gt "$count_limit" ]; then [ "$count" -gt $((count_limit + 1)) ] || mark many -; return 0; fi
  if [ ! -f "$1" ] || [ ! -r "$1" ]; then mark unreadable "$1"; return 0; fi
  size=$(($(wc -c < "$1")))
  # What is not sent does not count: one project's mistake must not push out another's file.
  if [ "$size" -gt "$one_limit" ]; then mark large "$1"; return 0; fi
  if [ $((total + size)) -gt "$all_limit" ]; then mark together "$1"; return 0; fi
  total=$((total + size))
  content config "$size" "$1"
}
if [ -n "$directory" ]; then
  if [ -d "$directory" ] && { [ ! -r "$directory" ] || [ ! -x "$directory" ]; }; then mark unreadable "$directory"; fi
  for path in "$directory"/*.yml; do
    case ${path#"$directory"/} in
      '*.yml') [ -e "$path" ] && mark odd - ;;
      *[!A-Za-z0-9._-]*) mark odd - ;;
      *) config "$path" ;;
    esac
  done
  config "$legacy"
fi
mark end -
)sh";

struct Piece {
  std::string_view kind, name, bytes;
};

// Takes one framed piece off the front of `rest`.
std::optional<Piece> take_piece(std::string_view& rest, std::string_view word) {
  const std::size_t line_end = rest.substr(0, 512).find('\n');
  if (line_end == std::string_view::npos) return std::nullopt;
  const std::string_view line = rest.substr(0, line_end);
  const std::size_t first = line.find(' ');
  const std::size_t second = first == std::string_view::npos ? first : line.find(' ', first + 1);
  if (second == std::string_view::npos) return std::nullopt;

  std::size_t size = 0;
  const auto [end, error] = std::from_chars(line.data() + first + 1, line.data() + second, size);
  if (error != std::errc() || end != line.data() + second || size > config_size_limit) return std::nullopt;

  const std::string_view after = rest.substr(line_end + 1);
  if (after.size() < size + word.size() + 2 || after[size] != '\n' || after.substr(size + 1, word.size()) != word ||
      after[size + 1 + word.size()] != '\n')
    return std::nullopt;
  rest = after.substr(size + word.size() + 2);
  return Piece{line.substr(0, first), line.substr(second + 1), after.substr(0, size)};
}

std::string fact(std::string_view text) { return shorten(printable(trim(text)), 256); }

std::string os_release_value(std::string_view text, std::string_view key) {
  for (const auto& line : split_lines(text)) {
    if (line.size() <= key.size() || line.compare(0, key.size(), key) != 0 || line[key.size()] != '=') continue;
    std::string_view value = trim(std::string_view(line).substr(key.size() + 1));
    if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front())
      value = value.substr(1, value.size() - 2);
    return fact(value);
  }
  return {};
}

std::int64_t leading_number(std::string_view text, std::string_view* rest = nullptr) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (rest != nullptr) *rest = text.substr(static_cast<std::size_t>(end - text.data()));
  return error == std::errc() && number >= 0 ? number : 0;
}

// busybox's date does not know %N and prints the seconds alone, with or without the letters.
std::int64_t milliseconds(std::string_view text) {
  std::string_view rest;
  const std::int64_t number = leading_number(text, &rest);
  constexpr std::int64_t seconds_until_2286 = 10'000'000'000;
  return number < seconds_until_2286 ? number * 1000 : number;
}

std::string container_word(const std::string& text) {
  if (text.empty() || text == "docker" || text == "systemd-nspawn") return text;
  return text == "lxc" || text == "lxc-libvirt" ? "lxc" : "container";
}

using Values = std::map<std::string, std::string, std::less<>>;

std::string facts_json(const Values& values) {
  const auto value = [&](const char* key) {
    const auto found = values.find(key);
    return found == values.end() ? std::string() : found->second;
  };
  auto uname = split_words(value("uname"));
  uname.resize(3);
  const nlohmann::json facts = {
      {"os_id", os_release_value(value("os"), "ID")},
      {"os_version", os_release_value(value("os"), "VERSION_ID")},
      {"os_codename", os_release_value(value("os"), "VERSION_CODENAME")},
      {"hostname", fact(uname[0])},
      {"kernel", fact(uname[1])},
      {"arch", fact(uname[2])},
      {"boot_id", fact(value("boot"))},
      {"uptime_seconds", leading_number(value("uptime"))},
      {"init", fact(value("init"))},
      {"container", container_word(fact(value("container")))},
      {"user", fact(value("user"))},
      {"time_ms", milliseconds(value("time"))},
  };
  return facts.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

FetchedConfig without_text(std::string_view path, std::string problem) {
  return {std::string(path), {}, std::move(problem)};
}

}  // namespace

const std::string& survey_script() {
  static const std::string text = script;
  return text;
}

std::vector<std::string> survey_arguments(bool with_configs) {
  const std::string directory = with_configs ? std::string(config_directory) : std::string();
  return {directory,
          std::string(legacy_config_path),
          std::to_string(config_size_limit),
          std::to_string(configs_total_limit),
          std::to_string(config_count_limit)};
}

Result<Survey> parse_survey(std::string_view output, std::string_view word) {
  Survey survey;
  Values values;
  std::size_t text_size = 0;
  // Some servers' shells greet everybody.
  const std::string first_line = fmt::format("\n{}\n", word);
  const std::size_t start = output.find(first_line);
  output.remove_prefix(start == std::string_view::npos ? output.size() : start + first_line.size());
  while (true) {
    const auto piece = take_piece(output, word);
    if (!piece) return fail(ErrorKind::remote, "the server's answer to the survey is not as it should be");
    const std::string_view kind = piece->kind;
    if (kind == "end") break;
    if (kind == "odd") survey.odd_names = true;
    else if (kind == "many") survey.too_many = true;
    else if (kind == "config" || kind == "unreadable" || kind == "large" || kind == "together") {
      text_size += piece->bytes.size();
      // One more than the files: a directory that cannot be read is named too.
      if (survey.configs.size() > config_count_limit || text_size > configs_total_limit)
        return fail(ErrorKind::remote, "the server sent more configuration than it was asked for");
      if (kind == "config") survey.configs.push_back({std::string(piece->name), std::string(piece->bytes)});
      if (kind == "unreadable") survey.configs.push_back(without_text(piece->name, std::string(unreadable_problem)));
      if (kind == "large") survey.configs.push_back(without_text(piece->name, "is larger than 256 KiB"));
      if (kind == "together")
        survey.configs.push_back(without_text(piece->name, "was not read: the files together are larger than 512 KiB"));
    } else {
      values.emplace(kind, piece->bytes);
    }
  }
  if (values.size() > 16) return fail(ErrorKind::remote, "the server sent facts that it was not asked for");
  survey.facts = facts_json(values);
  survey.user = fact(values["user"]);
  return survey;
}

}  // namespace maintain
