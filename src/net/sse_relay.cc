#include "net/sse_relay.h"

#include <algorithm>
#include <cstring>

namespace trine::net {

size_t event_length(std::string_view bytes, size_t from) {
  size_t at = from;
  while (at < bytes.size()) {
    const void* lf = std::memchr(bytes.data() + at, '\n', bytes.size() - at);
    if (!lf) return 0;
    at = static_cast<size_t>(static_cast<const char*>(lf) - bytes.data()) + 1;
    if (at < bytes.size() && bytes[at] == '\n') return at + 1;
    if (at + 1 < bytes.size() && bytes[at] == '\r' && bytes[at + 1] == '\n') return at + 2;
  }
  return 0;
}

void SseRelay::clear() {
  kept_.clear();
}

void SseRelay::frame(std::string_view bytes, std::vector<std::string_view>& out) {
  if (bytes.empty()) return;
  if (!chunked_out_) {
    out.push_back(bytes);
    return;
  }
  char size[24];
  kept_.emplace_back(size, write_chunk_size(size, bytes.size()));
  out.push_back(kept_.back());
  out.push_back(bytes);
  out.push_back("\r\n");
}

void SseRelay::add(EventVerdict verdict, std::vector<std::string_view>& out) {
  std::string added = std::move(verdict.before);
  if (verdict.action == EventVerdict::Action::replace) added += verdict.text;
  if (added.empty()) return;
  kept_.push_back(std::move(added));
  frame(kept_.back(), out);
}

bool SseRelay::data(std::string_view bytes, std::string_view framed, std::vector<std::string_view>& out) {
  size_t scan = 0;
  if (!partial_.empty()) {
    scan = partial_.size() > 3 ? partial_.size() - 3 : 0;
    partial_.append(bytes);
    // Moved only once an event ends in it: else each piece of a long event would copy all that came before it.
    if (event_length(partial_, scan) == 0) return partial_.size() <= kMaxEvent;
    kept_.push_back(std::move(partial_));
    partial_.clear();
    bytes = kept_.back();
    framed = {};
  }
  size_t run = 0;  // start of what passes
  size_t at = 0;
  while (const size_t end = event_length(bytes, scan)) {
    EventVerdict v = sink_.event(bytes.substr(at, end - at));
    if (v.action != EventVerdict::Action::pass || !v.before.empty()) {
      framed = {};
      frame(bytes.substr(run, at - run), out);
      run = v.action == EventVerdict::Action::pass ? at : end;
      add(std::move(v), out);
    }
    at = scan = end;
  }
  if (at == bytes.size() && !framed.empty()) {
    if (!out.empty() && out.back().data() + out.back().size() == framed.data())
      out.back() = {out.back().data(), out.back().size() + framed.size()};
    else
      out.push_back(framed);
    return true;
  }
  frame(bytes.substr(run, at - run), out);
  partial_.assign(bytes.substr(at));
  return partial_.size() <= kMaxEvent;
}

SseRelay::State SseRelay::feed(std::string_view in, std::vector<std::string_view>& out) {
  clear();
  if (!chunked_in_) {
    if (left_) in = in.substr(0, static_cast<size_t>(std::min<uint64_t>(*left_, in.size())));
    if (!data(in, {}, out)) return State::too_long;
    if (!left_) return State::more;
    *left_ -= in.size();
    return *left_ == 0 ? closed(out) : State::more;
  }
  for (;;) {
    std::string_view piece;
    const size_t whole = chunked_out_ ? decoder_.whole_chunk(in, piece) : 0;
    if (whole > 0) {
      if (!data(piece, in.substr(0, whole), out)) return State::too_long;
      in.remove_prefix(whole);
      continue;
    }
    switch (decoder_.next(in, piece)) {
      case ChunkDecoder::Step::data:
        if (!data(piece, {}, out)) return State::too_long;
        break;
      case ChunkDecoder::Step::more:
        return State::more;
      case ChunkDecoder::Step::bad:
        return State::bad;
      case ChunkDecoder::Step::end:
        chunked_in_ = false;
        left_ = 0;
        return closed(out);
    }
  }
}

SseRelay::State SseRelay::closed(std::vector<std::string_view>& out) {
  if (chunked_in_ || (left_ && *left_ > 0)) return State::bad;
  if (!partial_.empty()) {
    kept_.push_back(std::move(partial_));
    partial_.clear();
    const std::string_view last = kept_.back();
    EventVerdict v = sink_.event(last);
    const bool passes = v.action == EventVerdict::Action::pass;
    add(std::move(v), out);
    if (passes) frame(last, out);
  }
  append_end(out);
  return State::end;
}

void SseRelay::append(std::string text, std::vector<std::string_view>& out) {
  kept_.push_back(std::move(text));
  frame(kept_.back(), out);
}

void SseRelay::append_end(std::vector<std::string_view>& out) {
  if (chunked_out_) out.push_back("0\r\n\r\n");
}

}  // namespace trine::net
