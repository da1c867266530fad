// docker or podman on the server, as root.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <maintain/plugin.hpp>

#include "backup/volume/container_runtime.hpp"

namespace maintain::plugins::backup {

// All throw sdk::Failure when the server does not answer, or answers with something else.
class Containers {
 public:
  // which: docker, podman, or auto: docker, else podman. Throws sdk::Failure that says what is missing.
  Containers(sdk::Context& context, const std::string& which);
  // One that is known to be there.
  Containers(sdk::Context& context, Runtime runtime);

  Runtime runtime() const { return runtime_; }
  std::string name() const { return runtime_name(runtime_); }
  const std::string& version() const { return version_; }
  const std::string& become() const { return become_; }

  // In the order of their names here. Failure names those that are not there, or that cannot be copied.
  std::vector<Volume> volumes(const std::vector<std::string>& names);
  // By whole name; nothing: it is not there.
  std::optional<Volume> find_volume(const std::string& name);
  // One of the driver local, which is not there yet.
  Volume create_volume(const std::string& name);
  // By a label, "key" or "key=value", in the order of their names. None: a Failure that names it.
  std::vector<Volume> labelled_volumes(const std::string& label);

  // From now on what it is asked and told is to put things back: a cancelled task has a while for that.
  void put_back() { cleanup_ = true; }

  // Containers that use one of the volumes, in whatever state.
  std::vector<Container> users(const std::vector<Volume>& volumes);
  // Those that are (still) there.
  std::vector<Container> inspect(const std::vector<std::string>& ids);

  // verb: pause, unpause, stop, start. What it says is not to be trusted: inspect() afterwards. Returns its complaint.
  std::string order(const std::string& verb, const std::vector<std::string>& ids, sdk::Milliseconds timeout);

 private:
  std::string find(Runtime runtime);  // its version; empty: it does not work, and why is in complaint_
  sdk::Completed ask(std::vector<std::string> argv);
  std::vector<Volume> inspect_volumes(const std::vector<std::string>& names);
  void check_mounts(const std::vector<Volume>& volumes);

  sdk::Context& context_;
  Runtime runtime_ = Runtime::docker;
  bool cleanup_ = false;
  std::string become_;
  std::string version_;
  std::string complaint_;
};

}  // namespace maintain::plugins::backup
