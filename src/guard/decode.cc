#include "guard/decode.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "guard/utf8.h"

namespace trine::guard {
namespace {

constexpr int kNone = -1;
using Digits = std::array<int16_t, 256>;

constexpr Digits digits(std::string_view alphabet) {
  Digits d{};
  d.fill(kNone);
  for (size_t i = 0; i < alphabet.size(); ++i) d[static_cast<uint8_t>(alphabet[i])] = static_cast<int16_t>(i % 128);
  return d;
}

constexpr Digits base64_digits() {
  Digits d = digits("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
  d['-'] = 62;
  d['_'] = 63;
  return d;
}

constexpr Digits hex_digits() {
  Digits d = digits("0123456789abcdef");
  for (size_t i = 0; i < 6; ++i) d[static_cast<size_t>('A') + i] = static_cast<int16_t>(10 + i);
  return d;
}

constexpr Digits kBase64 = base64_digits();
constexpr Digits kBase32 = digits("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");
constexpr Digits kBase85 =
    digits("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~");
constexpr Digits kHex = hex_digits();

// Digits of `bits` bits each, most significant first; a rest of less than a byte is dropped.
std::string decode_bits(std::string_view run, const Digits& value, int bits) {
  std::string out;
  out.reserve(run.size() * static_cast<size_t>(bits) / 8);
  uint32_t held = 0;
  int n = 0;
  for (const char c : run) {
    if (c == '=') break;
    const int v = value[byte_of(c)];
    if (v == kNone) return {};
    held = held << bits | static_cast<uint32_t>(v);
    n += bits;
    if (n < 8) continue;
    n -= 8;
    out += static_cast<char>(held >> n & 0xFF);
  }
  return out;
}

// Five digits to four bytes; a last group of k digits to k - 1.
template <class Value>
std::string decode_85(std::string_view run, Value value) {
  std::string out;
  out.reserve(run.size());
  std::array<uint32_t, 5> group{};
  size_t n = 0;
  const auto flush = [&](size_t have) {
    uint64_t all = 0;
    for (size_t i = 0; i < 5; ++i) all = all * 85 + (i < have ? group[i] : 84);
    if (all > UINT32_MAX) return false;
    for (size_t i = 0; i + 1 < have; ++i) out += static_cast<char>(all >> (24 - 8 * i) & 0xFF);
    return true;
  };
  for (const char c : run) {
    const int v = value(c);
    if (v < 0) return {};
    group[n++] = static_cast<uint32_t>(v);
    if (n < 5) continue;
    if (!flush(5)) return {};
    n = 0;
  }
  if (n == 1 || (n > 1 && !flush(n))) return {};
  return out;
}

std::optional<uint32_t> number(std::string_view s, int base) {
  uint32_t v = 0;
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), v, base);
  if (s.empty() || error != std::errc() || end != s.data() + s.size()) return std::nullopt;
  return v;
}

std::optional<CodedText> code(uint32_t c, size_t length) {
  CodedText out;
  append_utf8(out.text, c);
  if (out.text.empty()) return std::nullopt;
  out.length = length;
  out.letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
  return out;
}

std::optional<CodedText> raw_byte(uint32_t b, size_t length) {
  CodedText out;
  out.text = static_cast<char>(b);
  out.length = length;
  out.letter = (b | 0x20) >= 'a' && (b | 0x20) <= 'z';
  return out;
}

struct Named {
  std::string_view name;
  std::string_view text;
};
constexpr auto kEntities = std::to_array<Named>({
    {"amp", "&"},         {"lt", "<"},          {"gt", ">"},          {"quot", "\""},       {"apos", "'"},
    {"nbsp", " "},        {"Tab", "\t"},        {"NewLine", "\n"},    {"excl", "!"},        {"num", "#"},
    {"dollar", "$"},      {"percnt", "%"},      {"lpar", "("},        {"rpar", ")"},        {"comma", ","},
    {"period", "."},      {"sol", "/"},         {"colon", ":"},       {"semi", ";"},        {"equals", "="},
    {"quest", "?"},       {"commat", "@"},      {"lsqb", "["},        {"bsol", "\\"},       {"rsqb", "]"},
    {"lowbar", "_"},      {"lcub", "{"},        {"verbar", "|"},      {"rcub", "}"},        {"hyphen", "-"},
    {"auml", "\u00E4"},   {"ouml", "\u00F6"},   {"uuml", "\u00FC"},   {"szlig", "\u00DF"},  {"eacute", "\u00E9"},
    {"egrave", "\u00E8"}, {"agrave", "\u00E0"}, {"ccedil", "\u00E7"}, {"ntilde", "\u00F1"}, {"shy", ""},
    {"zwnj", ""},         {"zwj", ""},
});

struct MorseSign {
  std::string_view marks;
  char letter;
};
constexpr auto kMorseSigns = std::to_array<MorseSign>({
    {".-", 'a'},     {"-...", 'b'},   {"-.-.", 'c'},   {"-..", 'd'},    {".", 'e'},       {"..-.", 'f'},
    {"--.", 'g'},    {"....", 'h'},   {"..", 'i'},     {".---", 'j'},   {"-.-", 'k'},     {".-..", 'l'},
    {"--", 'm'},     {"-.", 'n'},     {"---", 'o'},    {".--.", 'p'},   {"--.-", 'q'},    {".-.", 'r'},
    {"...", 's'},    {"-", 't'},      {"..-", 'u'},    {"...-", 'v'},   {".--", 'w'},     {"-..-", 'x'},
    {"-.--", 'y'},   {"--..", 'z'},   {"-----", '0'},  {".----", '1'},  {"..---", '2'},   {"...--", '3'},
    {"....-", '4'},  {".....", '5'},  {"-....", '6'},  {"--...", '7'},  {"---..", '8'},   {"----.", '9'},
    {".-.-.-", '.'}, {"--..--", ','}, {"..--..", '?'}, {"-.-.--", '!'}, {".----.", '\''}, {"-....-", '-'},
    {"---...", ':'}, {"-..-.", '/'},  {"-.--.", '('},  {"-.--.-", ')'}, {".-..-.", '"'},
});

// Cells of grade 1 by their dots, bit 0 for dot 1.
constexpr std::array<char, 64> braille_cells() {
  std::array<char, 64> cells{};
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz";
  constexpr std::array<uint8_t, 26> kDots = {0x01, 0x03, 0x09, 0x19, 0x11, 0x0B, 0x1B, 0x13, 0x0A,
                                             0x1A, 0x05, 0x07, 0x0D, 0x1D, 0x15, 0x0F, 0x1F, 0x17,
                                             0x0E, 0x1E, 0x25, 0x27, 0x3A, 0x2D, 0x3D, 0x35};
  for (size_t i = 0; i < 26; ++i) cells[kDots[i]] = kLetters[i];
  cells[0x00] = ' ', cells[0x02] = ',', cells[0x32] = '.', cells[0x26] = '?', cells[0x16] = '!', cells[0x04] = '\'';
  cells[0x24] = '-', cells[0x12] = ':', cells[0x06] = ';';
  return cells;
}
constexpr std::array<char, 64> kBraille = braille_cells();

struct Flip {
  char32_t flipped;
  char upright;
};
constexpr auto kFlips = std::to_array<Flip>({
    {0x250, 'a'}, {0x254, 'c'}, {0x1DD, 'e'}, {0x25F, 'f'}, {0x183, 'g'}, {0x253, 'g'}, {0x265, 'h'}, {0x1D09, 'i'},
    {0x131, 'i'}, {0x27E, 'j'}, {0x29E, 'k'}, {0x26F, 'm'}, {0x279, 'r'}, {0x287, 't'}, {0x28C, 'v'}, {0x28D, 'w'},
    {0x28E, 'y'}, {0x2D9, '.'}, {0xA1, '!'},  {0xBF, '?'},  {0x5F, '_'},  {'u', 'n'},   {'n', 'u'},   {'p', 'd'},
    {'d', 'p'},   {'b', 'q'},   {'q', 'b'},   {'\'', ','},  {',', '\''},  {'6', '9'},   {'9', '6'},   {0x1D1F, 'm'},
});

size_t distinct(std::string_view bytes) {
  std::array<bool, 256> seen{};
  for (const char c : bytes) seen[byte_of(c)] = true;
  return static_cast<size_t>(std::count(seen.begin(), seen.end(), true));
}

// How many bytes at `at` are one character of text, 0 for none.
size_t text_length(std::string_view s, size_t at) {
  const Utf8Char u = utf8_at(s, at);
  const bool control = (u.c < 0x20 && u.c != '\t' && u.c != '\n' && u.c != '\r') || (u.c >= 0x7F && u.c < 0xA0);
  return u.valid && !control ? u.length : 0;
}

}  // namespace

std::string decode_base64(std::string_view run) {
  return decode_bits(run, kBase64, 6);
}

std::string decode_base32(std::string_view run) {
  return decode_bits(run, kBase32, 5);
}

std::string decode_hex(std::string_view run) {
  std::string out;
  int high = kNone;
  for (size_t i = 0; i < run.size(); ++i) {
    if (run[i] == '0' && i + 1 < run.size() && (run[i + 1] | 0x20) == 'x') {
      ++i;
      continue;
    }
    const int v = kHex[byte_of(run[i])];
    if (v == kNone) continue;
    if (high == kNone) {
      high = v;
      continue;
    }
    out += static_cast<char>(high << 4 | v);
    high = kNone;
  }
  return out;
}

std::string decode_ascii85(std::string_view run) {
  return decode_85(run, [](char c) { return c >= '!' && c <= 'u' ? c - '!' : -1; });
}

std::string decode_base85(std::string_view run) {
  return decode_85(run, [](char c) { return static_cast<int>(kBase85[byte_of(c)]); });
}

std::string decode_binary(std::string_view run) {
  std::string out;
  int held = 0, n = 0;
  for (const char c : run) {
    if (c != '0' && c != '1') continue;
    held = held << 1 | (c - '0');
    if (++n < 8) continue;
    out += static_cast<char>(held);
    held = 0, n = 0;
  }
  return out;
}

std::string decode_decimals(std::string_view run) {
  std::string out;
  for (size_t i = 0; i < run.size(); ++i) {
    uint32_t v = 0;
    const auto [end, error] = std::from_chars(run.data() + i, run.data() + run.size(), v);
    if (error != std::errc()) continue;
    if (v >= 0x250) return {};
    append_utf8(out, v);
    i = static_cast<size_t>(end - run.data());
  }
  return out;
}

std::string decode_uu_line(std::string_view line) {
  if (line.size() < 5) return {};
  const size_t n = static_cast<size_t>(byte_of(line[0]) - 0x20) & 0x3F;
  if (n == 0 || (n + 2) / 3 * 4 + 1 != line.size()) return {};
  std::string out;
  uint32_t held = 0;
  for (size_t i = 1; i < line.size(); ++i) {
    const uint8_t b = byte_of(line[i]);
    if (b < 0x20 || b > 0x60) return {};
    held = held << 6 | (static_cast<uint32_t>(b - 0x20) & 0x3F);
    if (i % 4 != 0) continue;
    for (const int shift : {16, 8, 0}) out += static_cast<char>(held >> shift & 0xFF);
    held = 0;
  }
  out.resize(n);
  return out;
}

std::string decode_morse(std::string_view run) {
  std::string out;
  size_t i = 0;
  while (i < run.size()) {
    const char c = run[i];
    if (c != '.' && c != '-') {
      if ((c == '/' || c == '|' || c == '\n') && !out.empty() && out.back() != ' ') out += ' ';
      ++i;
      continue;
    }
    size_t end = i;
    while (end < run.size() && (run[end] == '.' || run[end] == '-')) ++end;
    const auto marks = run.substr(i, end - i);
    const auto found =
        std::find_if(kMorseSigns.begin(), kMorseSigns.end(), [&](const MorseSign& s) { return s.marks == marks; });
    out += found == kMorseSigns.end() ? '?' : found->letter;
    i = end;
    // Two blanks part words, too.
    if (run.substr(i).starts_with("  ")) out += ' ';
  }
  return out;
}

std::string decode_braille(std::string_view run) {
  std::string out;
  for (size_t i = 0; i < run.size();) {
    if (byte_of(run[i]) != 0xE2 || i + 2 >= run.size()) {
      if (run[i] == ' ' || run[i] == '\n') out += run[i];
      ++i;
      continue;
    }
    const auto dots = static_cast<size_t>((byte_of(run[i + 1]) - 0xA0) << 6 | (byte_of(run[i + 2]) & 0x3F));
    if (dots < kBraille.size() && kBraille[dots] != 0) out += kBraille[dots];
    i += 3;
  }
  return out;
}

std::string shift_letters(std::string_view text, int shift) {
  std::string out(text);
  for (char& c : out) {
    const char lower = static_cast<char>(c | 0x20);
    if (lower < 'a' || lower > 'z') continue;
    const int v = lower - 'a';
    const int moved = shift == 26 ? 25 - v : (v + 26 - shift) % 26;
    c = static_cast<char>(c - v + moved);
  }
  return out;
}

std::string reverse_text(std::string_view utf8) {
  std::string out;
  out.reserve(utf8.size());
  for (size_t end = utf8.size(); end > 0;) {
    size_t begin = end - 1;
    while (begin > 0 && end - begin < 4 && (byte_of(utf8[begin]) & 0xC0) == 0x80) --begin;
    out += utf8.substr(begin, end - begin);
    end = begin;
  }
  return out;
}

std::string reverse_words(std::string_view utf8) {
  std::string out;
  out.reserve(utf8.size());
  for (size_t i = 0; i < utf8.size();) {
    size_t end = i;
    while (end < utf8.size() && utf8[end] != ' ' && utf8[end] != '\n' && utf8[end] != '\t') ++end;
    out += reverse_text(utf8.substr(i, end - i));
    if (end < utf8.size()) out += utf8[end++];
    i = end;
  }
  return out;
}

std::string turn_upright(std::string_view flipped) {
  std::string out;
  const std::string backwards = reverse_text(flipped);
  for (size_t i = 0; i < backwards.size();) {
    const Utf8Char u = utf8_at(backwards, i);
    const auto flip = std::find_if(kFlips.begin(), kFlips.end(), [&](const Flip& f) { return f.flipped == u.c; });
    if (flip != kFlips.end()) {
      out += flip->upright;
    } else {
      out.append(backwards, i, u.length);
    }
    i += u.length;
  }
  return out;
}

std::optional<CodedText> percent_code(std::string_view text) {
  if (text.size() < 3 || text[0] != '%') return std::nullopt;
  if (text[1] == 'u' && text.size() >= 6) {
    const auto c = number(text.substr(2, 4), 16);
    return c ? code(*c, 6) : std::nullopt;
  }
  const auto b = number(text.substr(1, 2), 16);
  return b ? raw_byte(*b, 3) : std::nullopt;
}

std::optional<CodedText> html_code(std::string_view text) {
  constexpr size_t kLongest = 12;
  if (text.size() < 3 || text[0] != '&') return std::nullopt;
  const size_t end = text.substr(0, kLongest).find(';');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view body = text.substr(1, end - 1);
  if (!body.starts_with('#')) {
    const auto named = std::find_if(kEntities.begin(), kEntities.end(), [&](const Named& e) { return e.name == body; });
    if (named == kEntities.end()) return std::nullopt;
    return CodedText{std::string(named->text), end + 1, false};
  }
  const bool is_hex = body.size() > 2 && (body[1] | 0x20) == 'x';
  const auto c = number(body.substr(is_hex ? 2 : 1), is_hex ? 16 : 10);
  return c ? code(*c, end + 1) : std::nullopt;
}

std::optional<CodedText> escape_code(std::string_view text) {
  if (text.size() < 4 || text[0] != '\\') return std::nullopt;
  if (text[1] == 'u' && text[2] == '{') {
    const size_t end = text.substr(0, 10).find('}');
    if (end == std::string_view::npos) return std::nullopt;
    const auto c = number(text.substr(3, end - 3), 16);
    return c ? code(*c, end + 1) : std::nullopt;
  }
  if (text[1] == 'u' && text.size() >= 6) {
    const auto c = number(text.substr(2, 4), 16);
    if (!c) return std::nullopt;
    if (*c < 0xD800 || *c > 0xDBFF || text.substr(6, 2) != "\\u") return code(*c, 6);
    const auto low = text.size() >= 12 ? number(text.substr(8, 4), 16) : std::nullopt;
    if (!low || *low < 0xDC00 || *low > 0xDFFF) return std::nullopt;
    return code(0x10000 + ((*c - 0xD800) << 10) + (*low - 0xDC00), 12);
  }
  if (text[1] == 'U' && text.size() >= 10) {
    const auto c = number(text.substr(2, 8), 16);
    return c ? code(*c, 10) : std::nullopt;
  }
  if (text[1] == 'x') {
    const auto b = number(text.substr(2, 2), 16);
    return b ? raw_byte(*b, 4) : std::nullopt;
  }
  const auto b = number(text.substr(1, 3), 8);
  return b && *b < 256 ? raw_byte(*b, 4) : std::nullopt;
}

std::optional<CodedText> quoted_code(std::string_view text) {
  if (text.size() < 2 || text[0] != '=') return std::nullopt;
  if (text[1] == '\n') return CodedText{"", 2, false};
  if (text.starts_with("=\r\n")) return CodedText{"", 3, false};
  if (text.size() < 3) return std::nullopt;
  const auto b = number(text.substr(1, 2), 16);
  if (!b || *b < 0x20 || *b == 0x7F) return std::nullopt;
  return raw_byte(*b, 3);
}

bool keep_text(std::string& bytes) {
  constexpr size_t kStretch = 24;  // readable by chance in random bytes: 1 in 10^10
  if (bytes.size() >= 8) {
    std::array<size_t, 2> zeros{};
    for (size_t i = 0; i < bytes.size(); ++i) zeros[i % 2] += bytes[i] == 0;
    if (std::max(zeros[0], zeros[1]) * 20 >= bytes.size() * 9) std::erase(bytes, '\0');  // UTF-16
  }
  size_t readable = 0, letters = 0, wide = 0, stretch = 0;
  std::string stretches;
  const auto end_stretch = [&](size_t at) {
    if (stretch >= kStretch) stretches.append(bytes, at - stretch, stretch) += '\n';
    stretch = 0;
  };
  for (size_t i = 0; i < bytes.size();) {
    const size_t n = text_length(bytes, i);
    if (n == 0) {
      end_stretch(i++);
      continue;
    }
    const char lower = static_cast<char>(bytes[i] | 0x20);
    letters += n > 1 ? n : (lower >= 'a' && lower <= 'z') || bytes[i] == ' ' || bytes[i] == '\n';
    wide += n > 1 ? n : 0;
    readable += n;
    stretch += n;
    i += n;
  }
  const size_t size = bytes.size();
  const bool all = readable == size;
  // Random bytes are all ASCII text with a chance of 10^-7 at sixteen; what is one more encoding has few letters.
  const bool ascii_text = all && wide == 0 && size >= 16 && distinct(bytes) >= 6;
  if (ascii_text) return true;
  const bool enough_letters = letters * 10 >= size * (size < 16 ? 8 : 6);
  if (size >= 3 && enough_letters && (all || (size >= 16 && readable * 10 >= size * 9 && wide * 2 < size))) return true;
  end_stretch(size);
  bytes = std::move(stretches);
  return !bytes.empty() && !all;
}

}  // namespace trine::guard
