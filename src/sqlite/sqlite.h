// A thin cover for SQLite: handles, bound values, errors as Result. For modules that keep tables; the only other user
// of sqlite3.h is the ledger.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"

struct sqlite3;
struct sqlite3_stmt;

namespace trine::sqlite {

// One prepared statement; one thread. Texts and blobs given to bind() must live until the next step.
class Statement {
 public:
  Statement() = default;
  Statement& reset();  // ready for new values
  Statement& bind(int64_t v);
  Statement& bind(double v);
  Statement& bind(std::string_view text);
  Statement& blob(std::span<const unsigned char> bytes);
  Statement& null();
  Statement& bind(const std::optional<int64_t>& v) { return v ? bind(*v) : null(); }
  Result<bool> step();  // true: a row
  Result<void> run();   // to the end, then reset

  int64_t integer(int column) const;
  double real(int column) const;
  bool is_null(int column) const;
  std::string text(int column) const;
  std::span<const unsigned char> bytes(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* s) const;
  };
  Statement& bound(int rc);
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int next_ = 1;
  int error_ = 0;  // of a bind; told at the next step
};

class Database {
 public:
  enum class Mode { read_write, read_only };
  static Result<Database> open(const std::filesystem::path& file, Mode mode);
  Result<void> exec(const std::string& sql);
  Result<Statement> prepare(std::string_view sql);
  int64_t changes() const;
  int64_t last_rowid() const;
  sqlite3* handle() { return db_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* db) const;
  };
  std::unique_ptr<sqlite3, Close> db_;
};

}  // namespace trine::sqlite
