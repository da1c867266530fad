#include "backup/copy_list.hpp"

#include <algorithm>

#include "backup/copy_damage.hpp"
#include "backup/task_copies.hpp"
#include "backup/tree.hpp"
#include "base/text.hpp"

namespace maintain {
namespace {

namespace fs = std::filesystem;

CopyManifest unreadable(const TaskKey& key, const std::string& id, std::string why) {
  CopyManifest copy;
  copy.id = id;
  copy.server = key.server;
  copy.project = key.project;
  copy.task = key.task;
  copy.state = CopyState::damaged;
  copy.started = copy.finished = time_of_copy(id).value_or(Time{});
  copy.damage = std::move(why);
  return copy;
}

bool newer(const CopyManifest& a, const CopyManifest& b) { return natural_less(b.id, a.id); }

// Nothing: it went while it was looked at.
std::optional<CopyManifest> look_at(const fs::path& path, const TaskKey& key) {
  const std::string id = path.filename();
  auto manifest = read_manifest(path);
  if (!manifest && !is_directory_itself(path)) return std::nullopt;
  if (!manifest) return unreadable(key, id, printable(manifest.error().message));
  if (manifest->id != id)
    return unreadable(key, id, std::string("its ") + manifest_name + " is that of " + manifest->id);
  manifest->damage = damage_of(path);
  if (!manifest->damage.empty()) manifest->state = CopyState::damaged;
  return std::move(*manifest);
}

}  // namespace

bool is_directory_itself(const fs::path& path) {
  std::error_code ignored;
  return fs::symlink_status(path, ignored).type() == fs::file_type::directory;
}

std::vector<std::string> names_of_directories(const fs::path& directory) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (fs::directory_iterator entry(directory, ignored), end; entry != end; entry.increment(ignored))
    if (entry->symlink_status(ignored).type() == fs::file_type::directory) names.push_back(entry->path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

Result<CopyManifest> read_manifest(const fs::path& copy) {
  auto text = read_plain_file(copy / manifest_name, manifest_limit);
  if (!text) return fail(text.error());
  auto manifest = decode_manifest(*text);
  if (!manifest) return fail(ErrorKind::system, (copy / manifest_name).string() + ": " + manifest.error().message);
  return manifest;
}

std::vector<CopyManifest> list_copies(const fs::path& task, const TaskKey& key) {
  std::vector<CopyManifest> copies;
  const auto add = [&](const fs::path& place, bool quarantined) {
    for (const std::string& name : names_of_directories(place)) {
      if (!time_of_copy(name)) continue;
      auto copy = look_at(place / name, key);
      if (!copy) continue;
      // Where it lies decides: a kill may have come between the two steps of accept().
      if (quarantined) copy->state = CopyState::quarantined;
      copies.push_back(std::move(*copy));
    }
  };
  add(task, false);
  if (is_directory_itself(task / quarantine_name)) add(task / quarantine_name, true);
  std::sort(copies.begin(), copies.end(), newer);
  return copies;
}

const CopyManifest* newest_verified(const std::vector<CopyManifest>& newest_first, std::optional<Time> not_after) {
  for (const CopyManifest& copy : newest_first)
    if (copy.state == CopyState::verified && (!not_after || copy.started <= *not_after)) return &copy;
  return nullptr;
}

const CopyManifest* newest_base(const std::vector<CopyManifest>& newest_first, const fs::path& task) {
  std::error_code ignored;
  for (const CopyManifest& copy : newest_first)
    if ((copy.state == CopyState::verified || copy.state == CopyState::unverified) &&
        fs::symlink_status(task / copy.id / checksums_name, ignored).type() == fs::file_type::regular)
      return &copy;
  return nullptr;
}

std::vector<CopySize> usual_sizes(const std::vector<CopyManifest>& newest_first) {
  std::vector<CopySize> sizes;
  for (const CopyManifest& copy : newest_first) {
    if (copy.state != CopyState::verified) continue;
    sizes.push_back({copy.bytes, copy.files});
    if (copy.accepted) sizes.resize(std::max(sizes.size(), anomaly_least), sizes.back());
    if (copy.accepted || sizes.size() >= anomaly_window) break;
  }
  return sizes;
}

}  // namespace maintain
