#include "backup/database/database_engine.hpp"

#include <algorithm>

#include "backup/database/dump_name.hpp"
#include "common/sections.hpp"

namespace maintain::plugins::backup {
namespace {

using sdk::Failure;

constexpr std::size_t most_databases = 1000;
constexpr std::size_t most_named = 20;

// $@: the names, in order of preference.
constexpr const char* tool_script = R"(for tool in "$@"; do
  command -v "$tool" >/dev/null 2>&1 || continue
  printf '%s\n' "$tool"
  exec "$tool" --version
done
exit 127)";

std::string names_of(const std::vector<FoundDatabase>& databases) {
  std::string names;
  for (std::size_t i = 0; i < databases.size() && i < most_named; ++i)
    names += (i == 0 ? "" : ", ") + databases[i].name;
  if (databases.size() > most_named) names += " and " + std::to_string(databases.size() - most_named) + " more";
  return names;
}

}  // namespace

std::unique_ptr<DatabaseEngine> make_database_engine(const DatabaseOptions& options) {
  switch (options.engine) {
    case EngineKind::postgresql: return make_postgresql_engine(options);
    case EngineKind::mariadb:
    case EngineKind::mysql: return make_mariadb_engine(options);
    case EngineKind::sqlite: return make_sqlite_engine(options);
    case EngineKind::command: break;
  }
  return make_command_engine(options);
}

std::pair<std::string, std::string> find_tool(sdk::Context& context, const std::vector<std::string>& names,
                                              const std::string& user, const std::string& package) {
  const sdk::Completed found = context.exec(
      {.argv = names, .script = tool_script, .become_user = user, .read_only = true, .quiet = true,
       .timeout = longest_question});
  const auto lines = split_lines(found.output);
  if (found.ok() && lines.size() >= 2) return {std::string(lines[0]), printable(trim(lines[1]))};
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "" : " or ") + name;
  constexpr int not_found = 127;
  if (found.status == not_found)
    throw Failure(MAINTAIN_FAILED, "there is no " + all + " on the server; install " + package + " there");
  throw Failure(MAINTAIN_FAILED, "asking for " + all + (user.empty() ? "" : " as the user " + user) + " ended with " +
                                     how_it_ended(found) + ": " + last_said(found.error_output, 1));
}

std::vector<FoundDatabase> parse_databases(std::string_view text) {
  std::vector<FoundDatabase> found;
  for (const std::string_view line : split_lines(text)) {
    if (line.empty()) continue;
    const auto fields = split_tabs(line);
    FoundDatabase database{.name = from_hex(fields[0])};
    if (database.name.empty() || fields.size() > 2)
      throw Failure(MAINTAIN_FAILED, "the list of databases holds what is none: " + printable(line.substr(0, 100)));
    if (fields.size() == 2)
      if (const auto bytes = parse_number(fields[1])) database.bytes = static_cast<std::uint64_t>(*bytes);
    if (found.size() == most_databases)
      throw Failure(MAINTAIN_FAILED, "the server has more than " + std::to_string(most_databases) +
                                         " databases; spread them over several tasks by name");
    found.push_back(std::move(database));
  }
  return found;
}

std::vector<FoundDatabase> wanted_databases(const std::string& title, const DatabaseOptions& options,
                                            const std::vector<FoundDatabase>& found) {
  if (options.all) {
    if (found.empty()) throw Failure(MAINTAIN_FAILED, title + " has no database that could be dumped");
    return found;
  }
  std::vector<FoundDatabase> wanted, missing;
  for (const std::string& name : options.databases) {
    const auto one = std::find_if(found.begin(), found.end(), [&](const auto& other) { return other.name == name; });
    if (one == found.end()) missing.push_back({.name = name});
    else wanted.push_back(*one);
  }
  if (missing.empty()) return wanted;
  throw Failure(MAINTAIN_FAILED, title + " has no database " + names_of(missing) +
                                     (found.empty() ? "" : "; it has " + names_of(found)));
}

std::string how_it_ended(const sdk::Completed& completed) {
  if (completed.signal != 0) return "signal " + std::to_string(completed.signal);
  return "exit status " + std::to_string(completed.status);
}

std::string last_said(std::string_view text, std::size_t lines) {
  constexpr std::size_t most = 2000;
  std::string said;
  const auto all = split_lines(text);
  for (auto line = all.rbegin(); line != all.rend() && lines > 0 && said.size() < most; ++line) {
    if (trim(*line).empty()) continue;
    said = printable(line->substr(0, most)) + (said.empty() ? "" : "\n") + said;
    --lines;
  }
  return said.empty() ? "it said nothing" : said;
}

void tell_unproven(sdk::Context& context, const Unproven& unproven) {
  context.finding({.state = sdk::State::warning,
                   .code = unproven.code,
                   .subject = unproven.subject,
                   .title = "the copy is unverified: " + unproven.why,
                   .detail = "Unverified copies are kept, but do not count when old ones are removed.",
                   .action = unproven.package.empty() ? unproven.action
                                                      : "install " + unproven.package +
                                                            " on the maintenance server, not older than the server's"});
}

}  // namespace maintain::plugins::backup
