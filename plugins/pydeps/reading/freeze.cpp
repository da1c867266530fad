#include "pydeps/reading/freeze.hpp"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include "common/sections.hpp"
#include "pydeps/base/package_name.hpp"
#include "pydeps/reading/marker.hpp"
#include "pydeps/reading/url.hpp"

namespace maintain::pydeps {
namespace {

using plugins::trim;

constexpr std::size_t most_entries = 20000;
constexpr std::size_t most_notes = 200;
constexpr std::size_t longest_line = 65536;
constexpr std::string_view another_list = "names another list, ";

std::string shown(std::string_view text) {
  std::string clean = plugins::printable(text.substr(0, 100));
  std::replace(clean.begin(), clean.end(), '\t', ' ');
  return "'" + clean + (text.size() > 100 ? "...'" : "'");
}

bool is_blank(char c) { return c == ' ' || c == '\t'; }

// As pip has it: a comment begins at a '#' that begins the line or follows a blank.
std::string_view without_comment(std::string_view line) {
  for (std::size_t at = line.find('#'); at != std::string_view::npos; at = line.find('#', at + 1))
    if (at == 0 || is_blank(line[at - 1])) return line.substr(0, at);
  return line;
}

// Without "--hash=..." and the like: a word that begins with "--".
std::string_view without_options(std::string_view requirement) {
  for (std::size_t at = requirement.find("--"); at != std::string_view::npos; at = requirement.find("--", at + 1))
    if (at > 0 && is_blank(requirement[at - 1])) return requirement.substr(0, at);
  return requirement;
}

// The text before the marker and the marker. In a URL a ';' counts only behind a blank.
std::pair<std::string_view, std::string_view> split_marker(std::string_view text, bool is_url) {
  for (std::size_t at = text.find(';'); at != std::string_view::npos; at = text.find(';', at + 1))
    if (!is_url || (at > 0 && is_blank(text[at - 1]))) return {trim(text.substr(0, at)), trim(text.substr(at + 1))};
  return {trim(text), {}};
}

// "name==1.0" or "name===1.0".
std::optional<std::pair<std::string_view, std::string_view>> split_pin(std::string_view text) {
  const std::size_t equals = text.find("==");
  if (equals == std::string_view::npos) return std::nullopt;
  std::string_view version = text.substr(equals + 2);
  if (version.starts_with('=')) version.remove_prefix(1);
  const auto name = trim(text.substr(0, equals));
  version = trim(version);
  // A '*' or a further specifier is no version.
  if (!is_version_text(version) || version.find_first_of("*,<>~") != std::string_view::npos) return std::nullopt;
  return std::pair{name, version};
}

class FreezeReader {
 public:
  Freeze read(std::string_view text) {
    if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
      note(freeze_.problems, 1, "the text is UTF-16, not UTF-8");
      return std::move(freeze_);
    }
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    const bool cut = text.size() > most_freeze_bytes;
    text = text.substr(0, most_freeze_bytes);
    std::string joined;
    std::size_t begin = 1;
    std::size_t number = 0;
    for (std::string_view line : plugins::split_lines(text)) {
      ++number;
      if (joined.empty()) begin = number;
      const bool is_comment = trim(line).starts_with('#');
      if (line.ends_with('\\') && !is_comment && joined.size() < longest_line) {
        line.remove_suffix(1);
        joined += line;
        if (joined.empty()) joined = " ";
        continue;
      }
      // As in pip, a comment in the midst of joined lines ends them.
      joined += is_comment && !joined.empty() ? " " : "";
      joined += line;
      read_line(begin, joined);
      joined.clear();
    }
    if (!joined.empty()) read_line(begin, joined);
    const bool full = freeze_.entries.size() >= most_entries || freeze_.skipped.size() >= most_notes ||
                      freeze_.problems.size() >= most_notes;
    if (cut || full) freeze_.problems.push_back({number, "there is more than is read; the rest is left out"});
    return std::move(freeze_);
  }

 private:
  static void note(std::vector<FreezeNote>& notes, std::size_t line, std::string text) {
    if (notes.size() < most_notes) notes.push_back({line, std::move(text)});
  }

  void read_line(std::size_t number, std::string_view whole) {
    if (whole.size() > longest_line) return note(freeze_.problems, number, "the line is too long");
    const std::string_view line = trim(without_comment(whole));
    if (line.empty()) return read_comment(trim(whole));
    const auto announced = std::exchange(announced_, std::nullopt);
    if (line[0] == '-') read_option(number, line, announced);
    else read_requirement(number, trim(without_options(line)));
  }

  // What pip writes before an editable package that it cannot name otherwise:
  // "# Editable install with no version control (name==1.0)". Other comments leave what was announced alone: pip adds
  // one with the URL.
  void read_comment(std::string_view comment) {
    // "pip freeze -r" repeats the other lists' names, but behind this comment it adds what only they name.
    if (comment == "## The following requirements were added by pip freeze:")
      std::erase_if(freeze_.problems, [](const FreezeNote& note) { return note.text.starts_with(another_list); });
    if (!comment.starts_with("# Editable ")) return;
    const std::size_t open = comment.find('(');
    const std::size_t close = comment.find(')', open == std::string_view::npos ? comment.size() : open);
    if (close == std::string_view::npos) return;
    const auto pin = split_pin(comment.substr(open + 1, close - open - 1));
    if (pin && is_package_name(pin->first)) announced_ = {std::string(pin->first), std::string(pin->second)};
  }

  void read_option(std::size_t number, std::string_view line,
                   const std::optional<std::pair<std::string, std::string>>& announced) {
    const std::string_view word = line.substr(0, line.find_first_of(" \t="));
    const std::string_view value = trim(line.substr(word.size()));
    if (word == "-e" || word == "--editable") {
      read_editable(number, trim(value.starts_with('=') ? value.substr(1) : value), announced);
    } else if (word == "--requirement" || (word.starts_with("-r") && !word.starts_with("--"))) {
      // "-rbase.txt" is one word, too.
      const std::string_view list = trim(line.substr(word[1] == '-' ? word.size() : 2));
      note(freeze_.problems, number,
           std::string(another_list) + shown(without_credentials(list.starts_with('=') ? list.substr(1) : list)) +
               ", which is not read");
    } else if (word.starts_with("--")) {
      note(freeze_.skipped, number, plugins::printable(word.substr(0, 40)));
    } else {
      note(freeze_.skipped, number, plugins::printable(word.substr(0, 2)));  // "-ihttps://..." is one word, too
    }
  }

  void read_editable(std::size_t number, std::string_view target,
                     const std::optional<std::pair<std::string, std::string>>& announced) {
    Package package;
    std::string_view marker;
    if (const auto named = split_reference(target)) {
      package.name = named->first;
      target = named->second;
    }
    std::tie(target, marker) = split_marker(target, true);
    const UrlReference reference = read_url(target);
    if (package.name.empty()) package.name = reference.egg;
    if (package.name.empty() && announced) package.name = announced->first;
    if (announced && normalized_name(announced->first) == normalized_name(package.name))
      package.version = announced->second;
    if (package.name.empty())
      return note(freeze_.problems, number, "no name of a package with the editable " + shown(reference.url));
    package.origin = Origin::editable;
    package.url = reference.url;
    package.commit = reference.commit;
    add(number, std::move(package), marker);
  }

  // The name and the URL of "name[extra] @ url".
  static std::optional<std::pair<std::string_view, std::string_view>> split_reference(std::string_view text) {
    const std::size_t name_end = std::min(text.find_first_of("[@ \t"), text.size());
    const std::string_view name = text.substr(0, name_end);
    if (!is_package_name(name)) return std::nullopt;
    text = trim(text.substr(name_end));
    if (text.starts_with('[')) text = trim(text.substr(std::min(text.find(']'), text.size() - 1) + 1));
    // "git@host.example:x" is a name with '@' behind it, too, but PEP 508 wants a URL or path there.
    if (!text.starts_with('@')) return std::nullopt;
    return std::pair{name, trim(text.substr(1))};
  }

  void read_requirement(std::size_t number, std::string_view line) {
    if (const auto reference = split_reference(line)) {
      const auto [url, marker] = split_marker(reference->second, true);
      if (url.empty()) return note(freeze_.problems, number, shown(reference->first) + " comes from nowhere");
      return add_reference(number, std::string(reference->first), read_url(url), marker);
    }
    const std::string_view first_word = line.substr(0, line.find_first_of(" \t"));
    if (first_word.find('/') != std::string_view::npos && line.find(';') >= first_word.size()) {
      const auto [url, marker] = split_marker(line, true);
      UrlReference bare = read_url(url);
      if (bare.egg.empty())
        return note(freeze_.problems, number, "no name of a package with " + shown(bare.url));
      std::string name = std::exchange(bare.egg, {});
      return add_reference(number, std::move(name), bare, marker);
    }
    const auto [requirement, marker] = split_marker(line, false);
    std::string plain(requirement);
    if (const std::size_t open = plain.find('['); open != std::string::npos)
      if (const std::size_t close = plain.find(']', open); close != std::string::npos)
        plain.erase(open, close - open + 1);
    // PEP 508 still takes "name (==1.0)".
    std::replace_if(plain.begin(), plain.end(), [](char c) { return c == '(' || c == ')'; }, ' ');
    if (const auto pin = split_pin(plain); pin && is_package_name(pin->first)) {
      Package package;
      package.name = pin->first;
      package.version = pin->second;
      return add(number, std::move(package), marker);
    }
    if (!marker.empty() && marker_applies(marker) == Applies::no) return;
    const std::string_view name = requirement.substr(0, requirement.find_first_of("[<>=!~( \t"));
    if (is_package_name(name)) note(freeze_.problems, number, shown(name) + " is not pinned to a version");
    else note(freeze_.problems, number, shown(without_credentials(requirement)) + " is no requirement");
  }

  void add_reference(std::size_t number, std::string name, const UrlReference& reference, std::string_view marker) {
    Package package;
    package.name = std::move(name);
    package.origin = reference.origin;
    package.url = reference.url;
    package.commit = reference.commit;
    package.version = version_in_archive_name(reference.url, normalized_name(package.name));
    add(number, std::move(package), marker);
  }

  void add(std::size_t number, Package package, std::string_view marker) {
    if (freeze_.entries.size() >= most_entries) return;
    package.key = normalized_name(package.name);
    std::string text = plugins::printable(marker.substr(0, longest_marker));
    if (marker.size() > longest_marker) text += "...";  // what is left of it may read as another marker
    freeze_.entries.push_back({number, std::move(package), std::move(text)});
  }

  Freeze freeze_;
  std::optional<std::pair<std::string, std::string>> announced_;  // name and version for the next editable
};

}  // namespace

Freeze parse_freeze(std::string_view text) { return FreezeReader{}.read(text); }

}  // namespace maintain::pydeps
