// SQLite's C API in three small classes. The rest of the store writes SQL and reads columns.
//
// Errors are kept by the statement and come out where it is stepped, so that a query is one expression:
//     db.query("select started from runs where id = ?", id).each([&](const Statement& row) { ... });
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <sqlite3.h>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace maintain::sqlite {

// Bound as a BLOB instead of as text.
struct Blob {
  std::string_view bytes;
};

class Database;

// A prepared statement with its values, run at most once. It must not outlive its Database.
class Statement {
 public:
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;
  ~Statement();

  Result<bool> step();                 // true: there is a row
  Result<void> run();                  // to the end, rows are of no interest
  template <class OnRow>
  Result<void> each(OnRow on_row);     // on_row(const Statement&) for every row

  // A column of the current row: std::string (text or BLOB), bool, int, std::int64_t, double, Time, Seconds, or an
  // optional of these (nullopt: NULL). NULL reads as an empty or zero value where it is not optional.
  template <class T>
  T get(int column) const;

 private:
  friend class Database;
  Statement(Database& database, sqlite3_stmt* statement, bool cached, int status);
  void bind_next(std::nullopt_t);
  void bind_next(std::string_view text);
  void bind_next(Blob blob);
  void bind_next(double value);
  template <class T> requires std::is_integral_v<T>
  void bind_next(T value) { bind_integer(static_cast<std::int64_t>(value)); }
  void bind_next(Time time) { bind_integer(time.time_since_epoch().count()); }
  void bind_next(Seconds span) { bind_integer(span.count()); }
  template <class T>
  void bind_next(const std::optional<T>& value) {
    if (value) bind_next(*value);
    else bind_next(std::nullopt);
  }
  void bind_integer(std::int64_t value);
  void note(int status);
  std::int64_t integer(int column) const;
  std::string text(int column) const;
  bool null(int column) const;

  Database* database_;
  sqlite3_stmt* statement_;
  bool cached_;
  int status_;       // the first error, or SQLITE_OK
  int bound_ = 0;
};

class Database {
 public:
  enum class Mode { read_write, read_only };

  static Result<std::unique_ptr<Database>> open(const std::filesystem::path& file, Mode mode);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // One statement with its values, in the order of its question marks. Statements are kept prepared by their text.
  template <class... Values>
  Statement query(std::string_view sql, const Values&... values) {
    Statement statement = prepare(sql);
    (statement.bind_next(values), ...);
    return statement;
  }
  Result<void> execute(const std::string& sql);   // several statements, separated by semicolons
  Result<std::int64_t> number(std::string_view sql);  // first column of the only row
  std::int64_t last_insert_rowid() const { return sqlite3_last_insert_rowid(handle_); }
  int changes() const { return sqlite3_changes(handle_); }
  sqlite3* handle() const { return handle_; }

  // What failed and what a person can do, in our words and SQLite's.
  Error error(int status) const;

 private:
  friend class Statement;
  struct Cached {
    sqlite3_stmt* statement;
    bool in_use;
  };
  Database(sqlite3* handle, std::string file) : handle_(handle), file_(std::move(file)) {}
  Statement prepare(std::string_view sql);
  void give_back(sqlite3_stmt* statement);

  sqlite3* handle_;
  std::string file_;
  std::map<std::string, Cached, std::less<>> cache_;
};

// Rolled back unless committed.
class Transaction {
 public:
  enum class Kind {
    read,      // one consistent view over several queries
    durable,   // on the disk when commit() returns
    relaxed,   // survives the end of the process; a power cut may take it as a whole
  };
  static Result<Transaction> begin(Database& database, Kind kind);
  Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  Result<void> commit();

 private:
  explicit Transaction(Database& database) : database_(&database) {}
  Database* database_;
};

template <class OnRow>
Result<void> Statement::each(OnRow on_row) {
  for (;;) {
    const auto row = step();
    if (!row) return fail(row.error());
    if (!*row) return {};
    on_row(static_cast<const Statement&>(*this));
  }
}

namespace detail {
template <class T>
struct OptionalValue : std::false_type {};
template <class T>
struct OptionalValue<std::optional<T>> : std::true_type {
  using type = T;
};
}  // namespace detail

template <class T>
T Statement::get(int column) const {
  if constexpr (detail::OptionalValue<T>::value) {
    if (null(column)) return std::nullopt;
    return get<typename detail::OptionalValue<T>::type>(column);
  } else if constexpr (std::is_same_v<T, std::string>) {
    return text(column);
  } else if constexpr (std::is_same_v<T, Time>) {
    return Time{Seconds{integer(column)}};
  } else if constexpr (std::is_same_v<T, Seconds>) {
    return Seconds{integer(column)};
  } else if constexpr (std::is_same_v<T, double>) {
    return sqlite3_column_double(statement_, column);
  } else if constexpr (std::is_same_v<T, bool>) {
    return integer(column) != 0;
  } else {
    static_assert(std::is_integral_v<T>);
    return static_cast<T>(integer(column));
  }
}

}  // namespace maintain::sqlite
