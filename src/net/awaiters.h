// co_await on a stream's operations.
#pragma once

#include <coroutine>

#include "net/stream.h"

namespace trine::net {

namespace detail {

struct ReadAwaiter final : Stream::Done {
  ReadAwaiter(Stream& s, std::span<char> b) : stream(s), into(b) {}
  bool await_ready() {
    result = stream.read_now(into);
    return !result.ok() || result.n > 0;
  }
  void await_suspend(std::coroutine_handle<> h) {
    waiting = h;
    stream.read(into, *this);
  }
  IoResult await_resume() const noexcept { return result; }
  void done(IoResult r) override {
    result = r;
    waiting.resume();
  }
  Stream& stream;
  std::span<char> into;
  IoResult result;
  std::coroutine_handle<> waiting;
};

struct WriteAwaiter final : Stream::Done {
  WriteAwaiter(Stream& s, std::span<const std::string_view> b) : stream(s), slices(b) {}
  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> h) {
    waiting = h;
    if (auto r = stream.write(slices, *this)) {
      result = *r;
      return false;
    }
    return true;
  }
  IoResult await_resume() const noexcept { return result; }
  void done(IoResult r) override {
    result = r;
    waiting.resume();
  }
  Stream& stream;
  std::span<const std::string_view> slices;
  IoResult result;
  std::coroutine_handle<> waiting;
};

}  // namespace detail

// At least one byte, or why not.
inline auto read_some(Stream& s, std::span<char> into) {
  return detail::ReadAwaiter(s, into);
}
// All of the slices, or why not. The slices and their bytes must stay until it returns.
inline auto write_all(Stream& s, std::span<const std::string_view> slices) {
  return detail::WriteAwaiter(s, slices);
}

}  // namespace trine::net
