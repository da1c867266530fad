// load_identity: the part of private_key.hpp that touches files.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <map>
#include <mutex>
#include <optional>
#include <tuple>

#include <fmt/format.h>

#include "base/fd.hpp"
#include "base/text.hpp"
#include "transport/local_user.hpp"
#include "transport/private_key.hpp"
#include "transport/ssh_wire.hpp"

namespace maintain {
namespace {

constexpr std::size_t largest_key_file = 64 * 1024;

// A file that was replaced or changed has another of these.
using Version = std::tuple<dev_t, ino_t, off_t, time_t, long>;

struct Loaded {
  Version version;
  IdentityFile file;
};

std::mutex loaded_mutex;
std::map<std::string, Loaded>& loaded() {
  static std::map<std::string, Loaded> files;
  return files;
}

Version version_of(const struct stat& status) {
  return {status.st_dev, status.st_ino, status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
}

std::string expand_home(const std::string& path) {
  const char* home = std::getenv("HOME");
  return path.starts_with("~/") && home != nullptr ? home + path.substr(1) : path;
}

// "ssh-ed25519 AAAA... comment" in the .pub file beside; its key, for private keys that only ssh can open.
std::string public_blob_beside(const std::string& path) {
  const auto text = read_file(path + ".pub", largest_key_file);
  if (!text) return {};
  const std::vector<std::string> words = split_words(*text);
  return words.size() < 2 ? std::string() : base64_decode(words[1]).value_or("");
}

Error forbidden_key(const std::string& path) {
  Error error = fail_errno(fmt::format("cannot read the private key {}", path), EACCES).value();
  error.hint = fmt::format("give it to the user that runs maintain: chown {} {}; chmod 600 {}", local_user(), path,
                           path);
  return error;
}

Result<IdentityFile> read_identity(const std::string& path, bool exposed) {
  auto text = read_file(path, largest_key_file);
  if (!text) {
    const bool forbidden = ::faccessat(AT_FDCWD, path.c_str(), R_OK, AT_EACCESS) != 0 && errno == EACCES;
    return fail(forbidden ? forbidden_key(path) : text.error());
  }
  IdentityFile file{path};
  // A public key file in place of a private one: ssh takes it as the name of a key that the agent holds.
  if (const auto words = split_words(*text); words.size() >= 2 && words[0].find("BEGIN") == std::string::npos) {
    file.public_blob = base64_decode(words[1]).value_or("");
    if (key_type_of(file.public_blob) == words[0]) {
      file.is_public = true;
      return file;
    }
  }
  if (exposed)
    return fail(ErrorKind::refused, fmt::format("the private key {} may be read by others", path), "chmod 600 " + path);
  if (const auto parsed = parse_openssh_key(*text)) file.public_blob = parsed->public_blob;
  file.only_ssh = key_type_of(file.public_blob).starts_with("sk-") || ::access((path + "-cert.pub").c_str(), R_OK) == 0;
  if (!file.only_ssh) {
    auto key = PrivateKey::parse(*text, path);
    if (key) {
      file.key = *key;
      file.public_blob = (*key)->public_blob();
    } else if (key.error().kind == ErrorKind::refused) {
      file.encrypted = true;
      if (file.public_blob.empty()) file.public_blob = public_blob_beside(path);
    } else {
      return fail(key.error());
    }
  }
  std::fill(text->begin(), text->end(), '\0');
  return file;
}

}  // namespace

Result<IdentityFile> load_identity(const std::string& path) {
  const std::string expanded = expand_home(path);
  struct stat status {};
  if (::stat(expanded.c_str(), &status) != 0) {
    const int error = errno;
    if (error == ENOENT || error == ENOTDIR)
      return fail(ErrorKind::not_found, fmt::format("the private key {} does not exist", expanded));
    if (error == EACCES) return fail(forbidden_key(expanded));
    return fail_errno(fmt::format("cannot read the private key {}", expanded), error);
  }
  const bool exposed = status.st_uid == ::getuid() && (status.st_mode & 077) != 0;
  const std::lock_guard lock(loaded_mutex);
  if (const auto found = loaded().find(expanded);
      found != loaded().end() && found->second.version == version_of(status) && !exposed)
    return found->second.file;
  auto file = read_identity(expanded, exposed);
  if (file) loaded()[expanded] = {version_of(status), *file};
  return file;
}

}  // namespace maintain
