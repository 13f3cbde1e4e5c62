#include "guard/pii/address.h"

#include <algorithm>
#include <array>
#include <string>

namespace trine::guard {
namespace {

constexpr size_t kMostWords = 5;
constexpr size_t kLongestWord = 32;  // letters
constexpr size_t kLongestStreet = 80;

// Words of streets, without accents. The first: before the name; the second: behind it; the third: its end.
constexpr auto kFirst = std::to_array<std::string_view>(
    {"rue",      "avenue", "boulevard",  "place",    "quai",  "chemin",  "impasse",  "allee", "viale",
     "via",      "piazza", "corso",      "vicolo",   "calle", "avenida", "avda",     "plaza", "paseo",
     "rua",      "praca",  "travessa",   "largo",    "ulica", "ul",      "aleja",    "aleje", "plac",
     "strada",   "str",    "bulevardul", "calea",    "ulice", "namesti", "namestie", "οδοσ",  "πλατεια",
     "λεωφοροσ", "улица",  "ул",         "булевард", "triq"});
constexpr auto kLast = std::to_array<std::string_view>(
    {"street",  "st",    "road",     "rd",  "lane",    "drive",  "avenue", "ave",    "court", "square",
     "terrace", "close", "crescent", "weg", "strasse", "platz",  "allee",  "straat", "laan",  "plein",
     "utca",    "ut",    "utja",     "ter", "ulica",   "ulice",  "iela",   "gatve",  "tee",   "tn",
     "pst",     "mnt",   "gata",     "vag", "sraid",   "bothar", "cesta"});
constexpr auto kEnds = std::to_array<std::string_view>(
    {"strase", "strasse", "str",  "weg",    "platz", "allee", "gasse", "damm",  "ufer", "gracht", "straat", "laan",
     "plein",  "kade",    "dijk", "singel", "vej",   "gade",  "gatan", "vagen", "katu", "tie",    "kuja"});
// Small words inside a name: "rue de la Paix", "Avenida de los Reyes".
constexpr auto kLinks = std::to_array<std::string_view>({"de",  "la",  "le",  "les", "des", "du",  "del", "della",
                                                         "dei", "los", "las", "do",  "da",  "dos", "van", "der",
                                                         "den", "di",  "d",   "l",   "y",   "e",   "bis", "ter"});

struct Word {
  size_t begin = 0, end = 0;
  std::array<char, kLongestWord * 2> folded{};  // UTF-8 of Latin is one byte, of Greek and Cyrillic two
  size_t size = 0;
  bool capital = false;

  std::string_view view() const { return {folded.data(), size}; }
};

template <size_t N>
bool is_one_of(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

void append(Word& w, char16_t c) {
  if (w.size + 2 > w.folded.size()) return;
  if (c < 0x80) {
    w.folded[w.size++] = static_cast<char>(c);
    return;
  }
  w.folded[w.size++] = static_cast<char>(0xC0 | (c >> 6));
  w.folded[w.size++] = static_cast<char>(0x80 | (c & 0x3F));
}

// The folded letter is the written one exactly when that is lower case: "É" is not "é".
bool is_capital(std::string_view text, size_t pos, const Glyph& g) {
  if (g.is_ascii_letter()) return g.length == 1 ? text[pos] <= 'Z' : true;
  constexpr std::array<std::string_view, 3> kRanges = {"\xC3\x80\xC3\x9F", "\xCE\x86\xCE\xAB", "\xD0\x80\xD0\xAF"};
  const std::string_view c = text.substr(pos, g.length);
  for (const std::string_view r : kRanges) {
    if (c >= r.substr(0, 2) && c <= r.substr(2, 2)) return true;
  }
  // Latin Extended-A pairs capitals with small letters, and only capitals need telling from "ł" where a word begins.
  return c == "Ł" || c == "Ś" || c == "Ż" || c == "Ź" || c == "Č" || c == "Š" || c == "Ž" || c == "Ř" || c == "Ș" ||
         c == "Ț";
}

Word read_word(std::string_view text, size_t begin, size_t end) {
  Word w;
  w.begin = begin;
  w.end = end;
  for (size_t pos = begin; pos < end;) {
    const Glyph g = glyph_at(text, pos);
    if (pos == begin) w.capital = is_capital(text, pos, g);
    if (g.is_word()) append(w, g.folded);
    pos += g.length;
  }
  return w;
}

// The word that ends at `end`, with a dot or comma behind it or not.
std::optional<Word> word_before(std::string_view text, size_t end, size_t floor) {
  size_t stop = end;
  if (stop > floor && text[stop - 1] == '.') --stop;
  size_t begin = stop;
  size_t letters = 0;
  while (begin > floor) {
    const Glyph g = glyph_before(text, begin);
    if (!g.is_word() || begin - floor < g.length) break;
    if (++letters > kLongestWord) return std::nullopt;
    begin -= g.length;
  }
  if (begin == stop) return std::nullopt;
  // A word of which the beginning is out of reach is no word: what is seen of it would depend on where one looks from.
  if (begin == floor && glyph_before(text, begin).is_word()) return std::nullopt;
  return read_word(text, begin, stop);
}

std::optional<Word> word_at(TextWindow& window, size_t begin) {
  size_t end = begin;
  size_t letters = 0;
  for (Glyph g = window.at(end); g.is_word(); end += g.length, g = window.at(end)) {
    if (++letters > kLongestWord) return std::nullopt;
  }
  if (end == begin) return std::nullopt;
  return read_word(window.text(), begin, end);
}

bool ends_as_street(const Word& w) {
  return w.capital && std::ranges::any_of(
                          kEnds, [&](std::string_view e) { return w.size >= e.size() + 3 && w.view().ends_with(e); });
}

// "rue", but "Via" and "Place" only: those are words of other kinds when small.
bool begins_street(const Word& w) {
  constexpr auto kSmallToo =
      std::to_array<std::string_view>({"rue", "calle", "rua", "ul", "ulica", "ulice", "triq", "avenida", "ул"});
  return w.capital ? is_one_of(kFirst, w.view()) : is_one_of(kSmallToo, w.view());
}

bool skip_space(TextWindow& window, size_t& pos) {
  const Glyph g = window.at(pos);
  if (g.kind != GlyphKind::space) return false;
  pos += g.length;
  return true;
}

// Behind a house number: letters as in "12b"; the place behind. Numbers of five digits are no house's.
std::optional<size_t> house_number_end(TextWindow& window, size_t begin) {
  size_t end = begin;
  size_t digits = 0;
  while (digits < 5 && window.at(end).is_digit()) {
    end += window.at(end).length;
    ++digits;
  }
  if (digits == 0 || digits > 4) return std::nullopt;
  if (window.at(end).is_ascii_letter()) end += window.at(end).length;
  const Glyph after = window.at(end);
  if (after.kind == GlyphKind::alnum || after.kind == GlyphKind::letter) return std::nullopt;
  return end;
}

// ", 10115 Berlin", ", 1012 CW Amsterdam", ", Leeds LS1 4AP"; where it ends, or `from`: there is none.
size_t town_end(TextWindow& window, size_t from) {
  size_t pos = from;
  if (window.at(pos).kind == GlyphKind::other && window.text()[pos] == ',') ++pos;
  if (pos == from || !skip_space(window, pos)) return from;
  size_t digits = 0;
  while (digits <= 6 && window.at(pos).is_digit()) {
    pos += window.at(pos).length;
    ++digits;
    // "00-950", "110 00"
    if ((digits == 2 && window.at(pos).kind == GlyphKind::dash) ||
        (digits == 3 && window.at(pos).kind == GlyphKind::space && window.at(pos + 1).is_digit())) {
      ++pos;
    }
  }
  if (digits > 6 || (digits > 0 && (digits < 4 || !skip_space(window, pos)))) return from;
  size_t end = from;
  for (size_t words = 0; words < 3; ++words) {
    const auto w = word_at(window, pos);
    if (!w || !w->capital) break;
    if (window.at(w->end).is_digit()) {  // LS1 4AP
      if (digits > 0 || words == 0) break;
      size_t code = w->end;
      while (code < w->end + 2 && window.at(code).kind == GlyphKind::alnum) ++code;
      if (!skip_space(window, code) || !window.at(code).is_digit() || !window.at(code + 1).is_ascii_letter() ||
          !window.at(code + 2).is_ascii_letter()) {
        break;
      }
      return code + 3;
    }
    // A town alone is any word with a capital.
    if (digits > 0) end = w->end;
    pos = w->end;
    const bool short_code = words == 0 && w->size == 2 && digits == 4;
    if (!skip_space(window, pos) || (digits > 0 && words > 0) || (digits > 0 && words == 0 && !short_code)) break;
  }
  return end;
}

// Behind "62": "Harbour Street", "rue de la Paix"; npos: no street.
size_t street_end(TextWindow& window, size_t pos) {
  const size_t limit = pos + kLongestStreet;
  if (window.at(pos).kind == GlyphKind::other && window.text()[pos] == ',') ++pos;
  if (!skip_space(window, pos)) return std::string_view::npos;
  bool begun = false;
  size_t end = std::string_view::npos;
  for (size_t n = 0; n < kMostWords && pos < limit; ++n) {
    const auto w = word_at(window, pos);
    if (!w || window.at(w->end).is_digit()) break;
    const bool link = n > 0 && is_one_of(kLinks, w->view());
    if (!w->capital && !link && !(n == 0 && begins_street(*w))) break;
    if (n == 0 && begins_street(*w)) {
      begun = true;
    } else if (begun) {
      if (w->capital) end = w->end;
    } else if (n > 0 && is_one_of(kLast, w->view())) {
      return w->end;
    }
    pos = w->end;
    if (window.at(pos).kind == GlyphKind::dot && w->size <= 4) ++pos;
    const bool apostrophe = window.at(pos).kind == GlyphKind::other && window.text()[pos] == '\'';
    if (apostrophe) ++pos;
    if (!apostrophe && window.at(pos).kind != GlyphKind::space && window.at(pos).kind != GlyphKind::dash) break;
    if (!apostrophe) pos += window.at(pos).length;
  }
  return end;
}

}  // namespace

size_t street_begin(std::string_view text, size_t end, size_t floor) {
  size_t stop = end;
  const Glyph gap = glyph_before(text, stop);
  if (gap.kind == GlyphKind::space && stop - floor > gap.length) stop -= gap.length;
  if (stop > floor && text[stop - 1] == ',') --stop;
  const size_t from = end - floor > kLongestStreet ? end - kLongestStreet : floor;
  size_t begin = end;
  bool name = false;  // a word with a capital stands behind
  for (size_t n = 0; n < kMostWords; ++n) {
    const auto w = word_before(text, stop, from);
    if (!w) break;
    if (n == 0 && ends_as_street(*w)) begin = w->begin;
    if (n == 0 && w->capital && is_one_of(kLast, w->view())) {
      const Glyph space = glyph_before(text, w->begin);
      const auto first =
          space.kind == GlyphKind::space ? word_before(text, w->begin - space.length, from) : std::nullopt;
      if (first && first->capital) begin = first->begin;
    }
    if (name && begins_street(*w)) return w->begin;
    if (!w->capital && !is_one_of(kLinks, w->view())) break;
    name = name || w->capital;
    stop = w->begin;
    const Glyph space = glyph_before(text, stop);
    if (stop <= from + space.length || (space.kind != GlyphKind::space && space.kind != GlyphKind::dot)) break;
    stop -= space.length;
  }
  return begin;
}

size_t unfinished_street_begin(std::string_view text, size_t end, size_t floor) {
  const size_t from = end - floor > kLongestStreet ? end - kLongestStreet : floor;
  size_t stop = end;
  size_t begin = end;
  for (size_t n = 0; n < kMostWords; ++n) {
    const Glyph gap = glyph_before(text, stop);
    if ((gap.kind == GlyphKind::space || gap.kind == GlyphKind::dot) && stop >= from + gap.length) stop -= gap.length;
    if (n == 0 && stop > from && text[stop - 1] == ',') --stop;
    const auto w = word_before(text, stop, from);
    if (!w) break;
    // The last word may be the beginning of any other.
    if (n > 0 && !w->capital && !is_one_of(kLinks, w->view()) && !begins_street(*w)) break;
    begin = stop = w->begin;
  }
  return begin;
}

std::optional<PiiSpan> find_address(TextWindow& window, size_t begin, size_t floor) {
  const auto number = house_number_end(window, begin);
  if (!number) return std::nullopt;
  const size_t before = street_begin(window.text(), begin, floor);
  if (before < begin) return PiiSpan{before, town_end(window, *number), PiiType::address, 0.8F};
  const size_t street = street_end(window, *number);
  if (street == std::string_view::npos) return std::nullopt;
  return PiiSpan{begin, town_end(window, street), PiiType::address, 0.8F};
}

}  // namespace trine::guard
