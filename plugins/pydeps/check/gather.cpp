#include "pydeps/check/gather.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <map>
#include <utility>

#include "common/sections.hpp"
#include "pydeps/base/bounded_json.hpp"
#include "pydeps/environment/inventory_script.hpp"
#include "pydeps/environment/site_packages.hpp"
#include "pydeps/reading/freeze.hpp"
#include "pydeps/reading/marker.hpp"

namespace maintain::pydeps {
namespace {

using plugins::Section;
using sdk::Command;
using sdk::Completed;

// What the scripts print at most; a server that prints more is none of ours.
constexpr std::uint64_t most_list_bytes = most_freeze_bytes + 1;
static_assert(most_list_bytes == 4194305, "the scripts below say so, too");
constexpr std::uint64_t around_a_section = 4096;  // its marks, and a line about what went wrong

// A pipe would never end, and a device not soon. The bound is parse_freeze()'s and one byte: so it sees a longer one.
constexpr std::string_view files_script = R"(
file() {
  [ -e "$1" ] || { echo 'it does not exist, or this user may not look at it'; return 66; }
  [ -f "$1" ] || { echo 'it is no regular file'; return 66; }
  head -c 4194305 < "$1"
}
number=0
for path do
  section "file-$number" file "$path"
  number=$((number + 1))
done
)";

// The earlier bot's fixed name in /tmp could be anybody's link. What the command prints is no list: it goes to standard
// error. The command may become another user, to whom its own umask is to apply and who is to write the file: hence
// anybody may, but nobody else can list the directory for its name. In /tmp, for TMPDIR may be root's alone. All of it
// is removed however this ends.
constexpr std::string_view list_script = R"(place=$(mktemp -d /tmp/maintain-packages.XXXXXXXX) || exit 125
trap 'rm -rf -- "$place"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
list=$(mktemp "$place/XXXXXXXXXX") && chmod 0666 "$list" && chmod 0711 "$place" || exit 125
eval "$1 \"\$list\"" </dev/null 1>&2
status=$?
[ "$status" -eq 0 ] || exit "$status"
head -c 4194305 < "$list"
)";

std::string last_line(std::string_view text) {
  const auto lines = plugins::split_lines(plugins::trim(text));
  return lines.empty() ? std::string() : shown_text(plugins::trim(lines.back()), 300);
}

void read_environments(sdk::Context& context, const Options& options, Gathered& gathered) {
  if (options.virtualenvs.empty() && !options.discover) return;
  Command command{.argv = inventory_arguments(options.virtualenvs, options.discover), .script = inventory_script(),
                  .become_user = options.user, .read_only = true, .quiet = true};
  command.output_limit = most_inventory_bytes + around_a_section;
  gathered.inventory = parse_inventory(context.exec(command).output);
}

void read_files(sdk::Context& context, const Options& options, Gathered& gathered) {
  std::vector<std::string> paths = options.freeze;
  std::vector<ServerFile*> files(paths.size(), nullptr);  // lists have none
  const auto add = [&](const std::string& path, ServerFile& file) {
    if (path.empty()) return;
    paths.push_back(path);
    files.push_back(&file);
  };
  add(options.database_file, gathered.database);
  add(options.end_of_life_file, gathered.end_of_life);
  if (paths.empty()) return;
  Command command{.argv = paths, .script = plugins::section_prelude() + std::string(files_script),
                  .become_user = options.user, .read_only = true, .quiet = true};
  command.output_limit = paths.size() * (most_list_bytes + around_a_section);
  const Completed done = context.exec(command);
  const plugins::Sections sections = plugins::parse_sections(done.output);
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const Section* section = plugins::find_section(sections, "file-" + std::to_string(i));
    std::string why;
    if (section == nullptr || !section->status) why = "the server's answer was cut off";
    else if (!section->ok()) why = last_line(section->body);
    if (files[i] != nullptr) {
      *files[i] = why.empty() ? ServerFile{.text = section->body} : ServerFile{.problem = why};
    } else if (!why.empty()) {
      gathered.unread.push_back({shown_text(paths[i], 500), why});
    } else {
      gathered.inventory.environments.push_back(environment_of_list(paths[i], section->body));
    }
  }
}

void run_list_command(sdk::Context& context, const Options& options, Gathered& gathered) {
  if (options.list_command.empty()) return;
  const std::string name = shown_text(options.list_command, 500);
  if (context.check_mode()) {
    context.log(sdk::Level::info, "a dry run does not run " + name);
    return;
  }
  Command command{.argv = {options.list_command}, .script = std::string(list_script), .become_user = options.user,
                  .quiet = true};
  command.output_limit = most_list_bytes;
  const Completed done = context.exec(command);
  if (!done.ok()) {
    const std::string line = last_line(done.error_output);
    gathered.unread.push_back({name, (done.signal != 0 ? "it was killed by signal " + std::to_string(done.signal)
                                                       : "it ended with " + std::to_string(done.status)) +
                                         (line.empty() ? "" : ": " + line)});
    return;
  }
  Environment environment = environment_of_list(name, done.output);
  if (environment.packages.empty() && environment.problems.empty())
    gathered.unread.push_back({name, "it wrote no package for such a system into the file that it was given"});
  else
    gathered.inventory.environments.push_back(std::move(environment));
}

// The lines of one package.
struct Listed {
  std::vector<const FreezeEntry*> entries = {};  // the first counts
  bool is_choice = true;  // each of them may be meant for another Python or machine
};

Package package_of(const Listed& listed) {
  Package package = listed.entries.front()->package;
  for (const FreezeEntry* entry : listed.entries) add_other_version(package, entry->package.version);
  return package;
}

void add_duplicates(Environment& environment, Doubt doubt, const Listed& listed, const std::string& why) {
  const Package package = package_of(listed);
  for (const std::string& version : package.other_versions)
    add_problem(environment, doubt, package.name,
                package.name + " is listed as " + package.version + " and as " + version + why);
}

}  // namespace

Environment environment_of_list(std::string_view name, std::string_view text) {
  Environment environment{.path = shown_text(name, 500)};
  const Freeze freeze = parse_freeze(text);
  std::map<std::string, Listed> packages;
  for (const FreezeEntry& entry : freeze.entries) {
    const Applies applies = entry.marker.empty() ? Applies::yes : marker_applies(entry.marker);
    if (applies == Applies::no) continue;
    Listed& listed = packages[entry.package.key];
    // One that applies in any case goes before those that may.
    const bool is_first_sure = applies == Applies::yes && listed.is_choice;
    listed.entries.insert(is_first_sure ? listed.entries.begin() : listed.entries.end(), &entry);
    if (applies == Applies::yes) listed.is_choice = false;
  }
  for (const auto& [key, listed] : packages) {
    environment.packages.push_back(package_of(listed));
    if (!listed.is_choice) add_duplicates(environment, Doubt::duplicate, listed, "");
  }
  for (const FreezeNote& note : freeze.problems)
    add_problem(environment, Doubt::unreadable, "line " + std::to_string(note.line),
                "line " + std::to_string(note.line) + ": " + note.text);
  // Last, for the number of problems is bounded.
  const std::string why = ", by markers that the list does not answer";
  for (const auto& [key, listed] : packages)
    if (listed.is_choice) add_duplicates(environment, Doubt::guessed, listed, why);
  return environment;
}

bool is_uncertain(const Gathered& gathered) {
  return !gathered.unread.empty() || !gathered.inventory.hidden.empty() || gathered.inventory.left_out > 0 ||
         !gathered.inventory.absent.empty();
}

bool may_still_be(const Gathered& gathered, const std::string& path, const std::string& given) {
  const Inventory& inventory = gathered.inventory;
  const auto is_it = [&](const Unread& unread) { return unread.subject.empty() || unread.subject == path; };
  const auto leads_there = [&](const Absent& absent) {
    const std::string named = absent.path.substr(0, absent.path.find_last_not_of('/') + 1);
    for (const std::string& name : {path, given})
      if (named == name || ::fnmatch(named.c_str(), name.c_str(), FNM_PATHNAME) == 0) return true;
    const bool is_pattern = named.find_first_of("*?[") != std::string::npos;
    return !is_pattern && absent.why == Absence::denied;
  };
  const auto is_above = [&](const Hidden& hidden) {
    return path == hidden.path || path.starts_with(hidden.path + "/");
  };
  return inventory.left_out > 0 || std::any_of(gathered.unread.begin(), gathered.unread.end(), is_it) ||
         std::any_of(inventory.absent.begin(), inventory.absent.end(), leads_there) ||
         std::any_of(inventory.hidden.begin(), inventory.hidden.end(), is_above);
}

bool is_incomplete(const Environment& environment) {
  return std::any_of(environment.problems.begin(), environment.problems.end(), [](const Problem& problem) {
    return problem.doubt == Doubt::incomplete || problem.doubt == Doubt::unreadable;
  });
}

Gathered gather(sdk::Context& context, const Options& options) {
  Gathered gathered;
  gathered.inventory.whole = true;
  read_environments(context, options, gathered);
  if (!gathered.inventory.whole) gathered.unread.push_back({"", "the server's answer was cut off or made no sense"});
  read_files(context, options, gathered);
  run_list_command(context, options, gathered);
  return gathered;
}

}  // namespace maintain::pydeps
