// The tables, and how a store of an earlier version of maintain becomes one of this version.
#pragma once

#include <span>
#include <string_view>

#include "base/error.hpp"
#include "store/sqlite.hpp"

namespace maintain {

// Marks the file as ours ("mtn1"), see PRAGMA application_id.
inline constexpr int store_application_id = 0x6d746e31;

// Element N brings a store from version N to N + 1 (PRAGMA user_version). Released ones are never edited.
std::span<const std::string_view> store_migrations();

// Applies what is missing, all of it or nothing. refused: the store is newer than the list, or the file is some
// other program's database.
Result<void> migrate(sqlite::Database& database, std::span<const std::string_view> migrations);

// For readers, which cannot migrate: refused unless the store has exactly the version of the list.
Result<void> check_version(sqlite::Database& database, std::span<const std::string_view> migrations);

}  // namespace maintain
