// Finds personal data by rules: identifiers with check digits, e-mail addresses, telephone numbers, addresses. What
// each kind needs to be found, and how well it is, is in docs/personal-data.md. Time is linear in the text, and what is
// found at a place depends on some hundred bytes around it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/function_ref.h"
#include "guard/pii/evidence.h"

namespace trine::guard {

// Immutable; any thread.
class PiiScanner {
 public:
  PiiScanner() : labels_(Labels::all()) {}

  // Appends what is found in `utf8`, in order; spans do not overlap. Bytes that are no UTF-8 are nobody's data.
  void scan(std::string_view utf8, std::vector<PiiSpan>& out) const;

  // For streams: how far a scan has come.
  struct Place {
    size_t at = 0;     // looked at up to here
    size_t floor = 0;  // the end of the last span
  };
  // Goes on from `place` as far as what is found cannot change by what follows; to the end where the text is whole.
  void scan_on(TextWindow& window, Place& place, std::vector<PiiSpan>& out) const;
  // What a later span may still begin with: it begins there or behind.
  static size_t open_from(std::string_view text, const Place& place);
  // Bytes before the place that scan_on() and open_from() may read.
  static constexpr size_t kLookBehind = 256;

 private:
  const Labels& labels_;
};

// The same for a text that comes in chunks, cut anywhere: it holds back only what may be the beginning of a span, at
// most some hundred bytes. One stream, one thread.
class PiiStream {
 public:
  // `span` is null for text that is nobody's data, and has places of the whole stream.
  using Sink = FunctionRef<void(std::string_view text, const PiiSpan* span)>;

  explicit PiiStream(const PiiScanner& scanner) : scanner_(scanner) {}  // the scanner outlives it
  void push(std::string_view chunk, Sink sink);
  void finish(Sink sink);  // the text ends here; a push after it begins another text
  size_t held() const { return buffer_.size() - (released_ - dropped_); }

 private:
  void go_on(bool is_whole, Sink sink);

  const PiiScanner& scanner_;
  std::string buffer_;  // look-behind, then what is held
  std::vector<PiiSpan> found_;
  size_t dropped_ = 0;       // bytes of the stream before the buffer
  size_t released_ = 0;      // bytes of the stream given to the sink
  PiiScanner::Place place_;  // within the buffer
};

}  // namespace trine::guard
