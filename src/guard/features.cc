#include "guard/features.h"

#include <algorithm>
#include <bit>

#include "guard/word_classes.h"

namespace trine::guard {
namespace {

constexpr size_t kLongestSentence = 400;  // bytes; then it ends at the next blank, or after as many again
constexpr size_t kMostOfWord = 48;        // characters whose n-grams are taken
constexpr size_t kShortLine = 50;         // a line end behind less ends a sentence: it is not a wrapped paragraph
constexpr uint64_t kPrime = 0x9e3779b97f4a7c15;

enum Class : uint8_t { letter, digit, blank, other };

constexpr Class class_of(unsigned char c) {
  if (c >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return letter;
  if (c >= '0' && c <= '9') return digit;
  return c == ' ' || (c >= '\t' && c <= '\r') ? blank : other;
}

constexpr auto kClasses = [] {
  std::array<Class, 256> out{};
  for (size_t c = 0; c < out.size(); ++c) out[c] = class_of(static_cast<unsigned char>(c));
  return out;
}();

uint32_t feature(uint64_t hash) {
  hash ^= hash >> 32;
  return static_cast<uint32_t>(hash * kPrime >> (64 - kFeatureBits - kMarkBits));
}

// Scripts that write no blanks between words, or few: there two letters say what elsewhere four do.
bool is_dense_script(char32_t c) {
  return (c >= 0x0e00 && c < 0x0f00) || (c >= 0x1000 && c < 0x10a0) || (c >= 0x1780 && c < 0x1800) ||
         (c >= 0x2e80 && c < 0xa4d0) || (c >= 0xac00 && c < 0xd7b0) || (c >= 0xf900 && c < 0xfb00) || c >= 0x20000;
}

struct Decoded {
  char32_t c;
  size_t bytes;
};

// The character at text[at]; an ill-formed byte stands for itself.
Decoded decode(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(at);
  if (lead < 0xc2) return {lead, 1};
  const size_t length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 1;
  if (length == 1 || text.size() - at < length) return {lead, 1};
  char32_t c = lead & (0x7fU >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xc0) != 0x80) return {lead, 1};
    c = c << 6 | (byte(at + i) & 0x3f);
  }
  return {c, length};
}

class Extractor {
 public:
  Extractor(std::string_view text, Features& out) : text_(text), out_(out) {}

  void run() {
    open(0);
    while (at_ < text_.size()) {
      const auto c = static_cast<unsigned char>(text_[at_]);
      switch (kClasses[c]) {
        case letter:
          letters();
          break;
        case digit:
          is_leet(at_) ? letters() : digits();
          break;
        case blank:
          blank_at(c);
          break;
        case other:
          sign(c);
          break;
      }
      if (at_ - now_.begin >= 2 * kLongestSentence) close(at_);
    }
    close(at_);
  }

 private:
  void open(size_t at) {
    now_ = {};
    now_.begin = static_cast<uint32_t>(at);
    now_.first = static_cast<uint32_t>(out_.values.size());
    before_ = before_that_ = kStart;
    classes_ = 0;
    leet_words_ = 0;
  }

  void close(size_t at) {
    now_.end = static_cast<uint32_t>(at);
    now_.behind = static_cast<uint32_t>(out_.values.size());
    now_.digits = digits_;
    now_.signs = signs_;
    if (now_.count() > 0) out_.sentences.push_back(now_);
    open(at);
  }

  void emit(uint64_t hash) { out_.values.push_back(feature(hash)); }

  // A word by its hash: itself, with the one and the two before it, and with the one before that.
  void word(uint64_t hash) {
    emit(hash);
    emit(before_ * 3 + hash * kPrime);
    emit((before_that_ * 5 + before_) * 7 + hash * kPrime);
    emit(before_that_ * 11 + hash * kPrime);
    before_that_ = before_;
    before_ = hash;
  }

  // A word of a class: the class, with each of the five before it in the sentence, whatever stands between, and with
  // the two before it.
  void class_of_words(uint8_t of) {
    emit(kClass + of);
    uint64_t before = classes_;
    for (int k = 0; k < 5 && (before & 0xff) != 0; ++k, before >>= 8) emit(kPair + (before & 0xff) * 256 + of);
    if ((classes_ & 0xff00) != 0) emit(kTriple + (classes_ & 0xffff) * 256 + of);
    classes_ = classes_ << 8 | of;
  }

  // Letters for digits, as in "1gn0re": a digit has a letter behind it, and all of them look like one. After one such
  // word of a sentence, "m3" and "7o" are words, too.
  bool is_leet(size_t at) const {
    size_t letters = 0, digits = 0;
    bool inside = false;
    for (const size_t end = std::min(text_.size(), at + kMostOfWord); at < end; ++at) {
      const auto c = static_cast<unsigned char>(text_[at]);
      if (kClasses[c] == letter) {
        if (c >= 0x80) return false;
        ++letters;
        inside |= digits > 0;
      } else if (kClasses[c] == digit) {
        if (letter_for(text_[at]) == 0) return false;
        ++digits;
      } else {
        break;
      }
    }
    return leet_words_ > 0 ? letters + digits >= 2 && letters >= 1 : inside && letters >= 2;
  }
  static char32_t letter_for(char digit) {
    constexpr std::array<char32_t, 10> kLetters = {U'o', U'i', 0, U'e', U'a', U's', 0, U't', 0, 0};
    return kLetters[static_cast<size_t>(digit - '0')];
  }

  void letters() {
    std::array<char32_t, kMostOfWord + 2> c;
    size_t n = 0;
    c[n++] = U'^';
    bool dense = false;
    uint64_t hash = kWordHash;
    const size_t begin = at_;
    const auto flush = [&](bool dense_now) {
      c[n++] = U'$';
      ngrams(c.data(), n, dense_now);
      word(hash * kPrime);
      if (const uint8_t of = word_class(hash); of != 0) class_of_words(of);
      n = 1;
      hash = kWordHash;
    };
    bool leet = false;
    while (at_ < text_.size()) {
      const Class class_here = kClasses[static_cast<unsigned char>(text_[at_])];
      if (class_here == digit && !leet && (leet = is_leet(begin))) ++leet_words_;
      if (class_here != letter && !(class_here == digit && leet)) break;
      Decoded d = decode(text_, at_);
      if (class_here == digit) d.c = letter_for(text_[at_]);
      if (d.c == U'。' || d.c == U'！' || d.c == U'？' || d.c == U'।' || d.c == U'؟') {  // ends of sentences
        if (n > 1) flush(dense);
        at_ += d.bytes;
        close(at_);
        return;
      }
      if ((d.c >= 0x2000 && d.c < 0x2070) || (d.c >= 0x3000 && d.c < 0x3040 && d.c != 0x3005) || d.c == 0xa0) {
        if (n > 1) flush(dense);  // general and CJK punctuation
        if (at_ == begin) at_ += d.bytes;
        return;
      }
      dense |= is_dense_script(d.c);
      c[n++] = d.c;
      hash = word_hash(hash, d.c);
      at_ += d.bytes;
      if (n == kMostOfWord + 1) break;  // the rest is a word of its own
    }
    if (n > 1) flush(dense);
  }

  void ngrams(const char32_t* c, size_t n, bool dense) {
    const size_t shortest = dense ? 2 : 4;
    const size_t longest = dense ? 3 : 5;
    if (n < shortest) return;
    for (size_t i = 0; i + shortest <= n; ++i) {
      uint64_t hash = kGram;
      for (size_t k = 0; k < shortest; ++k) hash = hash * 0x100000001b3 + c[i + k] * kPrime;
      emit(hash);
      for (size_t k = shortest; k < longest && i + k < n; ++k) {
        hash = hash * 0x100000001b3 + c[i + k] * kPrime;
        emit(hash);
      }
    }
  }

  void digits() {
    const size_t begin = at_;
    while (at_ < text_.size() && kClasses[static_cast<unsigned char>(text_[at_])] == digit) ++at_;
    digits_ += static_cast<uint32_t>(at_ - begin);
    word(kNumber + std::min<size_t>(at_ - begin, 5));  // how many digits, not which
  }

  void blank_at(unsigned char c) {
    const size_t line = at_ - now_.begin;
    const bool ends_line =
        c == '\n' && (line < kShortLine || (at_ > 0 && ends_clause(text_[at_ - 1])) ||
                      (at_ + 1 < text_.size() && kClasses[static_cast<unsigned char>(text_[at_ + 1])] != letter));
    ++at_;
    if (ends_line || line >= kLongestSentence) close(at_);
  }

  static bool ends_clause(char c) {
    return c == '.' || c == '!' || c == '?' || c == ':' || c == ';' || c == '"' || c == '}';
  }

  // Signs are features (quotes, brackets and colons are the carriers of injections), but no part of a word's context.
  void sign(unsigned char c) {
    const size_t begin = at_;
    while (at_ < text_.size() && static_cast<unsigned char>(text_[at_]) == c) ++at_;
    const size_t run = at_ - begin;
    signs_ += static_cast<uint32_t>(run);
    emit(kSign + c * 8 + std::min<size_t>(run, 4));
    const bool blank_ahead = at_ == text_.size() || kClasses[static_cast<unsigned char>(text_[at_])] == blank;
    if ((c == '.' || c == '!' || c == '?' || c == ':') && blank_ahead) close(at_);
    const bool field_ends = c == '"' && at_ < text_.size() && (text_[at_] == ',' || text_[at_] == '}');
    if (field_ends && at_ - now_.begin >= 80) close(at_);
  }

  static constexpr uint64_t kStart = 0x1234567, kGram = 0x84222325cbf29ce4, kNumber = 0x51ed270b, kSign = 0x7f4a7c15,
                            kClass = 0x3c6ef372, kPair = 0xa54ff53a, kTriple = 0x510e527f;

  std::string_view text_;
  Features& out_;
  size_t at_ = 0;
  Sentence now_;
  uint64_t before_ = kStart, before_that_ = kStart;
  uint64_t classes_ = 0;     // of the words of this sentence that have one, the last in the lowest byte
  uint32_t leet_words_ = 0;  // of this sentence
  uint32_t digits_ = 0, signs_ = 0;
};

uint8_t bin_of_share(uint64_t part, uint64_t whole) {
  // Halving steps: none, up to 1/64, 1/32, ... 1/2, more.
  if (part == 0) return 0;
  uint8_t bin = 1;
  for (uint64_t shift = 6; shift > 0 && (part << shift) > whole; --shift) ++bin;
  return std::min<uint8_t>(bin, kShapeBins - 1);
}

}  // namespace

void extract_features(std::string_view text, Features& out) {
  out.values.clear();
  out.sentences.clear();
  if (!text.empty()) Extractor(text, out).run();
}

std::array<uint8_t, kShapes> shape(const Features& text, size_t first, size_t behind) {
  const Sentence& last = text.sentences[behind - 1];
  const Sentence before = first == 0 ? Sentence{} : text.sentences[first - 1];
  const uint32_t bytes = last.end - text.sentences[first].begin;
  const auto length = static_cast<uint8_t>(std::clamp<int>(std::bit_width(bytes) - 4, 0, kShapeBins - 1));
  const auto whole =
      static_cast<uint8_t>(std::clamp<int>(std::bit_width(text.sentences.back().end) - 6, 0, kShapeBins - 1));
  return {length, bin_of_share(last.digits - before.digits, bytes), bin_of_share(last.signs - before.signs, bytes),
          whole};
}

}  // namespace trine::guard
