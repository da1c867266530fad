#include "store/sqlite.hpp"

#include <utility>

#include <fmt/format.h>

namespace maintain::sqlite {

Statement::Statement(Database& database, sqlite3_stmt* statement, bool cached, int status)
    : database_(&database), statement_(statement), cached_(cached), status_(status) {}

Statement::Statement(Statement&& other) noexcept
    : database_(other.database_),
      statement_(std::exchange(other.statement_, nullptr)),
      cached_(other.cached_),
      status_(other.status_),
      bound_(other.bound_) {}

Statement::~Statement() {
  if (statement_ == nullptr) return;
  if (cached_) database_->give_back(statement_);
  else sqlite3_finalize(statement_);
}

void Statement::note(int status) {
  if (status_ == SQLITE_OK) status_ = status;
}

// The caller's values outlive neither query() nor this statement for certain: SQLite copies them.
void Statement::bind_next(std::string_view text) {
  const char* start = text.data() == nullptr ? "" : text.data();
  if (statement_ != nullptr)
    note(sqlite3_bind_text64(statement_, ++bound_, start, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}

void Statement::bind_next(Blob blob) {
  const char* start = blob.bytes.data() == nullptr ? "" : blob.bytes.data();
  if (statement_ != nullptr)
    note(sqlite3_bind_blob64(statement_, ++bound_, start, blob.bytes.size(), SQLITE_TRANSIENT));
}

void Statement::bind_next(std::nullopt_t) {
  if (statement_ != nullptr) note(sqlite3_bind_null(statement_, ++bound_));
}

void Statement::bind_next(double value) {
  if (statement_ != nullptr) note(sqlite3_bind_double(statement_, ++bound_, value));
}

void Statement::bind_integer(std::int64_t value) {
  if (statement_ != nullptr) note(sqlite3_bind_int64(statement_, ++bound_, value));
}

Result<bool> Statement::step() {
  if (status_ != SQLITE_OK) return fail(database_->error(status_));
  const int status = sqlite3_step(statement_);
  if (status == SQLITE_ROW) return true;
  if (status == SQLITE_DONE) return false;
  status_ = status;
  return fail(database_->error(status));
}

Result<void> Statement::run() {
  return each([](const Statement&) {});
}

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_, column); }

// column_blob before column_bytes: the other order could count the bytes of another encoding.
std::string Statement::text(int column) const {
  const void* bytes = sqlite3_column_blob(statement_, column);
  const int size = sqlite3_column_bytes(statement_, column);
  return bytes == nullptr ? std::string{}
                          : std::string(static_cast<const char*>(bytes), static_cast<std::size_t>(size));
}

bool Statement::null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

Result<std::unique_ptr<Database>> Database::open(const std::filesystem::path& file, Mode mode) {
  const int flags = mode == Mode::read_write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
  sqlite3* handle = nullptr;
  const int status = sqlite3_open_v2(file.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                                     nullptr);
  std::unique_ptr<Database> database(new Database(handle, file.string()));
  if (status != SQLITE_OK) return fail(database->error(status));
  return database;
}

Database::~Database() {
  for (auto& [sql, cached] : cache_) sqlite3_finalize(cached.statement);
  sqlite3_close(handle_);
}

Statement Database::prepare(std::string_view sql) {
  const auto known = cache_.find(sql);
  if (known != cache_.end() && !known->second.in_use) {
    known->second.in_use = true;
    return Statement(*this, known->second.statement, true, SQLITE_OK);
  }
  sqlite3_stmt* statement = nullptr;
  const int status = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                        &statement, nullptr);
  const bool cached = status == SQLITE_OK && known == cache_.end();
  if (cached) cache_.emplace(std::string(sql), Cached{statement, true});
  return Statement(*this, statement, cached, status);
}

void Database::give_back(sqlite3_stmt* statement) {
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
  for (auto& [sql, cached] : cache_)
    if (cached.statement == statement) cached.in_use = false;
}

Result<void> Database::execute(const std::string& sql) {
  const int status = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  if (status != SQLITE_OK) return fail(error(status));
  return {};
}

Result<std::int64_t> Database::number(std::string_view sql) {
  Statement statement = query(sql);
  const auto row = statement.step();
  if (!row) return fail(row.error());
  return *row ? statement.get<std::int64_t>(0) : 0;
}

Error Database::error(int status) const {
  // The handle knows more than the status, but only of the last call.
  const bool last = handle_ != nullptr && sqlite3_extended_errcode(handle_) == status;
  const std::string what = last ? sqlite3_errmsg(handle_) : sqlite3_errstr(status);
  const std::string message = fmt::format("state store {}: {}", file_, what);
  switch (status & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorKind::busy, message, "another process holds it; try again", {}};
    case SQLITE_FULL: return {ErrorKind::system, message, "free space on its file system", {}};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return {ErrorKind::system, message,
              "the file is damaged: restore it from a backup, or move it away to start anew", {}};
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
      return {ErrorKind::system, message, "run as the user that owns the file and its directory", {}};
    case SQLITE_IOERR:  // also of a full disk, when SQLite cannot make its -shm file
      return {ErrorKind::system, message,
              "see whether its file system is full, then the kernel's log for errors of the disk", {}};
    default: return {ErrorKind::internal, message, "", {}};
  }
}

Result<Transaction> Transaction::begin(Database& database, Kind kind) {
  if (kind != Kind::read) {
    // In WAL mode FULL syncs at every commit and NORMAL does not; both keep the file consistent.
    const char* synchronous = kind == Kind::durable ? "pragma synchronous=full" : "pragma synchronous=normal";
    if (auto set = database.query(synchronous).run(); !set) return fail(set.error());
  }
  const char* begin = kind == Kind::read ? "begin" : "begin immediate";
  if (auto begun = database.query(begin).run(); !begun) return fail(begun.error());
  return Transaction(database);
}

Result<void> Transaction::commit() {
  auto committed = database_->query("commit").run();
  if (committed) database_ = nullptr;
  return committed;
}

Transaction::~Transaction() {
  // Some errors have rolled back already.
  if (database_ != nullptr && sqlite3_get_autocommit(database_->handle()) == 0)
    (void)database_->query("rollback").run();
}

}  // namespace maintain::sqlite
