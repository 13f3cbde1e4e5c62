#include "docworker/mime.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "docworker/decode.h"
#include "docworker/encoding.h"
#include "docworker/mail.h"

namespace trine::docworker {
namespace mime {
namespace {

constexpr size_t kMostHeaderBytes = 64 * 1024;  // of one header: beyond, it is cut

std::string lower(std::string_view s) {
  std::string out(s);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  return out;
}

std::string percent_decoded(std::string_view s) {
  std::string swapped(s);
  std::replace(swapped.begin(), swapped.end(), '=', '\x01');
  std::replace(swapped.begin(), swapped.end(), '%', '=');
  std::string out = decode_quoted_printable(swapped);
  std::replace(out.begin(), out.end(), '\x01', '=');
  return out;
}

std::string_view take_line(std::string_view& s) {
  const size_t end = std::min(s.find('\n'), s.size());
  std::string_view line = s.substr(0, end);
  s.remove_prefix(std::min(s.size(), end + 1));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::string* field_of(Entity& e, std::string_view name) {
  struct Field {
    std::string_view name;
    std::string Entity::*member;
  };
  static constexpr Field kFields[] = {{"from", &Entity::from},
                                      {"to", &Entity::to},
                                      {"cc", &Entity::cc},
                                      {"date", &Entity::date},
                                      {"subject", &Entity::subject},
                                      {"content-type", &Entity::content_type},
                                      {"content-disposition", &Entity::disposition},
                                      {"content-transfer-encoding", &Entity::encoding},
                                      {"content-id", &Entity::content_id}};
  for (const auto& f : kFields)
    if (iequals(f.name, name)) return (e.*f.member).empty() ? &(e.*f.member) : nullptr;  // the first counts
  return nullptr;
}

// All parameters of a header in order: name (lower case), value.
std::vector<std::pair<std::string, std::string>> parameters(std::string_view header) {
  std::vector<std::pair<std::string, std::string>> out;
  size_t i = header.find(';');
  while (i < header.size() && out.size() < 100) {
    ++i;
    const size_t equals = header.find('=', i);
    if (equals == std::string_view::npos) break;
    std::string name = lower(trim(header.substr(i, equals - i)));
    i = equals + 1;
    while (i < header.size() && header[i] == ' ') ++i;
    std::string value;
    if (i < header.size() && header[i] == '"') {
      for (++i; i < header.size() && header[i] != '"'; ++i) {
        if (header[i] == '\\' && i + 1 < header.size()) ++i;
        value += header[i];
      }
      i = header.find(';', i);
    } else {
      const size_t end = std::min(header.find(';', i), header.size());
      value = trim(header.substr(i, end - i));
      i = end;
    }
    out.emplace_back(std::move(name), std::move(value));
  }
  return out;
}

}  // namespace

Entity parse(std::string_view s, Budget& budget) {
  Entity e;
  if (s.starts_with("From ")) take_line(s);
  std::string* last = nullptr;
  while (!s.empty()) {
    const std::string_view line = take_line(s);
    if (line.empty()) break;
    budget.objects();
    if (line[0] == ' ' || line[0] == '\t') {
      if (last != nullptr && last->size() < kMostHeaderBytes) (*last += ' ') += trim(line);
      continue;
    }
    const size_t colon = line.find(':');
    last = colon == std::string_view::npos ? nullptr : field_of(e, trim(line.substr(0, colon)));
    if (last != nullptr) *last = trim(line.substr(colon + 1)).substr(0, kMostHeaderBytes);
  }
  e.body = s;
  const std::string type = lower(trim(first_word(e.content_type)));
  if (const size_t slash = type.find('/'); slash != std::string::npos) {
    e.type = type.substr(0, slash);
    e.subtype = type.substr(slash + 1);
  }
  return e;
}

std::vector<std::string_view> parts(std::string_view body, const std::string& boundary, Budget& budget) {
  std::vector<std::string_view> out;
  if (boundary.empty()) return out;
  const std::string mark = "--" + boundary;
  size_t from = std::string_view::npos;
  for (size_t at = 0; at < body.size();) {
    const size_t end = std::min(body.find('\n', at), body.size());
    const std::string_view line = body.substr(at, end - at);
    if (line.starts_with(mark)) {
      budget.objects();
      if (from != std::string_view::npos) {
        size_t stop = at;  // the line end before the boundary is the boundary's
        if (stop > from && body[stop - 1] == '\n') --stop;
        if (stop > from && body[stop - 1] == '\r') --stop;
        out.push_back(body.substr(from, stop - from));
      }
      from = std::min(body.size(), end + 1);
      if (line.substr(mark.size()).starts_with("--")) return out;
    }
    at = end + 1;
  }
  if (from != std::string_view::npos) out.push_back(body.substr(from));  // cut off: what is there
  return out;
}

std::string decoded_body(const Entity& e) {
  const std::string encoding = lower(trim(e.encoding));
  if (encoding == "base64") return decode_base64(e.body);
  if (encoding == "quoted-printable") return decode_quoted_printable(e.body);
  return std::string(e.body);
}

std::string_view first_word(std::string_view header) {
  return trim(header.substr(0, header.find(';')));
}

std::string parameter(std::string_view header, std::string_view name) {
  const auto all = parameters(header);
  const auto find = [&](const std::string& wanted) -> const std::string* {
    for (const auto& [key, value] : all)
      if (key == wanted) return &value;
    return nullptr;
  };
  std::string joined, charset;
  bool in_pieces = false;
  for (int piece = 0; piece < 100; ++piece) {
    const std::string key = fmt::format("{}*{}", name, piece);
    const std::string* plain = find(key);
    const std::string* coded = find(key + "*");
    if (plain == nullptr && coded == nullptr) break;
    in_pieces = true;
    joined += coded != nullptr ? *coded : *plain;
  }
  const std::string* coded = find(std::string(name) + "*");
  if (!in_pieces && coded != nullptr) joined = *coded;
  if (in_pieces || coded != nullptr) {  // charset'language'text
    const size_t first = joined.find('\'');
    const size_t second = first == std::string::npos ? first : joined.find('\'', first + 1);
    if (second == std::string::npos) return percent_decoded(joined);
    return to_utf8(percent_decoded(std::string_view(joined).substr(second + 1)), joined.substr(0, first));
  }
  const std::string* plain = find(std::string(name));
  return plain == nullptr ? std::string() : *plain;
}

}  // namespace mime

std::string decode_words(std::string_view value) {
  std::string out;
  bool after_word = false;
  for (size_t i = 0; i < value.size();) {
    // =?charset?B or Q?text?=
    const size_t charset_end = value.substr(i, 2) == "=?" ? value.find('?', i + 2) : std::string_view::npos;
    const size_t end =
        charset_end == std::string_view::npos || charset_end + 3 >= value.size() || value[charset_end + 2] != '?'
            ? std::string_view::npos
            : value.find("?=", charset_end + 3);
    if (end == std::string_view::npos) {
      const char c = value[i++];
      out += c;
      if (c != ' ') after_word = false;
      continue;
    }
    // Blanks between two words are not text.
    if (after_word)
      while (!out.empty() && out.back() == ' ') out.pop_back();
    std::string charset(value.substr(i + 2, charset_end - i - 2));
    charset = charset.substr(0, charset.find('*'));
    const auto text = value.substr(charset_end + 3, end - charset_end - 3);
    const bool b = (value[charset_end + 1] | 0x20) == 'b';
    out += to_utf8(b ? decode_base64(text) : decode_quoted_printable(text, true), charset);
    after_word = true;
    i = end + 2;
  }
  return is_utf8(out) ? out : to_utf8(out);
}

}  // namespace trine::docworker
