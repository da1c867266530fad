// The launcher of supervisor_test: its servers are directories beneath $MAINTAIN_TEST_ROOT, named like the server, in
// which the project configurations lie as on a real one. Commands run here. Special addresses: "down" does not answer,
// "stranger" has another host key, "silent" never ends to connect; "crash" kills the worker that connects to it, and
// "garbage" makes it write nonsense to the supervisor.
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>

#include "base/process.hpp"
#include "run/launcher.hpp"
#include "run/launcher_link.hpp"
#include "run/worker.hpp"

namespace {

using namespace maintain;

class DirectoryConnection final : public Connection {
 public:
  explicit DirectoryConnection(std::string root) : root_(std::move(root)) {}

  Result<RemoteExit> run(const RemoteCommand& command) override {
    LocalCommand local;
    if (command.script.empty()) {
      local.argv = command.argv;
    } else {
      local.argv = {"sh", "-c", command.script, "sh"};
      for (const std::string& word : command.argv)
        local.argv.push_back(word.starts_with("/etc/") ? root_ + word : word);
    }
    local.input = command.input;
    local.timeout = command.timeout;
    auto exit = run_local(local);
    if (!exit) return fail(exit.error());
    RemoteExit result;
    result.status = exit->status;
    result.signal = exit->signal;
    result.output = without_root(exit->output);
    result.error_output = exit->error_output;
    return result;
  }
  std::string describe() const override { return "directory"; }

 private:
  std::string without_root(std::string text) const {
    for (std::size_t at = text.find(root_); at != std::string::npos; at = text.find(root_, at))
      text.erase(at, root_.size());
    return text;
  }
  std::string root_;
};

class DirectoryTransport final : public Transport {
 public:
  Result<std::unique_ptr<Connection>> connect(const Server& server) override {
    if (server.address == "down") return fail(ErrorKind::unreachable, "no route to " + server.name);
    if (server.address == "stranger") return fail(ErrorKind::host_key, "the key of " + server.name + " has changed");
    if (server.address == "crash") std::abort();
    while (server.address == "silent") ::pause();
    if (server.address == "garbage")
      for (int fd = launcher_descriptor; fd < 64; ++fd) (void)::send(fd, "\xff\xff\xff\xff", 4, MSG_NOSIGNAL);
    return std::make_unique<DirectoryConnection>(std::string(std::getenv("MAINTAIN_TEST_ROOT")) + "/" + server.name);
  }
  Result<std::vector<std::string>> remote_shell(const Server&, bool) const override {
    return fail(ErrorKind::refused, "a directory has no shell");
  }
};

}  // namespace

int main() {
  return run_launcher(UniqueFd(launcher_descriptor), [](Setup setup) -> WorkerBody {
    auto context = std::make_shared<WorkerContext>(make_worker_context(std::move(setup)));
    context->transport = [](TransportKind, TransportSettings) { return std::make_unique<DirectoryTransport>(); };
    return [context](UniqueFd socket) { return run_worker(std::move(socket), *context); };
  });
}
