// Documents read beside the workers: a bounded queue before the pool of locked-up processes, and what was read, kept
// for when the same file comes again. One per process; all workers share it.
#pragma once

#include <array>
#include <coroutine>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/time.h"
#include "base/units.h"
#include "documents/pool.h"
#include "documents/reduce.h"
#include "documents/text.h"
#include "gateway/config/config.h"
#include "gateway/documents/kept.h"
#include "gateway/executor.h"
#include "net/loop.h"
#include "net/task.h"

namespace trine::gateway {

struct ReaderOptions {
  std::string program, tessdata, languages = "eng";
  int workers = 2;
  int64_t memory_bytes = int64_t{1536} << 20;  // of each
  size_t queue = 32;
  Nanos wait = std::chrono::seconds(10);  // in the queue
  size_t cache_bytes = 64 << 20;
  bool operator==(const ReaderOptions&) const = default;
};
ReaderOptions reader_options(const Config& config);
bool wants_documents(const Config& config);  // some route does

struct ReadOrder {
  std::string bytes;  // the file
  documents::Job job;
  documents::ReduceOptions reduce;
  uint64_t whose = 0;  // hash of whose requests may share what was read (Key::prefix_salt)
};

using ReadResult = documents::DocumentResult<std::shared_ptr<const ReadDocument>>;

// Any thread. REQUIRES: loops outlive stop().
class DocumentReader {
 public:
  // Starts the pool, which takes a moment. Without one it is there all the same, and says why it reads nothing.
  explicit DocumentReader(const ReaderOptions& options);
  ~DocumentReader() { stop(); }
  DocumentReader(const DocumentReader&) = delete;
  DocumentReader& operator=(const DocumentReader&) = delete;

  bool reads() const { return pool_ != nullptr; }
  const std::string& languages() const { return options_.languages; }  // of OCR, that its processes know
  const std::string& why_not() const { return why_not_; }              // for the operator: what to install

  // Resumes on the loop's thread. The same file asked for the same way is read once, also while it is being read.
  // `leave`, set while it waits, gives the wait up (on the loop's thread); a document that nobody waits for is not read
  // to its end. Errors: what a document can be refused for; busy; too_slow after `most`.
  net::Task<ReadResult> read(net::Loop& loop, ReadOrder order, Nanos most, std::function<void()>& leave);

  // Ends what is being read. Nobody is told any more. Blocks.
  void stop();

  // Since the start, and now.
  struct State {
    uint64_t read = 0;  // without those that were known already
    uint64_t known = 0;
    std::array<uint64_t, documents::kProblems> refused{};  // by documents::Problem
    uint64_t text_pages = 0, ocr_pages = 0;
    Nanos busy{0};         // of all processes together
    uint64_t started = 0;  // processes, replacements included
    int64_t waiting = 0, reading = 0;
    size_t kept_bytes = 0;
  };
  State state() const;

 private:
  struct Item;
  struct Ticket;
  class Waiting;

  void submit(const std::shared_ptr<Ticket>& ticket, std::string key, ReadOrder order);
  // Whether it was still waiting for something. `only_queued`: not where its document is being read already.
  bool withdraw(Ticket& ticket, bool only_queued);
  void run();
  void count(const ReadResult& result, Nanos took);
  ReadResult work(Item& item);
  documents::DocumentResult<documents::Extraction> extract(Item& item);

  const ReaderOptions options_;
  std::unique_ptr<documents::DocumentPool> pool_;
  std::string why_not_;
  Executor hashing_;

  mutable std::mutex mutex_;
  std::condition_variable wakes_;
  std::deque<std::shared_ptr<Item>> queue_;
  size_t queued_bytes_ = 0;
  std::unordered_map<std::string, std::shared_ptr<Item>> under_way_;  // queued or being read, by key
  KeptDocuments kept_;
  State counts_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace trine::gateway
