#include "net/detail/loop_impl.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace trine::net {
namespace {

int checked(int fd, const char* what) {
  if (fd < 0) throw_error({Code::resource_exhausted, fmt::format("{}: {}", what, std::strerror(errno))});
  return fd;
}

}  // namespace

Mailbox::Mailbox() : bell_(checked(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "eventfd")) {}

Mailbox::~Mailbox() {
  ::close(bell_);
}

void Mailbox::ring() {
  const uint64_t one = 1;
  (void)!::write(bell_, &one, sizeof one);  // fails only where it would have rung already
}

void Mailbox::post(std::function<void()> work) {
  const std::lock_guard lock(mutex_);
  if (closed_) return;
  work_.push_back(std::move(work));
  if (!filled_.exchange(true, std::memory_order_release)) ring();
}

void Mailbox::stop() {
  stop_.store(true);
  ring();
}

void Mailbox::take(std::vector<std::function<void()>>& into) {
  into.clear();
  const std::lock_guard lock(mutex_);
  into.swap(work_);
  filled_.store(false, std::memory_order_release);
}

void Mailbox::rung() {
  uint64_t count;
  (void)!::read(bell_, &count, sizeof count);
}

void Mailbox::close() {
  std::vector<std::function<void()>> dropped;
  const std::lock_guard lock(mutex_);
  closed_ = true;
  dropped.swap(work_);
}

Loop::Impl::Impl() : epoll_(checked(epoll_create1(EPOLL_CLOEXEC), "epoll")) {
  epoll_event e{};
  e.events = EPOLLIN | EPOLLET;
  e.data.ptr = nullptr;  // the bell: nobody else has no address
  checked(epoll_ctl(epoll_, EPOLL_CTL_ADD, mailbox->bell(), &e), "epoll");
}

Loop::Impl::~Impl() {
  mailbox->close();
  ::close(epoll_);
}

bool Loop::Impl::watch(int fd, Watched& w, uint32_t events) {
  epoll_event e{};
  e.events = events;
  e.data.ptr = &w;
  return epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &e) == 0;
}

void Loop::Impl::change(int fd, Watched& w, uint32_t events) {
  epoll_event e{};
  e.events = events;
  e.data.ptr = &w;
  epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &e);
}

void Loop::Impl::drop(int fd) {
  epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
}

void Loop::Impl::forget(const Watched& w) {
  for (size_t i = 0; i < batch_size_; ++i)
    if (batch_[i].data.ptr == &w) batch_[i].events = 0;
  std::replace(deferred_.begin(), deferred_.end(), const_cast<Watched*>(&w), static_cast<Watched*>(nullptr));
  std::replace(turning_.begin(), turning_.end(), const_cast<Watched*>(&w), static_cast<Watched*>(nullptr));
}

size_t Loop::Impl::run_posted() {
  if (mailbox->empty()) return 0;
  mailbox->take(posted_);
  for (auto& work : posted_) std::exchange(work, nullptr)();
  return posted_.size();
}

size_t Loop::Impl::run_deferred() {
  turning_.swap(deferred_);
  const size_t n = turning_.size();
  for (size_t i = 0; i < n; ++i)
    if (Watched* w = std::exchange(turning_[i], nullptr)) w->ready(Watched::kDeferred);
  turning_.clear();
  return n;
}

size_t Loop::Impl::turn(int timeout_ms) {
  size_t done = run_posted();
  done += run_deferred();
  if (done > 0 || !deferred_.empty() || !mailbox->empty()) timeout_ms = 0;
  const int n = epoll_wait(epoll_, batch_.data(), static_cast<int>(batch_.size()), timeout_ms);
  batch_size_ = n < 0 ? 0 : static_cast<size_t>(n);
  for (size_t i = 0; i < batch_size_; ++i) {
    const epoll_event e = batch_[i];
    if (!e.data.ptr)
      mailbox->rung();
    else if (e.events != 0)  // 0: forgotten by what an earlier one of this batch did
      static_cast<Watched*>(e.data.ptr)->ready(e.events);
    ++done;
  }
  batch_size_ = 0;
  return done;
}

}  // namespace trine::net
