#include "backup/restore/restore_database.hpp"
#include "backup/restore/server_stream.hpp"

namespace maintain::plugins::backup {
namespace {

// $1 the new file, $2 its name to be, $3 whether one may be replaced. What belongs to the old file must not be taken
// for the new one's: the log of its last changes. A link is followed, so that the file behind it is replaced.
constexpr const char* take_place = R"(set -e
new=$1 file=$2
if [ "$3" = yes ] && [ -e "$file" ]; then
  file=$(readlink -f -- "$file")
  chown --reference="$file" -- "$new"
  chmod --reference="$file" -- "$new"
  rm -f -- "$file-wal" "$file-shm" "$file-journal"
  mv -f -- "$new" "$file"
else
  ln -- "$new" "$file"
  rm -f -- "$new"
fi)";

std::string user_of(const DatabaseRestore& restore) { return restore.options.value("user", ""); }

}  // namespace

bool sqlite_exists(sdk::Context& context, const DatabaseRestore& restore) {
  if (!restore.name.starts_with('/'))
    throw sdk::Failure(MAINTAIN_FAILED, "a SQLite database is a file: give its absolute path, database:/PATH");
  const sdk::Completed done = context.exec({.argv = {restore.name},
                                            .script = R"([ -e "$1" ] || [ -L "$1" ])",
                                            .become_user = user_of(restore),
                                            .read_only = true,
                                            .quiet = true});
  return done.ok();
}

std::string restore_sqlite(sdk::Context& context, const DatabaseRestore& restore) {
  const bool replaces = sqlite_exists(context, restore);
  const std::string user = user_of(restore);
  const std::string beside = restore.name + "." + restoring_name(restore.copy);
  const auto remove = [&] {
    return context.exec({.argv = {"rm", "-f", "--", beside, beside + "-journal"}, .become_user = user, .quiet = true});
  };
  if (!remove().ok()) throw sdk::Failure(MAINTAIN_FAILED, "cannot remove " + beside + ", left by an earlier restore");
  try {
    stream_to_server(context,
                     {.file = restore.path,
                      .unzip = restore.dump.form == DumpForm::gzip,
                      .user = user,
                      .argv = {"sqlite3", "-batch", "-bail", "-init", "/dev/null", beside}},
                     "restoring " + restore.dump.database);
    const std::string verdict = context.must({.argv = {"sqlite3", "-batch", "-init", "/dev/null", beside,
                                                       "PRAGMA integrity_check"},
                                              .become_user = user,
                                              .quiet = true})
                                    .output;
    if (verdict != "ok\n")
      throw sdk::Failure(MAINTAIN_FAILED,
                         "restored, " + restore.name + " is damaged: " + sdk::detail::last_line(verdict));
    context.must({.argv = {beside, restore.name, restore.replace ? "yes" : "no"},
                  .script = take_place,
                  .become_user = user});
  } catch (const sdk::Failure&) {
    try {
      remove();
    } catch (const sdk::Failure& failure) {
      context.log(sdk::Level::warning, "left on the server: " + beside + ": " + failure.what());
    }
    throw;
  }
  return replaces ? "programs that have the old file open go on with it: restart them" : "";
}

}  // namespace maintain::plugins::backup
