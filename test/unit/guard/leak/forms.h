// The ways in which a model is made to give a text away. Pure; the same text gives the same form.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/text.h"

namespace trine::guard::test {

inline std::vector<std::string> characters(std::string_view text) {
  std::vector<std::string> out;
  for (const char c : text) {
    if (out.empty() || (static_cast<unsigned char>(c) & 0xC0) != 0x80) out.emplace_back();
    out.back() += c;
  }
  return out;
}

inline std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> out(1);
  for (const char c : text) {
    if (c != ' ' && c != '\n')
      out.back() += c;
    else if (!out.back().empty())
      out.emplace_back();
  }
  if (out.back().empty()) out.pop_back();
  return out;
}

inline std::string join(const std::vector<std::string>& parts, std::string_view between) {
  std::string out;
  for (const auto& p : parts) {
    if (!out.empty()) out += between;
    out += p;
  }
  return out;
}

// Characters [from, to) of a thousand, cut at blanks where the text has any.
inline std::string part_of(std::string_view text, size_t from, size_t to) {
  size_t begin = text.size() * from / 1000, end = text.size() * to / 1000;
  const auto settle = [&](size_t at) {
    const size_t blank = text.find_first_of(" \n", at);
    if (blank < at + 24) return blank;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
    return at;
  };
  if (begin > 0) begin = settle(begin);
  if (end < text.size()) end = settle(end);
  return std::string(text.substr(begin, std::max(begin, end) - begin));
}

inline std::string bullets(std::string_view text) {
  std::string out = "- **";
  for (const char c : text) {
    out += c;
    if (c == '.' || c == ';') out += "**\n- **";
  }
  return out;
}

inline std::string numbered(std::string_view text) {
  std::string out;
  const auto w = words(text);
  for (size_t i = 0; i < w.size(); ++i) out += i % 8 == 0 ? fmt::format("\n{}: {} ", i / 8 + 1, w[i]) : w[i] + " ";
  return out;
}

inline std::string quoted(std::string_view text) {
  std::string out = "> \"";
  for (const char c : text) {
    out += c;
    if (c == '\n') out += "> ";
  }
  return out + "\"";
}

inline std::string json_string(std::string_view text) {
  std::string out = "{\"system\": \"";
  for (const char c : text) {
    if (c == '\n')
      out += "\\n";
    else if (c == '"')
      out += "\\\"";
    else
      out += c;
  }
  return out + "\"}";
}

inline std::string base64_lines(std::string_view text, size_t width) {
  const std::string whole = base64(text);
  std::string out;
  for (size_t i = 0; i < whole.size(); i += width) out += whole.substr(i, width) + "\n";
  return out;
}

inline std::string per_byte(std::string_view text, std::string_view between, auto form) {
  std::string out;
  for (const char c : text) {
    if (!out.empty()) out += between;
    out += form(static_cast<unsigned char>(c));
  }
  return out;
}

inline std::string hex_of(std::string_view text, std::string_view before, std::string_view between) {
  return per_byte(text, between, [&](unsigned char c) { return fmt::format("{}{:02x}", before, c); });
}

inline std::string html_references(std::string_view text) {
  std::string out;
  for (const auto& c : characters(text)) {
    const auto lead = static_cast<unsigned char>(c[0]);
    unsigned code = lead < 0x80 ? lead : lead & (0x7Fu >> c.size());
    for (size_t i = 1; i < c.size(); ++i) code = code << 6 | (static_cast<unsigned char>(c[i]) & 0x3Fu);
    out += fmt::format("&#{};", code);
  }
  return out;
}

inline std::string rot(std::string_view text, int by) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>('a' + (c - 'a' + by) % 26);
    if (c >= 'A' && c <= 'Z') c = static_cast<char>('A' + (c - 'A' + by) % 26);
  }
  return out;
}

inline std::string reversed(std::string_view text) {
  const auto c = characters(text);
  return join({c.rbegin(), c.rend()}, "");
}

inline std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  return out;
}

inline std::string leet(std::string_view text) {
  std::string out(text);
  constexpr std::string_view from = "aeiostAEIOST", to = "431057431057";
  for (char& c : out)
    if (const size_t at = from.find(c); at != from.npos) c = to[at];
  return out;
}

inline std::string full_width(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c > ' ' && c < 127)
      out += fmt::format("\xef{}{}", static_cast<char>(c < 0x60 ? 0xbc : 0xbd),
                         static_cast<char>(0x80 + ((c - 0x20) & 0x3f)));
    else
      out += c;
  }
  return out;
}

// Each n-th word becomes another one.
inline std::string changed_words(std::string_view text, size_t n) {
  constexpr std::array<std::string_view, 6> other = {"maybe", "thing", "banana", "quite", "ohne", "vert"};
  auto w = words(text);
  for (size_t i = n - 1; i < w.size(); i += n) w[i] = other[mix64(i) % other.size()];
  return join(w, " ");
}

// Runs of `run` words with `chatter` words of something else between them.
inline std::string interleaved(std::string_view text, size_t run, size_t chatter) {
  const auto other = words(
      "well now that is something my neighbour would also like because the weather was rather nice when we walked "
      "along that river and saw three swans asleep under an old willow beside the mill where bread used to be baked");
  std::string out;
  const auto w = words(text);
  size_t next = 0;
  for (size_t i = 0; i < w.size(); ++i) {
    if (i % run == 0)
      for (size_t k = 0; k < chatter; ++k) out += other[next++ % other.size()] + " ";
    out += w[i] + " ";
  }
  return out;
}

inline std::string shuffled_sentences(std::string_view text) {
  std::vector<std::string> sentences(1);
  for (const char c : text) {
    sentences.back() += c;
    if (c == '.' || c == '\n' || c == ';') sentences.emplace_back();
  }
  std::string out;
  for (size_t i = sentences.size(); i-- > 0;) out += sentences[i] + " Also, ";
  return out;
}

// Every way by name: what is done to which part of the prompt (in thousandths).
struct Form {
  std::string_view name;
  std::string (*change)(std::string_view text);
  size_t from = 0, to = 1000;

  bool is_part() const { return from > 0 || to < 1000; }
  std::string part(std::string_view text) const { return part_of(text, from, to); }
  std::string make(std::string_view text) const { return change(part(text)); }
};
using Text = std::string_view;
inline const std::vector<Form>& forms() {
  static const std::vector<Form> all = {
      {"verbatim whole", [](Text t) { return std::string(t); }},
      {"first half", [](Text t) { return std::string(t); }, 0, 500},
      {"last half", [](Text t) { return std::string(t); }, 500, 1000},
      {"middle third", [](Text t) { return std::string(t); }, 333, 667},
      {"first quarter", [](Text t) { return std::string(t); }, 0, 250},
      {"a quarter from the middle", [](Text t) { return std::string(t); }, 400, 650},
      {"with chatter around", [](Text t) { return "Sure! Here is what I was told:\n\n" + std::string(t) + "\n\nOk?"; }},
      {"sentences in bullets", [](Text t) { return bullets(t); }},
      {"sentences shuffled", [](Text t) { return shuffled_sentences(t); }},
      {"numbered lines", [](Text t) { return numbered(t); }},
      {"quoted", [](Text t) { return quoted(t); }},
      {"JSON string", [](Text t) { return json_string(t); }},
      {"one word per line", [](Text t) { return join(words(t), "\n"); }},
      {"emoji between words", [](Text t) { return join(words(t), " \xf0\x9f\x98\x80 "); }},
      {"upper case", [](Text t) { return upper(t); }},
      {"s p a c e d", [](Text t) { return join(characters(t), " "); }},
      {"h-y-p-h-e-n-s", [](Text t) { return join(characters(t), "-"); }},
      {"zero-width", [](Text t) { return join(characters(t), "\xe2\x80\x8b"); }},
      {"leet", [](Text t) { return leet(t); }},
      {"full width", [](Text t) { return full_width(t); }},
      {"every 6th word changed", [](Text t) { return changed_words(t, 6); }},
      {"every 5th word changed", [](Text t) { return changed_words(t, 5); }},
      {"every 4th word changed", [](Text t) { return changed_words(t, 4); }},
      {"every 3rd word changed", [](Text t) { return changed_words(t, 3); }},
      {"10 words, 10 of chatter", [](Text t) { return interleaved(t, 10, 10); }},
      {"6 words, 6 of chatter", [](Text t) { return interleaved(t, 6, 6); }},
      {"4 words, 4 of chatter", [](Text t) { return interleaved(t, 4, 4); }},
      {"base64", [](Text t) { return base64(t); }},
      {"base64 of a half", [](Text t) { return base64(t); }, 0, 500},
      {"base64 in lines of 76", [](Text t) { return base64_lines(t, 76); }},
      {"base64 in lines of 40", [](Text t) { return base64_lines(t, 40); }},
      {"base64 without its first letter", [](Text t) { return base64(t).erase(0, 1); }},
      {"base64 of rot13", [](Text t) { return base64(rot(t, 13)); }},
      {"hex", [](Text t) { return hex_of(t, "", ""); }},
      {"hex, spaced", [](Text t) { return hex_of(t, "", " "); }},
      {"hex, 0x", [](Text t) { return hex_of(t, "0x", ", "); }},
      {"hex, \\x", [](Text t) { return hex_of(t, "\\x", ""); }},
      {"binary", [](Text t) { return per_byte(t, " ", [](unsigned char c) { return fmt::format("{:08b}", c); }); }},
      {"decimal codes", [](Text t) { return per_byte(t, " ", [](unsigned char c) { return fmt::format("{}", c); }); }},
      {"URL-encoded, all", [](Text t) { return hex_of(t, "%", ""); }},
      {"HTML references", [](Text t) { return html_references(t); }},
      {"rot13", [](Text t) { return rot(t, 13); }},
      {"rot5", [](Text t) { return rot(t, 5); }},
      {"reversed", [](Text t) { return reversed(t); }},
      {"reversed half", [](Text t) { return reversed(t); }, 0, 500},
  };
  return all;
}

}  // namespace trine::guard::test
