#include "gateway/documents/reader.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

#include "gateway/config/key_hash.h"

namespace trine::gateway {

using documents::DocumentPool;
using documents::Extraction;
using documents::PendingJob;
using documents::Problem;

namespace {

// Files that wait: what they may take of memory together.
constexpr size_t kMostQueuedBytes = size_t{512} << 20;

// Set from any thread; a thread in poll() wakes up by it.
class StopSignal {
 public:
  StopSignal() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  ~StopSignal() {
    if (fd_ >= 0) ::close(fd_);
  }
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  void set() {
    set_.store(true);
    const uint64_t one = 1;
    if (fd_ >= 0) [[maybe_unused]]
      const ssize_t n = ::write(fd_, &one, sizeof one);
  }
  bool is_set() const { return set_.load(); }
  // Until it is set, one of the worker's events, or the deadline; a second at most, for a system without descriptors.
  void wait(PendingJob* job, PendingJob::Clock::time_point deadline) const {
    std::array<pollfd, 2> fds{pollfd{fd_, POLLIN, 0}, pollfd{-1, 0, 0}};
    if (job) fds[1] = {job->fd(), static_cast<short>(POLLIN | (job->wants_write() ? POLLOUT : 0)), 0};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - PendingJob::Clock::now()).count();
    ::poll(fds.data(), fds.size(), static_cast<int>(std::clamp<int64_t>(left, 0, 1000)));
  }

 private:
  const int fd_;
  std::atomic<bool> set_{false};
};

std::string beside_this_program(const char* name) {
  std::error_code none;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", none);
  return (self.parent_path() / name).string();
}

ReadResult refusal(Problem problem, std::string_view finding = {}) {
  return tl::unexpected(documents::refuse(problem, finding).value());
}

// Two files that have this in common are the same, asked for the same way by the same people. SHA-256: who sends a file
// must not be able to make it pass for another.
std::string key_of(const ReadOrder& order) {
  const KeyHash file = hash_key(order.bytes);
  std::string key = fmt::format("{} {}{}{} ", order.whose, order.reduce.repeats ? 'r' : '-',
                                order.reduce.boilerplate ? 'b' : '-', order.reduce.duplicates ? 'd' : '-');
  return key.append(documents::to_json(order.job, order.bytes.size())).append(file.begin(), file.end());
}

}  // namespace

ReaderOptions reader_options(const Config& config) {
  const DocumentsConfig& d = config.documents;
  ReaderOptions o;
  o.program = d.worker.empty() ? beside_this_program("trine-docworker") : d.worker;
  o.tessdata = d.tessdata;
  if (!d.languages.empty()) o.languages = fmt::format("{}", fmt::join(d.languages, "+"));
  o.workers = d.workers;
  o.memory_bytes = d.memory;
  o.queue = static_cast<size_t>(d.queue);
  o.wait = d.wait;
  o.cache_bytes = static_cast<size_t>(d.cache);
  return o;
}

bool wants_documents(const Config& config) {
  return std::any_of(config.routes.begin(), config.routes.end(), [](const RouteConfig& r) { return r.documents.on; });
}

// A document on its way: queued, then being read. Under the reader's mutex, but for `order` and `stop`.
struct DocumentReader::Item {
  std::string key;
  ReadOrder order;
  StopSignal stop;
  bool begun = false;
  std::vector<std::shared_ptr<Ticket>> tickets;  // who waits for it
};

// One who waits. `waiting` and `result` belong to the loop's thread, `item` to the reader's mutex.
struct DocumentReader::Ticket {
  explicit Ticket(net::Loop& l) : loop(l) {}
  net::Loop& loop;
  std::coroutine_handle<> waiting;
  ReadResult result = refusal(Problem::busy);
  std::shared_ptr<Item> item;

  // On the loop's thread.
  void end(ReadResult with) {
    if (!waiting) return;  // has left
    result = std::move(with);
    std::exchange(waiting, nullptr).resume();
  }
};

// The wait for one document: its time in the queue, and all of its time.
class DocumentReader::Waiting final : net::Timer {
 public:
  Waiting(DocumentReader& reader, net::Loop& loop, std::string key, ReadOrder order, Nanos most)
      : net::Timer(loop),
        reader_(reader),
        loop_(loop),
        key_(std::move(key)),
        order_(std::move(order)),
        until_(loop.clock().mono() + most),
        ticket_(std::make_shared<Ticket>(loop)) {}

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> h) {
    ticket_->waiting = h;
    arm(std::min<Nanos>(reader_.options_.wait, until_ - loop_.clock().mono()));
    reader_.submit(ticket_, std::move(key_), std::move(order_));
  }
  ReadResult await_resume() {
    disarm();
    return std::move(ticket_->result);
  }

  // Not at once: who calls may be part of what is resumed.
  void leave() {
    reader_.withdraw(*ticket_, false);
    loop_.post([t = ticket_] { t->end(refusal(Problem::too_slow, "nobody waits for it any more")); });
  }

 private:
  void expired() override {
    const Mono now = loop_.clock().mono();
    if (now >= until_) {
      reader_.withdraw(*ticket_, false);
      ticket_->end(refusal(Problem::too_slow, "the request's time was up"));
    } else if (reader_.withdraw(*ticket_, true)) {
      ticket_->end(refusal(Problem::busy));
    } else {
      arm(until_ - now);
    }
  }

  DocumentReader& reader_;
  net::Loop& loop_;
  std::string key_;
  ReadOrder order_;
  const Mono until_;
  std::shared_ptr<Ticket> ticket_;
};

DocumentReader::DocumentReader(const ReaderOptions& options) : options_(options), kept_(options.cache_bytes) {
  documents::PoolOptions pool;
  pool.program = options.program;
  pool.tessdata = options.tessdata;
  pool.languages = options.languages;
  pool.workers = options.workers;
  pool.memory_bytes = options.memory_bytes;
  auto started = DocumentPool::start(std::move(pool));
  if (!started) {
    why_not_ = fmt::format(
        "documents: {} ({}). Install the package trine-docworker, or name the program with documents.worker; until "
        "then requests with files are refused.",
        started.error().message, options.program);
    return;
  }
  pool_ = std::move(*started);
  for (int i = 0; i < options.workers; ++i) threads_.emplace_back([this] { run(); });
}

void DocumentReader::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const auto& [key, item] : under_way_) item->stop.set();
  }
  wakes_.notify_all();
  for (std::thread& t : threads_) t.join();
  threads_.clear();
  hashing_.wait();
}

net::Task<ReadResult> DocumentReader::read(net::Loop& loop, ReadOrder order, Nanos most, std::function<void()>& leave) {
  if (!pool_) co_return refusal(Problem::no_worker);
  bool left = false;
  leave = [&left] { left = true; };
  auto hash = [&order] { return key_of(order); };
  auto key = co_await hashing_.run(loop, std::move(hash));
  leave = nullptr;
  if (!key || left) co_return refusal(Problem::busy);
  Waiting waiting(*this, loop, std::move(*key), std::move(order), most);
  leave = [&waiting] { waiting.leave(); };
  auto result = co_await waiting;
  leave = nullptr;
  co_return result;
}

void DocumentReader::submit(const std::shared_ptr<Ticket>& ticket, std::string key, ReadOrder order) {
  const auto tell = [&ticket](ReadResult result) {
    ticket->loop.post([t = ticket, r = std::move(result)]() mutable { t->end(std::move(r)); });
  };
  const std::lock_guard lock(mutex_);
  if (auto known = kept_.find(key)) {
    ++counts_.known;
    return tell(std::move(known));
  }
  if (const auto it = under_way_.find(key); it != under_way_.end()) {
    ticket->item = it->second;
    it->second->tickets.push_back(ticket);
    ++counts_.known;
    return;
  }
  // One who sends many leaves half of the queue to the others.
  const auto same = [&](const std::shared_ptr<Item>& i) { return i->order.whose == order.whose; };
  const auto theirs = static_cast<size_t>(std::count_if(queue_.begin(), queue_.end(), same));
  const bool all_busy = counts_.reading >= options_.workers;
  if (stopping_ || (all_busy && queue_.size() >= options_.queue) || (theirs > 0 && theirs * 2 >= options_.queue) ||
      queued_bytes_ + order.bytes.size() > kMostQueuedBytes) {
    ++counts_.refused.at(static_cast<size_t>(Problem::busy));
    return tell(refusal(Problem::busy));
  }
  auto item = std::make_shared<Item>();
  item->key = std::move(key);
  item->order = std::move(order);
  item->tickets.push_back(ticket);
  ticket->item = item;
  queued_bytes_ += item->order.bytes.size();
  under_way_.emplace(item->key, item);
  queue_.push_back(std::move(item));
  wakes_.notify_one();
}

bool DocumentReader::withdraw(Ticket& ticket, bool only_queued) {
  const std::lock_guard lock(mutex_);
  const auto item = ticket.item;
  if (!item || (only_queued && item->begun)) return false;
  ticket.item.reset();
  std::erase_if(item->tickets, [&](const auto& t) { return t.get() == &ticket; });
  if (!item->tickets.empty()) return true;
  item->stop.set();
  // Who comes now for the same file does not join what has been given up.
  under_way_.erase(item->key);
  if (!item->begun) {
    queued_bytes_ -= item->order.bytes.size();
    std::erase(queue_, item);
  }
  return true;
}

void DocumentReader::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wakes_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (stopping_) return;
    const auto item = std::move(queue_.front());
    queue_.pop_front();
    queued_bytes_ -= item->order.bytes.size();
    item->begun = true;
    ++counts_.reading;
    lock.unlock();
    const Mono begin = system_clock().mono();
    const ReadResult result = work(*item);
    const Nanos took = system_clock().mono() - begin;
    lock.lock();
    --counts_.reading;
    count(result, took);
    if (stopping_) return;
    if (result) kept_.keep(item->key, *result);
    if (const auto it = under_way_.find(item->key); it != under_way_.end() && it->second == item) under_way_.erase(it);
    for (const auto& ticket : item->tickets) {
      ticket->item.reset();
      ticket->loop.post([t = ticket, result] { t->end(result); });
    }
  }
}

documents::DocumentResult<Extraction> DocumentReader::extract(Item& item) {
  using Clock = PendingJob::Clock;
  const auto give_up = Clock::now() + options_.wait;
  auto pending = pool_->begin(item.order.job, item.order.bytes);
  // There are as many processes as threads here, but one that has crashed may not be replaced yet.
  while (!pending && pending.error().problem == Problem::busy && Clock::now() < give_up && !item.stop.is_set()) {
    item.stop.wait(nullptr, Clock::now() + std::chrono::milliseconds(5));
    pending = pool_->begin(item.order.job, item.order.bytes);
  }
  if (!pending) return tl::unexpected(pending.error());
  while (!item.stop.is_set()) {
    if (auto result = (*pending)->advance()) return std::move(*result);
    item.stop.wait(pending->get(), (*pending)->deadline());
  }
  return documents::refuse(Problem::too_slow, "nobody waits for it any more");  // and its process is killed
}

ReadResult DocumentReader::work(Item& item) {
  auto extracted = extract(item);
  item.order.bytes = {};
  if (!extracted) return tl::unexpected(std::move(extracted.error()));
  auto out = std::make_shared<ReadDocument>();
  documents::Document& d = extracted->document;
  for (const documents::Page& page : d.pages) {
    if (!page.ocr) continue;
    std::string text;
    for (const documents::Block& block : page.blocks) documents::append_block(text, block);
    out->ocr_tokens += documents::estimate_tokens(text);
  }
  out->reduced = documents::reduce(d, item.order.reduce);
  out->text = documents::render(d);
  out->tokens = documents::estimate_tokens(out->text.text);
  out->parts = std::move(d.parts);
  out->warnings = std::move(d.warnings);
  out->facts = d.facts;
  out->image = std::move(extracted->image);
  return std::shared_ptr<const ReadDocument>(std::move(out));
}

void DocumentReader::count(const ReadResult& result, Nanos took) {
  counts_.busy += took;
  if (!result) {
    ++counts_.refused.at(static_cast<size_t>(result.error().problem));
    return;
  }
  const documents::Facts& facts = (*result)->facts;
  ++counts_.read;
  counts_.ocr_pages += static_cast<uint64_t>(std::max(0, facts.ocr_pages));
  counts_.text_pages += static_cast<uint64_t>(std::max(0, facts.pages - facts.ocr_pages));
}

DocumentReader::State DocumentReader::state() const {
  const uint64_t started = pool_ ? pool_->started() : 0;
  const std::lock_guard lock(mutex_);
  State s = counts_;
  s.started = started;
  s.waiting = static_cast<int64_t>(queue_.size());
  s.kept_bytes = kept_.bytes();
  return s;
}

}  // namespace trine::gateway
