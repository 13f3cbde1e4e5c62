#include "guard/plain_text.h"

#include <algorithm>

#include "json/escape.h"

namespace trine::guard {
namespace {

constexpr size_t kLongestEscape = 12;  // two halves of a pair

// How long the escape at s[at], a backslash, is; 1: it is none. `more`: it may be longer where the text goes on.
size_t json_escape_length(std::string_view s, size_t at, bool& more) {
  const auto escaped = s.substr(at, kLongestEscape);
  const size_t length = json::escape_length(escaped);
  // Of a pair the first half.
  const bool half = length == 6 && (escaped[2] == 'd' || escaped[2] == 'D') &&
                    std::string_view("89abAB").find(escaped[3]) != std::string_view::npos;
  const bool half_goes_on =
      half && escaped.size() < kLongestEscape && std::string_view("\\u").starts_with(escaped.substr(6, 2));
  more = escaped.size() < 2 || (escaped[1] == 'u' && (escaped.size() < 6 || half_goes_on));
  return length;
}

// Where the escape begins that text[at] is inside of; `at`: none.
size_t escape_around(std::string_view text, size_t at) {
  bool more = false;
  for (size_t back = 1; back < kLongestEscape && back <= at; ++back) {
    const size_t begin = at - back;
    if (text[begin] != '\\') continue;
    size_t before = begin;
    while (before > 0 && text[before - 1] == '\\') --before;
    if ((begin - before) % 2 == 0 && json_escape_length(text, begin, more) > back) return begin;
  }
  return at;
}

}  // namespace

bool has_escapes(std::string_view text) {
  bool more = false;
  for (size_t at = text.find('\\'); at != std::string_view::npos; at = text.find('\\', at + 1))
    if (json_escape_length(text, at, more) > 1) return true;
  return false;
}

void to_escaped(std::string_view escaped, std::vector<Entity>& entities) {
  // Begins and ends each in rising order: the map goes forward only.
  std::vector<size_t*> places;
  places.reserve(entities.size());
  const auto rising = [&places] {
    std::sort(places.begin(), places.end(), [](const size_t* a, const size_t* b) { return *a < *b; });
  };
  for (Entity& e : entities) places.push_back(&e.start);
  rising();
  json::EscapeMap begins(escaped);
  for (size_t* p : places) *p = static_cast<size_t>(begins.raw(*p, *p).data() - escaped.data());
  places.clear();
  for (Entity& e : entities) places.push_back(&e.end);
  rising();
  json::EscapeMap ends(escaped);
  size_t from = 0, to = 0;
  for (size_t* p : places) {
    if (*p != from) {
      from = *p;
      const std::string_view last = ends.raw(from - 1, from);
      to = static_cast<size_t>(last.data() - escaped.data()) + last.size();
    }
    *p = to;
  }
}

void keep_escapes_whole(std::string_view escaped, std::vector<Entity>& inner, std::vector<Entity>& entities) {
  std::sort(inner.begin(), inner.end(), [](const Entity& a, const Entity& b) { return a.start < b.start; });
  std::erase_if(entities, [&](Entity& e) {
    const size_t begin = escape_around(escaped, e.start);
    const bool inside = begin != e.start;
    const size_t last = escape_around(escaped, e.end);
    bool more = false;
    if (last != e.end) e.end = last + json_escape_length(escaped, last, more);
    const auto at = std::lower_bound(inner.begin(), inner.end(), begin,
                                     [](const Entity& i, size_t from) { return i.start < from; });
    if (inside && at != inner.end() && at->start < e.end && at->end >= e.end) return true;
    e.start = begin;
    return false;
  });
}

std::string_view PlainStream::push(std::string_view escaped) {
  escaped_.erase(0, taken_escaped_);
  widths_.erase(0, taken_);
  read_ -= taken_escaped_;
  taken_ = taken_escaped_ = 0;
  escaped_ += escaped;
  return read(false);
}

std::string_view PlainStream::finish() {
  return read(true);
}

std::string_view PlainStream::read(bool whole) {
  text_.clear();
  const std::string_view s = escaped_;
  while (read_ < s.size()) {
    const size_t stop = std::min(s.find('\\', read_), s.size());
    text_ += s.substr(read_, stop - read_);
    widths_.append(stop - read_, 1);
    read_ = stop;
    if (read_ == s.size()) break;
    bool more = false;
    const size_t length = json_escape_length(s, read_, more);
    if (more && !whole) break;
    char character[kLongestEscape];
    const size_t size = json::unescape_into(character, s.substr(read_, length));
    text_.append(character, size);
    widths_ += static_cast<char>(length);
    widths_.append(size - 1, 0);
    read_ += length;
  }
  return text_;
}

std::string_view PlainStream::take(size_t size) {
  const size_t begin = taken_escaped_;
  for (const size_t end = taken_ + size; taken_ < end; ++taken_)
    taken_escaped_ += static_cast<unsigned char>(widths_[taken_]);
  return std::string_view(escaped_).substr(begin, taken_escaped_ - begin);
}

}  // namespace trine::guard
