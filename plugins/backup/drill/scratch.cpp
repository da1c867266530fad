#include "backup/drill/scratch.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <set>

#include "backup/drill/scratch_box.hpp"

namespace maintain::plugins::backup {
namespace {

// $1 the directory, $2 how the input comes, $3 the file. bash, because only with pipefail a broken compressed file
// shows.
constexpr const char* read_script = R"(set -o pipefail
exec 9<"$1" || exit 125
how=$2 input=$3; shift 3
cd / || exit 125
case $how in
  none) exec "$@" </dev/null ;;
  file) exec "$@" <"$input" ;;
  gzip) gzip -dc <"$input" | "$@" ;;
esac)";

void make_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) != 0)
    throw sdk::Failure(MAINTAIN_FAILED, "cannot make " + path + ": " + std::strerror(errno));
}

bool installed(const std::string& program) {
  if (program.starts_with('/')) return ::access(program.c_str(), X_OK) == 0;
  // sbin is not in everybody's PATH.
  constexpr std::array directories{"/usr/local/sbin/", "/usr/local/bin/", "/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"};
  return std::any_of(directories.begin(), directories.end(),
                     [&](const char* one) { return ::access((one + program).c_str(), X_OK) == 0; });
}

}  // namespace

void require_programs(const std::vector<std::string>& programs, const std::string& package) {
  for (const std::string& program : programs)
    if (!installed(program))
      throw DrillImpossible(program + " is not installed on the maintenance server", {},
                            "install Debian's package " + package + " there; no server of it need run");
}

std::string last_lines(std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  if (text.size() > 2000) {
    text.remove_prefix(text.size() - 2000);
    text.remove_prefix(std::min(text.find('\n') + 1, text.size()));
  }
  return std::string(text);
}

Scratch::Scratch(sdk::Context& context) : context_(context), path_(context.directory() + "/scratch") {
  lock_ = ::open((path_ + ".lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (lock_ < 0) throw sdk::Failure(MAINTAIN_FAILED, "cannot open " + path_ + ".lock: " + std::strerror(errno));
  try {
    if (::flock(lock_, LOCK_EX | LOCK_NB) != 0)
      throw sdk::Failure(MAINTAIN_BUSY, "another drill of this task is being made");
    remove();
    make_directory(path_);
    make_directory(data());
    give_to_nobody();
  } catch (...) {
    ::close(lock_);
    throw;
  }
}

Scratch::~Scratch() {
  remove();
  ::close(lock_);
}

// Whoever is not root writes there as himself.
void Scratch::give_to_nobody() {
  if (::geteuid() != 0) return;
  const passwd* nobody = ::getpwnam("nobody");
  if (nobody == nullptr || ::chown(data().c_str(), nobody->pw_uid, nobody->pw_gid) != 0)
    throw sdk::Failure(MAINTAIN_FAILED, "cannot give " + data() + " to the user nobody");
}

std::vector<ScratchAnswer> Scratch::run(const ScratchPlan& plan) {
  const std::string file = path_ + "/script";  // too long for an argument when there are many databases
  {
    std::ofstream script(file, std::ios::binary | std::ios::trunc);
    script << scratch_script(plan, scratch_box(inside));
    if (!script.flush()) throw sdk::Failure(MAINTAIN_FAILED, "cannot write " + file);
  }
  // The copy's directory: there may be too many dumps in it to name each.
  std::set<std::string> places;
  for (const auto* steps : {&plan.before, &plan.steps})
    for (const ScratchStep& step : *steps)
      if (!step.input_file.empty()) places.insert(std::filesystem::path(step.input_file).parent_path().string());
  const sdk::Completed ended = run_confined(context_, {.argv = {"bash", "--", file, path_}, .quiet = true},
                                            scratch_confinement({places.begin(), places.end()}, path_));
  ScratchReport report = parse_scratch_report(plan, ended.output);
  if (report.done) return std::move(report.answers);
  throw DrillFailure(report.failed, last_lines(ended.error_output));
}

void Scratch::read(const ScratchStep& step, const std::function<void(std::string_view)>& on_output) {
  const std::vector<std::string> files(step.input_file.empty() ? 0 : 1, step.input_file);
  const std::string how = step.input_file.empty() ? "none" : step.unzip ? "gzip" : "file";
  sdk::Command command{.argv = {"bash", "-c", read_script, "bash", data(), how, step.input_file}, .quiet = true};
  const ScratchBox box = scratch_box(inside);
  command.argv.insert(command.argv.end(), box.words.begin(), box.words.end());
  command.argv.insert(command.argv.end(), step.program.argv.begin(), step.program.argv.end());
  command.on_output = on_output;
  command.output_limit = std::numeric_limits<std::uint64_t>::max();  // nothing of it is kept
  // Not the scratch's own directory: what will be run in it is yet to be written there.
  const sdk::Completed ended = run_confined(context_, std::move(command), scratch_confinement(files, data()));
  if (!ended.ok())
    throw DrillFailure(step.what + " failed with " +
                           (ended.signal != 0 ? "signal " + std::to_string(ended.signal)
                                              : "exit status " + std::to_string(ended.status)),
                       last_lines(ended.error_output));
}

void Scratch::remove() noexcept {
  std::error_code ignored;
  if (!std::filesystem::exists(std::filesystem::symlink_status(path_, ignored))) return;
  // A restored tree may be deeper than this process has descriptors for; rm copes.
  try {
    context_.local({.argv = {"rm", "-rf", "--one-file-system", "--", path_}, .quiet = true});
  } catch (const std::exception&) {
    // Cancelled or out of time: what can be done without the host. The next drill removes the rest.
  }
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace maintain::plugins::backup
