// A volume of a copy put back into a volume of docker or podman on the server.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <maintain/plugin.hpp>

#include "backup/restore/restore_tree.hpp"
#include "backup/volume/containers.hpp"

namespace maintain::plugins::backup {

struct VolumeRestore {
  std::string source;    // the volume's directory in the copy
  std::string name;      // of the volume there
  std::string runtime;   // docker, podman, or auto
  bool replace = false;  // what is in it goes
};

// The directory in the copy: of the volume that is named, else of the one called like the target, else the only one.
// Throws sdk::Failure that lists what there is.
std::string volume_source(const sdk::OpenCopy& copy, const std::string& wanted, const std::string& target);

// docker or podman: as the task says, else what the copy was made with. options: of the task, where they are known.
std::string runtime_of(const sdk::OpenCopy& copy, const sdk::Json& options);

// The target before anything is done.
struct VolumeThere {
  std::optional<Volume> volume = {};    // nothing: it would be made
  std::vector<std::string> users = {};  // names of containers that use it and are not stopped
};
// Read-only. Throws sdk::Failure: a volume whose content is not files of the server.
VolumeThere look_at_volume(sdk::Context& context, Containers& containers, const std::string& name);

// "stop A, B first …". Empty: nobody uses it.
std::string use_problem(const VolumeThere& there, const std::string& name, const std::string& server);

struct RestoredVolume {
  RestoredTree tree;
  std::string remark = {};  // what is to be known besides
};

// Makes the volume where it is not there. Throws sdk::Failure: a container that is not stopped uses it, it is not empty
// (without replace).
RestoredVolume restore_volume(sdk::Context& context, const VolumeRestore& restore);

}  // namespace maintain::plugins::backup
