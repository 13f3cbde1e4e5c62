#include "guard/leak.h"

#include <algorithm>

#include "guard/leak_coded.h"

namespace trine::guard {

std::string_view name(LeakForm form) {
  switch (form) {
    case LeakForm::plain:
      return "plain";
    case LeakForm::shifted:
      return "shifted";
    case LeakForm::reversed:
      return "reversed";
    case LeakForm::base64:
      return "base64";
    case LeakForm::hex:
      return "hex";
    case LeakForm::binary:
      return "binary";
    case LeakForm::decimal:
      return "decimal";
  }
  return "";
}

namespace {

// Both counts of runs_ at once: a half that reaches kCodedRun gets its highest bit.
constexpr uint64_t kOneEach = uint64_t{1} << 32 | 1;
constexpr uint64_t kEitherLong = kOneEach << 31;
constexpr uint64_t kUpToRun = kEitherLong - kOneEach * LeakStream::kCodedRun;

}  // namespace

LeakStream::LeakStream(const LeakIndex& index) : index_(&index), evidence_(index), matcher_(index) {}
LeakStream::~LeakStream() = default;
LeakStream::LeakStream(LeakStream&&) noexcept = default;

void LeakStream::known(std::string_view text) {
  if (index_->empty()) return;
  LeakMatcher matcher(*index_);
  LeakFold fold;
  for (const char c : text) fold.add(static_cast<unsigned char>(c), [&](Symbol s) { matcher.add(s, 0, 0, evidence_); });
  matcher.reset(0, evidence_);
  evidence_.forgive();
}

LeakStream::Step LeakStream::feed(std::string_view delta) {
  if (leak_) return {.leaked = true};
  const uint64_t before = out_;
  if (index_->empty()) {
    seen_ = out_ += delta.size();
    return {.release = delta.size()};
  }
  for (const char signed_byte : delta) {
    const auto c = static_cast<unsigned char>(signed_byte);
    if ((c & 0xC0) != 0x80) character_at_ = seen_;
    fold_.add(c, [&](Symbol s) { matcher_.add(s, character_at_, matcher_.count(), evidence_); });
    recent_[seen_ % recent_.size()] = c;
    ++seen_;
    runs_ = (runs_ + kOneEach) & kRunMask[c];
    if (coded_active_ || ((runs_ + kUpToRun) & kEitherLong) != 0) add_coded(c);
    if (matcher_.busy() || coded_active_) {
      look_for_leak();
      advance();  // at each byte while something waits: so the pieces do not matter
      if (leak_) break;
    }
  }
  advance();
  return {.release = static_cast<size_t>(out_ - before), .leaked = leak_.has_value()};
}

// Reads the byte just seen, and at the start of a run those before it, as codes.
void LeakStream::add_coded(unsigned char c) {
  if (!coded_) coded_ = std::make_unique<LeakCoded>(*index_);
  const uint64_t symbols = matcher_.count();
  const bool line_end = c == '\n' || c == '\r';
  const auto add = [&](uint64_t run, bool& active, bool joins, auto method, auto end) {
    if (active && run == 0 && !joins) {
      ((*coded_).*end)(symbols, evidence_);
      active = false;
    } else if (active) {
      ((*coded_).*method)(c, seen_ - 1, symbols, evidence_);
    } else if (run >= kCodedRun) {
      active = true;
      for (uint64_t i = seen_ - kCodedRun; i < seen_; ++i)
        ((*coded_).*method)(static_cast<unsigned char>(recent_[i % recent_.size()]), seen_ - 1, symbols, evidence_);
    }
  };
  add(runs_ & kBase64Run, base64_active_, line_end, &LeakCoded::add_base64, &LeakCoded::end_base64);
  add(runs_ >> 32, digits_active_, false, &LeakCoded::add_digits, &LeakCoded::end_digits);
  coded_active_ = base64_active_ || digits_active_;
}

void LeakStream::look_for_leak() {
  if (matcher_.leaked()) {
    const LeakForm form = matcher_.backwards()    ? LeakForm::reversed
                          : matcher_.shift() != 0 ? LeakForm::shifted
                                                  : LeakForm::plain;
    leak_ = Leak{.form = form, .canary = matcher_.saw_marked()};
  } else if (coded_) {
    leak_ = coded_->leak();
  }
  if (leak_) leak_->at = seen_ - 1;
}

uint64_t LeakStream::hold_from() const {
  return coded_active_ ? std::min(matcher_.hold_from(), coded_->hold_from()) : matcher_.hold_from();
}

void LeakStream::advance() {
  out_ = std::max(out_, std::min(hold_from(), seen_));
  if (held() > kMostHeld) out_ = seen_;
}

LeakStream::Step LeakStream::finish() {
  if (leak_) return {.leaked = true};
  return {.release = release_all()};
}

size_t LeakStream::release_all() {
  if (leak_) return 0;
  const size_t n = held();
  out_ = seen_;
  return n;
}

std::optional<Leak> find_leak(const LeakIndex& index, std::string_view answer,
                              std::span<const std::string_view> user_texts) {
  if (index.empty()) return {};
  LeakStream stream(index);
  for (const std::string_view text : user_texts) stream.known(text);
  stream.feed(answer);
  return stream.leak();
}

}  // namespace trine::guard
