#include "backup/tree/rsync_command.hpp"

#include <algorithm>

namespace maintain::plugins::backup {
namespace {

std::string quoted(const std::string& word) {
  if (!word.empty() && word.find_first_of(" '\"") == std::string::npos) return word;
  std::string text = "'";
  for (const char c : word) {
    text += c;
    if (c == '\'') text += c;  // doubled inside quotes is one; a backslash would be itself
  }
  return text + "'";
}

// rsync needs brackets to tell an IPv6 address from its paths.
std::string bracketed(const std::string& host) {
  const std::size_t at = host.find('@') == std::string::npos ? 0 : host.find('@') + 1;
  if (host.find(':', at) == std::string::npos || host.find('[', at) != std::string::npos) return host;
  return host.substr(0, at) + "[" + host.substr(at) + "]";
}

// Without a server between, `env` stands in for the remote shell and an assignment for the host: a purely local rsync
// would apply --fake-super to both sides, and then misread what it copies.
void add_other_side(const std::vector<std::string>& shell, bool sudo, std::vector<std::string>& argv) {
  if (shell.empty()) {
    argv.insert(argv.end(), {"-e", sudo ? "sudo -n env" : "env"});
    return;
  }
  argv.insert(argv.end(), {"-e", remote_shell_text(shell)});
  if (sudo) argv.emplace_back("--rsync-path=sudo -n rsync");
}

std::string host_of(const std::vector<std::string>& shell, const std::string& host) {
  return shell.empty() ? "LC_ALL=C" : bracketed(host);
}

}  // namespace

std::vector<std::string> rsync_argv(const RsyncPull& pull) {
  // --modify-window=-1: mtimes are compared to the nanosecond. --outbuf=L: progress comes as it is made.
  // --delete-excluded: what came before it was excluded leaves a draft, too. --inplace: a draft is nobody's but ours,
  // and has no file in common with a copy but those that are as they are on the server; so none is written beside and
  // renamed. What was cut off half-way has another time than on the server. --partial: the same for files beside.
  std::vector<std::string> argv = {"rsync", "-aHAX", "--protect-args", "--numeric-ids", "--fake-super",
                                   "--delete", "--delete-excluded", "--modify-window=-1",
                                   "--outbuf=L", "--stats", "--info=progress2",
                                   "--timeout=" + std::to_string(pull.silence.count())};
  argv.emplace_back(pull.in_place ? "--inplace" : "--partial");
  if (pull.relative) argv.emplace_back("--relative");
  // For holes rsync writes each KiB by itself. In a snapshot, what is rewritten shares its unchanged blocks; holes
  // cannot be made then.
  if (pull.holes && !pull.seeded) argv.emplace_back("--sparse");
  // A snapshot has its own files already; what had to go from it because it had more than one name is here, too.
  if (!pull.base.empty()) argv.push_back((pull.seeded ? "--copy-dest=" : "--link-dest=") + pull.base);
  if (pull.one_file_system) argv.emplace_back("--one-file-system");
  if (pull.compress) argv.emplace_back("--compress");
  if (pull.bytes_per_second != 0)  // in KiB; 0 would mean no bound
    argv.push_back("--bwlimit=" + std::to_string(std::max<std::uint64_t>(1, pull.bytes_per_second / 1024)));
  for (const std::string& pattern : pull.exclude) argv.push_back("--exclude=" + pattern);
  if (pull.dry_run) argv.emplace_back("--dry-run");
  add_other_side(pull.shell, pull.sudo, argv);
  argv.emplace_back("--");
  const std::string host = host_of(pull.shell, pull.host);
  for (std::size_t i = 0; i < pull.sources.size(); ++i) {
    std::string source = (i == 0 ? host : "") + ":" + literal_source(pull.sources[i]);
    argv.push_back(std::move(source));
  }
  argv.push_back(pull.target + "/");
  return argv;
}

std::vector<std::string> rsync_argv(const RsyncPush& push) {
  std::vector<std::string> argv = {"rsync", "-aHAX", "--protect-args", "--numeric-ids", "--fake-super", "--sparse",
                                   "--modify-window=-1", "--outbuf=L", "--stats", "--info=progress2",
                                   "--timeout=" + std::to_string(push.silence.count())};
  if (!push.devices) argv.emplace_back("--no-devices");
  if (push.exact) argv.emplace_back("--delete");
  if (push.chosen) argv.insert(argv.end(), {"--recursive", "--from0", "--files-from=-"});
  add_other_side(push.shell, push.sudo, argv);
  argv.emplace_back("--");
  argv.push_back(push.source + "/");
  argv.push_back(host_of(push.shell, push.host) + ":" + push.target + (push.target.ends_with('/') ? "" : "/"));
  return argv;
}

std::string remote_shell_text(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + quoted(word);
  return text;
}

std::string literal_source(std::string_view path) {
  // Where there is no wildcard a backslash is literal, too.
  if (path.find_first_of("*?[") == std::string_view::npos) return std::string(path);
  std::string text;
  for (const char c : path) {
    if (std::string_view("*?[\\").find(c) != std::string_view::npos) text += '\\';
    text += c;
  }
  return text;
}

std::string tidy_path(std::string_view path) {
  std::string tidy;
  for (std::size_t start = 0; start < path.size();) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    const std::string_view part = path.substr(start, end - start);
    if (!part.empty() && part != ".") tidy += "/" + std::string(part);
    start = end + 1;
  }
  return tidy.empty() ? "/" : tidy;
}

}  // namespace maintain::plugins::backup
