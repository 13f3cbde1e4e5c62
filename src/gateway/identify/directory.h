// The identity store of a running gateway: looks twice a second whether a command changed it, tells the workers, and
// writes down when keys were used. What the admin API changes is in force when its answer is sent.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "gateway/executor.h"
#include "gateway/identify/identities.h"
#include "net/loop.h"
#include "net/task.h"
#include "protect/audit.h"
#include "protect/identity_store.h"

namespace trine::gateway {

// On the back office's loop; the store is touched on the executor's thread only.
class Directory final : net::Timer {
 public:
  // Hands the table to the workers; each lets go of `until` once it uses it.
  using Tell = std::function<void(std::shared_ptr<const Identities>, const std::shared_ptr<void>& until)>;

  static constexpr Nanos kLook = std::chrono::milliseconds(500);
  static constexpr Nanos kNoteUse = std::chrono::seconds(60);

  // Blocks. Errors: those of IdentityStore::open and AuditLog::open.
  static Result<std::unique_ptr<Directory>> open(net::Loop& loop, Executor& executor, const std::string& dir,
                                                 Tell tell);

  const std::shared_ptr<const Identities>& identities() const { return now_; }
  // Begins to look. On the loop's thread.
  void start() { arm(kLook); }
  // Blocks: the last times of use. After the loop ended.
  void close();

  // On the executor: `work(store, audit)` and, where it `changes` something, a new table that everybody uses when this
  // resumes, on the loop. Nothing where the executor has too much to do.
  template <class R>
  net::Task<std::optional<R>> run(std::function<R(protect::IdentityStore&, protect::AuditLog&)> work, bool changes);

 private:
  Directory(net::Loop& loop, Executor& executor, std::unique_ptr<protect::IdentityStore> store,
            std::unique_ptr<protect::AuditLog> audit, Tell tell)
      : net::Timer(loop),
        loop_(loop),
        executor_(executor),
        store_(std::move(store)),
        audit_(std::move(audit)),
        tell_(std::move(tell)) {}
  void expired() override;
  void take(std::shared_ptr<const protect::KeyTable> table, const std::shared_ptr<void>& until);
  // co_await: take(), and wait until all workers have it.
  struct Taken {
    Directory& directory;
    std::shared_ptr<const protect::KeyTable> table;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> h) {
      net::Loop& loop = directory.loop_;
      const std::shared_ptr<void> until(nullptr, [&loop, h](void*) { loop.post([h] { h.resume(); }); });
      directory.take(std::move(table), until);
    }
    void await_resume() const noexcept {}
  };
  Result<std::shared_ptr<const protect::KeyTable>> read();

  net::Loop& loop_;
  Executor& executor_;
  std::unique_ptr<protect::IdentityStore> store_;  // the executor's
  std::unique_ptr<protect::AuditLog> audit_;
  Tell tell_;
  std::shared_ptr<const Identities> now_;
  Mono noted_{};
  bool looking_ = false;
  bool failing_ = false;  // said once
  bool stale_ = false;    // a change of ours could not be read anew: the next look tries again
};

template <class R>
net::Task<std::optional<R>> Directory::run(std::function<R(protect::IdentityStore&, protect::AuditLog&)> work,
                                           bool changes) {
  struct Done {
    R result;
    Result<std::shared_ptr<const protect::KeyTable>> table;
  };
  auto both = [this, work = std::move(work), changes] {
    Done done{work(*store_, *audit_), std::shared_ptr<const protect::KeyTable>()};
    if (changes) done.table = read();
    return done;
  };
  std::optional<Done> done = co_await executor_.run(loop_, std::move(both));
  if (!done) co_return std::nullopt;
  if (!done->table) stale_ = true;
  if (done->table && *done->table) {
    Taken taken{*this, *done->table};
    co_await taken;
  }
  co_return std::move(done->result);
}

}  // namespace trine::gateway
