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
  // Books what the ledger has for budgets that are new. Blocks; on the executor's thread.
  using Know = std::function<Result<void>(const LimitTable&)>;
  struct Parts {
    net::Loop& loop;
    Executor& executor;
    std::string dir;
    std::shared_ptr<const Snapshot> snapshot;
    Tell tell;
    Know know;
  };

  static constexpr Nanos kLook = std::chrono::milliseconds(500);
  static constexpr Nanos kNoteUse = std::chrono::seconds(60);

  // Blocks. Errors: those of IdentityStore::open and AuditLog::open; the ledger cannot be read.
  static Result<std::unique_ptr<Directory>> open(Parts parts);
  // Another configuration: its limits are in force for the keys soon after. On the loop's thread.
  void use(std::shared_ptr<const Snapshot> snapshot);

  const std::shared_ptr<const Identities>& identities() const { return now_; }
  // Begins to look. On the loop's thread.
  void start() { arm(kLook); }
  // Blocks: the last times of use. After the loop ended.
  void close();

  // On the executor: work(store, audit), after which no new table is made. False where the executor has too much to do.
  bool post(std::function<void(protect::IdentityStore&, protect::AuditLog&)> work);
  // Before start(): who was under watch when the last run ended. Blocks.
  Result<std::vector<protect::WatchView>> watched() { return store_->watched(); }

  // On the executor: `work(store, audit)` and, where it `changes` something, a new table that everybody uses when this
  // resumes, on the loop. Nothing where the executor has too much to do.
  template <class R>
  net::Task<std::optional<R>> run(std::function<R(protect::IdentityStore&, protect::AuditLog&)> work, bool changes);

 private:
  using Made = Result<std::shared_ptr<const Identities>>;
  Directory(Parts parts, std::unique_ptr<protect::IdentityStore> store, std::unique_ptr<protect::AuditLog> audit)
      : net::Timer(parts.loop), parts_(std::move(parts)), store_(std::move(store)), audit_(std::move(audit)) {}
  void expired() override;
  void take(std::shared_ptr<const Identities> identities, const std::shared_ptr<void>& until);
  // Writes down when keys of a table were used, as far as that is not done yet.
  void note_used(std::shared_ptr<const protect::KeyTable> table);
  // co_await: take(), and wait until all workers have it.
  struct Taken {
    Directory& directory;
    std::shared_ptr<const Identities> identities;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> h) {
      net::Loop& loop = directory.parts_.loop;
      const std::shared_ptr<void> until(nullptr, [&loop, h](void*) { loop.post([h] { h.resume(); }); });
      directory.take(std::move(identities), until);
    }
    void await_resume() const noexcept {}
  };
  // What is in the store now. On the executor's thread.
  Made make(const std::shared_ptr<const Snapshot>& snapshot);

  Parts parts_;
  std::unique_ptr<protect::IdentityStore> store_;  // the executor's
  std::unique_ptr<protect::AuditLog> audit_;
  std::shared_ptr<const Identities> now_;
  Mono noted_{};
  int64_t noted_until_s_ = 0;  // uses before are written down; Unix seconds
  bool looking_ = false;
  bool failing_ = false;  // said once
  bool stale_ = false;  // the configuration changed, or a change of ours could not be read: the next look makes it anew
};

template <class R>
net::Task<std::optional<R>> Directory::run(std::function<R(protect::IdentityStore&, protect::AuditLog&)> work,
                                           bool changes) {
  struct Done {
    R result;
    Made made;
  };
  auto both = [this, snapshot = parts_.snapshot, work = std::move(work), changes] {
    Done done{work(*store_, *audit_), std::shared_ptr<const Identities>()};
    if (changes) done.made = make(snapshot);
    return done;
  };
  std::optional<Done> done = co_await parts_.executor.run(parts_.loop, std::move(both));
  if (!done) co_return std::nullopt;
  if (!done->made) stale_ = true;
  if (done->made && *done->made) {
    Taken taken{*this, *done->made};
    co_await taken;
  }
  co_return std::move(done->result);
}

}  // namespace trine::gateway
