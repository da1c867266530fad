#include "backup/tree/tree_copy.hpp"

#include <algorithm>
#include <filesystem>
#include <limits>

#include "backup/tree/draft_tree.hpp"
#include "backup/tree/rsync_failure.hpp"
#include "backup/tree/tree_inspect.hpp"
#include "backup/tree/tree_programs.hpp"

namespace maintain::plugins::backup {
namespace {

using sdk::Failure;
using sdk::Json;
using namespace std::chrono_literals;

constexpr int most_retries = 3;
constexpr int most_looks = 3;  // what is written all the time is written in each
constexpr auto between_retries = 10s;

// Nothing is there, or a directory with nothing in it.
bool is_empty(const std::string& directory) {
  std::error_code failure;
  return !std::filesystem::exists(directory, failure) || std::filesystem::is_empty(directory, failure);
}

std::string files_text(std::uint64_t count) { return std::to_string(count) + (count == 1 ? " file" : " files"); }

}  // namespace

TreeOptions tree_options(const Json& options) {
  TreeOptions result;
  result.sudo = options.value("sudo", result.sudo);
  result.one_file_system = options.value("one_file_system", false);
  result.mountpoint = options.value("mountpoint", false);
  result.compress = options.value("compress", false);
  result.bytes_per_second = size_option(options, "bandwidth_limit");
  result.exclude = list_option(options, "exclude");
  return result;
}

TreeCopy::TreeCopy(sdk::Context& context, CopyOptions copy, TreeOptions tree)
    : context_(context), options_(std::move(tree)), run_(context, std::move(copy)) {}

void TreeCopy::inspect(const std::vector<std::string>& paths) {
  as_root_ = options_.sudo && context_.facts().user != "root";
  here_ = local_rsync_version(context_);
  way_ = way_to_server(context_);
  // Once for a task: of later copies only what changed is written.
  std::vector<std::string> words = {options_.mountpoint ? "mounts" : "any", context_.copies().empty() ? "ask" : "no"};
  words.insert(words.end(), paths.begin(), paths.end());
  const sdk::Completed asked = context_.exec({.argv = std::move(words),
                                              .script = inspect_script(),
                                              .become_user = as_root_ ? "root" : "",
                                              .read_only = true,
                                              .quiet = true,
                                              .timeout = 5min});
  const auto inspection = parse_inspection(asked.output, paths.size());
  if (!asked.ok() || !inspection)
    throw Failure(MAINTAIN_FAILED, "looking at the paths on " + context_.server() + " failed" +
                                       (asked.error_output.empty() ? "" : ": " + last_line(asked.error_output)));
  std::vector<std::string> wrong;
  for (std::size_t i = 0; i < paths.size(); ++i)
    if (const auto why = why_not_copied(paths[i], inspection->states[i])) wrong.push_back(*why);
  if (!wrong.empty())
    throw Failure(MAINTAIN_FAILED, "nothing was copied, for on " + context_.server() + " " +
                                       joined(wrong, wrong.size(), 10, "; "));
  if (inspection->rsync.empty())
    throw Failure(MAINTAIN_FAILED, rsync_failure_text(127, 0, {.no_rsync = true}, {.server = context_.server()}));
  there_ = inspection->rsync;
  holes_ = inspection->holes;
}

void TreeCopy::begin(const std::string& source, const std::string& engine, std::vector<std::string> parts) {
  source_ = source;
  const auto prepared = [&] {
    const sdk::Draft& draft = run_.draft();
    if (!draft.resumed && !draft.seeded) return true;
    return unshare_draft(draft.path) && remove_outside(draft.path, parts);
  };
  run_.begin(source, engine, true);
  if (!prepared()) {
    context_.abandon_copy(false);
    run_.begin(source, engine, false);
    if (!prepared())
      throw Failure(MAINTAIN_FAILED, "the draft in " + run_.draft().path + " cannot be tidied up: remove it");
  }
  if (takes_attributes(run_.draft().path)) return;
  context_.abandon_copy(false);
  throw Failure(MAINTAIN_FAILED, rsync_failure_text(23, 0, {.no_attributes = true}, sides()));
}

RsyncSides TreeCopy::sides() const {
  return {.server = context_.server(), .is_here = way_.shell.empty(), .writes_to = "the file system of the backups"};
}

RsyncPull TreeCopy::pull() const {
  RsyncPull pull;
  pull.shell = way_.shell;
  pull.host = way_.host;
  pull.sudo = as_root_;
  pull.holes = holes_;
  pull.exclude = options_.exclude;
  pull.one_file_system = options_.one_file_system;
  pull.compress = options_.compress;
  pull.bytes_per_second = options_.bytes_per_second;
  return pull;
}

void TreeCopy::fetch_paths(const std::vector<std::string>& paths) {
  RsyncPull pull = this->pull();
  pull.sources = paths;
  pull.target = run_.draft().path;
  pull.base = run_.draft().base;
  pull.seeded = run_.draft().seeded;
  take(fetch(pull), pull.target);
}

RsyncPull TreeCopy::content_pull(const std::string& path, const std::string& name) const {
  RsyncPull pull = this->pull();
  pull.sources = {path + "/"};
  pull.relative = false;
  pull.target = run_.draft().path + "/" + name;
  pull.seeded = run_.draft().seeded;
  std::error_code ignored;
  const std::string base = run_.draft().base + "/" + name;
  if (!run_.draft().base.empty() && std::filesystem::is_directory(base, ignored)) pull.base = base;
  return pull;
}

void TreeCopy::fetch_content(const std::string& path, const std::string& name) {
  const RsyncPull pull = content_pull(path, name);
  take(fetch(pull), pull.target);
}

void TreeCopy::warm_content(const std::string& path, const std::string& name, std::int64_t since) {
  const RsyncPull pull = content_pull(path, name);
  fetch(pull);
  if (unshare_draft(pull.target) && distrust_since(pull.target, since)) return;
  throw Failure(MAINTAIN_FAILED, "the draft in " + pull.target + " cannot be gone on with");
}

RsyncEnd TreeCopy::judge(const Attempt& attempt) {
  return attempt.signal != 0 ? RsyncEnd::failed : judge_rsync(attempt.status, attempt.trouble);
}

// Where rsync 3.2 writes a file in place that has an ACL already, --fake-super's attribute with the ACL is lost. So a
// file is written in place only where it is new, or shares blocks with a snapshot.
TreeCopy::Attempt TreeCopy::fetch(const RsyncPull& asked) {
  RsyncPull pull = asked;
  for (int failures = 0;;) {
    pull.in_place = pull.seeded || is_empty(pull.target);
    Attempt done = attempt(pull, false);
    const RsyncEnd end = judge(done);
    if (end == RsyncEnd::whole || end == RsyncEnd::incomplete)
      return pull.seeded ? put_back_acls(pull, std::move(done)) : done;
    const std::string text = rsync_failure_text(done.status, done.signal, done.trouble, sides());
    if (end == RsyncEnd::failed) {
      // What fills the disk would keep every other copy from being made.
      if (done.trouble.no_space) context_.abandon_copy(false);
      throw Failure(MAINTAIN_FAILED, text);
    }
    if (++failures > most_retries)
      throw Failure(MAINTAIN_CONNECTION_LOST, "the connection to " + context_.server() + " broke " +
                                                  std::to_string(failures) + " times; what came is kept, and the next "
                                                  "run goes on from there. Last: " + text);
    context_.log(sdk::Level::warning, text + "; trying again");
    context_.sleep(between_retries * failures);
    std::error_code ignored;
    const bool begun = std::filesystem::exists(pull.target, ignored);
    if (begun && !unshare_draft(pull.target))
      throw Failure(MAINTAIN_FAILED, "the draft in " + pull.target + " cannot be gone on with");
  }
}

// rsync gives a file the ACL that it lost as soon as it looks at it again and need not write it.
TreeCopy::Attempt TreeCopy::put_back_acls(const RsyncPull& pull, Attempt done) {
  auto numbers = parse_rsync_numbers(done.output);
  for (int looks = 0; looks < most_looks && (!numbers || numbers->transferred != 0); ++looks) {
    const Attempt again = attempt(pull, false);
    const RsyncEnd end = judge(again);
    if (end == RsyncEnd::failed || end == RsyncEnd::lost)
      throw Failure(end == RsyncEnd::lost ? MAINTAIN_CONNECTION_LOST : MAINTAIN_FAILED,
                    rsync_failure_text(again.status, again.signal, again.trouble, sides()));
    add_trouble(done.trouble, again.trouble);
    numbers = parse_rsync_numbers(again.output);
  }
  return done;
}

TreeCopy::Attempt TreeCopy::attempt(const RsyncPull& pull, bool read_only) {
  Attempt done;
  RsyncErrors errors;
  sdk::Milliseconds shown = context_.monotonic();
  RsyncReport report([&](const RsyncProgress& progress) {
    const sdk::Milliseconds now = context_.monotonic();
    if (now - shown < 1s) return;
    shown = now;
    context_.progress(progress.bytes, progress.total, "bytes");
  });
  try {
    const sdk::Completed ended =
        context_.local({.argv = rsync_argv(pull),
                        .environment = {{"LC_ALL", "C"}},
                        .read_only = read_only,
                        .quiet = true,
                        .output_limit = std::numeric_limits<std::uint64_t>::max(),  // is not kept
                        .on_output = [&](std::string_view piece) { report.add(piece); },
                        .on_error_output = [&](std::string_view piece) { errors.add(piece); }});
    done.status = ended.status;
    done.signal = ended.signal;
  } catch (const Failure& failure) {
    // A bound of the task, or the disk's reserve, was passed: to keep it would only fail the next run, too.
    if (failure.status() == MAINTAIN_REFUSED && !read_only) context_.abandon_copy(false);
    throw;
  }
  done.output = report.text();
  done.trouble = errors.take();
  return done;
}

void TreeCopy::take(const Attempt& attempt, const std::string& target) {
  add_trouble(trouble_, attempt.trouble);
  context_.output(attempt.output);
  const RsyncTrouble& trouble = attempt.trouble;
  if (judge_rsync(attempt.status, trouble) == RsyncEnd::incomplete)
    doubts_.push_back("rsync could not copy all of it: " + joined(trouble.other, trouble.other.size(), 10, "; "));
  const auto numbers = parse_rsync_numbers(attempt.output);
  const auto found = count_files(target);
  if (!numbers || !found) {
    doubts_.push_back(numbers ? "the files in " + target + " cannot be counted" : "rsync did not tell its numbers");
    return;
  }
  listed_ += numbers->files();
  received_ += numbers->received;
  transferred_ += numbers->transferred;
  found_ += *found;
  // What vanished on the way is in rsync's list, unless it was gone before it came to be there.
  const bool agree = *found <= numbers->files() && *found + trouble.vanished_count >= numbers->files();
  if (!agree && trouble.unreadable_count == 0)
    doubts_.push_back("of the " + files_text(numbers->files()) + " that rsync counts, " + std::to_string(*found) +
                      " are here");
}

void TreeCopy::tell_doubts() {
  if (trouble_.unreadable_count != 0) {
    std::vector<std::string> names;
    for (const Unreadable& one : trouble_.unreadable) names.push_back(one.name + ": " + one.why);
    context_.finding({.state = sdk::State::warning,
                      .code = "backup.unreadable",
                      .subject = source_,
                      .title = source_ + ": " + files_text(trouble_.unreadable_count) + " could not be read, first " +
                               trouble_.unreadable.front().name,
                      .detail = joined(names, trouble_.unreadable_count, most_names, "\n"),
                      .action = options_.sudo ? "repair or exclude them" : "let them be read, exclude them, or set "
                                                                           "sudo: true"});
  }
  if (doubts_.empty()) return;
  context_.finding({.state = sdk::State::warning,
                    .code = "backup.incomplete",
                    .subject = source_,
                    .title = source_ + ": the copy is not known to be whole",
                    .detail = joined(doubts_, doubts_.size(), most_names, "\n"),
                    .action = "see to it; the copy is kept, but does not count as a good one"});
}

sdk::Outcome TreeCopy::finish(Json details, Json links, std::string note) {
  tell_doubts();
  context_.metric("backup_vanished_files", static_cast<double>(trouble_.vanished_count));
  context_.metric("backup_unreadable_files", static_cast<double>(trouble_.unreadable_count));
  Evidence evidence;
  evidence.format = "tree";
  evidence.tools = {{"rsync", here_}, {"rsync on the server", there_}};
  evidence.details = std::move(details);
  evidence.details.update({{"transferred_files", transferred_},
                           {"received_bytes", received_},
                           {"vanished_files", trouble_.vanished_count},
                           {"unreadable_files", trouble_.unreadable_count}});
  evidence.links = std::move(links);
  evidence.note = std::move(note);
  const bool whole = doubts_.empty() && trouble_.unreadable_count == 0;
  if (whole) {
    evidence.verified.push_back(
        {{"how", "rsync's exit status"},
         {"detail", trouble_.vanished_count == 0 ? "0" : files_text(trouble_.vanished_count) + " vanished"}});
    evidence.verified.push_back({{"how", "files counted"},
                                 {"detail", files_text(listed_) + " by rsync's count, " + std::to_string(found_) +
                                                " by ours"}});
  }
  const sdk::Outcome outcome = run_.finish(evidence);
  return whole ? outcome : sdk::Outcome::failed;
}

TreePreview TreeCopy::preview(const std::vector<std::string>& paths) {
  RsyncPull pull = this->pull();
  pull.sources = paths;
  pull.dry_run = true;
  pull.target = context_.directory();
  for (const sdk::CopyInfo& copy : context_.copies()) {
    if (copy.state != "verified" && copy.state != "unverified") continue;  // as a run links against
    pull.target = context_.open_copy(copy.id).path;
    break;
  }
  const Attempt done = attempt(pull, true);
  const auto numbers = parse_rsync_numbers(done.output);
  const RsyncEnd end = judge(done);
  if (!numbers || end == RsyncEnd::failed || end == RsyncEnd::lost)
    throw Failure(MAINTAIN_FAILED, rsync_failure_text(done.status, done.signal, done.trouble, sides()));
  return {*numbers, done.trouble};
}

}  // namespace maintain::plugins::backup
