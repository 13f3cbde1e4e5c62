// Server-sent events on their way through: each complete event is shown to a sink, which lets it pass byte for byte,
// drops it, replaces it or puts bytes before it. Where an upstream's chunks hold whole events that all pass (the usual
// case) its framing goes through untouched. Pure: bytes in, slices out.
#pragma once

#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/chunked.h"

namespace trine::net {

struct EventVerdict {
  enum class Action { pass, drop, replace };
  Action action = Action::pass;
  std::string before;  // whole events to send first
  std::string text;    // for replace
};

struct EventSink {
  // One event with its closing blank line. The view ends with the call.
  virtual EventVerdict event(std::string_view bytes) = 0;

 protected:
  ~EventSink() = default;
};

class SseRelay {
 public:
  enum class State {
    more,
    end,       // the body is complete; all of it is in `out`
    bad,       // the upstream's chunked coding is broken, or it stopped in the middle
    too_long,  // one event over kMaxEvent
  };
  static constexpr size_t kMaxEvent = size_t{4} << 20;

  // How the body comes in (chunked, or a length, or until the connection closes) and whether it goes out chunked.
  SseRelay(EventSink& sink, bool chunked_in, std::optional<uint64_t> length, bool chunked_out)
      : sink_(sink), chunked_in_(chunked_in), left_(length), chunked_out_(chunked_out) {}

  // Takes body bytes; appends what to write to `out`: views into `in` or into this, valid until the next feed().
  State feed(std::string_view in, std::vector<std::string_view>& out);
  // The upstream closed the connection. An incomplete event is shown to the sink as it is, and judged like any other.
  State closed(std::vector<std::string_view>& out);

  // Frames `text` as this stream's own (for errors and comments), valid until the next call.
  void append(std::string text, std::vector<std::string_view>& out);
  void append_end(std::vector<std::string_view>& out);

 private:
  bool data(std::string_view bytes, std::string_view framed, std::vector<std::string_view>& out);
  // What an event's verdict adds before it or in its place.
  void add(EventVerdict verdict, std::vector<std::string_view>& out);
  void frame(std::string_view bytes, std::vector<std::string_view>& out);
  void clear();

  EventSink& sink_;
  ChunkDecoder decoder_;
  bool chunked_in_;
  std::optional<uint64_t> left_;
  bool chunked_out_;
  std::string partial_;          // an event that has not ended yet
  std::list<std::string> kept_;  // bytes that `out` of the last feed points to
};

// The length of the first whole event in `bytes` (through its blank line), 0 if it does not end there. `from` says how
// many bytes are known not to hold its end.
size_t event_length(std::string_view bytes, size_t from = 0);

}  // namespace trine::net
