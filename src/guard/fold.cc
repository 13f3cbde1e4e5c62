#include "guard/fold.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>

#include <algorithm>
#include <array>
#include <utility>

#include "guard/code_points.h"
#include "guard/confusables.h"
#include "guard/utf8.h"

namespace trine::guard {
namespace {

constexpr size_t kMostMarks = 8;     // on one base letter; further ones are dropped (UAX #15 allows 30)
constexpr size_t kHeap = 3;          // marks on one Latin letter that no spelling has
constexpr size_t kWordPoints = 128;  // a longer word is folded in pieces
constexpr size_t kMostGrowth = 3;    // U+FDFA alone would grow elevenfold
constexpr size_t kHiddenBytes = 4;   // selectors in a row that may carry text
constexpr size_t kFlagTags = 8;      // tag characters in the flag of a region

struct AsciiTable {
  std::array<char, 256> lower{};
  std::array<uint8_t, 256> special{};  // 1: not ASCII, or a control
  std::array<bool, 256> word{};
  constexpr AsciiTable() {
    for (int i = 0; i < 256; ++i) {
      const bool upper = i >= 'A' && i <= 'Z';
      lower[static_cast<size_t>(i)] = static_cast<char>(upper ? i + 32 : i);
      special[static_cast<size_t>(i)] = i >= 0x7F || (i < 0x20 && i != '\t' && i != '\n' && i != '\r');
      word[static_cast<size_t>(i)] = upper || (i >= 'a' && i <= 'z') || (i >= '0' && i <= '9');
    }
  }
};
constexpr AsciiTable kAscii;

// Upside-down letters that are no letters of a language written with Latin ones.
bool only_flipped(char32_t c) {
  constexpr std::u32string_view kFlipped =
      U"\u0250\u0254\u01DD\u025F\u0183\u0265\u1D09\u027E\u029E\u026F\u0279\u0287\u028C\u028D\u028E";
  return c >= 0x183 && c <= 0x1D09 && kFlipped.find(c) != std::u32string_view::npos;
}

// Small letters of which only the capital looks Latin: enough in a word that mixes scripts, too little in a Russian
// one.
bool loose_look_alike(char32_t c) {
  constexpr std::u32string_view kLoose =
      U"\u0432\u0433\u043A\u043C\u043D\u0442\u044C\u03B2\u03B5\u03B6\u03B7\u03BA\u03C4\u03C7\u03C9\u03C2\u03C5\u03B3";
  return kLoose.find(c) != std::u32string_view::npos;
}

icu::UnicodeString latin_of(const icu::UnicodeString& text) {
  icu::UnicodeString out;
  for (int32_t i = 0; i < text.length(); i = text.moveIndex32(i, 1)) {
    const UChar32 c = text.char32At(i);
    const char latin = latin_look_alike(static_cast<char32_t>(c));
    out.append(latin != 0 ? static_cast<UChar32>(latin) : c);
  }
  return out;
}

class Folder {
 public:
  Folder(std::string_view source, Fold& out, Signals& signals, bool whole_words)
      : source_(source), out_(out), signals_(signals), whole_words_(whole_words) {
    UErrorCode error = U_ZERO_ERROR;
    nfkc_ = icu::Normalizer2::getNFKCInstance(error);
    fold_ = icu::Normalizer2::getNFKCCasefoldInstance(error);
  }
  void run();
  // Words that would be Latin ones but for their script, in a text that has no other letters of that script.
  bool disguised_words() const { return whole_word_ > 0 && other_letters_ == 0 && latin_letters_ > 0; }

 private:
  struct Point {
    char32_t c;
    uint32_t begin, end;
    PointTraits traits;
  };

  Point next(size_t at) const;
  void ascii(size_t begin, size_t end);
  void handle(const Point& p);
  void invisible(const Point& p);
  size_t hidden_run(const Point& p);
  bool joins(const Point& p) const;
  void word_point(const Point& p);
  void end_word();
  bool judge_word(bool& strip);
  void emit_segment(size_t begin, size_t end, bool latin, bool strip);
  void put(Mapped& to, std::string_view bytes, size_t begin, size_t end);

  std::string_view source_;
  Fold& out_;
  Signals& signals_;
  const bool whole_words_;
  const CodePoints& points_ = CodePoints::instance();
  const icu::Normalizer2* nfkc_ = nullptr;
  const icu::Normalizer2* fold_ = nullptr;

  size_t at_ = 0;
  std::vector<Point> word_;
  size_t marks_ = 0;  // in a row
  Point before_{};    // the last that is shown
  std::string bytes_;
  uint32_t whole_word_ = 0, other_letters_ = 0, latin_letters_ = 0, bidi_marks_ = 0;
  uint32_t wide_words_ = 0;
  bool right_to_left_ = false, cjk_ = false;
};

Folder::Point Folder::next(size_t at) const {
  const Utf8Char u = utf8_at(source_, at);
  Point p{};
  p.c = u.c;
  p.begin = static_cast<uint32_t>(at);
  p.end = static_cast<uint32_t>(at + u.length);
  p.traits = points_.of(p.c);
  return p;
}

void Folder::put(Mapped& to, std::string_view bytes, size_t begin, size_t end) {
  to.text += bytes;
  to.map.append(bytes.size(), begin, end);
}

void Folder::ascii(size_t begin, size_t end) {
  if (begin == end) return;
  const size_t n = end - begin, at = out_.folded.text.size();
  out_.folded.text.resize(at + n);
  char* to = out_.folded.text.data() + at;
  uint32_t letters = 0;
  for (size_t i = 0; i < n; ++i) {
    to[i] = kAscii.lower[byte_of(source_[begin + i])];
    letters += kAscii.word[byte_of(to[i])];
  }
  latin_letters_ += letters;
  out_.folded.map.append(n, begin, end);
  put(out_.clean, source_.substr(begin, n), begin, end);
  before_ = next(end - 1);
}

void Folder::run() {
  const size_t n = source_.size();
  while (at_ < n) {
    size_t special = at_;
    while (special < n && kAscii.special[byte_of(source_[special])] == 0) ++special;
    if (special == n) {
      ascii(at_, n);
      break;
    }
    size_t word = special;
    while (word > at_ && special - word < kWordPoints && kAscii.word[byte_of(source_[word - 1])]) --word;
    ascii(at_, word);
    at_ = word;
    do {
      const Point p = next(at_);
      at_ = p.end;
      handle(p);
    } while (at_ < n && (!word_.empty() || kAscii.special[byte_of(source_[at_])] != 0));
  }
  end_word();
  if (!right_to_left_) signals_.bidi_controls += bidi_marks_;
  if (!cjk_) signals_.styled_words += wide_words_;
}

void Folder::handle(const Point& p) {
  switch (p.traits.kind) {
    case PointKind::letter:
    case PointKind::mark:
      word_point(p);
      return;
    case PointKind::other:
    case PointKind::emoji:
      break;
    case PointKind::private_use:
      ++signals_.private_use;
      break;
    case PointKind::control:
      if (p.c == '\t' || p.c == '\n' || p.c == '\r') break;
      [[fallthrough]];
    default:
      invisible(p);
      return;
  }
  if (p.c == 0xFFFD && !utf8_at(source_, p.begin).valid) {
    ++signals_.invalid_bytes;
    signals_.invalid_utf8 = true;
  }
  end_word();
  word_.push_back(p);
  emit_segment(0, 1, false, false);
  word_.clear();
  before_ = p;
}

// A joiner that spelling or an emoji needs.
bool Folder::joins(const Point& p) const {
  const auto needs = [](const PointTraits& t) {
    return t.system == WritingSystem::right_to_left || t.system == WritingSystem::joining ||
           t.system == WritingSystem::unspaced;
  };
  const Point& before = word_.empty() ? before_ : word_.back();
  if (needs(before.traits)) return true;
  if (p.end >= source_.size()) return false;
  const Point after = next(p.end);
  return needs(after.traits) || (before.traits.kind == PointKind::emoji && after.traits.kind == PointKind::emoji);
}

void Folder::invisible(const Point& p) {
  switch (p.traits.kind) {
    case PointKind::control:
      ++signals_.controls;
      return;
    case PointKind::soft_hyphen:
      ++signals_.soft_hyphens;
      return;
    case PointKind::bidi_override:
      ++signals_.bidi_controls;
      return;
    case PointKind::bidi_mark:
      ++bidi_marks_;
      return;
    case PointKind::joiner:
      if (!joins(p)) ++signals_.zero_width;
      return;
    case PointKind::selector:
    case PointKind::tag:
      at_ = hidden_run(p);
      return;
    default:
      break;
  }
  const bool order_mark = p.c == 0xFEFF && p.begin == 0;
  const auto system = word_.empty() ? before_.traits.system : word_.back().traits.system;
  const bool parts_words = p.c == 0x200B && (system == WritingSystem::unspaced || system == WritingSystem::cjk);
  const bool spelling = system == WritingSystem::joining || (p.c >= 0x115F && p.c <= 0x1160) || p.c == 0x3164;
  if (!order_mark && !parts_words && !(spelling && p.c != 0x200B)) ++signals_.zero_width;
}

// Tag characters or variation selectors in a row: counted, and kept as bytes for a view. Where the run ends.
size_t Folder::hidden_run(const Point& p) {
  const PointKind kind = p.traits.kind;
  const Point& before = word_.empty() ? before_ : word_.back();
  size_t end = p.begin, n = 0;
  Mapped found;
  char32_t last = 0;
  while (end < source_.size()) {
    const Point q = next(end);
    if (q.traits.kind != kind) break;
    last = q.c;
    if (kind == PointKind::tag) {
      const char32_t c = q.c - 0xE0000;
      if (c >= 0x20 && c < 0x7F) put(found, std::string(1, static_cast<char>(c)), q.begin, q.end);
    } else {
      const char32_t b = q.c >= 0xE0100 ? q.c - 0xE0100 + 16 : q.c - 0xFE00;
      if (b < 256) put(found, std::string(1, static_cast<char>(b)), q.begin, q.end);
    }
    end = q.end;
    ++n;
  }
  const auto count = static_cast<uint32_t>(n);
  if (kind == PointKind::tag) {
    if (before.c == 0x1F3F4 && last == 0xE007F && n <= kFlagTags) return end;
    signals_.tag_characters += count;
  } else {
    const PointTraits& t = before.traits;
    const bool varies = t.kind == PointKind::emoji || t.kind == PointKind::other || t.system == WritingSystem::cjk ||
                        t.system == WritingSystem::joining || t.system == WritingSystem::unspaced ||
                        (before.c >= '0' && before.c <= '9') ||
                        (before.c >= 0x80 && u_hasBinaryProperty(static_cast<UChar32>(before.c), UCHAR_EMOJI) != 0);
    if (n == 1 && varies) return end;
    signals_.variation_selectors += count;
    if (n < kHiddenBytes) return end;
  }
  Mapped& to = kind == PointKind::tag ? out_.tags : out_.selectors;
  if (!to.text.empty() && kind == PointKind::selector) put(to, "\n", p.begin, p.begin);
  to.map.append_through(found.map, 0, found.text.size());
  to.text += found.text;
  return end;
}

void Folder::word_point(const Point& p) {
  if (p.c == 0x345) {  // the iota below, a mark that folds to a letter
    if (!word_.empty()) word_.back().end = p.end;
    return;
  }
  if (p.traits.kind == PointKind::mark) {
    if (++marks_ > kMostMarks && !word_.empty()) {
      word_.back().end = p.end;
      return;
    }
  } else {
    marks_ = 0;
    if (word_.size() >= kWordPoints && p.traits.starts) end_word();
  }
  word_.push_back(p);
  if (word_.size() >= 2 * kWordPoints) end_word();
}

// Counts what the word is made of. True when its letters are to be read as Latin ones.
bool Folder::judge_word(bool& strip) {
  uint32_t latin = 0, alike = 0, other = 0, styled = 0, wide = 0, accented = 0, loose = 0, latin_alike = 0;
  size_t heap = 0, marks = 0;
  bool greek_inside = false, only_greek = true;
  for (size_t i = 0; i < word_.size(); ++i) {
    const Point& p = word_[i];
    const PointTraits& t = p.traits;
    if (t.system == WritingSystem::right_to_left) right_to_left_ = true;
    if (t.system == WritingSystem::cjk) cjk_ = true;
    if (t.kind == PointKind::mark) {
      if (t.system == WritingSystem::none) ++marks;  // of no script of its own
      heap = std::max(heap, marks);
      if (marks == 1 && i > 0 && word_[i - 1].traits.system == WritingSystem::latin && word_[i - 1].traits.base == 0)
        ++accented;
      continue;
    }
    marks = 0;
    if (only_flipped(p.c)) ++out_.flipped_letters;
    const bool is_ascii = t.folded != 0 && t.folded < 0x80;
    if (p.c >= 0xFF01 && p.c <= 0xFF5E && is_ascii) {
      ++wide, ++latin;
    } else if (p.c >= 0x80 && is_ascii && !(p.c >= 0x1F1E6 && p.c <= 0x1F1FF)) {
      ++styled, ++latin;
    } else if (t.system == WritingSystem::latin) {
      ++latin;
      accented += t.base != 0;
      latin_alike += t.latin != 0 && p.c != 0x131;
    } else if (t.latin != 0) {
      ++alike;
      loose += loose_look_alike(p.c);
      if (t.system != WritingSystem::greek) only_greek = false;
      if (i > 0 && i + 1 < word_.size()) greek_inside = true;
    } else if (t.system == WritingSystem::greek || t.system == WritingSystem::cyrillic) {
      ++other;
    }
  }
  const bool letters_with_marks = latin + alike > 0 && other == 0;
  const bool heaped = heap >= kHeap && letters_with_marks;
  strip = heaped || (latin >= 4 && accented * 4 >= latin * 3) || (latin == 3 && accented == 3);
  signals_.marked_words += strip;
  latin_letters_ += latin;
  other_letters_ += other;
  if (wide >= 3) ++wide_words_;
  signals_.styled_words += styled >= 3 || (latin_alike >= 3 && latin_alike * 2 >= latin);
  if (alike == 0) return other == 0;
  if (other > 0) return false;
  if (latin == 0) {
    const bool could = alike >= 3 && loose == 0;
    whole_word_ += could;
    if (!could) other_letters_ += alike;
    if (!could || !whole_words_) return false;
  }
  // A Greek letter at the edge is notation: TNFα.
  if (latin == 0 || !only_greek || greek_inside) ++signals_.mixed_script_words;
  signals_.confusable_letters += alike;
  return true;
}

void Folder::end_word() {
  marks_ = 0;
  if (word_.empty()) return;
  bool strip = false;
  const bool latin = judge_word(strip);
  for (size_t i = 0; i < word_.size();) {
    size_t end = i + 1;
    while (end < word_.size() && !word_[end].traits.starts) ++end;
    emit_segment(i, end, latin, strip);
    i = end;
  }
  before_ = word_.back();
  word_.clear();
}

// One piece that normalises by itself: a letter and what may compose with it.
void Folder::emit_segment(size_t begin, size_t end, bool latin, bool strip) {
  const Point& p = word_[begin];
  const PointTraits& t = p.traits;
  const size_t from = p.begin, to = word_[end - 1].end;
  bytes_.clear();
  const char read_as = latin && t.kind == PointKind::letter ? t.latin : '\0';
  if (strip && t.kind == PointKind::mark) {
    // a mark on what is no letter
  } else if (strip && (t.base != 0 || read_as != 0 || (t.folded != 0 && t.folded < 0x80))) {
    put(out_.folded,
        std::string(1, t.base != 0    ? t.base
                       : read_as != 0 ? read_as
                                      : static_cast<char>(t.folded)),
        from, to);
  } else if (end - begin == 1 && t.folded != 0) {
    append_utf8(bytes_, read_as != 0 ? static_cast<char32_t>(read_as) : t.folded);
    put(out_.folded, bytes_, from, to);
  } else {
    UErrorCode error = U_ZERO_ERROR;
    icu::UnicodeString text;
    for (size_t i = begin; i < end; ++i) {
      const PointTraits& each = word_[i].traits;
      const bool mapped = latin && each.kind == PointKind::letter && each.latin != 0;
      text.append(static_cast<UChar32>(mapped             ? static_cast<char32_t>(each.latin)
                                       : each.folded != 0 ? each.folded
                                                          : word_[i].c));
    }
    icu::UnicodeString folded = fold_->normalize(text, error);
    if (latin) folded = latin_of(folded);
    folded.toUTF8String(bytes_);
    if (bytes_.size() > kMostGrowth * (to - from)) {
      bytes_.clear();
      text.toUTF8String(bytes_);
    }
    put(out_.folded, bytes_, from, to);
  }
  if (end - begin == 1 && t.keeps) {
    if (p.c != 0xFFFD) {
      put(out_.clean, source_.substr(from, to - from), from, to);
    } else {
      put(out_.clean, "\xEF\xBF\xBD", from, to);
    }
    return;
  }
  UErrorCode error = U_ZERO_ERROR;
  icu::UnicodeString text;
  for (size_t i = begin; i < end; ++i) text.append(static_cast<UChar32>(word_[i].c));
  bytes_.clear();
  nfkc_->normalize(text, error).toUTF8String(bytes_);
  if (bytes_.size() > kMostGrowth * (to - from)) {
    bytes_.clear();
    text.toUTF8String(bytes_);
  }
  put(out_.clean, bytes_, from, to);
}

void clear(Fold& out) {
  out.folded.clear(), out.clean.clear(), out.tags.clear(), out.selectors.clear();
  out.ascii = false;
  out.flipped_letters = 0;
}

}  // namespace

void fold(std::string_view source, Fold& out, Signals& signals) {
  clear(out);
  const size_t n = source.size();
  out.folded.text.resize(n);
  char* to = out.folded.text.data();
  uint8_t special = 0;
  for (size_t i = 0; i < n; ++i) {
    const uint8_t b = byte_of(source[i]);
    to[i] = kAscii.lower[b];
    special |= kAscii.special[b];
  }
  if (special == 0) {
    out.folded.map.append(n, 0, n);
    out.ascii = true;
    return;
  }
  clear(out);
  Signals found = signals;
  Folder folder(source, out, found, false);
  folder.run();
  if (folder.disguised_words()) {
    clear(out);
    found = signals;
    Folder(source, out, found, true).run();
  }
  signals = found;
}

}  // namespace trine::guard
