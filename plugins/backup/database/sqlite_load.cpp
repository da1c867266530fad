#include "backup/database/sqlite_load.hpp"

#include <csignal>
#include <filesystem>

#include "backup/copies/copy_options.hpp"
#include "common/sections.hpp"

namespace maintain::plugins::backup {
namespace {

namespace fs = std::filesystem;

// $1 the database, $2 the dump, $3 how large a file may become, in 512 bytes. The server wrote the dump: -safe, so that
// neither a command of the program in it (".shell") nor a function reaches anything but this database; the limit, since
// a few lines of SQL can make gigabytes. Not defensive: dumps of virtual tables write to the schema.
constexpr const char* load_script = R"(ulimit -f "$3" 2>/dev/null || :  # fails where less is allowed anyway
exec sqlite3 -batch -bail -safe -init /dev/null -cmd ".dbconfig defensive off" -cmd "PRAGMA journal_mode=OFF" \
  -cmd "PRAGMA synchronous=OFF" "$1" <"$2")";

// The database and what SQLite puts beside it.
class ScratchFile {
 public:
  explicit ScratchFile(fs::path path) : path_(std::move(path)) { remove(); }
  ~ScratchFile() { remove(); }
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;
  std::string path() const { return path_.string(); }

 private:
  void remove() const noexcept {
    std::error_code ignored;
    for (const char* end : {"", "-journal", "-wal", "-shm"}) fs::remove(path_.string() + end, ignored);
  }
  fs::path path_;
};

bool is_too_old(std::string_view said) { return said.find("unknown option") != std::string_view::npos; }

bool ran_out_of_room(const sdk::Completed& loaded) {
  return loaded.signal == SIGXFSZ || loaded.error_output.find("disk is full") != std::string::npos ||
         loaded.error_output.find("disk I/O error") != std::string::npos;
}

SqliteLoad no_room(const std::string& directory, std::uintmax_t free) {
  return {.impossible = {.code = "backup.no_room",
                         .subject = "load",
                         .why = "the " + bytes_text(free) + " that are free in " + directory +
                                " are not enough to load the dump for test",
                         .action = "make room there"}};
}

}  // namespace

SqliteLoad load_sqlite(sdk::Context& context, const std::string& dump) {
  const std::string directory = context.directory();
  std::error_code failure;
  const std::uintmax_t free = fs::space(directory, failure).available;
  const std::uintmax_t size = failure ? 0 : fs::file_size(dump, failure);
  if (failure) throw sdk::Failure(MAINTAIN_FAILED, "cannot look at " + dump + ": " + failure.message());
  if (size > free / 4) return no_room(directory, free);
  const ScratchFile scratch(fs::path(directory) / "load.db");
  const sdk::Completed loaded = context.local({.argv = {"/bin/sh", "-c", load_script, "sh", scratch.path(), dump,
                                                        std::to_string(free / 2 / 512)},
                                               .environment = {{"SQLITE_TMPDIR", directory}},
                                               .quiet = true});
  constexpr int not_found = 127;
  if (loaded.status == not_found || (!loaded.ok() && is_too_old(loaded.error_output)))
    return {.impossible = {.code = "backup.tool_missing",
                           .subject = "sqlite3",
                           .why = "there is no sqlite3 here that has -safe, to load the dump for test",
                           .package = "sqlite3"}};
  if (!loaded.ok() && ran_out_of_room(loaded)) return no_room(directory, free);
  if (!loaded.ok()) return {.problem = "it cannot be loaded: " + last_said(loaded.error_output, 1)};
  const sdk::Completed checked = context.local(
      {.argv = {"sqlite3", "-readonly", "-batch", "-safe", "-init", "/dev/null", "-noheader", "-list", scratch.path(),
                "PRAGMA integrity_check(1)", "SELECT count(*) FROM sqlite_master WHERE type = 'table'"},
       .read_only = true,
       .quiet = true});
  const auto lines = split_lines(checked.output);
  if (!checked.ok() || lines.size() < 2 || lines[0] != "ok")
    return {.problem = "loaded, it is damaged: " + last_said(checked.output + checked.error_output, 1)};
  return {.tables = static_cast<std::uint64_t>(parse_number(lines[1]).value_or(0))};
}

}  // namespace maintain::plugins::backup
