#include "backup/zfs.hpp"

#include <unistd.h>

#include <algorithm>

#include <fmt/format.h>

#include "backup/copy_manifest.hpp"
#include "backup/task_copies.hpp"
#include "base/process.hpp"
#include "base/text.hpp"

namespace maintain {
namespace {

constexpr Milliseconds patience = std::chrono::minutes(2);
constexpr std::size_t output_limit = 64 * 1024;
constexpr std::size_t shown_limit = 500;
constexpr std::size_t longest_name = 255;  // of a dataset and of a snapshot, ZFS_MAX_DATASET_NAME_LEN without its NUL

// cron's PATH has no sbin.
std::string usual_program() {
  for (const char* path : {"/usr/sbin/zfs", "/sbin/zfs", "/usr/local/sbin/zfs"})
    if (::access(path, X_OK) == 0) return path;
  return "zfs";
}

// What the kernel takes, less `%`, and without what would make it the name of something else than a dataset.
bool is_dataset(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("/-_.: ").find(c) != std::string_view::npos;
  };
  return !name.empty() && name.size() <= longest_name && name.front() != '-' && name.front() != '/' &&
         std::all_of(name.begin(), name.end(), fits);
}

std::string hint_for(const std::string& said, const std::string& dataset) {
  if (said.find("permission denied") != std::string::npos || said.find("Permission denied") != std::string::npos)
    return fmt::format("as root: zfs allow -u USER snapshot,destroy,mount {}", dataset);
  if (said.find("dependent clones") != std::string::npos || said.find("dataset is busy") != std::string::npos)
    return "see `zfs list -t all -o name,origin` and `zfs holds`";
  return {};
}

class Zfs {
 public:
  Zfs(std::filesystem::path backups, std::string program)
      : backups_(std::move(backups)), program_(std::move(program)) {}

  Result<void> carry_out(ZfsVerb verb, const TaskKey& key, const std::string& id) const {
    std::error_code failure;
    // Below that a server may have had links made. What zfs finds through them has another mount point than this one.
    const auto backups = std::filesystem::canonical(backups_, failure);
    if (failure) return fail_errno("cannot find " + backups_.string(), failure.value());
    const std::string path = (copies_directory(backups, key) / dataset_name).string();
    const auto output =
        run({"list", "-H", "-t", "filesystem", "-o", "name,mountpoint,mounted", path}, "the dataset");
    if (!output) return fail(output.error());
    const auto dataset = parse_dataset(*output, path);
    if (!dataset) return fail(dataset.error());
    if (verb == ZfsVerb::look) return {};
    // A comma or a percent sign would name several snapshots.
    if (!time_of_copy(id)) return fail(ErrorKind::refused, "'" + printable(id) + "' cannot be the name of a snapshot");
    const std::string name = *dataset + "@" + id;
    if (name.size() > longest_name) return fail(ErrorKind::refused, "the name of the snapshot is too long: " + name);
    const auto done = run({verb == ZfsVerb::snapshot ? "snapshot" : "destroy", name}, *dataset);
    return done ? Result<void>{} : Result<void>(fail(done.error()));
  }

 private:
  Result<std::string> run(const std::vector<std::string>& words, const std::string& dataset) const {
    LocalCommand command{.argv = {program_.empty() ? usual_program() : program_}};
    command.argv.insert(command.argv.end(), words.begin(), words.end());
    command.environment = {{"LC_ALL", "C"}};
    command.timeout = patience;
    command.output_limit = output_limit;
    auto exit = run_local(command);
    const std::string what = fmt::format("`zfs {} {}`", words.front(), words.back());
    if (!exit && exit.error().kind == ErrorKind::not_found)
      return fail(ErrorKind::not_found, "there is no program zfs", "apt-get install zfsutils-linux");
    if (!exit) return fail(exit.error().kind, what + ": " + exit.error().message, exit.error().hint);
    if (exit->ok()) return std::move(exit->output);
    const std::string said = shorten(printable(trim(exit->error_output)), shown_limit);
    return fail(ErrorKind::system, fmt::format("{}: {}", what, said.empty() ? exit->describe() : said),
                hint_for(said, dataset));
  }

  std::filesystem::path backups_;
  std::string program_;
};

}  // namespace

Result<std::string> parse_dataset(std::string_view output, const std::string& path) {
  const auto lines = split_lines(output);
  const auto fields = split(lines.size() == 1 ? lines.front() : "", '\t');
  if (fields.size() != 3)
    return fail(ErrorKind::refused, fmt::format("zfs does not say what is mounted on {}: {}", path,
                                                shorten(printable(output), shown_limit)));
  const std::string &name = fields[0], &mount_point = fields[1], &mounted = fields[2];
  if (!is_dataset(name))
    return fail(ErrorKind::refused, "the dataset '" + shorten(printable(name), shown_limit) +
                                        "' has a name that is not used for copies");
  if (mount_point != path)
    return fail(ErrorKind::refused,
                fmt::format("{} is no dataset of its own: it lies in {}, whose mountpoint is {}", path, name,
                            shorten(printable(mount_point), shown_limit)),
                fmt::format("as root: zfs create -o mountpoint={} {}/NAME", path, name));
  if (mounted != "yes")
    return fail(ErrorKind::refused, fmt::format("{} is not mounted", name), "as root: zfs mount " + name);
  return name;
}

ZfsCall zfs_calls(std::filesystem::path backups, std::string program) {
  return [zfs = Zfs(std::move(backups), std::move(program))](ZfsVerb verb, const TaskKey& key, const std::string& id) {
    return zfs.carry_out(verb, key, id);
  };
}

}  // namespace maintain
