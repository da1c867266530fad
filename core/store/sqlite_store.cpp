// Opening the store: the file, who may touch it, and its settings.
#include "store/sqlite_store.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/fd.hpp"
#include "store/schema.hpp"
#include "store/sqlite_state.hpp"

namespace maintain {
namespace {

using sqlite::Database;
namespace fs = std::filesystem;

constexpr int busy_milliseconds = 10'000;  // writers wait for each other so long; readers never wait

fs::path directory_of(const fs::path& file) { return file.has_parent_path() ? file.parent_path() : fs::path("."); }

// Whoever can replace the file can make maintain believe anything.
Result<void> check_directory(const fs::path& directory) {
  struct stat status {};
  if (::stat(directory.c_str(), &status) != 0) return fail_errno("cannot look at " + directory.string(), errno);
  const bool anybody_writes = (status.st_mode & S_IWOTH) != 0 && (status.st_mode & S_ISVTX) == 0;
  if (anybody_writes)
    return fail(ErrorKind::refused, directory.string() + " can be written by everybody",
                "chmod o-w " + directory.string());
  return {};
}

std::string name_of_user(uid_t uid) {
  const passwd* known = ::getpwuid(uid);
  return known != nullptr ? known->pw_name : "#" + std::to_string(uid);
}

// What root writes into the directory of the user that cron runs maintain as, that user could not read. Files of root's
// own directory are no such trap.
Result<void> check_owner(const fs::path& directory) {
  struct stat status {};
  if (::stat(directory.c_str(), &status) != 0) return fail_errno("cannot look at " + directory.string(), errno);
  if (status.st_uid == ::geteuid() || status.st_uid == 0) return {};
  const std::string owner = name_of_user(status.st_uid);
  return fail(ErrorKind::refused, directory.string() + " belongs to the user " + owner,
              "run it as its owner: sudo -u " + owner + " maintain ...");
}

// SQLite would create the file with the process's umask; its -wal and -shm files take over the modes of this one.
Result<void> create_private(const fs::path& file) {
  if (auto made = make_directories(directory_of(file), 0700); !made) return made;
  if (auto safe = check_directory(directory_of(file)); !safe) return safe;
  if (auto ours = check_owner(directory_of(file)); !ours) return ours;
  const UniqueFd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return fail_errno("cannot open the state store " + file.string(), errno);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return fail_errno("cannot look at " + file.string(), errno);
  if ((status.st_mode & 0077) != 0 && ::fchmod(fd.get(), 0600) != 0)
    return fail_errno("cannot make " + file.string() + " private", errno);
  return {};
}

Result<void> prepare_writer(Database& database) {
  // auto_vacuum counts only before the first table, journal_mode stays with the file.
  if (auto set = database.execute("pragma auto_vacuum=incremental; pragma journal_mode=wal; pragma foreign_keys=on;"
                                  " pragma trusted_schema=off");
      !set)
    return set;
  return migrate(database, store_migrations());
}

}  // namespace

Result<std::unique_ptr<StateStore>> open_sqlite_store(const fs::path& file, Access access) {
  const bool writes = access == Access::read_write;
  if (writes) {
    if (auto created = create_private(file); !created) return fail(created.error());
  } else {
    std::error_code error;
    if (!fs::exists(file, error))
      return fail(ErrorKind::not_found, "there is no state store " + file.string() + " yet", "`maintain run` makes it");
    if (auto safe = check_directory(directory_of(file)); !safe) return fail(safe.error());
  }
  auto database = Database::open(file, writes ? Database::Mode::read_write : Database::Mode::read_only);
  if (!database) return fail(database.error());
  sqlite3_busy_timeout((*database)->handle(), busy_milliseconds);
  if (auto ready = writes ? prepare_writer(**database) : check_version(**database, store_migrations()); !ready)
    return fail(ready.error());
  return std::make_unique<SqliteStore>(std::move(*database));
}

Result<std::unique_ptr<StateStore>> open_memory_store() {
  auto database = Database::open(":memory:", Database::Mode::read_write);
  if (!database) return fail(database.error());
  if (auto ready = prepare_writer(**database); !ready) return fail(ready.error());
  return std::make_unique<SqliteStore>(std::move(*database));
}

}  // namespace maintain
