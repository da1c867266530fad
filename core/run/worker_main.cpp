// maintain-worker: what `maintain run` starts once per run. A program of its own so that the supervisor stays small
// and loads neither plugins nor the libraries that talk to servers; see run/launcher.hpp.
#include <sys/stat.h>

#include <cstdio>
#include <memory>

#include "run/launcher.hpp"
#include "run/launcher_link.hpp"
#include "run/worker.hpp"

int main() {
  using namespace maintain;
  struct stat status {};
  if (::fstat(launcher_descriptor, &status) != 0 || !S_ISSOCK(status.st_mode)) {
    std::fputs("maintain-worker is started by maintain(1) and does nothing on its own\n", stderr);
    return 2;
  }
  return run_launcher(UniqueFd(launcher_descriptor), [](Setup setup) -> WorkerBody {
    const auto context = std::make_shared<const WorkerContext>(make_worker_context(std::move(setup)));
    return [context](UniqueFd socket) { return run_worker(std::move(socket), *context); };
  });
}
