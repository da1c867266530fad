// Commands of docker and podman, and what they answer. Pure. The server's answers are not trusted: what is not what
// these programs print is nothing at all.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace maintain::plugins::backup {

enum class Runtime { docker, podman };
std::string runtime_name(Runtime runtime);
std::optional<Runtime> parse_runtime(std::string_view name);

struct Volume {
  std::string name;
  std::string driver;
  std::string mountpoint;        // the directory with its content
  bool mounted_by_use = false;   // a device or bind mount: there only while a container uses it
};

enum class ContainerState { running, paused, restarting, down };

struct Mount {
  std::string volume;            // its name; empty: not a volume
  std::string source;            // on the server
};

struct Container {
  std::string id;                // whole
  std::string name;
  ContainerState state = ContainerState::down;
  std::string status;            // the program's word for it
  std::string started_at;        // tells one life of it from the next
  int exit_code = 0;             // of the last one
  bool out_of_memory = false;
  bool removed_when_stopped = false;
  std::vector<Mount> mounts = {};
};

// Succeeds only where the program can do its work.
std::vector<std::string> version_command(Runtime runtime);
std::vector<std::string> list_volumes_command(Runtime runtime, const std::string& label);
std::vector<std::string> create_volume_command(Runtime runtime, const std::string& name);
std::vector<std::string> inspect_volumes_command(Runtime runtime, const std::vector<std::string>& names);
// Containers, also stopped ones, that use one of the volumes, by name or by the directory of it.
std::vector<std::string> list_users_command(Runtime runtime, const std::vector<Volume>& volumes);
std::vector<std::string> inspect_containers_command(Runtime runtime, const std::vector<std::string>& ids);
// verb: pause, unpause, stop, start.
std::vector<std::string> container_command(Runtime runtime, const std::string& verb,
                                           const std::vector<std::string>& ids);

bool is_volume_name(std::string_view text);  // as both programs take it

std::string parse_version(std::string_view output);  // empty: none
std::optional<std::vector<std::string>> parse_volume_names(std::string_view output);
std::optional<std::vector<std::string>> parse_container_ids(std::string_view output);
std::optional<std::vector<Volume>> parse_volumes(std::string_view json);
std::optional<std::vector<Container>> parse_containers(std::string_view json);

// Whether the complaint is no more than that something is not there.
bool says_not_there(std::string_view error_output);

// Why the volume's content is not to be had as files of the server; nothing: it is.
std::optional<std::string> volume_problem(const Volume& volume);

// Whether it sees something of the volume, also through a bind mount of the volume's directory.
bool uses_volume(const Container& container, const Volume& volume);

// "exited with status 137, for lack of memory"
std::string end_text(const Container& container);

}  // namespace maintain::plugins::backup
