#include "config/ansible_vars.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <system_error>

#include <fmt/format.h>

#include "base/fd.hpp"
#include "config/ansible_formats.hpp"

namespace maintain {
namespace fs = std::filesystem;
namespace {

constexpr std::array<std::string_view, 4> extensions = {"", ".yml", ".yaml", ".json"};
constexpr int deepest_directory = 10;

bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

Result<std::vector<std::string>> list_directory(const fs::path& directory) {
  std::error_code error;
  std::vector<std::string> names;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) {
    names.push_back(entry->path().filename().string());
  }
  if (error) return fail_errno("cannot list " + directory.string(), error.value());
  std::sort(names.begin(), names.end());
  return names;
}

Result<void> read_variable_file(const fs::path& file, AnsibleVariables& variables, std::vector<Error>& warnings) {
  const YamlLimits limits = ansible_yaml_limits();
  const Result<std::string> text = read_file(file, limits.bytes);
  if (!text) return fail(text.error());
  if (text->starts_with("$ANSIBLE_VAULT")) {
    warnings.push_back({ErrorKind::refused, "the file is encrypted with ansible-vault and is not read",
                        "keep what says how to reach a server in a file beside it", Position{file.string()}});
    return {};
  }
  const Result<YamlDocument> document = parse_yaml(file.string(), *text, limits);
  if (!document) return fail(document.error());
  if (document->root.kind == YamlNode::Kind::null) return {};
  if (document->root.kind != YamlNode::Kind::mapping) {
    return fail(Error{ErrorKind::configuration, "a file of variables must be a mapping", {},
                      document->position(document->root.place)});
  }
  for (auto& [name, value] : ansible_variables(document->file, document->root)) {
    if (name.starts_with("ansible_")) variables.insert_or_assign(name, std::move(value));
  }
  return {};
}

// Files of a directory in the order of their names, those of its directories in between.
Result<void> read_variable_directory(const fs::path& directory, AnsibleVariables& variables,
                                     std::vector<Error>& warnings, int depth) {
  if (depth > deepest_directory) return fail(ErrorKind::refused, directory.string() + " is nested too deep");
  const Result<std::vector<std::string>> names = list_directory(directory);
  if (!names) return fail(names.error());
  for (const std::string& name : *names) {
    if (name.starts_with('.') || name.ends_with('~')) continue;
    const fs::path path = directory / name;
    const std::string extension = path.extension().string();
    Result<void> done;
    if (is_folder(path)) {
      if (extension.empty()) done = read_variable_directory(path, variables, warnings, depth + 1);
    } else if (std::find(extensions.begin(), extensions.end(), extension) != extensions.end()) {
      done = read_variable_file(path, variables, warnings);
    }
    if (!done) return done;
  }
  return {};
}

Result<void> read_all(const fs::path& directory, const std::function<bool(const std::string&)>& is_wanted,
                      std::map<std::string, AnsibleVariables>& found, std::vector<Error>& warnings) {
  if (!is_folder(directory)) return {};
  const Result<std::vector<std::string>> names = list_directory(directory);
  if (!names) return fail(names.error());
  // For each name the first extension counts: NAME (often a directory) hides NAME.yml.
  for (const std::string_view extension : extensions) {
    for (const std::string& file : *names) {
      if (!file.ends_with(extension)) continue;
      const std::string name = file.substr(0, file.size() - extension.size());
      if (!is_wanted(name) || found.contains(name)) continue;
      const fs::path path = directory / file;
      const Result<void> done = is_folder(path) ? read_variable_directory(path, found[name], warnings, 1)
                                                   : read_variable_file(path, found[name], warnings);
      if (!done) return done;
    }
  }
  return {};
}

}  // namespace

Result<void> read_variable_files(AnsibleInventory& inventory, const fs::path& directory) {
  Result<void> done = read_all(
      directory / "group_vars", [&](const std::string& name) { return inventory.find_group(name).has_value(); },
      inventory.group_files, inventory.warnings);
  if (!done) return done;
  return read_all(
      directory / "host_vars", [&](const std::string& name) { return inventory.find_host(name).has_value(); },
      inventory.host_files, inventory.warnings);
}

}  // namespace maintain
