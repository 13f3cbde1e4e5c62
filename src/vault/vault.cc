#include "vault/vault.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <span>

#include "base/text.h"
#include "sqlite/sqlite.h"

namespace trine::vault {
namespace {

using sqlite::Database;
using sqlite::Statement;

constexpr int kVersion = 1;
// STRICT: a file that was tampered with cannot give a text where a number is expected. The last index answers "how many
// bytes" without touching the blobs.
constexpr const char* kSchema = R"(
CREATE TABLE proof (check_hash BLOB NOT NULL) STRICT;
CREATE TABLE blobs (
  n INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL, org BLOB NOT NULL, team BLOB NOT NULL,
  project BLOB NOT NULL, key BLOB NOT NULL, user BLOB NOT NULL, created INTEGER NOT NULL, expires INTEGER NOT NULL,
  size INTEGER NOT NULL, sealed BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX blobs_by_id ON blobs (kind, id);
CREATE INDEX blobs_by_key ON blobs (key);
CREATE INDEX blobs_by_user ON blobs (user);
CREATE INDEX blobs_by_expiry ON blobs (expires);
CREATE INDEX blobs_by_age ON blobs (created, size);
)";

// "Which are the oldest that may go". Files of earlier programs get it when they are opened.
constexpr const char* kIndexByKind = "CREATE INDEX IF NOT EXISTS blobs_by_kind_and_age ON blobs (kind, created, size)";
constexpr size_t kRowBytes = 512;     // what a row costs beside its bytes, about
constexpr size_t kMostName = 256;     // of a kind or an id
constexpr int64_t kEvictAtOnce = 64;  // rows

using Part = std::string;  // of an owner: 16 bytes of a keyed hash; empty: nobody
struct HashedOwner {
  std::array<Part, 5> parts;  // org, team, project, key, user
};
constexpr std::array<const char*, 5> kParts = {"org", "team", "project", "key", "user"};

Part hashed(const Sealer& sealer, const char* what, std::string_view name) {
  if (name.empty()) return {};
  const auto h = sealer.hash(what, name);
  return {reinterpret_cast<const char*>(h.data()), 16};
}

HashedOwner hashed(const Sealer& s, const Owner& o) {
  return {{hashed(s, kParts[0], o.org), hashed(s, kParts[1], o.team), hashed(s, kParts[2], o.project),
           hashed(s, kParts[3], o.key), hashed(s, kParts[4], o.user)}};
}

std::span<const unsigned char> bytes_of(std::string_view s) {
  return {reinterpret_cast<const unsigned char*>(s.data()), s.size()};
}
std::string string_of(std::span<const unsigned char> s) {
  return {reinterpret_cast<const char*>(s.data()), s.size()};
}

// What a blob's bytes are bound to: no two rows write the same, as each part says its length first.
std::string context_of(std::string_view kind, std::string_view id, const HashedOwner& owner, int64_t created,
                       int64_t expires) {
  std::string out = fmt::format("{}:{}{}:{}", kind.size(), kind, id.size(), id);
  for (const Part& p : owner.parts) out.append(fmt::format("{}:", p.size())).append(p);
  return out + fmt::format("{}:{}", created, expires);
}

Result<void> make_private_file(const std::filesystem::path& file) {
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return fail(Code::unavailable, "cannot open the vault {}: {}", file.string(), std::strerror(errno));
  ::close(fd);
  return {};
}

}  // namespace

struct Vault::Tables {
  Database db;
  Statement put, get, there, drop, oldest, remove, sum, sweep;
};

Vault::Vault(std::filesystem::path file, std::string_view secret, const Limits& limits)
    : file_(std::move(file)), sealer_(secret), limits_(limits) {}

Vault::~Vault() = default;

Error Vault::said(Error e) const {
  if (e.code == Code::data_loss)
    return {e.code, fmt::format("the vault {} is damaged: {}. Restore it from a backup, or remove it: what it holds is "
                                "lost, and made again as it is needed",
                                file_.string(), e.message)};
  return {e.code, fmt::format("the vault {}: {}", file_.string(), e.message)};
}

Result<std::unique_ptr<Vault>> Vault::open(const std::filesystem::path& file, std::string_view secret,
                                           const Limits& limits) {
  if (secret.size() < kLeastSecret)
    return fail(Code::invalid_argument,
                "the secret of the vault {} is shorter than {} characters: make one with 'openssl rand -hex 32'",
                file.string(), kLeastSecret);
  if (auto made = make_private_file(file); !made) return tl::unexpected(made.error());
  std::unique_ptr<Vault> vault(new Vault(file, secret, limits));
  if (auto ok = vault->open_file(); !ok) return tl::unexpected(vault->said(ok.error()));
  return vault;
}

Result<void> Vault::open_file() {
  auto db = Database::open(file_, Database::Mode::read_write);
  if (!db) return tl::unexpected(db.error());
  tables_ = std::make_unique<Tables>();
  tables_->db = std::move(*db);
  // What is dropped is overwritten. A lost power loses the last moments at most: these are things that can be made
  // again.
  if (auto ok = tables_->db.exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA secure_delete=ON; "
                                 "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON;");
      !ok)
    return ok;
  if (auto ok = prove_secret(); !ok) return ok;
  if (auto ok = tables_->db.exec(kIndexByKind); !ok) return ok;
  const std::pair<Statement*, const char*> statements[] = {
      {&tables_->put,
       "INSERT INTO blobs (kind, id, org, team, project, key, user, created, expires, size, sealed) "
       "VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11) ON CONFLICT (kind, id) DO UPDATE SET org=excluded.org, "
       "team=excluded.team, project=excluded.project, key=excluded.key, user=excluded.user, created=excluded.created, "
       "expires=excluded.expires, size=excluded.size, sealed=excluded.sealed"},
      {&tables_->get,
       "SELECT org, team, project, key, user, created, expires, size, sealed FROM blobs WHERE kind=?1 AND id=?2"},
      {&tables_->there, "SELECT 1 FROM blobs WHERE kind=?1 AND id=?2"},
      {&tables_->drop, "DELETE FROM blobs WHERE kind=?1 AND id=?2"},
      {&tables_->oldest,
       "SELECT n, size FROM blobs INDEXED BY blobs_by_kind_and_age WHERE kind=?1 ORDER BY created, size LIMIT ?2"},
      {&tables_->remove, "DELETE FROM blobs WHERE n=?1"},
      {&tables_->sum, "SELECT coalesce(sum(size), 0), count(*) FROM blobs INDEXED BY blobs_by_age"},
      {&tables_->sweep, "DELETE FROM blobs WHERE expires<=?1"},
  };
  for (const auto& [statement, sql] : statements) {
    auto prepared = tables_->db.prepare(sql);
    if (!prepared) return tl::unexpected(prepared.error());
    *statement = std::move(*prepared);
  }
  return count_bytes();
}

Result<void> Vault::prove_secret() {
  Database& db = tables_->db;
  auto version = db.prepare("PRAGMA user_version");
  if (!version) return tl::unexpected(version.error());
  if (auto row = version->step(); !row) return tl::unexpected(row.error());
  const int64_t found = version->integer(0);
  version->reset();
  const auto proof = sealer_.hash("proof", "trine vault");
  if (found == 0) {
    // Two programs may come at once: the second finds the tables made.
    if (auto ok = db.exec("BEGIN IMMEDIATE"); !ok) return ok;
    auto again = version->step();
    const bool made = again && version->integer(0) != 0;
    version->reset();
    Result<void> ok = again ? Result<void>() : tl::unexpected(again.error());
    if (ok && !made) {
      ok = db.exec(kSchema);
      if (ok) ok = db.exec(fmt::format("PRAGMA user_version={}", kVersion));
      auto insert = ok ? db.prepare("INSERT INTO proof VALUES (?1)") : Result<Statement>(tl::unexpected(ok.error()));
      if (insert)
        ok = insert->blob(proof).run();
      else
        ok = tl::unexpected(insert.error());
    }
    if (auto ended = db.exec(ok ? "COMMIT" : "ROLLBACK"); ok && !ended) return ended;
    if (!ok) return ok;
  } else if (found != kVersion) {
    return fail(Code::failed_precondition, "its format is {}, this program knows {}", found, kVersion);
  }
  auto kept = db.prepare("SELECT check_hash FROM proof");
  if (!kept) return fail(Code::data_loss, "{}", kept.error().message);
  auto row = kept->step();
  if (!row) return tl::unexpected(row.error());
  if (!*row) return fail(Code::data_loss, "it does not say which secret it was sealed with");
  if (!equal_secret(string_of(kept->bytes(0)), {reinterpret_cast<const char*>(proof.data()), proof.size()}))
    return fail(Code::failed_precondition,
                "it was sealed with another secret: give that one, or remove the file, whose contents are lost");
  return {};
}

Result<void> Vault::count_bytes() {
  auto row = tables_->sum.reset().step();
  if (!row) return tl::unexpected(row.error());
  bytes_ = static_cast<uint64_t>(std::max<int64_t>(0, tables_->sum.integer(0))) +
           static_cast<uint64_t>(tables_->sum.integer(1)) * kRowBytes;
  tables_->sum.reset();
  return {};
}

Result<void> Vault::make_room() {
  while (bytes_ > limits_.total_bytes) {
    std::vector<std::pair<int64_t, int64_t>> oldest;  // n, size
    tables_->oldest.reset().bind(std::string_view(limits_.made_again)).bind(kEvictAtOnce);
    auto row = tables_->oldest.step();
    for (; row && *row; row = tables_->oldest.step())
      oldest.emplace_back(tables_->oldest.integer(0), tables_->oldest.integer(1));
    tables_->oldest.reset();
    if (!row) return tl::unexpected(row.error());
    if (oldest.empty()) return {};
    for (const auto& [n, size] : oldest) {
      if (bytes_ <= limits_.total_bytes) break;
      if (auto ok = tables_->remove.reset().bind(n).run(); !ok) return ok;
      bytes_ -= std::min(bytes_, static_cast<uint64_t>(std::max<int64_t>(0, size)) + kRowBytes);
    }
  }
  return {};
}

Result<void> Vault::put(std::string_view kind, std::string_view id, const Owner& owner, Wall now, Wall expires,
                        std::string_view bytes, std::optional<Name> only_with) {
  if (kind.empty() || id.empty() || kind.size() > kMostName || id.size() > kMostName)
    return fail(Code::invalid_argument, "a blob's kind and id have 1 to {} bytes", kMostName);
  const uint64_t size = bytes.size() + Sealer::kOverhead;
  if (bytes.size() > limits_.blob_bytes || size + kRowBytes > limits_.total_bytes)
    return fail(Code::resource_exhausted, "{} bytes are more than the vault {} keeps of one blob", bytes.size(),
                file_.string());
  const HashedOwner who = hashed(sealer_, owner);
  auto sealed = sealer_.seal(bytes, context_of(kind, id, who, unix_ns(now), unix_ns(expires)));
  if (!sealed) return tl::unexpected(said(sealed.error()));
  const std::lock_guard lock(mutex_);
  Statement& s = tables_->put.reset().bind(kind).bind(id);
  for (const Part& p : who.parts) s.blob(bytes_of(p));
  s.bind(unix_ns(now)).bind(unix_ns(expires)).bind(static_cast<int64_t>(size)).blob(bytes_of(*sealed));
  const bool room = bytes_ + size + kRowBytes <= limits_.total_bytes;
  if (room && !only_with) {
    if (auto ok = s.run(); !ok) return tl::unexpected(said(ok.error()));
    bytes_ += size + kRowBytes;  // what was replaced is given back by the next count
    return {};
  }
  // It may not fit, or have nothing to go with: then all is as it was.
  if (auto ok = tables_->db.exec("BEGIN IMMEDIATE"); !ok) return tl::unexpected(said(ok.error()));
  uint64_t before = bytes_;
  const auto put = [&]() -> Result<void> {
    if (only_with) {
      auto row = tables_->there.reset().bind(only_with->kind).bind(only_with->id).step();
      tables_->there.reset();
      if (!row) return tl::unexpected(row.error());
      if (!*row) return fail(Code::not_found, "there is no {} {}", only_with->kind, only_with->id);
    }
    if (room) {
      bytes_ += size + kRowBytes;
      return s.run();
    }
    if (auto ok = count_bytes(); !ok) return ok;
    before = bytes_;
    if (auto ok = tables_->drop.reset().bind(kind).bind(id).run(); !ok) return ok;
    if (tables_->db.changes() > 0)
      if (auto ok = count_bytes(); !ok) return ok;
    bytes_ += size + kRowBytes;
    if (auto ok = make_room(); !ok) return ok;
    return s.run();
  };
  Result<void> done = put();
  // A blob that takes the place of a larger one may always: a job's end that of the job, say.
  const bool fits = bytes_ <= std::max(limits_.total_bytes, before);
  if (auto ended = tables_->db.exec(done && fits ? "COMMIT" : "ROLLBACK"); done && !ended) done = ended;
  if (done && fits) return {};
  bytes_ = before;
  if (!done) return tl::unexpected(said(done.error()));
  return fail(Code::resource_exhausted,
              "the gateway's vault is full of what may not go: delete files, or have vault.max_bytes raised");
}

Result<std::optional<Blob>> Vault::get(std::string_view kind, std::string_view id, Wall now, const Owner* owner) {
  Blob blob;
  std::string sealed;
  HashedOwner who;
  {
    const std::lock_guard lock(mutex_);
    Statement& s = tables_->get.reset().bind(kind).bind(id);
    auto row = s.step();
    if (!row) return tl::unexpected(said(row.error()));
    if (!*row) return std::nullopt;
    for (size_t i = 0; i < who.parts.size(); ++i) who.parts[i] = string_of(s.bytes(static_cast<int>(i)));
    blob.about = {.kind = std::string(kind),
                  .id = std::string(id),
                  .bytes = 0,
                  .created = from_unix_ns(s.integer(5)),
                  .expires = from_unix_ns(s.integer(6))};
    sealed = string_of(s.bytes(8));
    s.reset();
  }
  if (blob.about.expires <= now) return std::nullopt;
  if (owner && hashed(sealer_, *owner).parts != who.parts) return std::nullopt;
  auto plain =
      sealer_.open(sealed, context_of(kind, id, who, unix_ns(blob.about.created), unix_ns(blob.about.expires)));
  if (!plain)
    return fail(plain.error().code, "the {} {} in the vault {} does not open: {}", kind, id, file_.string(),
                plain.error().message);
  blob.bytes = std::move(*plain);
  blob.about.bytes = blob.bytes.size();
  return blob;
}

Result<bool> Vault::drop(std::string_view kind, std::string_view id) {
  const std::lock_guard lock(mutex_);
  if (auto ok = tables_->drop.reset().bind(kind).bind(id).run(); !ok) return tl::unexpected(said(ok.error()));
  return tables_->db.changes() > 0;
}

Result<std::vector<Entry>> Vault::list(std::string_view kind, const Owner& owner, size_t most) {
  const HashedOwner who = hashed(sealer_, owner);
  std::string sql = "SELECT id, size, created, expires FROM blobs WHERE kind=?1";
  for (size_t i = 0; i < kParts.size(); ++i)
    if (!who.parts[i].empty()) sql += fmt::format(" AND {}=?", kParts[i]);
  sql += " ORDER BY created DESC, n DESC LIMIT ?";
  const std::lock_guard lock(mutex_);
  auto s = tables_->db.prepare(sql);
  if (!s) return tl::unexpected(said(s.error()));
  s->bind(kind);
  for (const Part& p : who.parts)
    if (!p.empty()) s->blob(bytes_of(p));
  s->bind(static_cast<int64_t>(most));
  std::vector<Entry> out;
  auto row = s->step();
  for (; row && *row; row = s->step())
    out.push_back({.kind = std::string(kind),
                   .id = s->text(0),
                   .bytes = static_cast<uint64_t>(std::max<int64_t>(0, s->integer(1) - int64_t{Sealer::kOverhead})),
                   .created = from_unix_ns(s->integer(2)),
                   .expires = from_unix_ns(s->integer(3))});
  if (!row) return tl::unexpected(said(row.error()));
  return out;
}

Result<uint64_t> Vault::erase(Identity kind, std::string_view name) {
  if (name.empty()) return 0;
  const char* column = kind == Identity::key ? "key" : "user";
  const Part part = hashed(sealer_, column, name);
  const std::lock_guard lock(mutex_);
  auto s = tables_->db.prepare(fmt::format("DELETE FROM blobs WHERE {}=?1", column));
  if (!s) return tl::unexpected(said(s.error()));
  if (auto ok = s->blob(bytes_of(part)).run(); !ok) return tl::unexpected(said(ok.error()));
  const auto gone = static_cast<uint64_t>(tables_->db.changes());
  // The write-ahead log would keep the old pages for a while. Somebody who reads at this moment leaves it for the next.
  if (auto ok = tables_->db.exec("PRAGMA wal_checkpoint(TRUNCATE)"); !ok) return tl::unexpected(said(ok.error()));
  if (auto ok = count_bytes(); !ok) return tl::unexpected(said(ok.error()));
  return gone;
}

Result<uint64_t> Vault::sweep(Wall now) {
  const std::lock_guard lock(mutex_);
  if (auto ok = tables_->sweep.reset().bind(unix_ns(now)).run(); !ok) return tl::unexpected(said(ok.error()));
  const auto gone = static_cast<uint64_t>(tables_->db.changes());
  if (auto ok = count_bytes(); !ok) return tl::unexpected(said(ok.error()));
  return gone;
}

uint64_t Vault::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace trine::vault
