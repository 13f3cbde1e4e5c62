#include "meter/prometheus_text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <vector>

#include "base/text.h"

namespace trine::meter {
namespace {

enum : uint8_t { kStart = 1, kInner = 2, kColon = 4 };

constexpr std::array<uint8_t, 256> kClass = [] {
  std::array<uint8_t, 256> t{};
  for (int c = 'a'; c <= 'z'; ++c) t[static_cast<size_t>(c)] = kStart | kInner;
  for (int c = 'A'; c <= 'Z'; ++c) t[static_cast<size_t>(c)] = kStart | kInner;
  for (int c = '0'; c <= '9'; ++c) t[static_cast<size_t>(c)] = kInner;
  t['_'] = kStart | kInner;
  t[':'] = kColon;
  return t;
}();

uint8_t class_of(char c) {
  return kClass[static_cast<unsigned char>(c)];
}

// The length of the UTF-8 sequence at the front, 0 if it is none (RFC 3629: no overlong forms, no surrogates).
size_t utf8_length(std::string_view s) {
  const auto at = [&](size_t i) { return static_cast<unsigned char>(i < s.size() ? s[i] : '\0'); };
  const auto tail = [&](size_t i) { return (at(i) & 0xC0) == 0x80; };
  const unsigned char a = at(0), b = at(1);
  if (a < 0x80) return 1;
  if (a >= 0xC2 && a <= 0xDF) return tail(1) ? 2 : 0;
  if (a >= 0xE0 && a <= 0xEF) {
    if (!tail(1) || !tail(2) || (a == 0xE0 && b < 0xA0) || (a == 0xED && b > 0x9F)) return 0;
    return 3;
  }
  if (a >= 0xF0 && a <= 0xF4) {
    if (!tail(1) || !tail(2) || !tail(3) || (a == 0xF0 && b < 0x90) || (a == 0xF4 && b > 0x8F)) return 0;
    return 4;
  }
  return 0;
}

bool parse_value(std::string_view s, double& out) {
  std::string_view body = s;
  bool negative = false;
  if (!body.empty() && (body.front() == '+' || body.front() == '-')) {
    negative = body.front() == '-';
    body.remove_prefix(1);
  }
  if (body.empty()) return false;
  if ((body.front() >= '0' && body.front() <= '9') || body.front() == '.') {
    const auto [end, error] = std::from_chars(body.data(), body.data() + body.size(), out);
    if (end != body.data() + body.size()) return false;
    if (error == std::errc::result_out_of_range) {  // as strtod does: too large is infinite, too small is zero
      const size_t e = body.find_first_of("eE");
      out = e != body.npos && body.substr(e + 1).starts_with('-') ? 0.0 : std::numeric_limits<double>::infinity();
    } else if (error != std::errc()) {
      return false;
    }
  } else if (iequals(body, "inf") || iequals(body, "infinity")) {
    out = std::numeric_limits<double>::infinity();
  } else if (iequals(s, "nan")) {
    out = std::numeric_limits<double>::quiet_NaN();
  } else {
    return false;
  }
  if (negative) out = -out;
  return true;
}

// One line, from its first byte to before its newline.
class Line {
 public:
  Line(std::string_view text, TextFormat format, const TextLimits& limits, std::vector<Label>& labels)
      : text_(text), format_(format), limits_(limits), labels_(labels) {}

  bool series(Series& out) {
    blanks();
    const size_t start = at_;
    if (ahead() == '{') return fail("names in quotes are not supported: the exporter must escape them (underscores)");
    if (!name(true)) return fail("a metric name was expected");
    out.name = text_.substr(start, at_ - start);
    blanks();
    labels_.clear();
    if (ahead() == '{' && !label_set(labels_)) return false;
    out.labels = labels_;
    blanks();
    const std::string_view value = word();
    if (value.empty()) return fail("a value was expected");
    if (!parse_value(value, out.value)) return fail_at(at_ - value.size(), "this is not a number");
    out.digits = value;
    blanks();
    out.timestamp_ms.reset();
    if (at_ < text_.size() && ahead() != '#' && !timestamp(out)) return false;
    if (format_ == TextFormat::openmetrics && ahead() == '#') return exemplar();
    return at_ == text_.size() || fail("nothing may follow here");
  }

  const char* problem() const { return problem_; }
  size_t column() const { return column_ + 1; }

 private:
  char ahead() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool fail(const char* what) { return fail_at(at_, what); }
  bool fail_at(size_t at, const char* what) {
    problem_ = what;
    column_ = at;
    return false;
  }
  void blanks() {
    while (ahead() == ' ' || ahead() == '\t') ++at_;
  }
  std::string_view word() {
    const size_t start = at_;
    while (at_ < text_.size() && text_[at_] != ' ' && text_[at_] != '\t') ++at_;
    return text_.substr(start, at_ - start);
  }
  bool name(bool colons) {
    const uint8_t colon = colons ? kColon : 0;
    if (at_ >= text_.size() || (class_of(text_[at_]) & (kStart | colon)) == 0) return false;
    while (at_ < text_.size() && (class_of(text_[at_]) & (kInner | colon)) != 0) ++at_;
    return true;
  }

  bool label_set(std::vector<Label>& into) {
    const size_t first = into.size();
    ++at_;
    for (;;) {
      blanks();
      if (ahead() == '}') break;
      if (into.size() - first >= limits_.labels) return fail("too many labels");
      const size_t start = at_;
      if (ahead() == '"') return fail("label names in quotes are not supported");
      if (!name(false)) return fail("a label name or '}' was expected");
      Label label{text_.substr(start, at_ - start), {}};
      for (size_t i = first; i < into.size(); ++i)
        if (into[i].name == label.name) return fail_at(start, "this label is there twice");
      blanks();
      if (ahead() != '=') return fail("'=' was expected");
      ++at_;
      blanks();
      if (!quoted(label.value)) return false;
      into.push_back(label);
      blanks();
      if (ahead() == ',') {
        ++at_;
      } else if (ahead() != '}') {
        return fail("',' or '}' was expected");
      }
    }
    ++at_;
    return true;
  }

  bool quoted(std::string_view& out) {
    if (ahead() != '"') return fail("'\"' was expected");
    const size_t start = ++at_;
    while (at_ < text_.size() && text_[at_] != '"') {
      if (text_[at_] == '\\') {
        const char escape = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
        if (escape != '\\' && escape != '"' && escape != 'n') return fail("only \\\\, \\\" and \\n are escapes");
        at_ += 2;
        continue;
      }
      const size_t n = utf8_length(text_.substr(at_));
      if (n == 0) return fail("this is not UTF-8");
      at_ += n;
    }
    if (at_ >= text_.size()) return fail_at(start - 1, "this quote is never closed");
    out = text_.substr(start, at_ - start);
    ++at_;
    return true;
  }

  bool timestamp(Series& out) {
    const std::string_view stamp = word();
    const auto ms = format_ == TextFormat::openmetrics ? decimal(stamp, 3) : parse_int(stamp);
    if (!ms) return fail_at(at_ - stamp.size(), "this is not a timestamp");
    out.timestamp_ms = *ms;
    blanks();
    return true;
  }

  // OpenMetrics: " # {labels} value [timestamp]"; checked and dropped.
  bool exemplar() {
    ++at_;
    blanks();
    if (ahead() != '{') return fail("'{' was expected");
    std::vector<Label> unused;
    if (!label_set(unused)) return false;
    blanks();
    double number = 0;
    if (!parse_value(word(), number)) return fail("an exemplar needs a value");
    blanks();
    if (at_ < text_.size() && !parse_value(word(), number)) return fail("this is not a timestamp");
    blanks();
    return at_ == text_.size() || fail("nothing may follow here");
  }

  std::string_view text_;
  TextFormat format_;
  const TextLimits& limits_;
  std::vector<Label>& labels_;
  size_t at_ = 0;
  const char* problem_ = "";
  size_t column_ = 0;
};

}  // namespace

TextFormat text_format(std::string_view content_type) {
  const std::string_view type = trim(content_type.substr(0, content_type.find(';')));
  return iequals(type, "application/openmetrics-text") ? TextFormat::openmetrics : TextFormat::prometheus;
}

std::string Label::text() const {
  std::string out;
  out.reserve(value.size());
  for (size_t i = 0; i < value.size(); ++i) {
    if (value[i] != '\\' || i + 1 == value.size()) {
      out += value[i];
    } else {
      ++i;
      out += value[i] == 'n' ? '\n' : value[i];
    }
  }
  return out;
}

bool Series::has(std::string_view wanted) const {
  for (const Label& l : labels)
    if (l.name == wanted) return true;
  return false;
}

std::string Series::label(std::string_view wanted) const {
  for (const Label& l : labels)
    if (l.name == wanted) return l.text();
  return {};
}

Result<void> parse_text(std::string_view text, TextFormat format, FunctionRef<void(const Series&)> visit,
                        const TextLimits& limits) {
  std::vector<Label> labels;
  Series series;
  size_t line_number = 0, count = 0;
  bool ended = false;
  while (!text.empty()) {
    ++line_number;
    const size_t newline = text.find('\n');
    if (newline == text.npos)
      return fail(Code::invalid_argument, "line {}: the text ends inside a line: it was cut off", line_number);
    if (newline > limits.line_bytes)
      return fail(Code::out_of_range, "line {} is over {} bytes", line_number, limits.line_bytes);
    const std::string_view line = text.substr(0, newline);
    text.remove_prefix(newline + 1);
    if (ended) return fail(Code::invalid_argument, "line {}: nothing may follow '# EOF'", line_number);
    if (format == TextFormat::openmetrics && line == "# EOF") {
      ended = true;
      continue;
    }
    const std::string_view content = trim(line);
    if (content.empty() || content.front() == '#') continue;
    if (++count > limits.series) return fail(Code::out_of_range, "there are over {} series", limits.series);
    Line parser(line, format, limits, labels);
    if (!parser.series(series))
      return fail(Code::invalid_argument, "line {}, column {}: {}", line_number, parser.column(), parser.problem());
    visit(series);
  }
  if (format == TextFormat::openmetrics && !ended)
    return fail(Code::invalid_argument, "'# EOF' is missing: the text was cut off");
  return {};
}

std::optional<int64_t> decimal(std::string_view s, int exponent) {
  bool negative = false;
  if (!s.empty() && (s.front() == '+' || s.front() == '-')) {
    negative = s.front() == '-';
    s.remove_prefix(1);
  }
  const size_t e = s.find_first_of("eE");
  if (e != s.npos) {
    std::string_view power = s.substr(e + 1);
    if (power.starts_with('+') && !power.starts_with("+-")) power.remove_prefix(1);
    const auto p = parse_int(power);
    if (!p || *p < -10000 || *p > 10000) return std::nullopt;
    exponent += static_cast<int>(*p);
    s = s.substr(0, e);
  }
  const size_t point = s.find('.');
  const std::string_view whole = s.substr(0, point);
  const std::string_view fraction = point == s.npos ? std::string_view{} : s.substr(point + 1);
  if (whole.empty() && fraction.empty()) return std::nullopt;
  // Digits before position `kept` are the integer; the one behind decides the rounding.
  const int64_t kept = static_cast<int64_t>(whole.size()) + exponent;
  const auto size = static_cast<int64_t>(whole.size() + fraction.size());
  constexpr uint64_t kMax = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
  uint64_t v = 0;
  bool up = false;
  for (int64_t i = 0; i < size; ++i) {
    const auto at = static_cast<size_t>(i);
    const char c = at < whole.size() ? whole[at] : fraction[at - whole.size()];
    if (c < '0' || c > '9') return std::nullopt;
    const auto digit = static_cast<uint64_t>(c - '0');
    if (i == kept) up = digit >= 5;
    if (i >= kept) continue;
    if (v > (kMax - digit) / 10) return std::nullopt;
    v = v * 10 + digit;
  }
  for (int64_t i = size; i < kept && v != 0; ++i) {
    if (v > kMax / 10) return std::nullopt;
    v *= 10;
  }
  if (up && v == kMax) return std::nullopt;
  if (up) ++v;
  return negative ? -static_cast<int64_t>(v) : static_cast<int64_t>(v);
}

}  // namespace trine::meter
