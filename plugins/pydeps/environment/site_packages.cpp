#include "pydeps/environment/site_packages.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "common/sections.hpp"
#include "pydeps/reading/direct_url.hpp"
#include "pydeps/reading/metadata.hpp"
#include "pydeps/base/package_name.hpp"
#include "pydeps/reading/url.hpp"

namespace maintain::pydeps {
namespace {

constexpr std::size_t most_problems = 200;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The kinds of entries, the one that counts most first.
enum class EntryKind { dist_info, egg_info, egg, egg_link };

std::optional<std::pair<EntryKind, std::string_view>> split_kind(std::string_view entry) {
  constexpr std::pair<std::string_view, EntryKind> endings[] = {{".dist-info", EntryKind::dist_info},
                                                                {".egg-info", EntryKind::egg_info},
                                                                {".egg", EntryKind::egg},
                                                                {".egg-link", EntryKind::egg_link}};
  for (const auto& [ending, kind] : endings)
    if (entry.ends_with(ending)) return std::pair{kind, entry.substr(0, entry.size() - ending.size())};
  return std::nullopt;
}

// "zope.interface-5.4.0", "PyYAML-6.0-py3.8-linux-x86_64", "shop". In these names a '-' of a package is written '_'.
Package package_of_name(std::string_view stem) {
  Package package;
  const std::size_t dash = stem.find('-');
  package.name = stem.substr(0, dash);
  if (dash != std::string_view::npos) {
    std::string_view version = stem.substr(dash + 1);
    if (const std::size_t python = version.find("-py"); python != std::string_view::npos)
      version = version.substr(0, python);
    if (is_version_text(version)) package.version = version;
  }
  return package;
}

// The package of one entry; problems go to the environment.
class EntryReader {
 public:
  EntryReader(Environment& environment, const std::string& name, const SiteEntry& entry)
      : environment_(environment), name_(name), entry_(entry) {}

  std::optional<Package> read(EntryKind kind, std::string_view stem) {
    if (name_[0] == '~') {
      add_problem(environment_, Doubt::leftover, name_,
                  name_ + " is what an interrupted pip left; remove it from site-packages");
      return std::nullopt;
    }
    Package package = package_of_name(stem);
    if (kind == EntryKind::dist_info || kind == EntryKind::egg_info) read_metadata(kind, package);
    if (kind == EntryKind::egg_link && entry_.link.empty())
      add_problem(environment_, Doubt::unreadable, name_, name_ + " was not read");
    for (const std::string& file : entry_.not_read)
      if (!file.empty() && file != "metadata" && file != "METADATA" && file != "PKG-INFO")
        add_problem(environment_, Doubt::unreadable, name_, name_ + "/" + file + " was not read");
    if (!is_package_name(package.name)) {
      add_problem(environment_, Doubt::unreadable, name_, name_ + " names no package");
      return std::nullopt;
    }
    package.key = normalized_name(package.name);
    if (is_version_text(entry_.installer)) package.installer = entry_.installer.substr(0, 40);
    package.requested = entry_.requested;
    if (kind == EntryKind::egg_link) {
      package.origin = Origin::editable;
      package.url = without_credentials(entry_.link);
    } else if (!entry_.direct_url.empty()) {
      read_direct_url(package);
    }
    return package;
  }

 private:
  void read_metadata(EntryKind kind, Package& package) {
    if (auto metadata = parse_metadata(entry_.metadata)) {
      package.name = std::move(metadata->name);
      package.version = std::move(metadata->version);
      package.requires_python = std::move(metadata->requires_python);
      return;
    }
    if (!is_package_name(package.name)) return;
    const std::string file = kind == EntryKind::dist_info ? "METADATA" : "PKG-INFO";
    const std::string why = entry_.not_read.empty() ? " is missing, or says nothing" : " was not read";
    add_problem(environment_, Doubt::guessed, package.name,
                file + " of " + package.name + why + "; its version is taken from the directory's name");
  }

  void read_direct_url(Package& package) {
    auto direct = parse_direct_url(entry_.direct_url);
    if (!direct) {
      add_problem(environment_, Doubt::unreadable, name_, name_ + "/direct_url.json is none");
      return;
    }
    package.origin = direct->origin;
    package.url = std::move(direct->url);
    package.commit = std::move(direct->commit);
  }

  Environment& environment_;
  const std::string& name_;
  const SiteEntry& entry_;
};

struct Installed {
  Package package;
  EntryKind kind;
};

std::string version_of(const Package& package) {
  return package.version.empty() ? "an unknown version" : package.version;
}

void add_duplicate(Environment& environment, Installed& kept, const Installed& other) {
  // What setuptools leaves beside a newer record of the same version is no doubt.
  const bool agrees = other.package.version.empty() || kept.package.version == other.package.version;
  if (kept.kind != other.kind && agrees) return;
  add_other_version(kept.package, other.package.version);
  for (const std::string& version : other.package.other_versions) add_other_version(kept.package, version);
  add_problem(environment, Doubt::duplicate, kept.package.name,
              kept.package.name + " is recorded more than once, as " + version_of(kept.package) + " and as " +
                  version_of(other.package) + "; which one is imported cannot be told");
}

// The directories that the environment's Python looks into.
std::vector<const SitePackages*> used_directories(Environment& environment,
                                                  const std::vector<SitePackages>& directories) {
  const std::string series = python_series(environment.python_version);
  std::vector<const SitePackages*> used;
  std::vector<const SitePackages*> others;
  for (const SitePackages& directory : directories)
    (series.empty() || python_series(directory.python) == series ? used : others).push_back(&directory);
  for (const SitePackages* other : others) {
    if (other->entries.empty()) continue;
    const bool only = used.empty();
    add_problem(environment, Doubt::other_python, other->python,
                "packages for " + other->python + " lie in an environment of Python " + environment.python_version +
                    (only ? ", which has none of its own" : "; they are left out"));
  }
  return used.empty() ? others : used;
}

}  // namespace

std::string python_series(std::string_view text) {
  for (const std::string_view word : {"python", "pypy"})
    if (text.starts_with(word)) text.remove_prefix(word.size());
  std::size_t end = 0;
  while (end < text.size() && is_digit(text[end])) ++end;
  if (end == 0 || end >= text.size() || text[end] != '.') return {};
  const std::size_t minor = ++end;
  while (end < text.size() && is_digit(text[end])) ++end;
  return end == minor || end > 10 ? std::string{} : std::string(text.substr(0, end));
}

void add_problem(Environment& environment, Doubt doubt, std::string_view subject, std::string text) {
  if (environment.problems.size() >= most_problems) return;
  environment.problems.push_back({doubt, std::string(subject), std::move(text)});
}

void add_packages(Environment& environment, const std::vector<SitePackages>& directories) {
  // Nothing found is not nothing installed: a lib that may not be searched looks empty.
  if (directories.empty() && environment.problems.empty())
    add_problem(environment, Doubt::unreadable, environment.path,
                "no site-packages directory was found; lib may be missing, or closed to this user");
  std::map<std::string, Installed> installed;
  for (const SitePackages* directory : used_directories(environment, directories)) {
    if (environment.python_version.empty()) environment.python_version = python_series(directory->python);
    for (const auto& [name, entry] : directory->entries) {
      const auto kind = split_kind(name);
      if (!kind) continue;
      auto package = EntryReader(environment, name, entry).read(kind->first, kind->second);
      if (!package) continue;
      Installed other{*std::move(package), kind->first};
      const auto [place, is_new] = installed.try_emplace(other.package.key, other);
      if (is_new) continue;
      if (other.kind < place->second.kind) std::swap(place->second, other);
      add_duplicate(environment, place->second, other);
    }
  }
  for (auto& [key, entry] : installed) environment.packages.push_back(std::move(entry.package));
}

}  // namespace maintain::pydeps
