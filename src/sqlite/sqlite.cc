#include "sqlite/sqlite.h"

#include <sqlite3.h>

namespace trine::sqlite {
namespace {

Code code(int rc) {
  switch (rc & 0xFF) {
    case SQLITE_FULL:
      return Code::resource_exhausted;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      return Code::unavailable;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Code::data_loss;
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return Code::failed_precondition;
    default:
      return Code::internal;
  }
}

tl::unexpected<Error> failure(sqlite3* db, int rc) {
  return fail(code(rc), "database: {} ({})", db ? sqlite3_errmsg(db) : sqlite3_errstr(rc), sqlite3_errstr(rc));
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* s) const {
  sqlite3_finalize(s);
}

Statement& Statement::reset() {
  sqlite3_reset(statement_.get());
  next_ = 1;
  error_ = 0;
  return *this;
}

Statement& Statement::bound(int rc) {
  if (rc != SQLITE_OK && error_ == SQLITE_OK) error_ = rc;
  ++next_;
  return *this;
}

Statement& Statement::bind(int64_t v) {
  return bound(sqlite3_bind_int64(statement_.get(), next_, v));
}
Statement& Statement::bind(double v) {
  return bound(sqlite3_bind_double(statement_.get(), next_, v));
}
Statement& Statement::bind(std::string_view v) {
  const char* p = v.empty() ? "" : v.data();  // a null pointer would bind NULL
  return bound(sqlite3_bind_text(statement_.get(), next_, p, static_cast<int>(v.size()), SQLITE_STATIC));
}
Statement& Statement::blob(std::span<const unsigned char> v) {
  return bound(sqlite3_bind_blob(statement_.get(), next_, v.data(), static_cast<int>(v.size()), SQLITE_STATIC));
}
Statement& Statement::null() {
  return bound(sqlite3_bind_null(statement_.get(), next_));
}

Result<bool> Statement::step() {
  auto* db = sqlite3_db_handle(statement_.get());
  if (error_ != SQLITE_OK) return failure(db, error_);
  const int rc = sqlite3_step(statement_.get());
  if (rc == SQLITE_ROW) return true;
  if (rc == SQLITE_DONE) return false;
  auto failed = failure(db, rc);
  sqlite3_reset(statement_.get());
  return failed;
}

Result<void> Statement::run() {
  auto row = step();
  while (row && *row) row = step();
  if (!row) return tl::unexpected(row.error());
  reset();
  return {};
}

int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}
double Statement::real(int column) const {
  return sqlite3_column_double(statement_.get(), column);
}
bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

std::string Statement::text(int column) const {
  const auto* p = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  return p ? std::string(p, static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column))) : std::string();
}

std::span<const unsigned char> Statement::bytes(int column) const {
  const auto* p = static_cast<const unsigned char*>(sqlite3_column_blob(statement_.get(), column));
  return {p, p ? static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column)) : 0};
}

void Database::Close::operator()(sqlite3* db) const {
  sqlite3_close_v2(db);
}

Result<Database> Database::open(const std::filesystem::path& file, Mode mode) {
  Database database;
  sqlite3* db = nullptr;
  const int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                    (mode == Mode::read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  const int rc = sqlite3_open_v2(file.c_str(), &db, flags, nullptr);
  database.db_.reset(db);
  if (rc != SQLITE_OK) return fail(code(rc), "cannot open the database {}: {}", file.string(), sqlite3_errstr(rc));
  sqlite3_busy_timeout(db, mode == Mode::read_only ? 2000 : 100);
  return database;
}

Result<void> Database::exec(const std::string& sql) {
  const int rc = sqlite3_exec(db_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (rc != SQLITE_OK) return failure(db_.get(), rc);
  return {};
}

Result<Statement> Database::prepare(std::string_view sql) {
  Statement statement;
  sqlite3_stmt* s = nullptr;
  const int rc =
      sqlite3_prepare_v3(db_.get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &s, nullptr);
  if (rc != SQLITE_OK) return failure(db_.get(), rc);
  statement.statement_.reset(s);
  return statement;
}

int64_t Database::changes() const {
  return sqlite3_changes64(db_.get());
}
int64_t Database::last_rowid() const {
  return sqlite3_last_insert_rowid(db_.get());
}

}  // namespace trine::sqlite
