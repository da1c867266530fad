#include "backup/restore/restore_volume.hpp"

#include <algorithm>
#include <filesystem>

#include "backup/tree/rsync_failure.hpp"

namespace maintain::plugins::backup {
namespace {

namespace fs = std::filesystem;
using sdk::Failure;

constexpr std::size_t most_volumes = 1000;
constexpr std::size_t most_told = 10;  // of those that are told

std::vector<std::string> volumes_in(const sdk::OpenCopy& copy) {
  std::vector<std::string> names;
  if (!copy.manifest.value("engine", "").ends_with("_volume")) return names;
  std::error_code error;
  for (fs::directory_iterator entry(copy.path, error), end; !error && entry != end && names.size() < most_volumes;
       entry.increment(error)) {
    std::error_code ignored;
    const std::string name = entry->path().filename().string();
    if (is_volume_name(name) && fs::is_directory(entry->symlink_status(ignored))) names.push_back(name);
  }
  if (error) throw Failure(MAINTAIN_FAILED, "cannot read the copy in " + copy.path + ": " + error.message());
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> names_of(const std::vector<Container>& containers) {
  std::vector<std::string> names;
  for (const Container& one : containers)
    if (one.state != ContainerState::down) names.push_back(one.name);
  return names;
}

}  // namespace

std::string volume_source(const sdk::OpenCopy& copy, const std::string& wanted, const std::string& target) {
  const std::vector<std::string> names = volumes_in(copy);
  if (names.empty())
    throw Failure(MAINTAIN_FAILED,
                  "the copy " + copy.id + " holds no volume: restore it to a directory here or there");
  const auto has = [&](const std::string& name) { return std::find(names.begin(), names.end(), name) != names.end(); };
  const std::string& name = !wanted.empty() ? wanted : has(target) || names.size() > 1 ? target : names.front();
  if (has(name)) return copy.path + "/" + name;
  throw Failure(MAINTAIN_FAILED, (wanted.empty() ? "the copy holds several volumes, say with --volume which: "
                                                 : "the copy holds no volume " + name + ", only: ") +
                                     joined(names, names.size(), most_told));
}

std::string runtime_of(const sdk::OpenCopy& copy, const sdk::Json& options) {
  const std::string said = options.value("runtime", "auto");
  if (parse_runtime(said)) return said;
  const auto details = copy.manifest.find("details");
  if (details == copy.manifest.end() || !details->is_object()) return "auto";
  const std::string of_copy = details->value("runtime", "auto");
  return parse_runtime(of_copy) ? of_copy : "auto";
}

VolumeThere look_at_volume(sdk::Context& context, Containers& containers, const std::string& name) {
  VolumeThere there{.volume = containers.find_volume(name)};
  if (!there.volume) return there;
  if (const auto problem = volume_problem(*there.volume)) throw Failure(MAINTAIN_FAILED, *problem);
  if (there.volume->mounted_by_use)
    throw Failure(MAINTAIN_FAILED, "the volume " + name + " is there only while a container uses it: restore it to " +
                                       context.server() + ":/PATH, and from there into what it mounts");
  there.users = names_of(containers.users({*there.volume}));
  return there;
}

std::string use_problem(const VolumeThere& there, const std::string& name, const std::string& server) {
  if (there.users.empty()) return {};
  return "the volume " + name + " is in use by " + joined(there.users, there.users.size(), most_told) + " on " +
         server + ": stop what uses it, restore, then start it again";
}

RestoredVolume restore_volume(sdk::Context& context, const VolumeRestore& restore) {
  Containers containers(context, restore.runtime);
  VolumeThere there = look_at_volume(context, containers, restore.name);
  if (const std::string problem = use_problem(there, restore.name, context.server()); !problem.empty())
    throw Failure(MAINTAIN_REFUSED, problem);
  RestoredVolume restored;
  if (!there.volume) {
    there.volume = containers.create_volume(restore.name);
    restored.remark = "the volume was made, by " + containers.name() + ", without labels";
  }
  // What were left of another state would be read as part of this one: a volume is restored whole.
  restored.tree = restore_tree(context, {.path = restore.source, .itself = true},
                               {.directory = there.volume->mountpoint,
                                .name = "the volume " + restore.name + " on " + context.server(),
                                .on_server = true,
                                .sudo = true,
                                .replace = restore.replace,
                                .exact = restore.replace});
  const std::vector<std::string> begun = names_of(containers.users({*there.volume}));
  if (!begun.empty())
    restored.tree.problems.push_back("meanwhile " + joined(begun, begun.size(), most_told) +
                                     " began to use the volume, and may have seen half of it: stop that, and "
                                     "restore once more with --replace");
  return restored;
}

}  // namespace maintain::plugins::backup
