// Names of databases, which are whatever somebody on the server chose, in places where only some bytes are plain. Pure.
#pragma once

#include <string>
#include <string_view>

namespace maintain::plugins::backup {

// A file's name in the copy without its ending: every byte that the store does not take is written as %2F, and so are
// '%' and a first '.' or '-'. Different names stay different. A name that would be longer than file systems allow is
// cut and gets a hash of the whole.
std::string dump_name(std::string_view database);

// libpq's connection string for this database: given the bare name, pg_dump would take "a=b" or "postgresql://host/"
// for one, and connect wherever that says.
std::string conninfo(std::string_view database);

// The bytes that hexadecimal digits stand for; empty when they are none.
std::string from_hex(std::string_view digits);

}  // namespace maintain::plugins::backup
