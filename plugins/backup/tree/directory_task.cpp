#include "backup/tree/directory_task.hpp"

#include <algorithm>
#include <map>
#include <vector>

#include "backup/tree/rsync_command.hpp"
#include "backup/tree/tree_copy.hpp"
#include "common/program.hpp"

namespace maintain::plugins::backup {
namespace {

using sdk::Json;

std::vector<std::string> paths_of(const Json& options) {
  std::vector<std::string> paths = list_option(options, "paths");
  for (std::string& path : paths) path = tidy_path(path);
  return paths;
}

bool lies_in(const std::string& path, const std::string& other) {
  return other == "/" || path.starts_with(other + "/");
}

// Without those that come with another one: rsync would count them twice. What is below a path may be a mount point,
// which does not come along with one_file_system.
std::vector<std::string> outermost(std::vector<std::string> paths, bool one_file_system) {
  std::sort(paths.begin(), paths.end());
  paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
  if (one_file_system) return paths;
  std::vector<std::string> kept;
  for (const std::string& path : paths)
    if (std::none_of(kept.begin(), kept.end(), [&](const std::string& other) { return lies_in(path, other); }))
      kept.push_back(path);
  return kept;
}

std::string pointer_to(const Json& options, std::size_t index) {
  return options["paths"].is_array() ? "/paths/" + std::to_string(index) : "/paths";
}

bool has_dot_dot(const std::string& path) { return (path + "/").find("/../") != std::string::npos; }

// The earlier bot kept <backups>/<server>/<basename>/.
Json legacy_links(const std::vector<std::string>& paths) {
  Json links = Json::object();
  for (const std::string& path : paths) links[std::string(base_name(path))] = path.substr(1);
  return links;
}

void check_names(const Json& options, const std::vector<std::string>& paths) {
  std::map<std::string, std::string> taken;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const std::string name(base_name(paths[i]));
    if (name.empty())
      throw sdk::InvalidOption(pointer_to(options, i), "with layout: legacy, / has no name: write layout: copies");
    const auto [other, fresh] = taken.emplace(name, paths[i]);
    if (!fresh)
      throw sdk::InvalidOption(pointer_to(options, i), "with layout: legacy, " + paths[i] + " and " + other->second +
                                                           " would both be called " + name + ": write layout: copies, "
                                                           "or make two tasks");
  }
}

sdk::Outcome tell_preview(sdk::Context& context, const TreePreview& preview) {
  const RsyncNumbers& numbers = preview.numbers;
  std::string line = "would copy " + bytes_text(numbers.bytes) + " in " + std::to_string(numbers.files()) + " files, " +
                     std::to_string(numbers.transferred) + " of them (" + bytes_text(numbers.transferred_bytes) +
                     ") new or changed";
  if (preview.trouble.unreadable_count != 0)
    line += "; " + std::to_string(preview.trouble.unreadable_count) + " cannot be read";
  context.summary(line);
  return sdk::Outcome::ok;
}

}  // namespace

std::optional<std::string> DirectoryTask::validate(const Json& options) {
  const CopyOptions copy = copy_options(options);
  tree_options(options);
  const std::vector<std::string> paths = paths_of(options);
  for (std::size_t i = 0; i < paths.size(); ++i)
    if (has_dot_dot(paths[i])) throw sdk::InvalidOption(pointer_to(options, i), "a path without \"..\" is needed");
  if (copy.legacy_layout) check_names(options, paths);
  return std::nullopt;
}

sdk::Outcome DirectoryTask::run(sdk::Context& context) {
  const CopyOptions options = copy_options(context.options());
  const TreeOptions tree = tree_options(context.options());
  const std::vector<std::string> given = paths_of(context.options());
  const std::vector<std::string> paths = outermost(given, tree.one_file_system);
  TreeCopy copy(context, options, tree);
  copy.inspect(given);
  if (context.check_mode()) return tell_preview(context, copy.preview(paths));

  std::vector<std::string> parts;
  for (const std::string& path : paths) parts.push_back(path.substr(1));
  copy.begin(joined(paths, paths.size(), paths.size()), "directory", parts);
  copy.fetch_paths(paths);
  return copy.finish({{"paths", paths}}, options.legacy_layout ? legacy_links(given) : Json::object());
}

}  // namespace maintain::plugins::backup
