#include "transport/host_key_scan.hpp"

#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>

#include "base/fd.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "transport/ssh_command.hpp"
#include "transport/ssh_config.hpp"
#include "transport/ssh_wire.hpp"
#include "transport/tcp_connect.hpp"

namespace maintain {
namespace {

constexpr std::size_t largest_file = 16 * 1024 * 1024;

// A directory for one file that ssh writes; both vanish with it.
class TemporaryFile {
 public:
  TemporaryFile() {
    char directory[] = "/tmp/maintain-XXXXXX";
    if (::mkdtemp(directory) != nullptr) directory_ = directory;
  }
  ~TemporaryFile() {
    if (directory_.empty()) return;
    for (const char* name : {"/known_hosts", "/known_hosts.old"}) ::unlink((directory_ + name).c_str());
    ::rmdir(directory_.c_str());
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  explicit operator bool() const { return !directory_.empty(); }
  std::string path() const { return directory_ + "/known_hosts"; }

 private:
  std::string directory_;
};

int rank(const HostKey& key) {
  if (key.type == "ssh-ed25519") return 0;
  return key.type.starts_with("ecdsa-") ? 1 : 2;
}

Result<std::string> ask_keyscan(const Server& server, const TransportSettings& settings) {
  // ssh-keyscan says nothing of a port that refuses it.
  if (const auto answers = connect_tcp(server, settings); !answers) return fail(answers.error());
  const auto timeout = std::chrono::ceil<Seconds>(settings.connect_timeout + settings.handshake_timeout);
  LocalCommand command{.argv = {"ssh-keyscan", "-T", std::to_string(timeout.count()), "-p", std::to_string(server.port),
                                "-t", "ed25519,ecdsa,rsa", server.host()}};
  command.timeout = timeout + Seconds(5);
  command.output_limit = 256 * 1024;
  command.cancelled = settings.cancelled;
  const auto ended = run_local(command);
  if (!ended) return fail(ended.error());
  if (!parse_host_keys(ended->output).empty()) return ended->output;
  // It names what it tried in comments, and what went wrong between them.
  std::vector<std::string> lines = split_lines(ended->error_output);
  std::erase_if(lines, [](const std::string& line) { return line.starts_with("#"); });
  return fail(ErrorKind::unreachable, fmt::format("{}: the server showed no host key: {}", name_of(server),
                                                  lines.empty() ? "no answer" : shorten(printable(lines[0]), 300)),
              "the port is open: does an SSH server listen there?");
}

// ssh files the key before it tries to log in, so that a refused login is no failure here. The name that it files it
// under is the one that it will look for.
Result<std::string> ask_ssh(const Server& server, const TransportSettings& settings) {
  const TemporaryFile file;
  if (!file) return fail_errno("cannot make a directory in /tmp", errno);
  LocalCommand command{.argv = ssh_words(server, settings)};
  const std::vector<std::string> first = {"-oStrictHostKeyChecking=accept-new", "-oHashKnownHosts=no",
                                          "-oUserKnownHostsFile=" + file.path(), "-oControlPath=none"};
  command.argv.insert(command.argv.begin() + 1, first.begin(), first.end());
  command.argv.insert(command.argv.end(), {server.host(), "true"});
  command.timeout = settings.connect_timeout + settings.handshake_timeout + settings.authentication_timeout;
  command.cancelled = settings.cancelled;
  const auto ended = run_local(command);
  if (!ended) return fail(ended.error());
  const auto text = read_file(file.path(), largest_file);
  if (text && !parse_host_keys(*text).empty()) return *text;
  return fail(explain_ssh_failure(server, ended->error_output));
}

Result<void> check_against(const Server& server, const std::vector<HostKey>& keys, const KnownHost& known,
                           bool replace) {
  const auto is_known = [&](const HostKey& key) { return judge_host_key(known, key.blob) == HostKeyVerdict::known; };
  // A server that has lost every key we know may be another machine, whatever the types of those it shows.
  const bool stranger = !known.keys.empty() && std::none_of(keys.begin(), keys.end(), is_known);
  for (const HostKey& key : keys) {
    if (judge_host_key(known, key.blob) == HostKeyVerdict::revoked)
      return fail(host_key_error(server, known, key.blob));
    const auto rival = [&](const KnownKey& old) { return old.type == key.type && old.blob != key.blob; };
    if (!replace && !is_known(key) && (stranger || std::any_of(known.keys.begin(), known.keys.end(), rival)))
      return fail(host_key_error(server, known, key.blob));
  }
  return {};
}

}  // namespace

std::vector<HostKey> parse_host_keys(std::string_view text) {
  std::vector<HostKey> keys;
  for (const std::string& line : split_lines(text)) {
    const std::vector<std::string> words = split_words(line);
    if (words.size() < 3 || words[0].starts_with("#")) continue;
    auto blob = base64_decode(words[2]);
    if (!blob || key_type_of(*blob) != words[1]) continue;
    std::string print = fingerprint(*blob);
    keys.push_back({words[1], std::move(*blob), std::move(print), words[0].substr(0, words[0].find(','))});
  }
  std::stable_sort(keys.begin(), keys.end(), [](const HostKey& a, const HostKey& b) { return rank(a) < rank(b); });
  return keys;
}

Result<std::vector<HostKey>> scan_host_keys(const Server& server, const TransportSettings& settings) {
  if (auto checked = check_destination(server); !checked) return fail(checked.error());
  const bool by_ssh = !server.ssh_options.empty() || server.transport == TransportKind::openssh ||
                      !ssh_config_reason(server, true).empty();
  const auto text = by_ssh ? ask_ssh(server, settings) : ask_keyscan(server, settings);
  return text ? Result<std::vector<HostKey>>(parse_host_keys(*text)) : fail(text.error());
}

Result<bool> are_pinned(const Server& server, const std::vector<HostKey>& keys, const std::vector<std::string>& files,
                        bool replace) {
  if (keys.empty()) return true;
  const std::string& name = keys.front().name;
  const auto known = read_known_hosts(files, name);
  if (!known) return fail(known.error());
  if (auto agreed = check_against(server, keys, *known, replace); !agreed) return fail(agreed.error());
  const auto ours = read_known_hosts({files.front()}, name);
  if (!ours) return fail(ours.error());
  const auto is_offered = [&](const KnownKey& old) {
    return std::any_of(keys.begin(), keys.end(), [&](const HostKey& key) { return key.blob == old.blob; });
  };
  if (replace && !std::all_of(ours->keys.begin(), ours->keys.end(), is_offered)) return false;
  return std::all_of(keys.begin(), keys.end(), [&](const HostKey& key) {
    return judge_host_key(*ours, key.blob) == HostKeyVerdict::known;
  });
}

Result<TrustChange> trust_host_keys(const Server& server, const std::vector<HostKey>& keys,
                                    const std::vector<std::string>& files, bool replace, Milliseconds patience) {
  if (keys.empty()) return TrustChange{};
  const std::string& file = files.front();
  const std::string& name = keys.front().name;
  const std::filesystem::path path(file);
  if (path.has_parent_path())
    if (auto made = make_directories(path.parent_path(), 0700); !made) return fail(made.error());
  auto lock = lock_file(file + ".lock", patience);
  if (!lock) {
    if (lock.error().kind == ErrorKind::busy)
      lock.error().hint = "another 'maintain trust' holds it for a moment only: try again; if that does not help, "
                          "lslocks shows which process holds it";
    return fail(lock.error());
  }
  auto text = read_file(path, largest_file);
  if (!text && text.error().kind != ErrorKind::not_found) return fail(text.error());
  std::string content = text ? *text : "";
  const auto known = read_known_hosts(files, name);
  if (!known) return fail(known.error());
  if (auto agreed = check_against(server, keys, *known, replace); !agreed) return fail(agreed.error());

  TrustChange change;
  KnownHost ours;
  find_in_known_hosts(content, file, name, ours);
  if (replace) {
    const std::size_t before = ours.keys.size();
    content = remove_from_known_hosts(content, name);
    ours = {};
    find_in_known_hosts(content, file, name, ours);
    change.removed = static_cast<int>(before - ours.keys.size());
  }
  if (!content.empty() && content.back() != '\n') content += '\n';
  for (const HostKey& key : keys) {
    if (judge_host_key(ours, key.blob) == HostKeyVerdict::known) continue;
    content += fmt::format("{} {} {}\n", name, key.type, base64_encode(key.blob));
    change.added.push_back(key);
  }
  if (!change.added.empty() || change.removed > 0)
    if (auto written = write_file_atomically(path, content, 0644); !written) return fail(written.error());
  if (!replace) return change;
  if (auto after = read_known_hosts(files, name)) change.left = std::move(after->keys);
  std::erase_if(change.left, [&](const KnownKey& old) {
    return std::any_of(keys.begin(), keys.end(), [&](const HostKey& key) { return key.blob == old.blob; });
  });
  return change;
}

}  // namespace maintain
