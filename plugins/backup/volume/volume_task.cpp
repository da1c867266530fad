#include "backup/volume/volume_task.hpp"

#include <algorithm>
#include <vector>

#include "backup/tree/tree_copy.hpp"
#include "backup/volume/containers.hpp"
#include "backup/volume/stillness.hpp"
#include "common/duration.hpp"
#include "common/duration_option.hpp"
#include "common/sections.hpp"

namespace maintain::plugins::backup {
namespace {

using sdk::Json;
using namespace std::chrono_literals;

struct VolumeOptions {
  std::vector<std::string> names;  // or
  std::string label;
  std::string runtime;
  Quiesce quiesce = Quiesce::none;
  sdk::Milliseconds limit = 10min;
};

VolumeOptions volume_options(const Json& options) {
  VolumeOptions result;
  result.names = list_option(options, "volumes");
  result.label = options.value("label", "");
  result.runtime = options.value("runtime", "auto");
  result.quiesce = parse_quiesce(options.value("quiesce", "none"));
  result.limit = duration_option(options, "quiesce_limit").value_or(result.limit);
  return result;
}

std::vector<std::string> names_of(const std::vector<Volume>& volumes) {
  std::vector<std::string> names;
  for (const Volume& volume : volumes) names.push_back(volume.name);
  return names;
}

std::vector<Container> running_of(std::vector<Container> containers) {
  std::erase_if(containers, [](const Container& one) { return one.state != ContainerState::running; });
  return containers;
}

std::string names_text(const std::vector<Container>& containers) {
  std::vector<std::string> names;
  for (const Container& one : containers) names.push_back(one.name);
  return joined(names, names.size(), 10);
}

// Everything that was written until then is on the server's disk: its clock then, or 0 when it could not be had.
std::int64_t flush(sdk::Context& context, const Containers& containers, const std::vector<std::string>& paths,
                   sdk::Milliseconds timeout) {
  constexpr const char* script = "now=$(date +%s) && { sync -f -- \"$@\" 2>/dev/null || sync; } && echo \"$now\"";
  try {
    const sdk::Completed done = context.exec({.argv = paths, .script = script, .become_user = containers.become(),
                                              .quiet = true, .timeout = timeout});
    if (done.ok()) return parse_number(trim(done.output)).value_or(0);
  } catch (const sdk::Failure& failure) {
    if (failure.status() != MAINTAIN_TIMEOUT) throw;
  }
  context.log(sdk::Level::info, "the server's disk could not be flushed");
  return 0;
}

// One run of the task, when it is known what is to be copied.
class VolumeCopy {
 public:
  VolumeCopy(sdk::Context& context, Containers& containers, Stillness& stillness, std::vector<Volume> volumes)
      : context_(context),
        options_(volume_options(context.options())),
        copy_options_(copy_options(context.options())),
        containers_(containers),
        stillness_(stillness),
        volumes_(std::move(volumes)),
        copy_(context, copy_options_, tree_options(context.options())) {
    for (const Volume& volume : volumes_) paths_.push_back(volume.mountpoint);
  }

  sdk::Outcome run() {
    copy_.inspect(paths_);
    running_ = running_of(containers_.users(volumes_));
    if (options_.quiesce == Quiesce::stop) refuse_to_unmount();
    const std::vector<std::string> names = names_of(volumes_);
    const std::string source = containers_.name() + " volumes: " + joined(names, names.size(), names.size());
    if (context_.check_mode()) return preview(source);
    copy_.begin(source, containers_.name() + "_volume", names);
    if (options_.quiesce == Quiesce::none || running_.empty()) copy_running();
    else copy_still();

    Json links = Json::object();
    if (copy_options_.legacy_layout)
      for (const std::string& name : names) links[name] = name;
    Json details = {{"volumes", names},
                    {"runtime", containers_.name()},
                    {"runtime_version", containers_.version()},
                    {"consistency", consistency_}};
    if (outage_) details["outage_seconds"] = std::chrono::duration<double>(outage_->span).count();
    return copy_.finish(details, links, note_);
  }

 private:
  void fetch() {
    for (const Volume& volume : volumes_) copy_.fetch_content(volume.mountpoint, volume.name);
  }

  void copy_running() {
    fetch();
    const bool written = !running_.empty() || !running_of(containers_.users(volumes_)).empty();
    consistency_ = written ? "crash" : participle_of(Quiesce::stop);
  }

  // First while they run, then what has changed meanwhile.
  void copy_still() {
    const std::int64_t since = flush(context_, containers_, paths_, 5min);
    for (const Volume& volume : volumes_) copy_.warm_content(volume.mountpoint, volume.name, since);
    running_ = running_of(containers_.users(volumes_));  // that may have taken hours
    if (running_.empty()) return copy_running();
    stillness_.begin(containers_, running_, options_.quiesce, options_.limit);
    try {
      // A page that waits to be written could change after this copy without the file's time changing again, and the
      // next copy would take the file for unchanged. One that stops lets go of its pages.
      if (options_.quiesce == Quiesce::pause) flush(context_, containers_, paths_, 1min);
      fetch();
    } catch (...) {
      stillness_.end_after_failure();
      throw;
    }
    outage_ = stillness_.end();
    const std::vector<Container> now = running_of(containers_.users(volumes_));
    const bool others = std::any_of(now.begin(), now.end(), [&](const Container& one) {
      return find_container(running_, one.id) == nullptr;
    });
    consistency_ = outage_->undisturbed && !others ? participle_of(options_.quiesce) : "crash";
    note_ = names_text(running_) + " " + participle_of(options_.quiesce) + " for " + span_text(outage_->span);
  }

  void refuse_to_unmount() const {
    if (running_.empty()) return;
    for (const Volume& volume : volumes_)
      if (volume.mounted_by_use)
        throw sdk::Failure(MAINTAIN_FAILED, "the volume " + volume.name + " is a mount that goes away when its "
                                            "containers stop: use quiesce: pause");
  }

  sdk::Outcome preview(const std::string& source) {
    const TreePreview preview = copy_.preview(paths_);
    std::string line = "would copy " + source + ", " + bytes_text(preview.numbers.bytes) + " in " +
                       std::to_string(preview.numbers.files()) + " files";
    if (running_.empty()) line += "; no container that uses them runs";
    else if (options_.quiesce == Quiesce::none) line += "; in use by " + names_text(running_);
    else line += "; meanwhile " + names_text(running_) + " would be " + participle_of(options_.quiesce);
    context_.summary(line);
    return sdk::Outcome::ok;
  }

  sdk::Context& context_;
  VolumeOptions options_;
  CopyOptions copy_options_;
  Containers& containers_;
  Stillness& stillness_;
  std::vector<Volume> volumes_;
  TreeCopy copy_;
  std::vector<std::string> paths_;
  std::vector<Container> running_;
  std::string consistency_;  // "paused", "stopped", or "crash": as after a power failure
  std::optional<Outage> outage_;
  std::string note_;
};

}  // namespace

std::optional<std::string> VolumeTask::validate(const Json& options) {
  copy_options(options);
  tree_options(options);
  const VolumeOptions own = volume_options(options);
  if (own.names.empty() && own.label.empty()) return "volumes or label is needed: which volumes to copy";
  if (!own.names.empty() && !own.label.empty())
    throw sdk::InvalidOption("/label", "volumes and label exclude each other: give one of them");
  for (std::size_t i = 0; i < own.names.size(); ++i)
    if (std::find(own.names.begin(), own.names.begin() + static_cast<std::ptrdiff_t>(i), own.names[i]) !=
        own.names.begin() + static_cast<std::ptrdiff_t>(i))
      throw sdk::InvalidOption("/volumes/" + std::to_string(i), "the volume " + own.names[i] + " is named twice");
  if (own.limit < 30s) throw sdk::InvalidOption("/quiesce_limit", "at least 30s");
  return std::nullopt;
}

sdk::Outcome VolumeTask::run(sdk::Context& context) {
  const VolumeOptions options = volume_options(context.options());
  Stillness stillness(context);
  if (!stillness.settle()) {
    context.summary("an interrupted run left nothing to do");
    return sdk::Outcome::skipped;
  }
  Containers containers(context, options.runtime);
  std::vector<Volume> volumes = options.label.empty() ? containers.volumes(options.names)
                                                      : containers.labelled_volumes(options.label);
  return VolumeCopy(context, containers, stillness, std::move(volumes)).run();
}

}  // namespace maintain::plugins::backup
