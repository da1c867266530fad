#include "backup/volume/container_runtime.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "common/sections.hpp"

namespace maintain::plugins::backup {
namespace {

using Json = nlohmann::json;

constexpr std::size_t most_things = 1000;
constexpr std::size_t longest_name = 255;

bool is_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

// As docker and podman allow them, for volumes and containers.
bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= longest_name && is_alphanumeric(text[0]) &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return is_alphanumeric(c) || c == '_' || c == '.' || c == '-';
         });
}

bool is_id(std::string_view text) {
  return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
}

std::string text_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool flag_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_boolean() && found->get<bool>();
}

const Json& object_at(const Json& object, const char* key) {
  static const Json nothing = Json::object();
  const auto found = object.find(key);
  return found != object.end() && found->is_object() ? *found : nothing;
}

std::optional<Json> parse_objects(std::string_view text) {
  Json array = Json::parse(text, nullptr, false);
  if (!array.is_array() || array.size() > most_things) return std::nullopt;
  for (const Json& item : array)
    if (!item.is_object()) return std::nullopt;
  return array;
}

std::optional<std::vector<std::string>> parse_lines(std::string_view output, bool (*good)(std::string_view)) {
  std::vector<std::string> words;
  for (const std::string_view line : split_lines(output)) {
    if (trim(line).empty()) continue;
    if (!good(trim(line)) || words.size() == most_things) return std::nullopt;
    words.emplace_back(trim(line));
  }
  return words;
}

// docker calls a paused container running and paused, podman only paused.
ContainerState state_of(const Json& state) {
  const std::string status = text_at(state, "Status");
  if (flag_at(state, "Paused") || status == "paused") return ContainerState::paused;
  if (flag_at(state, "Restarting") || status == "restarting") return ContainerState::restarting;
  return flag_at(state, "Running") ? ContainerState::running : ContainerState::down;
}

std::vector<Mount> mounts_of(const Json& container) {
  std::vector<Mount> mounts;
  const auto found = container.find("Mounts");
  if (found == container.end() || !found->is_array()) return mounts;
  for (const Json& mount : *found) {
    if (!mount.is_object() || mounts.size() == most_things) continue;
    mounts.push_back({.volume = text_at(mount, "Type") == "volume" ? text_at(mount, "Name") : "",
                      .source = text_at(mount, "Source")});
  }
  return mounts;
}

std::vector<std::string> with(std::vector<std::string> words, const std::vector<std::string>& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

}  // namespace

std::string runtime_name(Runtime runtime) { return runtime == Runtime::docker ? "docker" : "podman"; }

std::optional<Runtime> parse_runtime(std::string_view name) {
  if (name == "docker") return Runtime::docker;
  if (name == "podman") return Runtime::podman;
  return std::nullopt;
}

std::vector<std::string> version_command(Runtime runtime) {
  // docker: only its daemon knows that. podman has none.
  if (runtime == Runtime::docker) return {"docker", "version", "--format", "{{.Server.Version}}"};
  return {"podman", "--version"};
}

std::vector<std::string> list_volumes_command(Runtime runtime, const std::string& label) {
  return {runtime_name(runtime), "volume", "ls", "--quiet", "--filter", "label=" + label};
}

std::vector<std::string> create_volume_command(Runtime runtime, const std::string& name) {
  return {runtime_name(runtime), "volume", "create", "--", name};
}

std::vector<std::string> inspect_volumes_command(Runtime runtime, const std::vector<std::string>& names) {
  return with({runtime_name(runtime), "volume", "inspect", "--"}, names);
}

std::vector<std::string> list_users_command(Runtime runtime, const std::vector<Volume>& volumes) {
  std::vector<std::string> words = {runtime_name(runtime), "ps", "--all", "--quiet", "--no-trunc"};
  for (const Volume& volume : volumes)  // several filters of one kind: any of them
    for (const std::string& by : {volume.name, volume.mountpoint})
      words.insert(words.end(), {"--filter", "volume=" + by});
  return words;
}

std::vector<std::string> inspect_containers_command(Runtime runtime, const std::vector<std::string>& ids) {
  return with({runtime_name(runtime), "container", "inspect", "--"}, ids);
}

std::vector<std::string> container_command(Runtime runtime, const std::string& verb,
                                           const std::vector<std::string>& ids) {
  return with({runtime_name(runtime), verb, "--"}, ids);
}

bool is_volume_name(std::string_view text) { return is_name(text); }

std::string parse_version(std::string_view output) {
  const auto words = split_words(trim(output));  // "20.10.24+dfsg1", "podman version 4.3.1"
  if (words.empty() || words.back().size() > 60) return {};
  const std::string_view last = words.back();
  return last[0] >= '0' && last[0] <= '9' ? printable(last) : std::string();
}

std::optional<std::vector<std::string>> parse_volume_names(std::string_view output) {
  return parse_lines(output, is_name);
}

std::optional<std::vector<std::string>> parse_container_ids(std::string_view output) {
  return parse_lines(output, is_id);
}

std::optional<std::vector<Volume>> parse_volumes(std::string_view json) {
  const auto array = parse_objects(json);
  if (!array) return std::nullopt;
  std::vector<Volume> volumes;
  for (const Json& item : *array) {
    const Json& options = object_at(item, "Options");  // null without any
    Volume volume{.name = text_at(item, "Name"),
                  .driver = printable(text_at(item, "Driver").substr(0, longest_name)),
                  .mountpoint = text_at(item, "Mountpoint"),
                  .mounted_by_use = options.contains("device") || options.contains("type")};
    if (!is_name(volume.name)) return std::nullopt;
    volumes.push_back(std::move(volume));
  }
  return volumes;
}

std::optional<std::vector<Container>> parse_containers(std::string_view json) {
  const auto array = parse_objects(json);
  if (!array) return std::nullopt;
  std::vector<Container> containers;
  for (const Json& item : *array) {
    const Json& state = object_at(item, "State");
    Container container{.id = text_at(item, "Id"),
                        .name = text_at(item, "Name"),
                        .state = state_of(state),
                        .status = printable(text_at(state, "Status").substr(0, 40)),
                        .started_at = printable(text_at(state, "StartedAt").substr(0, 60)),
                        .out_of_memory = flag_at(state, "OOMKilled"),
                        .removed_when_stopped = flag_at(object_at(item, "HostConfig"), "AutoRemove"),
                        .mounts = mounts_of(item)};
    if (container.name.starts_with('/')) container.name.erase(0, 1);  // docker's
    if (!is_id(container.id) || container.status.empty()) return std::nullopt;
    if (!is_name(container.name)) container.name = container.id.substr(0, 12);
    const auto code = state.find("ExitCode");
    if (code != state.end() && code->is_number_integer()) {
      const auto number = code->get<std::int64_t>();
      if (number >= 0 && number < 65536) container.exit_code = static_cast<int>(number);
    }
    containers.push_back(std::move(container));
  }
  return containers;
}

bool says_not_there(std::string_view error_output) {
  bool said = false;
  for (const std::string_view line : split_lines(error_output)) {
    if (trim(line).empty()) continue;
    std::string lower(line);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    const bool not_there = lower.find("no such container") != std::string::npos ||
                           lower.find("no such volume") != std::string::npos ||
                           lower.find(": no such object") != std::string::npos ||
                           lower.find("no container with") != std::string::npos;
    if (!not_there && lower.starts_with("err")) return false;
    said = said || not_there;
  }
  return said;
}

std::optional<std::string> volume_problem(const Volume& volume) {
  if (volume.driver != "local")
    return "the volume " + volume.name + " is kept by the driver " +
           (volume.driver.empty() ? "without a name" : volume.driver) +
           ", and only those of the driver local are files on the server: back it up where that driver keeps it";
  const std::string& path = volume.mountpoint;
  const bool odd = path.size() < 2 || path[0] != '/' || path.size() > 4000 || (path + "/").find("/../") != path.npos ||
                   std::any_of(path.begin(), path.end(), [](unsigned char c) { return c < 32 || c == 127; });
  if (odd) return "the volume " + volume.name + " has no usable directory: '" + printable(path.substr(0, 200)) + "'";
  return std::nullopt;
}

bool uses_volume(const Container& container, const Volume& volume) {
  return std::any_of(container.mounts.begin(), container.mounts.end(), [&](const Mount& mount) {
    return mount.volume == volume.name || mount.source == volume.mountpoint ||
           mount.source.starts_with(volume.mountpoint + "/");
  });
}

std::string end_text(const Container& container) {
  std::string text = container.status.empty() ? "ended" : container.status;
  text += " with status " + std::to_string(container.exit_code);
  if (container.out_of_memory) text += ", for lack of memory";
  return text;
}

}  // namespace maintain::plugins::backup
