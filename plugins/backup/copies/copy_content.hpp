// What a copy holds, as far as it must be known to restore it: dumps of databases, or a tree.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <maintain/plugin.hpp>

namespace maintain::plugins::backup {

enum class DumpForm {
  custom,   // PostgreSQL's, for pg_restore
  plain,    // SQL
  gzip,     // SQL, compressed as the earlier bot did it
  opaque,   // whatever the project's own command printed
};

struct Dump {
  std::string database;  // its name on the server
  DumpForm form = DumpForm::plain;
  std::string file;      // below the copy's data
};

struct CopyContent {
  std::string engine;               // "postgresql", "directory", …
  bool tree = false;
  std::vector<Dump> dumps;          // sorted by database
  std::optional<std::string> globals;  // file with the roles of a PostgreSQL server
};

// engine: of the manifest. files: the names in the copy's data; of a tree they are not looked at.
CopyContent content_of(const std::string& engine, std::vector<std::string> files);

// The same, where the manifest's details ({"databases": [{"name","file"}]}) say which database is in which file.
CopyContent content_of_manifest(const sdk::Json& manifest, std::vector<std::string> files);

// The same of a copy on the disk. Throws sdk::Failure when it cannot be read.
CopyContent read_content(const sdk::OpenCopy& copy);

bool is_tree_engine(std::string_view engine);

// "%2Fsrv%2Fa" -> "/srv/a". What is no such code stays.
std::string percent_decoded(std::string_view text);

// The dump of this database; with an empty name the only one there is. Throws sdk::Failure that lists what there is.
const Dump& dump_of(const CopyContent& content, const std::string& database);

}  // namespace maintain::plugins::backup
