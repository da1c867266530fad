#include "backup/database/database_options.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "backup/copies/copy_options.hpp"

namespace maintain::plugins::backup {
namespace {

using sdk::InvalidOption;
using sdk::Json;

constexpr std::array<std::string_view, 5> engine_words{"postgresql", "mariadb", "mysql", "sqlite", "command"};

bool is_mysql(EngineKind engine) { return engine == EngineKind::mariadb || engine == EngineKind::mysql; }

// An option that another engine would ignore is a misunderstanding, and in a backup those are found too late.
void check_applies(const Json& options, const DatabaseOptions& result) {
  const EngineKind engine = result.engine;
  const auto only = [&](const char* key, bool applies, const char* whose) {
    if (options.contains(key) && !applies) throw InvalidOption(std::string("/") + key, std::string("is of ") + whose);
  };
  only("format", engine == EngineKind::postgresql, "the engine postgresql only; all others make plain dumps");
  only("exclude_table_data", engine == EngineKind::postgresql, "the engine postgresql only");
  only("defaults_file", is_mysql(engine), "the engines mariadb and mysql only");
  only("command", engine == EngineKind::command, "the engine command only");
  only("trailer", engine == EngineKind::command, "the engine command only; of the others it is known");
  only("database", engine != EngineKind::command, "the other engines; the command itself knows what it dumps");
  if (options.value("layout", "copies") == "legacy" && !(engine == EngineKind::postgresql && result.plain))
    throw InvalidOption("/layout", "legacy is for `engine: postgresql` with `format: plain`, which the earlier bot's "
                                   "<database>.gz was");
}

void check_databases(const DatabaseOptions& result) {
  const bool sqlite = result.engine == EngineKind::sqlite;
  if (result.engine == EngineKind::command) return;
  if (result.all && sqlite) throw InvalidOption("/database", "of SQLite databases the paths are needed");
  if (!result.all && result.databases.empty())
    throw InvalidOption("", sqlite ? "the engine sqlite needs `database`: the path of its file on the server"
                                   : "the engine " + result.engine_word + " needs `database`: a name, a list, or all");
  std::set<std::string> seen;
  for (const std::string& name : result.databases) {
    if (name.find('\0') != std::string::npos) throw InvalidOption("/database", "a name cannot hold a NUL byte");
    if (sqlite && !name.starts_with('/'))
      throw InvalidOption("/database", "'" + name + "' is no absolute path on the server");
    if (!seen.insert(name).second) throw InvalidOption("/database", "'" + name + "' is there twice");
  }
}

void take_command(const Json& options, DatabaseOptions& result) {
  const auto command = options.find("command");
  if (command == options.end()) throw InvalidOption("", "the engine command needs `command`: what prints the dump");
  if (command->is_string()) result.script = command->get<std::string>();
  else result.argv = command->get<std::vector<std::string>>();
  if (command->is_array() && result.argv.front().empty())
    throw InvalidOption("/command/0", "the command's first word is empty");
}

std::string default_user(EngineKind engine) {
  if (engine == EngineKind::postgresql) return "postgres";
  return is_mysql(engine) ? "root" : "";
}

}  // namespace

DatabaseOptions database_options(const Json& options) {
  DatabaseOptions result;
  result.engine_word = options.at("engine").get<std::string>();
  const auto word = std::find(engine_words.begin(), engine_words.end(), result.engine_word);
  if (word == engine_words.end()) throw InvalidOption("/engine", "'" + result.engine_word + "' is not known");
  result.engine = static_cast<EngineKind>(word - engine_words.begin());
  const auto database = options.find("database");
  result.all = database != options.end() && database->is_string() && *database == "all";
  if (!result.all) result.databases = list_option(options, "database");
  result.plain = options.value("format", "custom") == "plain";
  result.user = options.value("user", default_user(result.engine));
  result.defaults_file = options.value("defaults_file", "");
  result.trailer = options.value("trailer", "");
  result.allow_empty = options.value("allow_empty", false);
  result.exclude_table_data = options.value("exclude_table_data", std::vector<std::string>());
  check_applies(options, result);
  check_databases(result);
  if (result.engine == EngineKind::command) take_command(options, result);
  return result;
}

}  // namespace maintain::plugins::backup
