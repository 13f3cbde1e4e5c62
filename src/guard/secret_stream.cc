#include "guard/secret_stream.h"

#include <algorithm>

#include "guard/secrets.h"

namespace trine::guard {
namespace {

constexpr size_t kMostOfAPiece = 16 << 10;
// What stands before a secret and belongs to its pattern: "aws_secret_access_key = ".
constexpr size_t kBefore = 256;
// Letters outside ASCII that a password's beginning waits for.
constexpr size_t kMostForeign = 128;

bool ends_word(char c) {
  return static_cast<unsigned char>(c) <= ' ' || c == 0x7F;
}
bool is_of_word(char c) {
  return !ends_word(c) && static_cast<unsigned char>(c) < 0x80;
}

}  // namespace

void SecretStream::push(std::string_view piece, RuleScratch& scratch, Sink sink) {
  while (!piece.empty()) {
    const std::string_view step = piece.substr(0, kMostOfAPiece);
    piece.remove_prefix(step.size());
    buffer_ += step;
    go_on(false, scratch, sink);
  }
}

void SecretStream::finish(RuleScratch& scratch, Sink sink) {
  go_on(true, scratch, sink);
  buffer_.clear();
  given_ = 0;
  in_word_ = false;
}

void SecretStream::give(size_t end, Piece piece, Sink sink) {
  if (end <= given_) return;
  sink(std::string_view(buffer_).substr(given_, end - given_), piece);
  given_ = end;
}

// Where the word begins that may go on. Letters outside ASCII are in no secret but a password, which has a sign before
// it: texts in scripts without blanks need not wait for one.
size_t SecretStream::open_from() const {
  size_t open = buffer_.size();
  bool foreign = false;
  for (size_t i = buffer_.size(); i > given_ && !ends_word(buffer_[i - 1]); --i) {
    const char c = buffer_[i - 1];
    foreign = foreign || !is_of_word(c);
    const bool begins = c == '"' || c == '\'' || c == '=' || c == ':' || c == '/';
    if (!foreign || (begins && buffer_.size() - i < kMostForeign)) open = i - 1;
  }
  return std::min(open, open_quote());
}

// Where the quote begins of a password that may go on: it may have blanks in it.
size_t SecretStream::open_quote() const {
  const std::string_view s = buffer_;
  size_t open = s.size();
  for (const std::string_view mark : {"=\"", "='"}) {
    const size_t at = s.rfind(mark);
    if (at == std::string_view::npos || at == 0 || at < given_ || s.size() - at > kBefore) continue;
    const bool of_password = (s[at - 1] | 0x20) == 'd';  // password, pwd
    if (of_password && s.find(mark[1], at + mark.size()) == std::string_view::npos) open = std::min(open, at);
  }
  return open;
}

void SecretStream::find(RuleScratch& scratch) {
  hits_.clear();
  found_.clear();
  if (!rules_->scan(buffer_, RuleInput::original, Provenance::assistant, scratch, hits_)) overflowed_ = true;
  for (const RuleHit& hit : hits_) {
    if (!finds_secret(*rules_, hit) || hit.end <= given_) continue;
    const RuleCut cut = rules_->rules()[hit.rule].cut;
    const ByteSpan span = secret_in(cut, buffer_, {hit.begin, hit.end});
    found_.push_back({span.begin, span.end, cut == RuleCut::key});
  }
  std::sort(found_.begin(), found_.end(), [](const Found& a, const Found& b) { return a.begin < b.begin; });
}

// True: the key has ended, and what follows it is text.
bool SecretStream::end_key(bool whole, Sink sink) {
  key_->feed(std::string_view(buffer_).substr(fed_));
  fed_ = buffer_.size();
  give(given_ + key_->size() - key_given_, Piece::more, sink);
  key_given_ = key_->size();
  if (!key_->ended() && !whole) return false;
  key_.reset();
  return true;
}

// True: the word of the last secret has ended.
bool SecretStream::end_word(Sink sink) {
  size_t end = given_;
  while (end < buffer_.size() && is_of_word(buffer_[end])) ++end;
  give(end, Piece::more, sink);
  in_word_ = end == buffer_.size();
  return !in_word_;
}

void SecretStream::go_on(bool whole, RuleScratch& scratch, Sink sink) {
  look(whole, scratch, sink);
  if (given_ <= 4 * kBefore) return;
  const size_t drop = given_ - kBefore;
  buffer_.erase(0, drop);
  given_ = kBefore;
  fed_ -= std::min(fed_, drop);
}

void SecretStream::look(bool whole, RuleScratch& scratch, Sink sink) {
  if (key_ && !end_key(whole, sink)) return;
  if (in_word_ && !end_word(sink)) return;
  size_t open = whole ? buffer_.size() : open_from();
  const bool forced = buffer_.size() - open > kMostHeld;
  if (forced) open = buffer_.size() - kBefore;
  if (open <= given_) return;
  find(scratch);
  for (const Found& f : found_) {
    if (f.end <= given_) continue;
    if (f.begin >= open) break;
    if (f.end > open && !whole && !forced) {  // several words, of which the last may go on
      open = std::max(f.begin, given_);
      break;
    }
    give(f.begin, Piece::text, sink);
    give(f.end, Piece::secret, sink);
    in_word_ = forced && f.end == buffer_.size();
    if (!f.head) continue;
    key_.emplace();
    fed_ = given_;
    key_given_ = 0;
    if (!end_key(whole, sink)) return;
  }
  give(open, Piece::text, sink);
}

}  // namespace trine::guard
