#include "pydeps/classify/release_database.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "pydeps/base/package_name.hpp"
#include "pydeps/classify/yaml_tree.hpp"

namespace maintain::pydeps {
namespace {

using Kind = YamlTree::Kind;

constexpr std::size_t most_problems = 20;
constexpr std::size_t longest_version = 200;
constexpr std::size_t longest_url = 2000;

constexpr std::array<std::pair<std::string_view, ReleaseKind>, 4> kind_lists = {{
    {"security_releases", ReleaseKind::security}, {"bug_fix_releases", ReleaseKind::bug_fix},
    {"compatibility_releases", ReleaseKind::compatibility}, {"feature_releases", ReleaseKind::feature}}};

bool is_url(std::string_view text) {
  const bool web = text.starts_with("https://") || text.starts_with("http://");
  const auto allowed = [](char c) { return c > ' ' && c < 0x7F && c != '"' && c != '<' && c != '>'; };
  return web && text.size() <= longest_url && std::all_of(text.begin(), text.end(), allowed);
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
      if (!is_package_name(name)) {
        complain(entry.line, "this is no name of a package: " + quoted(name));
        continue;
      }
      const std::string key = normalized_name(name);
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
      const std::string where = name + ": " + quoted(key);
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
      else complain(item->line, where + ": " + quoted(item->text) + " is no version");
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
      else complain(item->line, where + ": " + quoted(item->text) + " is no line of releases: write 4.2.");
    }
    return lines;
  }

  ReleaseDatabase database_;
};

}  // namespace

const PackageReleases* ReleaseDatabase::find(std::string_view package) const {
  const auto found = packages.find(normalized_name(package));
  return found == packages.end() ? nullptr : &found->second;
}

ReleaseDatabase parse_release_database(std::string_view yaml) { return Reader().read(yaml); }

}  // namespace maintain::pydeps
