#include "backup/restore/restore_tree.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <limits>

#include "backup/tree/rsync_command.hpp"
#include "backup/tree/rsync_failure.hpp"
#include "backup/tree/rsync_output.hpp"
#include "backup/tree/tree_programs.hpp"
#include "common/sections.hpp"

namespace maintain::plugins::backup {
namespace {

namespace fs = std::filesystem;
using sdk::Failure;
using namespace std::chrono_literals;

[[noreturn]] void refuse(const std::string& text) { throw Failure(MAINTAIN_FAILED, text); }

// What is asked of a target, here as on the server.
void judge_target(const std::string& state, const std::string& where, bool replace) {
  if (state == "file") refuse(where + " is not a directory");
  if (state == "full" && !replace)
    refuse(where + " is not empty: give another one, or say --replace to overwrite what is in it");
}

void prepare_here(const std::string& directory, bool replace) {
  std::error_code error;
  const fs::file_status status = fs::status(directory, error);
  if (fs::exists(status)) {
    const bool is_directory = fs::is_directory(status);
    const bool full = is_directory && !fs::is_empty(directory, error);
    if (is_directory && error) refuse(directory + " cannot be read: " + error.message());
    return judge_target(!is_directory ? "file" : full ? "full" : "empty", directory, replace);
  }
  fs::create_directories(directory, error);
  if (error) refuse(directory + " cannot be made: " + error.message());
}

void prepare_there(sdk::Context& context, const TreeTarget& target, bool as_root) {
  const std::string where = target.name.empty() ? context.server() + ":" + target.directory : target.name;
  const sdk::Completed done = context.exec({.argv = {target.directory},
                                            .script = R"sh(LC_ALL=C
export LC_ALL
if [ ! -e "$1" ] && [ ! -L "$1" ]; then mkdir -p -- "$1" && echo empty
elif [ ! -d "$1" ]; then echo file
elif entries=$(ls -A -- "$1"); then
  if [ -n "$entries" ]; then echo full; else echo empty; fi
fi
)sh",
                                            .become_user = as_root ? "root" : "",
                                            .timeout = 5min});
  const std::string state(trim(done.output));
  if (state != "empty" && state != "file" && state != "full")
    refuse(where + " cannot be used" + (done.error_output.empty() ? "" : ": " + last_line(done.error_output)));
  judge_target(state, where, target.replace);
}

// Each ended by NUL, as rsync reads them; nothing goes to the target itself then.
std::string entries_of(const std::string& directory) {
  std::string names;
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error))
    names += entry->path().filename().string() + '\0';
  if (error) refuse("the copy cannot be read: " + directory + ": " + error.message());
  return names;
}

std::vector<std::string> skipped_names(const std::string& output) {
  constexpr std::string_view start = "skipping non-regular file \"";
  std::vector<std::string> names;
  for (const std::string_view line : split_lines(output))
    if (line.starts_with(start) && line.ends_with('"') && names.size() < most_names)
      names.push_back(printable(line.substr(start.size(), line.size() - start.size() - 1)));
  return names;
}

RestoredTree run_rsync(sdk::Context& context, const RsyncPush& push, const std::string& input,
                       const RsyncSides& sides) {
  RsyncErrors errors;
  sdk::Milliseconds shown = context.monotonic();
  RsyncReport report([&](const RsyncProgress& progress) {
    const sdk::Milliseconds now = context.monotonic();
    if (now - shown < 1s) return;
    shown = now;
    context.progress(progress.bytes, progress.total, "bytes");
  });
  const sdk::Completed ended =
      context.local({.argv = rsync_argv(push),
                     .input = input,
                     .environment = {{"LC_ALL", "C"}},
                     .quiet = true,
                     .output_limit = std::numeric_limits<std::uint64_t>::max(),  // is not kept
                     .on_output = [&](std::string_view piece) { report.add(piece); },
                     .on_error_output = [&](std::string_view piece) { errors.add(piece); }});
  const RsyncTrouble trouble = errors.take();
  const auto numbers = parse_rsync_numbers(report.text());
  const bool ran = ended.signal == 0 && (ended.status == 0 || ended.status == 23 || ended.status == 24);
  if (!ran || !numbers || trouble.no_space)
    refuse("the tree was not restored, or not all of it: " +
           rsync_failure_text(ended.status, ended.signal, trouble, sides));

  RestoredTree result{.files = numbers->files(), .bytes = numbers->bytes, .skipped = skipped_names(report.text())};
  for (const Unreadable& one : trouble.unreadable) result.problems.push_back(one.name + ": " + one.why);
  for (const std::string& name : trouble.vanished) result.problems.push_back(name + ": it vanished from the copy");
  result.problems.insert(result.problems.end(), trouble.other.begin(), trouble.other.end());
  if (!result.problems.empty()) context.output(report.text());
  if (ended.status != 0 && result.problems.empty()) result.problems.push_back(rsync_status_text(ended.status));
  return result;
}

}  // namespace

RestoredTree restore_tree(sdk::Context& context, const TreeSource& source, const TreeTarget& target) {
  local_rsync_version(context);
  const bool is_root_there = target.on_server && context.facts().user == "root";
  const bool as_root = target.on_server && target.sudo && !is_root_there;
  RsyncPush push{.sudo = as_root, .devices = target.on_server, .source = source.path, .chosen = !source.itself,
                 .exact = target.exact, .target = tidy_path(target.directory)};
  std::string where = "the file system of " + push.target;
  if (target.on_server) {
    const WayToServer way = way_to_server(context);
    push.shell = way.shell;
    push.host = way.host;
    where += " on " + context.server();
    prepare_there(context, target, as_root);
  } else {
    prepare_here(push.target, target.replace);
  }
  RestoredTree result;
  const std::string input = push.chosen ? entries_of(source.path) : "";
  if (!push.chosen || !input.empty())
    result = run_rsync(context, push, input,
                       {.server = target.on_server ? context.server() : "the maintenance server",
                        .is_here = push.shell.empty(),
                        .writes_to = where});
  result.owners = target.on_server ? as_root || is_root_there : ::geteuid() == 0;
  return result;
}

}  // namespace maintain::plugins::backup
