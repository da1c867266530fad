#include "http/http_cache.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/sha256.hpp"

namespace maintain {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr std::size_t most_headers = 16 * 1024;
constexpr std::size_t piece_size = 256 * 1024;
constexpr Milliseconds between_questions{200};  // whether to give up
constexpr int version = 1;

std::string header_line(const CachedAnswer& answer) {
  const Json json = {{"version", version},           {"status", answer.status},
                     {"etag", answer.etag},          {"last_modified", answer.last_modified},
                     {"content_type", answer.content_type}, {"size", answer.body.size()},
                     {"sha256", sha256_of(answer.body)}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

struct Headers {
  CachedAnswer answer;
  std::uint64_t size = 0;
  std::string sha256;
};

std::optional<Headers> parse_headers(std::string_view line) {
  const Json json = Json::parse(line, nullptr, false);
  try {
    if (!json.is_object() || json.at("version").get<int>() != version) return std::nullopt;
    Headers headers;
    headers.answer.status = json.at("status").get<int>();
    headers.answer.etag = json.at("etag").get<std::string>();
    headers.answer.last_modified = json.at("last_modified").get<std::string>();
    headers.answer.content_type = json.at("content_type").get<std::string>();
    headers.size = json.at("size").get<std::uint64_t>();
    headers.sha256 = json.at("sha256").get<std::string>();
    return headers;
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

// Fewer bytes at the end of the file; none when it cannot be read.
std::string read_at(int file, std::size_t offset, std::size_t size) {
  std::string bytes(size, '\0');
  const ssize_t got = ::pread(file, bytes.data(), size, static_cast<off_t>(offset));
  bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return bytes;
}

// Its first line, when there is a whole one.
std::optional<std::string> first_line(int file) {
  std::string line = read_at(file, 0, most_headers);
  const std::size_t end = line.find('\n');
  if (end == line.npos) return std::nullopt;
  line.resize(end + 1);
  return line;
}

bool has_hash(int file, std::size_t offset, const std::string& expected) {
  Sha256 hash;
  for (std::string piece = read_at(file, offset, piece_size); !piece.empty();
       piece = read_at(file, offset, piece_size)) {
    hash.add(piece);
    offset += piece.size();
  }
  return hash.hexadecimal() == expected;
}

Time modified(const struct stat& status) { return Time(Seconds(status.st_mtim.tv_sec)); }

struct OldFile {
  Time confirmed;
  std::uint64_t size = 0;
  fs::path path;
};

}  // namespace

fs::path HttpCache::entry_of(const HttpRequest& request) const {
  Sha256 hash;
  for (const std::string* part : {&request.method, &request.url, &request.accept, &request.body})
    hash.add(fmt::format("{}:{}", part->size(), *part));
  const std::string name = hash.hexadecimal();
  return directory_ / name.substr(0, 2) / name.substr(2);
}

std::optional<CacheEntry> HttpCache::find(const fs::path& entry, Time oldest) const {
  const UniqueFd file(::open(entry.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0 || modified(status) < oldest) return std::nullopt;
  const auto line = first_line(file.get());
  const auto headers = line ? parse_headers(*line) : std::nullopt;
  if (!headers || static_cast<std::uint64_t>(status.st_size) != line->size() + headers->size ||
      !has_hash(file.get(), line->size(), headers->sha256))
    return std::nullopt;
  return CacheEntry{headers->answer, modified(status)};
}

void HttpCache::remove(const fs::path& entry) const { ::unlink(entry.c_str()); }

Result<void> HttpCache::keep(const fs::path& entry, const CachedAnswer& answer) const {
  if (auto made = make_directories(entry.parent_path(), 0700); !made) return made;
  const fs::path beside = entry.string() + fmt::format(".{}", ::getpid());
  {
    std::ofstream file(beside, std::ios::binary | std::ios::trunc);
    file << header_line(answer) << answer.body;
    file.close();
    if (!file) {
      const int why = errno;
      ::unlink(beside.c_str());
      return fail_errno("cannot write " + beside.string(), why);
    }
  }
  if (::rename(beside.c_str(), entry.c_str()) != 0) {
    const int why = errno;
    ::unlink(beside.c_str());
    return fail_errno("cannot write " + entry.string(), why);
  }
  return {};
}

Result<void> HttpCache::confirm(const fs::path& entry, Time now) const {
  const timespec at{now.time_since_epoch().count(), 0};
  const timespec times[2] = {at, at};
  if (::utimensat(AT_FDCWD, entry.c_str(), times, 0) != 0) return fail_errno("cannot touch " + entry.string(), errno);
  return {};
}

Result<UniqueFd> HttpCache::lock(const fs::path& entry, Milliseconds patience,
                                 const std::function<bool()>& give_up) const {
  if (auto made = make_directories(entry.parent_path(), 0700); !made) return fail(made.error());
  const Deadline deadline = Deadline::after(patience);
  while (true) {
    auto lock = lock_file(entry.string() + ".lock", std::min(deadline.remaining(), between_questions));
    if (lock || lock.error().kind != ErrorKind::busy || deadline.passed() || (give_up && give_up())) return lock;
  }
}

void HttpCache::prune(Time now, Time before, std::uint64_t most_bytes) const {
  const fs::path mark = directory_ / "pruned";
  struct stat status {};
  constexpr auto day = std::chrono::hours(24);
  if (::stat(mark.c_str(), &status) == 0 && modified(status) + day > now) return;
  std::vector<OldFile> left;
  std::uint64_t bytes = 0;
  std::error_code ignored;
  fs::recursive_directory_iterator file(directory_, fs::directory_options::skip_permission_denied, ignored), end;
  for (; file != end; file.increment(ignored)) {
    if (ignored) break;
    if (::lstat(file->path().c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    // Also a lock: who holds it has a second one beside him then, which costs a transfer.
    if (modified(status) < before) {
      ::unlink(file->path().c_str());
    } else if (status.st_size > 0) {  // no lock, and not the mark
      left.push_back({modified(status), static_cast<std::uint64_t>(status.st_size), file->path()});
      bytes += left.back().size;
    }
  }
  std::sort(left.begin(), left.end(), [](const OldFile& a, const OldFile& b) { return a.confirmed < b.confirmed; });
  for (auto oldest = left.begin(); oldest != left.end() && bytes > most_bytes; ++oldest)
    if (::unlink(oldest->path.c_str()) == 0) bytes -= oldest->size;
  if (std::ofstream(mark).flush()) (void)confirm(mark, now);
}

Result<CachedAnswer> read_cached(const fs::path& entry, std::uint64_t limit) {
  auto text = read_file(entry, static_cast<std::size_t>(limit) + most_headers);
  if (!text) return fail(text.error());
  const std::size_t end = text->find('\n');
  auto headers = end == text->npos ? std::nullopt : parse_headers(std::string_view(*text).substr(0, end));
  if (!headers) return fail(ErrorKind::refused, entry.string() + " is damaged");
  text->erase(0, end + 1);
  if (text->size() != headers->size || sha256_of(*text) != headers->sha256)
    return fail(ErrorKind::refused, entry.string() + " is damaged");
  headers->answer.body = std::move(*text);
  return std::move(headers->answer);
}

}  // namespace maintain
