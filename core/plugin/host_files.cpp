// maintain.files/1: files on the server, by stat(1), head(1) and a small script.
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"
#include "plugin/extension_tables.hpp"
#include "plugin/host.hpp"
#include "plugin/server_call.hpp"

namespace maintain {
namespace {

constexpr std::uint64_t default_read_limit = 16 * 1024 * 1024;
constexpr std::uint64_t most_read = INT64_MAX - 1;  // head(1) counts no further
constexpr std::size_t most_put = 1024 * 1024;
constexpr Milliseconds patience = std::chrono::minutes(2);
constexpr std::int64_t latest = INT64_MAX / 1000;  // a file's time in seconds, which the server is free to make up

// $1 path, $2 mode, $3 size. The size tells a whole file from one whose connection broke while it was sent.
constexpr const char* put_script = R"sh(set -eu
umask 077
new=$(mktemp "${1%/*}/.maintain.XXXXXXXX")
trap 'rm -f "$new"' EXIT
cat >"$new"
if [ "$(wc -c <"$new")" -ne "$3" ]; then echo 'the content did not arrive whole' >&2; exit 1; fi
chmod "$2" "$new"
sync "$new" 2>/dev/null || sync
mv -fT "$new" "$1"
)sh";

HostResult check_path(std::string_view path) {
  if (path.empty() || path[0] != '/' || path.find('\0') != std::string_view::npos || path.size() > 4000)
    return host_fail(MAINTAIN_INVALID_ARGUMENT, "a path on the server must be absolute");
  return {};
}

// Runs it; what it printed on standard error decides between NOT_FOUND and FAILED.
tl::expected<RemoteExit, HostFailure> run(Host& host, RemoteCommand command, maintain_text become_user,
                                          const std::string& path) {
  if (auto good = check_path(path); !good) return tl::make_unexpected(good.error());
  if (auto time = host.check_time(path); !time) return tl::make_unexpected(time.error());
  command.become_user = to_string(become_user);
  command.environment["LC_ALL"] = "C";
  if (auto connected = connect_first(host); !connected) return tl::make_unexpected(connected.error());
  command.timeout = host.time_for(patience);
  auto ended = host.session().run(command);
  if (!ended) return tl::make_unexpected(failed_call(ended.error()));
  if (ended->ok()) return *ended;
  const std::string complaint = shorten(printable(trim(ended->error_output)), 300);
  if (complaint.find("No such file or directory") != std::string::npos ||
      complaint.find("Not a directory") != std::string::npos)
    return host_fail(MAINTAIN_NOT_FOUND, path + " does not exist on the server");
  return host_fail(MAINTAIN_FAILED, fmt::format("{}: {}", path, complaint));
}

maintain_file_kind kind_of(unsigned mode) {
  if (S_ISREG(mode)) return MAINTAIN_FILE_REGULAR;
  if (S_ISDIR(mode)) return MAINTAIN_FILE_DIRECTORY;
  if (S_ISLNK(mode)) return MAINTAIN_FILE_LINK;
  return MAINTAIN_FILE_OTHER;
}

template <class Number>
bool parse(const std::string& text, Number& into, int base = 10) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into, base);
  return error == std::errc() && end == text.data() + text.size();
}

HostResult stat(Host& host, maintain_text path, maintain_text become_user, maintain_file_info* info) {
  if (info == nullptr || !MAINTAIN_HAS(info, modified_ms))
    return host_fail(MAINTAIN_INVALID_ARGUMENT, "files.stat: no place for the answer");
  RemoteCommand command;
  command.argv = {"stat", "-c", "%f %u %g %s %Y", "--", to_string(path)};
  const auto ended = run(host, std::move(command), become_user, to_string(path));
  if (!ended) return tl::make_unexpected(ended.error());
  const auto words = split_words(ended->output);
  unsigned mode = 0;
  std::int64_t modified = 0;
  if (words.size() != 5 || !parse(words[0], mode, 16) || !parse(words[1], info->uid) || !parse(words[2], info->gid) ||
      !parse(words[3], info->size) || !parse(words[4], modified) || modified > latest || modified < -latest)
    return host_fail(MAINTAIN_FAILED, "stat on the server answered: " + shorten(printable(ended->output), 200));
  info->kind = kind_of(mode);
  info->mode = mode & 07777;
  info->modified_ms = modified * 1000;
  return {};
}

HostResult read(Host& host, maintain_text path, maintain_text become_user, std::uint64_t limit,
                const maintain_sink* sink) {
  const std::uint64_t most = std::min(limit != 0 ? limit : default_read_limit, most_read);
  std::uint64_t seen = 0;
  HostResult fed = {};
  RemoteCommand command;
  // One byte more than allowed tells a file that fits from one that does not, also in /proc, where sizes are 0.
  command.argv = {"head", "-c", std::to_string(most + 1), "--", to_string(path)};
  command.output_limit = static_cast<std::size_t>(most + 1);
  command.on_output = [&](std::string_view bytes) {
    seen += bytes.size();
    if (seen > most)
      fed = host_fail(MAINTAIN_REFUSED, fmt::format("{} is longer than {} bytes", to_view(path), most));
    else
      fed = write_to(sink, bytes);
    return fed.has_value();
  };
  const auto ended = run(host, std::move(command), become_user, to_string(path));
  if (!fed) return fed;
  if (!ended) return tl::make_unexpected(ended.error());
  return {};
}

HostResult put(Host& host, maintain_text path, maintain_text become_user, std::uint32_t mode, maintain_text content) {
  if (content.size > most_put) return host_fail(MAINTAIN_INVALID_ARGUMENT, "files.put: more than 1 MiB");
  if (mode > 07777) return host_fail(MAINTAIN_INVALID_ARGUMENT, "files.put: not permission bits");
  if (host.check_mode()) return host_fail(MAINTAIN_REFUSED, "dry run: " + to_string(path) + " was not written");
  RemoteCommand command;
  command.script = put_script;
  command.argv = {to_string(path), fmt::format("{:04o}", mode), std::to_string(content.size)};
  command.input = to_string(content);
  const auto ended = run(host, std::move(command), become_user, to_string(path));
  if (!ended) return tl::make_unexpected(ended.error());
  return {};
}

}  // namespace

const maintain_files_1 files_table = {
    sizeof(maintain_files_1),
    [](const maintain_host* host, maintain_text path, maintain_text become_user, maintain_file_info* info,
       maintain_error* error) {
      return host_call(host, error, [&](Host& self) { return stat(self, path, become_user, info); });
    },
    [](const maintain_host* host, maintain_text path, maintain_text become_user, uint64_t limit,
       const maintain_sink* sink, maintain_error* error) {
      return host_call(host, error, [&](Host& self) { return read(self, path, become_user, limit, sink); });
    },
    [](const maintain_host* host, maintain_text path, maintain_text become_user, uint32_t mode, maintain_text content,
       maintain_error* error) {
      return host_call(host, error, [&](Host& self) { return put(self, path, become_user, mode, content); });
    }};

}  // namespace maintain
