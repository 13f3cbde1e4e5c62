#include "sim/generate.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/text.h"
#include "sim/tokenizer.h"

namespace trine::sim {
namespace {

using Json = nlohmann::ordered_json;
using Pairs = std::vector<std::pair<std::string, std::string>>;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string lowered(std::string_view s) {
  std::string out(s);
  std::ranges::transform(out, out.begin(), lower);
  return out;
}

bool word_byte(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || static_cast<unsigned char>(c) >= 0x80;
}

// "Invoice No." → "invoice_no"
std::string snake(std::string_view label) {
  std::string out;
  for (const char c : label) {
    if (word_byte(c)) {
      out += lower(c);
    } else if (!out.empty() && out.back() != '_') {
      out += '_';
    }
  }
  while (!out.empty() && out.back() == '_') out.pop_back();
  return out;
}

std::vector<std::string> words_of(std::string_view s) {
  std::vector<std::string> out;
  std::string word;
  for (const char c : s) {
    if (word_byte(c)) {
      word += lower(c);
    } else if (!word.empty()) {
      out.push_back(std::exchange(word, {}));
    }
  }
  if (!word.empty()) out.push_back(std::move(word));
  return out;
}

bool asks_for_json(const Question& q) {
  if (q.json || !q.schema.empty()) return true;
  for (const std::string& text : {lowered(q.system), lowered(q.user)}) {
    if (text.find("json") != std::string::npos || text.find("extract") != std::string::npos) return true;
  }
  return false;
}

// Cuts a line where a second column begins.
std::vector<std::string_view> columns(std::string_view line) {
  std::vector<std::string_view> out;
  size_t start = 0;
  for (size_t i = 0; i < line.size(); ++i) {
    const bool gap = line[i] == '\t' || line[i] == '|' || (line[i] == ' ' && i + 1 < line.size() && line[i + 1] == ' ');
    // a gap straight after the colon separates a label from its own value
    if (!gap || trim(line.substr(start, i - start)).ends_with(':')) continue;
    out.push_back(trim(line.substr(start, i - start)));
    start = i + 1;
  }
  out.push_back(trim(line.substr(start)));
  return out;
}

bool instruction(std::string_view label) {
  const std::string l = lowered(label);
  for (const char* w : {"json", "extract", "following", "return", "answer", "format"}) {
    if (l.find(w) != std::string::npos) return true;
  }
  return false;
}

// Without list marks and emphasis: "- **Total" → "Total".
std::string_view bare(std::string_view s) {
  s = trim(s);
  while (!s.empty() && (s.front() == '*' || s.front() == ' ')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == '*' || s.back() == ' ')) s.remove_suffix(1);
  return s;
}

// "Label: value", or a row of two cells, "label;value".
bool split_pair(std::string_view part, std::string_view& label, std::string_view& value) {
  const auto digit = [&](size_t i) { return i < part.size() && std::isdigit(static_cast<unsigned char>(part[i])); };
  const size_t cell = part.find(';');
  const bool row = cell != std::string_view::npos && part.find(';', cell + 1) == std::string_view::npos &&
                   part.find(':') == std::string_view::npos;
  const size_t at = row ? cell : part.find(':');
  if (at == std::string_view::npos || at == 0 || at > 48) return false;
  const bool clock_or_url = !row && (part.substr(at + 1).starts_with("//") || (digit(at - 1) && digit(at + 1)));
  label = bare(part.substr(0, at));
  while (!label.empty() && !word_byte(label.front())) label.remove_prefix(1);
  value = bare(part.substr(at + 1));
  return !clock_or_url && !label.empty() && !value.empty() && words_of(label).size() <= 6 && !instruction(label);
}

// Elements of a line of XML that hold text: "<DueDate>2026-11-05</DueDate>".
template <class Add>
void add_elements(std::string_view line, const Add& add) {
  for (size_t at = 0; (at = line.find('<', at)) != std::string_view::npos; ++at) {
    const size_t name_end = line.find_first_of(" >", at);
    const size_t open_end = line.find('>', at);
    if (open_end == std::string_view::npos) return;
    const std::string_view name = line.substr(at + 1, name_end - at - 1);
    const size_t close = line.find('<', open_end);
    if (close == std::string_view::npos) return;
    const std::string_view text = trim(line.substr(open_end + 1, close - open_end - 1));
    if (name.empty() || text.empty() || !word_byte(name.front())) continue;
    if (line.substr(close).starts_with(std::string("</").append(name).append(">"))) add(name, text);
  }
}

// The value whose label is nearest to `property`: equal, one inside the other, or a word in common.
const std::string* find_value(const Pairs& pairs, std::string_view property) {
  const std::string key = snake(property);
  for (const auto& [label, value] : pairs) {
    if (snake(label) == key) return &value;
  }
  if (key.size() >= 3) {
    for (const auto& [label, value] : pairs) {
      const std::string l = snake(label);
      if (l.size() >= 3 && (l.find(key) != std::string::npos || key.find(l) != std::string::npos)) return &value;
    }
  }
  const auto wanted = words_of(key);
  for (const auto& [label, value] : pairs) {
    for (const auto& w : words_of(snake(label))) {
      if (w.size() >= 3 && std::ranges::find(wanted, w) != wanted.end()) return &value;
    }
  }
  return nullptr;
}

bool has_type(const Json& schema, std::string_view type) {
  const auto t = schema.find("type");
  if (t == schema.end()) return false;
  if (t->is_string()) return t->get_ref<const std::string&>() == type;
  if (!t->is_array()) return false;
  return std::ranges::any_of(*t, [&](const Json& v) { return v.is_string() && v.get<std::string>() == type; });
}

constexpr int deepest_schema = 16;

Json object_from(const Json& schema, const Pairs& pairs, std::string_view text, int depth);

// A value of the schema's type out of `found` (may be null); what the text does not hold is null, or the type's zero
// where null is not allowed.
Json value_from(const Json& schema, const std::string* found, const Pairs& pairs, std::string_view text, int depth) {
  if (!schema.is_object() || depth > deepest_schema) return found ? Json(*found) : Json(nullptr);
  if (const auto e = schema.find("enum"); e != schema.end() && e->is_array() && !e->empty()) {
    const std::string all = lowered(text);
    for (const Json& v : *e) {
      if (v.is_string() && all.find(lowered(v.get<std::string>())) != std::string::npos) return v;
    }
    return e->front();
  }
  const bool nullable = has_type(schema, "null");
  if (has_type(schema, "object") || schema.contains("properties")) return object_from(schema, pairs, text, depth + 1);
  if (has_type(schema, "array")) {
    if (!found) return Json::array();
    return Json::array({value_from(schema.value("items", Json::object()), found, pairs, text, depth + 1)});
  }
  if (has_type(schema, "number") || has_type(schema, "integer")) {
    double n = 0;
    const bool read = found && parse_amount(*found, n);
    if (!read && nullable) return nullptr;
    if (has_type(schema, "number")) return n;
    return std::abs(n) < 9e15 ? static_cast<int64_t>(std::llround(n)) : 0;
  }
  if (has_type(schema, "boolean")) {
    if (!found && nullable) return nullptr;
    const std::string v = found ? lowered(trim(*found)) : "";
    static constexpr std::array yes{"yes", "true", "ja", "oui", "si", "x"};
    return std::ranges::any_of(yes, [&](const char* y) { return v == y; });
  }
  if (found) return *found;
  return nullable ? Json(nullptr) : Json("");
}

Json object_from(const Json& schema, const Pairs& pairs, std::string_view text, int depth) {
  Json out = Json::object();
  const auto properties = schema.find("properties");
  if (properties == schema.end() || !properties->is_object()) {
    for (const auto& [label, value] : pairs) out[snake(label)] = value;
    return out;
  }
  for (const auto& [name, property] : properties->items()) {
    out[name] = value_from(property, find_value(pairs, name), pairs, text, depth);
  }
  return out;
}

std::string json_answer(const Question& q) {
  const Json schema = q.schema.empty() ? Json::object() : Json::parse(q.schema, nullptr, false);
  const Json object = object_from(schema.is_object() ? schema : Json::object(), labelled_values(q.user), q.user, 0);
  return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::vector<std::string> keywords(std::string_view text) {
  std::map<std::string, std::pair<int, size_t>> seen;  // word → count, first place
  size_t at = 0;
  for (const auto& w : words_of(text)) {
    if (w.size() < 5) continue;
    auto& s = seen.try_emplace(w, 0, at++).first->second;
    ++s.first;
  }
  std::vector<std::pair<std::string, std::pair<int, size_t>>> order(seen.begin(), seen.end());
  std::ranges::sort(order, [](const auto& x, const auto& y) {
    return x.second.first != y.second.first ? x.second.first > y.second.first : x.second.second < y.second.second;
  });
  std::vector<std::string> out;
  for (size_t i = 0; i < std::min<size_t>(order.size(), 8); ++i) out.push_back(order[i].first);
  return out;
}

std::string sentence(const std::vector<std::string>& about, uint64_t n) {
  static constexpr std::array openings{"The question turns on", "It mentions",     "A reader would first look at",
                                       "The text returns to",   "Worth noting is", "The context names"};
  static constexpr std::array endings{
      "as its main point.",    "and leaves the rest open.",     "in so many words.",
      "before anything else.", "which an engine would detail.", "with little more said about it."};
  const std::string topic = about.empty() ? "what was asked" : about[n % about.size()];
  return std::string(openings[n / 7 % openings.size()]) + " " + topic + " " + endings[n / 53 % endings.size()];
}

std::string prose_answer(const Question& q) {
  const auto about = keywords(q.user);
  const uint64_t h = hash_text(q.user, q.seed);
  std::string out = "[simulated]";
  for (uint64_t i = 0, n = 3 + h % 5; i < n; ++i) out += " " + sentence(about, hash_text(out, h + i));
  return out;
}

}  // namespace

Pairs labelled_values(std::string_view text) {
  Pairs out;
  std::set<std::string> seen;
  const auto add = [&](std::string_view label, std::string_view value) {
    if (seen.insert(snake(label)).second) out.emplace_back(label, value);
  };
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (trim(line).starts_with('<')) {
      add_elements(line, add);
      continue;
    }
    for (const std::string_view part : columns(line)) {
      std::string_view label, value;
      if (split_pair(part, label, value)) add(label, value);
    }
  }
  return out;
}

bool parse_amount(std::string_view text, double& out) {
  const size_t first = text.find_first_of("0123456789");
  if (first == std::string_view::npos) return false;
  const bool negative = first > 0 && text[first - 1] == '-';
  std::string digits;
  for (const char c : text.substr(first)) {
    if (std::isdigit(static_cast<unsigned char>(c)) || c == '.' || c == ',') {
      digits += c;
    } else if (c != '\'') {
      break;
    }
  }
  while (!std::isdigit(static_cast<unsigned char>(digits.back()))) digits.pop_back();
  // The last mark is the decimal one, unless it stands before exactly three digits and separates thousands.
  const size_t mark = digits.find_last_of(".,");
  bool decimal = mark != std::string::npos;
  if (decimal) {
    const bool other = digits.find(digits[mark] == '.' ? ',' : '.') != std::string::npos;
    const bool again = digits.find(digits[mark]) != mark;
    if (again || (!other && digits.size() - mark - 1 == 3)) decimal = false;
  }
  std::string plain;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (std::isdigit(static_cast<unsigned char>(digits[i]))) {
      plain += digits[i];
    } else if (decimal && i == mark) {
      plain += '.';
    }
  }
  const auto n = parse_number(plain);
  if (!n) return false;
  out = negative ? -*n : *n;
  return true;
}

std::string answer(const Question& q) {
  std::string out = asks_for_json(q) ? json_answer(q) : prose_answer(q);
  const auto about = keywords(q.user);
  Tokens have = count_tokens(out);
  for (uint64_t i = 0; have < q.min_tokens; ++i) {
    const std::string more = " " + sentence(about, hash_text(q.user, q.seed + i));
    have += count_tokens(more);  // begins with a space, so no piece spans the seam
    out += more;
  }
  return out;
}

std::string tool_arguments(const Question& q) {
  return json_answer(q);
}

std::vector<float> embed(std::string_view text, size_t dimensions) {
  std::vector<double> sum(dimensions);
  for (const auto& w : words_of(text)) {
    const uint64_t h = hash_text(w);
    for (int k = 0; k < 8; ++k) {  // eight signed places a word: sparse random projection
      const uint64_t place = hash_text(w, h + static_cast<uint64_t>(k) + 1);
      sum[place % dimensions] += place >> 63 ? 1 : -1;
    }
  }
  double norm = 0;
  for (const double v : sum) norm += v * v;
  if (norm == 0) sum[0] = norm = 1;
  std::vector<float> out(dimensions);
  std::ranges::transform(sum, out.begin(), [&](double v) { return static_cast<float>(v / std::sqrt(norm)); });
  return out;
}

}  // namespace trine::sim
