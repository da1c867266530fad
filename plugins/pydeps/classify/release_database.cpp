#include "pydeps/classify/release_database.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "common/sections.hpp"
#include "pydeps/classify/yaml_tree.hpp"

namespace maintain::pydeps {
namespace {

using Kind = YamlTree::Kind;

constexpr std::size_t most_problems = 20;
constexpr std::size_t longest_name = 200;
constexpr std::size_t longest_version = 200;
constexpr std::size_t longest_url = 2000;

constexpr std::array<std::pair<std::string_view, ReleaseKind>, 4> kind_lists = {{
    {"security_releases", ReleaseKind::security}, {"bug_fix_releases", ReleaseKind::bug_fix},
    {"compatibility_releases", ReleaseKind::compatibility}, {"feature_releases", ReleaseKind::feature}}};

// PEP 503: lower case, and one dash for each run of separators.
std::string normal_name(std::string_view name) {
  std::string normal;
  bool separated = false;
  for (const char c : name) {
    if (c == '-' || c == '_' || c == '.') {
      separated = true;
      continue;
    }
    if (separated) normal += '-';
    separated = false;
    normal += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  if (separated) normal += '-';
  return normal;
}

// PEP 508.
bool is_name(std::string_view text) {
  const auto alphanumeric = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  const auto allowed = [&](char c) { return alphanumeric(c) || c == '-' || c == '_' || c == '.'; };
  return !text.empty() && text.size() <= longest_name && alphanumeric(text.front()) && alphanumeric(text.back()) &&
         std::all_of(text.begin(), text.end(), allowed);
}

bool is_url(std::string_view text) {
  const bool web = text.starts_with("https://") || text.starts_with("http://");
  const auto allowed = [](char c) { return c > ' ' && c < 0x7F && c != '"' && c != '<' && c != '>'; };
  return web && text.size() <= longest_url && std::all_of(text.begin(), text.end(), allowed);
}

// As part of a message of one line.
std::string shown(std::string_view text) {
  std::string line = plugins::printable(text.substr(0, 60));
  std::replace_if(line.begin(), line.end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
  return "'" + line + (text.size() > 60 ? "...'" : "'");
}

class Reader {
 public:
  ReleaseDatabase read(std::string_view yaml) {
    const std::variant<YamlTree, YamlRefusal> parsed = parse_yaml_tree(yaml);
    if (const auto* refusal = std::get_if<YamlRefusal>(&parsed)) complain(refusal->line, refusal->message);
    else read_packages(std::get<YamlTree>(parsed));
    database_.unreadable = database_.packages.empty();
    if (database_.unreadable && database_.problems.empty()) complain(0, "it names no package");
    return std::move(database_);
  }

 private:
  void complain(int line, std::string message) {
    if (database_.problems.size() == most_problems) ++database_.more_problems;
    else database_.problems.push_back({line, std::move(message)});
  }

  void read_packages(const YamlTree& root) {
    if (root.kind == Kind::null) return;
    if (root.kind != Kind::mapping) return complain(root.line, "the file is no mapping of packages to their releases");
    for (std::size_t place = 0; place < root.keys.size(); ++place) {
      const std::string& name = root.keys[place];
      const YamlTree& entry = root.items[place];
      if (name.starts_with('_')) continue;  // ____TEMPLATE, which the earlier bot's files begin with
      if (!is_name(name)) {
        complain(entry.line, "this is no name of a package: " + shown(name));
        continue;
      }
      const std::string key = normal_name(name);
      if (database_.packages.contains(key)) complain(entry.line, name + " is there twice, and its last entry counts");
      if (entry.kind == Kind::null || entry.kind == Kind::mapping) database_.packages[key] = read_package(name, entry);
      else complain(entry.line, "the entry of " + name + " is no mapping");
    }
  }

  PackageReleases read_package(const std::string& name, const YamlTree& entry) {
    PackageReleases package;
    for (std::size_t place = 0; place < entry.keys.size(); ++place) {
      const std::string& key = entry.keys[place];
      const YamlTree& value = entry.items[place];
      const auto list = std::find_if(kind_lists.begin(), kind_lists.end(),
                                     [&](const auto& known) { return known.first == key; });
      const std::string where = name + ": " + shown(key);
      if (list != kind_lists.end()) {
        for (const Version& version : read_versions(where, value)) add(package, version, list->second);
      } else if (key == "ignored_releases") {
        for (Version& version : read_versions(where, value)) package.ignored.insert(std::move(version));
      } else if (key == "lts_releases") {
        package.lts_lines = read_lines(where, value);
      } else if (key == "changelog_url") {
        if (is_url(value.text)) package.changelog_url = value.text;
        else if (value.kind != Kind::null && !value.text.empty()) complain(value.line, where + " is no web address");
      } else {
        complain(value.line, where + " is not a known key");
      }
    }
    return package;
  }

  static void add(PackageReleases& package, const Version& version, ReleaseKind kind) {
    const auto [known, is_new] = package.kinds.try_emplace(version, kind);
    if (!is_new) known->second = std::min(known->second, kind);
  }

  // The scalars of a list, which may be missing or empty.
  std::vector<const YamlTree*> scalars(const std::string& where, const YamlTree& list) {
    std::vector<const YamlTree*> found;
    if (list.kind == Kind::null || (list.kind == Kind::scalar && list.text.empty())) return found;
    if (list.kind != Kind::sequence) {
      complain(list.line, where + " is no list of versions: write [1.0, 1.1]");
      return found;
    }
    for (const YamlTree& item : list.items) {
      if (item.kind == Kind::scalar && item.text.size() <= longest_version) found.push_back(&item);
      else complain(item.line, where + " holds something else than versions");
    }
    return found;
  }

  std::vector<Version> read_versions(const std::string& where, const YamlTree& list) {
    std::vector<Version> versions;
    for (const YamlTree* item : scalars(where, list)) {
      std::optional<Version> version = Version::parse(item->text);
      if (version) versions.push_back(*std::move(version));
      else complain(item->line, where + ": " + shown(item->text) + " is no version");
    }
    return versions;
  }

  // "1.11." is how the earlier bot's files have it (it compared the beginnings of texts).
  std::vector<Version> read_lines(const std::string& where, const YamlTree& list) {
    std::vector<Version> lines;
    for (const YamlTree* item : scalars(where, list)) {
      std::string_view text = item->text;
      if (text.ends_with(".*")) text.remove_suffix(1);
      if (text.ends_with('.')) text.remove_suffix(1);
      std::optional<Version> line = Version::parse(text);
      if (line && line->base() == *line) lines.push_back(*std::move(line));
      else complain(item->line, where + ": " + shown(item->text) + " is no line of releases: write 4.2.");
    }
    return lines;
  }

  ReleaseDatabase database_;
};

}  // namespace

const PackageReleases* ReleaseDatabase::find(std::string_view package) const {
  const auto found = packages.find(normal_name(package));
  return found == packages.end() ? nullptr : &found->second;
}

ReleaseDatabase parse_release_database(std::string_view yaml) { return Reader().read(yaml); }

}  // namespace maintain::pydeps
