#include "guard/scan.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "guard/char_class.h"
#include "guard/decode.h"
#include "guard/spelling.h"
#include "guard/utf8.h"
#include "guard/word_evidence.h"

namespace trine::guard {
namespace {

constexpr size_t kShortestRun = 16;  // of base64 and kin; in a text that speaks of an encoding half
constexpr uint32_t kFewestCodes = 3;
constexpr size_t kLineEnd = 2;  // "\r\n"

class Scanner {
 public:
  Scanner(std::string_view text, std::vector<Piece>& pieces, Signals& signals)
      : text_(text), pieces_(pieces), signals_(signals), words_(text) {}
  void run();

 private:
  // What a run of short tokens may be; a run goes on while one of these fits all of its tokens.
  enum RunMask : uint8_t { kLetters = 1, kHexPairs = 2, kBits = 4, kDecimals = 8, kMorse = 16 };

  std::string_view part(size_t begin, size_t end) const { return text_.substr(begin, end - begin); }
  void add(ViewKind kind, size_t begin, size_t end, std::string text, bool glue = false);
  void token(size_t begin, size_t end, uint8_t classes);
  void extend_run(size_t begin, size_t end, uint8_t mask);
  void close_run();
  uint8_t run_mask(std::string_view token, uint8_t classes) const;
  void codes(size_t begin, size_t end);
  void long_token(size_t begin, size_t end, uint8_t classes);
  bool base64(size_t begin, size_t end);
  void encoded(ViewKind kind, size_t begin, size_t end, std::string bytes);
  bool separated(size_t begin, size_t end, size_t token_begin, size_t token_end);
  void leet(size_t begin, size_t end);
  void numbers(ViewKind kind, size_t begin, size_t end, std::string bytes);
  bool last_line(size_t begin, size_t end);
  void uu_lines();
  void braille();
  void drop_weak();

  std::string_view text_;
  std::vector<Piece>& pieces_;
  Signals& signals_;
  WordEvidence words_;
  struct {
    size_t begin = 0, end = 0, tokens = 0;
    uint8_t mask = 0;
  } run_;
  std::array<uint32_t, kViewKinds> count_{};
  uint32_t letter_codes_ = 0, quoted_pairs_ = 0, soft_ends_ = 0, leet_known_ = 0, leet_long_ = 0;
  size_t last_separated_ = SIZE_MAX;     // where a token like "a.l.l" ended
  size_t last_line_end_ = SIZE_MAX / 2;  // of base64, at a line end
  bool high_ = false;
};

bool readable(std::string_view s) {
  return !s.empty() && all(s, [](char c) { return (c >= 0x20 && c < 0x7F) || c == '\n'; });
}

void Scanner::add(ViewKind kind, size_t begin, size_t end, std::string text, bool glue) {
  if (pieces_.size() >= most_pieces(text_.size())) {
    signals_.truncated_views = true;
    return;
  }
  ++count_[static_cast<size_t>(kind)];
  pieces_.push_back({kind, glue, static_cast<uint32_t>(begin), static_cast<uint32_t>(end), std::move(text)});
}

void Scanner::run() {
  const size_t n = text_.size();
  size_t i = 0;
  while (i < n) {
    while (i < n && class_of(text_[i]) == kBlank) {
      if (text_[i] == '\n') words_.line_end(i);
      ++i;
    }
    const size_t begin = i;
    uint8_t classes = 0;
    for (; i < n; ++i) {
      const uint8_t c = class_of(text_[i]);
      if (c == kBlank) break;
      classes |= c;
    }
    if (begin == i) break;
    const size_t length = i - begin;
    if (begin - last_line_end_ <= kLineEnd && last_line(begin, i)) {
      if (run_.mask != 0) close_run();
    } else if (classes == kLetter && length > 1 && length < kShortestRun) {
      // A pair of letters may be hexadecimal; anything longer is a word and ends a run.
      if (length > 2 && run_.mask != 0) close_run();
      if (length == 2 && is_hex(text_[begin]) && is_hex(text_[begin + 1]))
        extend_run(begin, i, kHexPairs);
      else if (run_.mask != 0)
        close_run();
      words_.word(begin, i);
    } else {
      token(begin, i, classes);
    }
  }
  close_run();
  words_.finish();
  uu_lines();
  if (high_) braille();
  for (const auto& p : words_.passages(Words::rot13))
    add(ViewKind::caesar, p.begin, p.end, shift_letters(part(p.begin, p.end), 13));
  for (const auto& p : words_.passages(Words::backwards))
    add(ViewKind::reversed, p.begin, p.end,
        reverse_text(part(p.begin, p.end)) + '\n' + reverse_words(part(p.begin, p.end)));
  if (count_[static_cast<size_t>(ViewKind::caesar)] == 0)
    if (const int shift = words_.shift()) add(ViewKind::caesar, 0, n, shift_letters(text_, shift));
  drop_weak();
}

void Scanner::token(size_t begin, size_t end, uint8_t classes) {
  if ((classes & kHigh) != 0) high_ = true;
  // The word without what stands around it.
  size_t b = begin, e = end;
  while (b < e && (class_of(text_[b]) & (kLetter | kDigit | kHigh)) == 0) ++b;
  while (e > b && (class_of(text_[e - 1]) & (kLetter | kDigit | kHigh)) == 0) --e;
  const std::string_view core = part(b, e);
  extend_run(begin, end, run_mask(part(begin, end), classes));
  if (core.size() > 1 && core.size() < kShortestRun && all(core, is_letter)) {
    words_.word(b, e);
  } else if ((classes & kDigit) != 0 && (Words::instance().senses(core) & Words::hint) != 0) {
    words_.word(b, e);  // "rot13"
  }
  if ((classes & kCode) != 0) codes(begin, end);
  const bool long_enough = end - begin >= (words_.hinted() ? kShortestRun / 2 : kShortestRun);
  if (core.size() >= 5 && (classes & (kMark | kSymbol)) != 0 && separated(b, e, begin, end)) return;
  if (long_enough) long_token(begin, end, classes);
  if (core.size() >= 3 && core.size() <= 16 && (classes & kLetter) != 0 && (classes & (kDigit | kSymbol | kMark)) != 0)
    leet(begin, end);
}

uint8_t Scanner::run_mask(std::string_view token, uint8_t classes) const {
  while (!token.empty() && (token.back() == ',' || token.back() == ']' || token.back() == ')')) token.remove_suffix(1);
  while (!token.empty() && (token.front() == '[' || token.front() == '(')) token.remove_prefix(1);
  if (token.empty()) return 0;
  uint8_t mask = 0;
  const size_t n = token.size();
  if (n == 1 || (n == 2 && (classes & kHigh) != 0)) {
    if ((classes & (kLetter | kDigit | kHigh)) != 0 || token[0] == '@' || token[0] == '$' || token[0] == '!')
      mask |= kLetters;
    if (token[0] == '/' || token[0] == '|') return kLetters | kMorse;
  }
  if ((classes & (kHigh | kBlank)) != 0) return mask;
  if (n == 2 && all(token, is_hex)) mask |= kHexPairs;
  if (n == 4 && token[0] == '0' && (token[1] | 0x20) == 'x' && all(token.substr(2), is_hex)) mask |= kHexPairs;
  if (n == 6 && (token.starts_with("U+00") || token.starts_with("u+00")) && all(token.substr(2), is_hex))
    mask |= kHexPairs;
  if (n % 8 == 0 && all(token, [](char c) { return c == '0' || c == '1'; })) mask |= kBits;
  if (n >= 2 && is_digit(token[0])) {
    size_t digits = 0;
    bool ok = true;
    for (const char c : token) {
      digits = is_digit(c) ? digits + 1 : 0;
      ok = ok && digits <= 3 && (is_digit(c) || c == ',' || c == '-');
    }
    if (ok) mask |= kDecimals;
  }
  if (all(token, [](char c) { return c == '.' || c == '-' || c == '/' || c == '|'; }) &&
      (n <= 7 || token.find('/') < n))
    mask |= kMorse;
  return mask;
}

void Scanner::extend_run(size_t begin, size_t end, uint8_t mask) {
  if ((run_.mask & mask) == 0) {
    close_run();
    if (mask == 0) return;
    run_ = {begin, end, 0, mask};
  }
  run_.mask &= mask;
  run_.end = end;
  ++run_.tokens;
}

void Scanner::close_run() {
  const auto r = run_;
  run_ = {};
  if (r.mask == 0) return;
  const std::string_view run = part(r.begin, r.end);
  if ((r.mask & kBits) != 0 && run.size() >= 24) {
    encoded(ViewKind::binary, r.begin, r.end, decode_binary(run));
  } else if ((r.mask & kHexPairs) != 0 && r.tokens >= 5) {
    numbers(ViewKind::hex, r.begin, r.end, decode_hex(run));
    if ((r.mask & kDecimals) != 0) numbers(ViewKind::codes, r.begin, r.end, decode_decimals(run));
  } else if ((r.mask & kDecimals) != 0) {
    numbers(ViewKind::codes, r.begin, r.end, decode_decimals(run));
  } else if ((r.mask & kMorse) != 0 && run.size() >= 10) {
    const std::string said = decode_morse(run);
    std::array<bool, 26> seen{};
    size_t letters = 0, unknown = 0;
    for (const char c : said) {
      if (is_letter(c)) ++letters, seen[static_cast<size_t>(c - 'a')] = true;
      unknown += c == '?';
    }
    if (letters >= 5 && std::count(seen.begin(), seen.end(), true) >= 4 && unknown * 8 <= letters)
      add(ViewKind::morse, r.begin, r.end, said);
  } else if ((r.mask & kLetters) != 0 && r.tokens >= 5) {
    if (auto joined = join_letters(run)) {
      ++signals_.spaced_words;
      add(ViewKind::joined, r.begin, r.end, std::move(*joined));
    }
  }
}

// Numbers are in every table: these must say a word.
void Scanner::numbers(ViewKind kind, size_t begin, size_t end, std::string bytes) {
  if (bytes.size() < 5 || !keep_text(bytes) || !(words_.hinted() || has_known_word(bytes))) return;
  add(kind, begin, end, std::move(bytes));
}

bool Scanner::separated(size_t begin, size_t end, size_t token_begin, size_t token_end) {
  // After one such word a short one is no abbreviation.
  const bool follows = last_separated_ != SIZE_MAX && begin - last_separated_ <= 3;
  auto joined = join_separated(part(begin, end), follows ? 3 : 4);
  if (!joined) return false;
  const char separator = text_[begin + 1];
  while (begin > token_begin && text_[begin - 1] == separator) --begin;
  while (end < token_end && text_[end] == separator) ++end;
  last_separated_ = end;
  ++signals_.spaced_words;
  add(ViewKind::joined, begin, end, std::move(*joined));
  return true;
}

void Scanner::leet(size_t begin, size_t end) {
  constexpr size_t kLong = 5;  // one such word is enough
  auto found = unleet_word(part(begin, end));
  if (!found) return;
  if (found->known) {
    ++leet_known_;
    leet_long_ += found->word.size() >= kLong;
  }
  add(ViewKind::leet, begin + found->begin, begin + found->end, std::move(found->word));
}

void Scanner::codes(size_t begin, size_t end) {
  struct {
    ViewKind kind = ViewKind::plain;
    size_t begin = 0, end = 0;
    std::string text;
  } run;
  const auto flush = [&] {
    if (run.kind != ViewKind::plain) add(run.kind, run.begin, run.end, std::move(run.text));
    run = {};
  };
  const size_t stop = std::min(text_.size(), end + 2);  // a soft line end of quoted-printable takes the line end along
  for (size_t i = begin; i < end;) {
    std::optional<CodedText> code;
    ViewKind kind = ViewKind::plain;
    switch (text_[i]) {
      case '%':
        code = percent_code(part(i, end)), kind = ViewKind::url;
        break;
      case '&':
        code = html_code(part(i, end)), kind = ViewKind::html;
        break;
      case '\\':
        code = escape_code(part(i, end)), kind = ViewKind::escapes;
        break;
      case '=':
        code = quoted_code(part(i, stop)), kind = ViewKind::quoted_printable;
        break;
      default:
        break;
    }
    if (!code) {
      ++i;
      continue;
    }
    if (kind == ViewKind::html && code->letter) ++letter_codes_;
    if (kind == ViewKind::quoted_printable && code->text.empty() && i > 0 && is_letter(text_[i - 1])) ++soft_ends_;
    if (run.kind == kind && run.end == i) {
      if (kind == ViewKind::quoted_printable) ++quoted_pairs_;
      count_[static_cast<size_t>(kind)] += 1;
      run.text += code->text;
      run.end = i + code->length;
    } else {
      flush();
      run = {kind, i, i + code->length, code->text};
    }
    i += code->length;
  }
  flush();
}

void Scanner::encoded(ViewKind kind, size_t begin, size_t end, std::string bytes) {
  if (bytes.empty() || !keep_text(bytes)) return;
  add(kind, begin, end, std::move(bytes), true);
}

void Scanner::long_token(size_t begin, size_t end, uint8_t classes) {
  const size_t shortest = words_.hinted() ? kShortestRun / 2 : kShortestRun;
  size_t found = pieces_.size();
  for (size_t i = begin; i < end;) {
    if (!is_base64(text_[i])) {
      ++i;
      continue;
    }
    size_t stop = i;
    while (stop < end && is_base64(text_[stop])) ++stop;
    if (stop - i >= shortest && !base64(i, stop)) {
      // A path or a list: its parts alone.
      for (size_t p = i; p < stop;) {
        size_t q = p;
        while (q < stop && (is_letter(text_[q]) || is_digit(text_[q]))) ++q;
        while (q < stop && text_[q] == '=') ++q;
        if (q - p >= shortest && q - p < stop - i) base64(p, q);
        p = std::max(q, p + 1);
      }
    }
    i = stop;
  }
  if (pieces_.size() != found || (classes & kHigh) != 0) return;
  std::string_view s = part(begin, end);
  if ((classes & kLetter) == 0 && (classes & kDigit) == 0) return;
  if (all(s, [](char c) { return is_hex(c) || c == ':' || c == '-' || c == ',' || c == 'x' || c == '.'; })) {
    encoded(ViewKind::hex, begin, end, decode_hex(s));
    return;
  }
  size_t b = begin, e = end;
  if (s.starts_with("<~")) b += 2;
  if (s.ends_with("~>")) e -= 2;
  if (b >= e) return;
  s = part(b, e);
  // Without a symbol it is no base 85; with many lower-case words it is code.
  if ((classes & (kSymbol | kCode)) == 0) return;
  for (const auto decode : {decode_ascii85, decode_base85}) {
    encoded(ViewKind::ascii85, b, e, decode(s));
    if (pieces_.size() != found) return;
  }
}

bool Scanner::base64(size_t begin, size_t end) {
  const std::string_view s = part(begin, end);
  const size_t found = pieces_.size();
  const auto bare = s.substr(0, s.find_last_not_of('=') + 1);
  if (all(bare, [](char c) { return is_hex(c); })) {
    encoded(ViewKind::hex, begin, end, decode_hex(s));
    if (pieces_.size() != found) return true;
  }
  if (s.size() >= 24 && all(bare, [](char c) { return c == '0' || c == '1'; })) {
    encoded(ViewKind::binary, begin, end, decode_binary(s));
    if (pieces_.size() != found) return true;
  }
  if (all(bare, [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '2' && c <= '7'); })) {
    encoded(ViewKind::base32, begin, end, decode_base32(s));
    if (pieces_.size() != found) return true;
  }
  // From its beginning, or after what a neighbour left: a run may start inside a group of four.
  for (size_t skip = 0; skip < 4 && skip < s.size(); ++skip) {
    if (skip > 0 && s.size() < 2 * kShortestRun) break;
    std::string bytes = decode_base64(s.substr(skip));
    if (skip > 0 && (bytes.empty() || !has_known_word(std::string_view(bytes).substr(0, 256)))) continue;
    encoded(ViewKind::base64, begin + skip, end, std::move(bytes));
    if (pieces_.size() == found) continue;
    if (end < text_.size() && (text_[end] == '\n' || text_[end] == '\r')) last_line_end_ = end;
    return true;
  }
  return false;
}

// The last line of base64 is short; nothing but its place tells that it is one.
bool Scanner::last_line(size_t begin, size_t end) {
  last_line_end_ = SIZE_MAX / 2;
  if (end - begin >= kShortestRun || !all(part(begin, end), is_base64)) return false;
  std::string bytes = decode_base64(part(begin, end));
  if (!readable(bytes)) return false;
  add(ViewKind::base64, begin, end, std::move(bytes), true);
  return true;
}

void Scanner::uu_lines() {
  size_t last = SIZE_MAX;  // end of the line before, when it was one

  for (size_t i = 0; i < text_.size();) {
    const size_t end = std::min(text_.find('\n', i), text_.size());
    const size_t n = end - i;
    const size_t bytes = n < 5 || n > 61 ? 0 : static_cast<size_t>(static_cast<uint8_t>(text_[i]) - 0x20);
    if (bytes > 0 && bytes <= 45 && (bytes + 2) / 3 * 4 + 1 == n) {
      std::string line = decode_uu_line(part(i, end));
      const bool follows = last + 1 == i && readable(line);
      if (follows || (n >= 9 && !line.empty() && keep_text(line))) {
        add(ViewKind::uuencode, i, end, std::move(line), true);
        last = end;
      }
    }
    i = end + 1;
  }
}

void Scanner::braille() {
  constexpr size_t kFewestCells = 5;
  for (size_t i = text_.find('\xE2'); i < text_.size(); i = text_.find('\xE2', i)) {
    size_t end = i, last = i, cells = 0;
    while (end < text_.size()) {
      const Utf8Char u = utf8_at(text_, end);
      if (u.c >= 0x2800 && u.c < 0x2900) {
        ++cells;
        last = end + u.length;
      } else if (u.c != ' ' && u.c != '\n') {
        break;
      }
      end += u.length;
    }
    std::string said = decode_braille(part(i, last));
    if (cells >= kFewestCells && keep_text(said)) add(ViewKind::braille, i, last, std::move(said));
    i = std::max(end, i + 1);
  }
}

// Single codes are ordinary; a kind without enough of them is no view.
void Scanner::drop_weak() {
  const auto count = [&](ViewKind k) { return count_[static_cast<size_t>(k)]; };
  const uint32_t fewest = words_.hinted() ? 1 : kFewestCodes;
  std::array<bool, kViewKinds> weak{};
  const auto drop = [&](ViewKind k, bool when) { weak[static_cast<size_t>(k)] = when; };
  drop(ViewKind::url, count(ViewKind::url) < fewest);
  drop(ViewKind::escapes, count(ViewKind::escapes) < fewest);
  drop(ViewKind::html, letter_codes_ == 0 && count(ViewKind::html) < fewest);
  drop(ViewKind::quoted_printable,
       soft_ends_ < 2 && (quoted_pairs_ == 0 || count(ViewKind::quoted_printable) < fewest));
  const bool is_leet = leet_known_ >= 2 || leet_long_ >= 1;
  drop(ViewKind::leet, !is_leet);
  if (is_leet) signals_.leet_words += leet_known_;
  std::erase_if(pieces_, [&](const Piece& p) { return weak[static_cast<size_t>(p.kind)]; });
  std::stable_sort(pieces_.begin(), pieces_.end(), [](const Piece& a, const Piece& b) { return a.begin < b.begin; });
  for (const Piece& p : pieces_) ++signals_.decoded_spans[static_cast<size_t>(p.kind)];
}

}  // namespace

void scan(std::string_view text, std::vector<Piece>& pieces, Signals& signals) {
  pieces.clear();
  Scanner(text, pieces, signals).run();
}

}  // namespace trine::guard
