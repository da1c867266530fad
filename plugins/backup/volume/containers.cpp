#include "backup/volume/containers.hpp"

#include <algorithm>

#include "backup/tree/rsync_failure.hpp"
#include "backup/tree/tree_programs.hpp"

namespace maintain::plugins::backup {
namespace {

using sdk::Failure;
using namespace std::chrono_literals;

constexpr std::uint64_t longest_answer = 16 * 1024 * 1024;

[[noreturn]] void give_up(const std::string& what, const sdk::Completed& done) {
  const std::string why = last_line(done.error_output);
  throw Failure(MAINTAIN_FAILED,
                what + (why.empty() ? " (exit status " + std::to_string(done.status) + ")" : ": " + why));
}

}  // namespace

Containers::Containers(sdk::Context& context, Runtime runtime)
    : context_(context), runtime_(runtime), become_(context.facts().user == "root" ? "" : "root") {}

Containers::Containers(sdk::Context& context, const std::string& which) : Containers(context, Runtime::docker) {
  std::vector<Runtime> candidates = {Runtime::docker, Runtime::podman};
  if (const auto one = parse_runtime(which)) candidates = {*one};
  for (const Runtime candidate : candidates) {
    version_ = find(candidate);
    runtime_ = candidate;
    if (!version_.empty()) return;
  }
  throw Failure(MAINTAIN_FAILED, "on " + context_.server() + " " + (candidates.size() == 1 ? which + " does not work"
                                                                     : "neither docker nor podman works") +
                                     complaint_);
}

std::string Containers::find(Runtime runtime) {
  const sdk::Completed done = ask(version_command(runtime));
  const std::string version = done.ok() ? parse_version(done.output) : std::string();
  if (!version.empty()) return version;
  const std::string why = last_line(done.error_output);
  complaint_ += (complaint_.empty() ? ": " : "; ") + runtime_name(runtime) + ": " +
                (why.empty() ? "exit status " + std::to_string(done.status) : why);
  return {};
}

sdk::Completed Containers::ask(std::vector<std::string> argv) {
  sdk::Completed done = context_.exec({.argv = std::move(argv),
                                       .become_user = become_,
                                       .environment = {{"LC_ALL", "C"}},
                                       .read_only = true,
                                       .quiet = true,
                                       .cleanup = cleanup_,
                                       .timeout = 2min,
                                       .output_limit = longest_answer});
  if (done.truncated) throw Failure(MAINTAIN_FAILED, name() + " on " + context_.server() + " answers without end");
  return done;
}

std::vector<Volume> Containers::inspect_volumes(const std::vector<std::string>& names) {
  const sdk::Completed done = ask(inspect_volumes_command(runtime_, names));
  auto found = parse_volumes(done.output);
  if (!found || (!done.ok() && !says_not_there(done.error_output)))
    give_up("asking " + name() + " on " + context_.server() + " for its volumes failed", done);
  return std::move(*found);
}

std::optional<Volume> Containers::find_volume(const std::string& name) {
  for (Volume& volume : inspect_volumes({name}))
    if (volume.name == name) return std::move(volume);
  return std::nullopt;
}

Volume Containers::create_volume(const std::string& name) {
  const sdk::Completed done = context_.exec({.argv = create_volume_command(runtime_, name),
                                             .become_user = become_,
                                             .environment = {{"LC_ALL", "C"}},
                                             .quiet = true,
                                             .timeout = 2min});
  if (!done.ok()) give_up("making the volume " + name + " on " + context_.server() + " failed", done);
  return volumes({name}).front();
}

std::vector<Volume> Containers::volumes(const std::vector<std::string>& names) {
  const std::vector<Volume> found = inspect_volumes(names);
  std::vector<Volume> volumes;
  std::vector<std::string> missing, unusable;
  for (const std::string& name : names) {
    // By whole name: podman also takes the beginning of one.
    const auto volume = std::find_if(found.begin(), found.end(), [&](const Volume& one) { return one.name == name; });
    if (volume == found.end()) {
      missing.push_back(name);
      continue;
    }
    if (const auto problem = volume_problem(*volume)) unusable.push_back(*problem);
    volumes.push_back(*volume);
  }
  if (!missing.empty())
    throw Failure(MAINTAIN_FAILED, name() + " on " + context_.server() + " has no volume " +
                                       joined(missing, missing.size(), 10) + complaint_);
  if (!unusable.empty()) throw Failure(MAINTAIN_FAILED, joined(unusable, unusable.size(), 10, "; "));
  check_mounts(volumes);
  return volumes;
}

// What is mounted only while a container uses it leaves an empty directory behind, which must not pass for its content.
void Containers::check_mounts(const std::vector<Volume>& volumes) {
  for (const Volume& volume : volumes) {
    if (!volume.mounted_by_use) continue;
    if (ask({"mountpoint", "-q", "--", volume.mountpoint}).ok()) continue;
    throw Failure(MAINTAIN_FAILED, "the volume " + volume.name + " is not mounted at " + volume.mountpoint +
                                       ", for no container uses it now: nothing of it can be copied");
  }
}

std::vector<Volume> Containers::labelled_volumes(const std::string& label) {
  const sdk::Completed done = ask(list_volumes_command(runtime_, label));
  auto names = parse_volume_names(done.output);
  if (!done.ok() || !names)
    give_up("asking " + name() + " on " + context_.server() + " for volumes with the label " + label + " failed", done);
  if (names->empty())
    throw Failure(MAINTAIN_FAILED, "no volume of " + name() + " on " + context_.server() + " has the label " + label +
                                       complaint_);
  std::sort(names->begin(), names->end());
  names->erase(std::unique(names->begin(), names->end()), names->end());
  return volumes(*names);
}

std::vector<Container> Containers::users(const std::vector<Volume>& volumes) {
  const sdk::Completed done = ask(list_users_command(runtime_, volumes));
  const auto ids = parse_container_ids(done.output);
  if (!done.ok() || !ids)
    give_up("asking " + name() + " on " + context_.server() + " which containers use the volumes failed", done);
  std::vector<Container> users;
  for (Container& container : inspect(*ids)) {
    const bool uses = std::any_of(volumes.begin(), volumes.end(),
                                  [&](const Volume& volume) { return uses_volume(container, volume); });
    if (uses) users.push_back(std::move(container));
  }
  return users;
}

std::vector<Container> Containers::inspect(const std::vector<std::string>& ids) {
  if (ids.empty()) return {};
  const sdk::Completed done = ask(inspect_containers_command(runtime_, ids));
  auto found = parse_containers(done.output);
  if (!found || (!done.ok() && !says_not_there(done.error_output)))
    give_up("asking " + name() + " on " + context_.server() + " for the state of its containers failed", done);
  return std::move(*found);
}

std::string Containers::order(const std::string& verb, const std::vector<std::string>& ids, sdk::Milliseconds timeout) {
  const sdk::Completed done = context_.exec({.argv = container_command(runtime_, verb, ids),
                                             .become_user = become_,
                                             .environment = {{"LC_ALL", "C"}},
                                             .cleanup = cleanup_,
                                             .timeout = timeout});
  if (done.ok()) return {};
  const std::string why = last_line(done.error_output);
  return why.empty() ? "exit status " + std::to_string(done.status) : why;
}

}  // namespace maintain::plugins::backup
