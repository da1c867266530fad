#include "backup/restore/restore_preview.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "backup/copies/copy_options.hpp"
#include "backup/tree/rsync_failure.hpp"
#include "common/sections.hpp"

namespace maintain::plugins::backup {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::size_t most_told = 10;    // of those that are told
constexpr std::size_t most_files = 500;    // that are looked for

// One word for what it is, whether it can be written, blocks and their size, then the files that are there, by number.
// Of a directory that is missing the nearest one above it is looked at.
constexpr const char* look_script = R"(LC_ALL=C
export LC_ALL
d=$1
shift
if [ -L "$d" ] && [ ! -e "$d" ]; then echo no_directory
elif [ ! -e "$d" ]; then echo missing
elif [ ! -d "$d" ]; then echo no_directory
elif entries=$(ls -A -- "$d"); then
  if [ -n "$entries" ]; then echo full; else echo empty; fi
else echo unknown
fi
n=0 taken=taken
for f; do
  if [ -e "$d/$f" ] || [ -L "$d/$f" ]; then taken="$taken $n"; fi
  n=$((n + 1))
done
while [ ! -d "$d" ] && [ "$d" != / ]; do d=$(dirname -- "$d"); done
if [ -w "$d" ] && [ -x "$d" ]; then echo writable; else echo closed; fi
stat -f -c '%a %S' -- "$d" 2>/dev/null || echo unknown
echo "$taken"
)";

PlaceKind kind_named(std::string_view word) {
  if (word == "missing") return PlaceKind::missing;
  if (word == "empty") return PlaceKind::empty;
  if (word == "full") return PlaceKind::full;
  if (word == "no_directory") return PlaceKind::no_directory;
  return PlaceKind::unknown;
}

}  // namespace

Place look_here(const std::string& directory, const std::vector<std::string>& files) {
  Place place;
  std::error_code error;
  const fs::file_status status = fs::status(directory, error);
  const bool dangles = !fs::exists(status) && fs::is_symlink(fs::symlink_status(directory, error));
  if (dangles) place.kind = PlaceKind::no_directory;
  else if (status.type() == fs::file_type::not_found) place.kind = PlaceKind::missing;
  else if (!fs::exists(status)) return place;
  else if (!fs::is_directory(status)) place.kind = PlaceKind::no_directory;
  else if (const bool empty = fs::is_empty(directory, error); error) return place;
  else place.kind = empty ? PlaceKind::empty : PlaceKind::full;

  for (const std::string& file : files)
    if (std::error_code ignored; fs::exists(fs::symlink_status(directory + "/" + file, ignored)))
      place.taken.push_back(file);
  fs::path nearest = directory;
  while (!fs::is_directory(nearest, error) && nearest.has_relative_path()) nearest = nearest.parent_path();
  place.writable = ::access(nearest.c_str(), W_OK | X_OK) == 0;
  const fs::space_info space = fs::space(nearest, error);
  if (!error) place.free = space.available;
  return place;
}

Place look_there(sdk::Context& context, const std::string& directory, const std::vector<std::string>& files,
                 const std::string& user) {
  std::vector<std::string> argv = {directory};
  argv.insert(argv.end(), files.begin(), files.begin() + static_cast<std::ptrdiff_t>(std::min(files.size(),
                                                                                              most_files)));
  const sdk::Completed done = context.exec({.argv = std::move(argv),
                                            .script = look_script,
                                            .become_user = user,
                                            .read_only = true,
                                            .quiet = true,
                                            .timeout = 5min});
  return done.ok() ? parse_place(done.output, files) : Place{};
}

Place parse_place(std::string_view output, const std::vector<std::string>& files) {
  const auto lines = split_lines(output);
  if (lines.size() != 4) return {};
  Place place;
  place.kind = kind_named(lines[0]);
  place.writable = lines[1] == "writable";
  const auto numbers = split_words(lines[2]);
  if (numbers.size() == 2) {
    const auto blocks = parse_number(numbers[0]), size = parse_number(numbers[1]);
    constexpr long long most = 1LL << 40;  // of either: more than any disk has, and no overflow of their product
    if (blocks && size && *blocks < most && *size < (1 << 22))
      place.free = static_cast<std::uint64_t>(*blocks) * static_cast<std::uint64_t>(*size);
  }
  for (const std::string_view word : split_words(lines[3])) {
    const auto number = parse_number(word);
    if (number && static_cast<std::size_t>(*number) < files.size())
      place.taken.push_back(files[static_cast<std::size_t>(*number)]);
  }
  return place;
}

Prospect judge_place(const Place& place, const Wanted& wanted) {
  if (place.kind == PlaceKind::unknown)
    return {"could not be looked at", {wanted.where + " could not be looked at"}};
  Prospect prospect;
  const auto hinders = [&](const std::string& why) { prospect.hindrances.push_back(wanted.where + " " + why); };
  switch (place.kind) {
    case PlaceKind::missing: prospect.text = "is not there and would be made"; break;
    case PlaceKind::empty: prospect.text = "is empty"; break;
    case PlaceKind::no_directory:
      prospect.text = "is not a directory";
      hinders("is not a directory: give another one");
      return prospect;
    default: prospect.text = "is not empty";
  }
  const bool in_the_way = wanted.tree ? place.kind == PlaceKind::full : !place.taken.empty();
  if (!wanted.tree && in_the_way)
    prospect.text = "has " + joined(place.taken, place.taken.size(), most_told) + " already";
  if (in_the_way && !wanted.replace) hinders(prospect.text + ": give another one, or say --replace to overwrite it");
  else if (in_the_way && wanted.exact) prospect.text += ": what is in it would go";
  else if (in_the_way) prospect.text += ": what has the same name would be overwritten, the rest would stay";
  if (!place.writable) {
    prospect.text += "; it cannot be written";
    hinders("cannot be written: give another one, or restore as a user who may");
  }
  if (!place.free) return prospect;
  prospect.text += "; " + bytes_text(*place.free) + " are free there";
  if (*place.free < wanted.bytes && !(in_the_way && wanted.replace))
    hinders("has " + bytes_text(*place.free) + " free, the copy takes " + bytes_text(wanted.bytes));
  return prospect;
}

}  // namespace maintain::plugins::backup
