#include "backup/restore/restore_files.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>

#include "backup/restore/server_stream.hpp"

namespace maintain::plugins::backup {
namespace {

constexpr std::size_t names_at_once = 100;

// What is half there is removed: it would look like all of it. noclobber (-C): where others may write, a link is not
// followed.
constexpr const char* take_file = R"(umask 077
rm -f -- "$1.part" && set -C
if cat >"$1.part" && mv -fT -- "$1.part" "$1"; then exit 0; fi
rm -f -- "$1.part"
exit 1)";

std::uint64_t size_of(const std::string& path) {
  std::error_code failure;
  const std::uint64_t size = std::filesystem::file_size(path, failure);
  if (failure) throw sdk::Failure(MAINTAIN_FAILED, "cannot look at " + path + ": " + failure.message());
  return size;
}

// Nothing: there is no such file on the server. A link is not followed.
std::optional<std::uint64_t> size_there(sdk::Context& context, const std::string& path, const std::string& user) {
  const sdk::Completed done = context.exec({.argv = {path},
                                            .script = R"([ -e "$1" ] || [ -L "$1" ] || exit 4; stat -c %s -- "$1")",
                                            .become_user = user,
                                            .read_only = true,
                                            .quiet = true});
  if (done.status == 4) return std::nullopt;
  std::uint64_t size = 0;
  if (!done.ok() ||
      std::from_chars(done.output.data(), done.output.data() + done.output.size(), size).ec != std::errc())
    throw sdk::Failure(MAINTAIN_FAILED, "cannot look at " + path + " on " + context.server() + ": " +
                                            sdk::detail::last_line(done.error_output));
  return size;
}

[[noreturn]] void refuse(const std::string& path) {
  throw sdk::Failure(MAINTAIN_REFUSED, path + " is there already: give another directory, or --replace to lose it");
}

[[noreturn]] void incomplete(const std::string& path, std::uint64_t bytes, std::uint64_t expected) {
  throw sdk::Failure(MAINTAIN_FAILED, path + " has " + std::to_string(bytes) + " bytes instead of " +
                                          std::to_string(expected));
}

}  // namespace

std::vector<std::string> files_of(const CopyContent& content) {
  std::vector<std::string> files;
  for (const Dump& dump : content.dumps) files.push_back(dump.file);
  if (content.globals) files.push_back(*content.globals);
  return files;
}

RestoredFiles put_files_here(sdk::Context& context, const sdk::OpenCopy& copy, const std::vector<std::string>& files,
                             const std::string& directory, bool replace) {
  std::error_code failure;
  std::filesystem::create_directories(directory, failure);
  if (failure) throw sdk::Failure(MAINTAIN_FAILED, "cannot make " + directory + ": " + failure.message());
  for (const std::string& file : files)
    if (std::error_code ignored;
        !replace && std::filesystem::exists(std::filesystem::symlink_status(directory + "/" + file, ignored)))
      refuse(directory + "/" + file);
  for (std::size_t begin = 0; begin < files.size(); begin += names_at_once) {
    std::vector<std::string> argv = {"install", "-m", "600", "-t", directory, "--"};
    for (std::size_t i = begin; i < std::min(begin + names_at_once, files.size()); ++i)
      argv.push_back(copy.path + "/" + files[i]);
    const sdk::Completed done = context.local({.argv = std::move(argv), .quiet = true});
    if (!done.ok())
      throw sdk::Failure(MAINTAIN_FAILED, "copying to " + directory + " failed: " +
                                              sdk::detail::last_line(done.error_output));
  }
  RestoredFiles restored;
  for (const std::string& file : files) {
    const std::uint64_t expected = size_of(copy.path + "/" + file);
    const std::uint64_t bytes = size_of(directory + "/" + file);
    if (bytes != expected) incomplete(directory + "/" + file, bytes, expected);
    ++restored.files;
    restored.bytes += bytes;
  }
  return restored;
}

RestoredFiles put_files_there(sdk::Context& context, const sdk::OpenCopy& copy, const std::vector<std::string>& files,
                              const std::string& directory, bool replace) {
  const std::string user = "root";
  context.must({.argv = {"mkdir", "-p", "--", directory}, .become_user = user});
  for (const std::string& file : files)
    if (!replace && size_there(context, directory + "/" + file, user)) refuse(directory + "/" + file);
  RestoredFiles restored;
  for (const std::string& file : files) {
    const std::string target = directory + "/" + file;
    stream_to_server(context,
                     {.file = copy.path + "/" + file,
                      .user = user,
                      .argv = {"sh", "-c", take_file, "sh", target}},
                     "writing " + target);
    const auto there = size_there(context, target, user);
    const std::uint64_t expected = size_of(copy.path + "/" + file);
    if (there != expected) incomplete(target, there.value_or(0), expected);
    ++restored.files;
    restored.bytes += expected;
  }
  return restored;
}

}  // namespace maintain::plugins::backup
