#include "docworker/number_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <utility>
#include <vector>

#include "base/text.h"
#include "docworker/sheet.h"

namespace trine::docworker {
namespace {

// The parts for numbers above, below and at zero, divided by ';' where it is no text.
std::vector<std::string_view> sections_of(std::string_view code) {
  std::vector<std::string_view> sections;
  bool quoted = false;
  size_t from = 0;
  for (size_t i = 0; i < code.size(); ++i) {
    if (code[i] == '"') quoted = !quoted;
    if (quoted) continue;
    if (code[i] == '\\' || code[i] == '_' || code[i] == '*') {
      ++i;
    } else if (code[i] == ';') {
      sections.push_back(code.substr(from, i - from));
      from = i + 1;
    }
  }
  sections.push_back(code.substr(std::min(from, code.size())));
  return sections;
}

// Reads one section from left to right.
class Section {
 public:
  explicit Section(std::string_view code) : code_(code) {
    while (at_ < code_.size()) take();
    finish();
  }
  bool conditional() const { return conditional_; }  // [<100]: which numbers it is for, it says itself
  bool is_word() const {
    return !conditional_ && !number_ && !f_.date && !f_.time &&
           std::any_of(f_.before.begin(), f_.before.end(),
                       [](char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || (c & 0x80) != 0; });
  }
  NumberFormat format() && { return std::move(f_); }
  const std::string& text() const { return f_.before; }

 private:
  void take() {
    const char c = code_[at_++];
    const char l = static_cast<char>(c | 0x20);
    if (c == '"') {
      const size_t end = std::min(code_.find('"', at_), code_.size());
      literal(code_.substr(at_, end - at_));
      at_ = end + 1;
    } else if (c == '\\') {
      literal(code_.substr(std::min(at_, code_.size()), 1));
      ++at_;
    } else if (c == '_' || c == '*') {  // as wide as the next character; filled with it
      literal(" ");
      ++at_;
    } else if (c == '[') {
      const size_t end = std::min(code_.find(']', at_), code_.size());
      bracket(code_.substr(at_, end - at_));
      at_ = end + 1;
    } else if (c == '0' || c == '#' || c == '?') {
      digit(c == '0');
    } else if (c == '.') {
      point_ = true;
    } else if (c == '%') {
      f_.percent = true;
    } else if (c == 'E' && number_ && at_ < code_.size() && (code_[at_] == '+' || code_[at_] == '-')) {
      plain_ = true;  // 0.00E+00: with all its digits
    } else if (c == '/' || c == '@') {
      plain_ = true;  // a fraction, or text; between the numbers of a date it says nothing
    } else if (word("general")) {
      number_ = general_ = true;
    } else if (word("am/pm") || word("a/p")) {
      f_.time = true;
    } else if (l == 'y' || l == 'd') {
      f_.date = true;
    } else if (l == 'h' || l == 's') {
      f_.time = true;
      f_.seconds = f_.seconds || l == 's';
    } else if (l == 'm') {
      month_ = true;
    } else if (c != ',') {  // of thousands
      literal(code_.substr(at_ - 1, 1));
    }
  }

  bool word(std::string_view lower) {
    if (!iequals(code_.substr(at_ - 1, lower.size()), lower)) return false;
    at_ += lower.size() - 1;
    return true;
  }

  // [h] counts hours on, [$€-407] is a currency, [<100] a condition, [Red] a colour.
  void bracket(std::string_view inside) {
    if (inside.empty()) return;
    const char first = static_cast<char>(inside[0] | 0x20);
    if (inside[0] == '$') {
      literal(inside.substr(1, inside.find('-') - 1));
    } else if (inside[0] == '<' || inside[0] == '>' || inside[0] == '=') {
      conditional_ = true;
    } else if ((first == 'h' || first == 'm' || first == 's') &&
               std::all_of(inside.begin(), inside.end(), [&](char c) { return (c | 0x20) == first; })) {
      f_.time = true;
      f_.elapsed = first;
      f_.seconds = f_.seconds || first == 's';
    }
  }

  void digit(bool zero) {
    number_ = true;
    if (point_) {
      ++decimals_;
      if (zero) f_.least = decimals_;
      return;
    }
    f_.digits += std::exchange(f_.after, {});  // text between digits
    f_.digits += zero ? '0' : '#';
  }

  void literal(std::string_view text) { (number_ ? f_.after : f_.before) += text; }

  void finish() {
    if (month_ && !f_.time) f_.date = true;  // beside hours or seconds it is minutes
    const auto zeros = std::count(f_.digits.begin(), f_.digits.end(), '0');
    if (zeros < 2 && f_.digits.find_first_not_of("0#") == std::string::npos) f_.digits.clear();
    if (number_ && !general_ && !plain_) f_.most = decimals_;
    if (plain_) f_.digits.clear(), f_.before.clear(), f_.after.clear();
    f_.before.erase(0, std::min(f_.before.find_first_not_of(' '), f_.before.size()));
    f_.after.resize(f_.after.find_last_not_of(' ') + 1);
  }

  const std::string_view code_;
  size_t at_ = 0;
  NumberFormat f_;
  int decimals_ = 0;
  bool number_ = false, point_ = false, plain_ = false, general_ = false, month_ = false, conditional_ = false;
};

// Not below zero. As spreadsheets round: 2.675 is 2.68 though the nearest double is a little below.
std::string decimal(double value, int least, int most) {
  if (most < 0) return plain_number(value, -1);
  most = std::min(most, 15);
  const double power = std::pow(10.0, most), scaled = value * power;
  if (scaled < 1e15 && std::abs(scaled - std::floor(scaled) - 0.5) <= std::min(scaled * 2e-15, 1e-3))
    value = (std::floor(scaled) + 1) / power;
  std::string out = plain_number(value, most);
  for (int i = most; i > least && out.back() == '0'; --i) out.pop_back();
  if (out.back() == '.') out.pop_back();
  return out;
}

// The digits before the point in the places of a format. More digits than places stand before the first.
std::string placed(const std::string& places, const std::string& number) {
  const size_t point = std::min(number.find('.'), number.size());
  const auto is_place = [](char c) { return c == '0' || c == '#'; };
  auto at =
      static_cast<int64_t>(point) -
      std::count_if(places.begin(), places.end(), is_place);  // of the digit in the first place; below 0: there is none
  std::string out;
  bool first = true;
  for (const char c : places) {
    if (!is_place(c)) {
      out += c;
      continue;
    }
    if (std::exchange(first, false) && at > 0) out += number.substr(0, static_cast<size_t>(at));
    if (at >= 0) {
      out += number[static_cast<size_t>(at)];
    } else if (c == '0') {
      out += '0';
    }
    ++at;
  }
  return out + number.substr(point);
}

// Whole seconds first, so that one short of midnight by a rounding error is the next day.
std::string shown_time(double days, const NumberFormat& f, bool since_1904) {
  const int64_t total = std::llround(std::abs(days) * 86400);
  const int64_t h = total / 3600, m = total / 60 % 60, s = total % 60;
  std::string out;
  if (f.elapsed != '\0') {
    if (days < 0) out = "-";
    if (f.elapsed == 's') return out += fmt::format("{}", total);
    if (f.elapsed == 'm') {
      out += fmt::format("{}", total / 60);
    } else {
      out += fmt::format("{}:{:02}", h, m);
    }
    if (f.seconds) out += fmt::format(":{:02}", s);
    return out;
  }
  const int64_t day = total / 86400;
  // Day 25569 is 1970-01-01; Excel's year 1900 has a 29 February that never was.
  if (f.date) out = iso_date(day + (since_1904 ? 1462 : day < 60 ? 1 : 0) - 25569);
  if (!f.time) return out;
  out += fmt::format("{}{:02}:{:02}", f.date ? " " : "", h % 24, m);
  if (f.seconds) out += fmt::format(":{:02}", s);
  return out;
}

}  // namespace

NumberFormat number_format(std::string_view code) {
  constexpr size_t kMostBytes = 1024;  // programs allow 255 characters, and each cell repeats its text
  const auto codes = sections_of(code.substr(0, kMostBytes));
  Section first(codes[0]);
  if (first.conditional()) return {};
  std::array<std::string, 3> words;
  for (size_t i = 0; i < words.size(); ++i) {
    const Section section(codes[i < codes.size() ? i : 0]);
    if (section.is_word()) words[i] = section.text();
  }
  NumberFormat f = std::move(first).format();
  f.word = std::move(words);
  return f;
}

NumberFormat built_in_format(int64_t id) {
  static constexpr std::pair<int64_t, const char*> kCodes[] = {
      {1, "0"},       {2, "0.00"},  {3, "0"},     {4, "0.00"},     {5, "0"},          {6, "0"},
      {7, "0.00"},    {8, "0.00"},  {9, "0%"},    {10, "0.00%"},   {14, "y"},         {15, "y"},
      {16, "y"},      {17, "y"},    {18, "h:mm"}, {19, "h:mm:ss"}, {20, "h:mm"},      {21, "h:mm:ss"},
      {22, "y h:mm"}, {37, "0"},    {38, "0"},    {39, "0.00"},    {40, "0.00"},      {41, "0"},
      {42, "0"},      {43, "0.00"}, {44, "0.00"}, {45, "h:mm:ss"}, {46, "[h]:mm:ss"}, {47, "h:mm:ss"}};
  for (const auto& [known, code] : kCodes)
    if (known == id) return number_format(code);
  return {};
}

std::string shown_number(std::string_view raw, const NumberFormat& f, bool since_1904) {
  const auto number = parse_number(raw);
  if (!number || !std::isfinite(*number)) return std::string(raw);
  const double v = *number;
  if (const auto& word = f.word[v > 0 ? 0 : v < 0 ? 1 : 2]; !word.empty()) return word;
  const bool a_time = f.date || f.time;
  if (a_time && v < 2958466 && (v >= 0 || (f.elapsed != '\0' && v > -2958466))) return shown_time(v, f, since_1904);
  if (a_time) return plain_number(v, -1);
  std::string digits = decimal(std::abs(f.percent ? v * 100 : v), f.least, f.most);
  const bool minus = v < 0 && digits.find_first_not_of("0.") != std::string::npos;
  if (!f.digits.empty()) digits = placed(f.digits, digits);
  return fmt::format("{}{}{}{}{}", minus ? "-" : "", f.before, digits, f.percent ? "%" : "", f.after);
}

}  // namespace trine::docworker
