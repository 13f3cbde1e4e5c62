#include "gateway/jobs/evidence.h"

#include <fmt/format.h>

#include "json/read.h"

namespace trine::gateway {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

bool is_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         static_cast<unsigned char>(c) >= 0x80;
}

// Any run of blanks is one; where each byte came from.
struct Squeezed {
  explicit Squeezed(std::string_view text) {
    out.reserve(text.size());
    from.reserve(text.size());
    for (size_t i = 0; i < text.size(); ++i) {
      if (is_blank(text[i]) && !out.empty() && out.back() == ' ') continue;
      out += is_blank(text[i]) ? ' ' : text[i];
      from.push_back(static_cast<uint32_t>(i));
    }
  }
  std::string out;
  std::vector<uint32_t> from;
};

class Search {
 public:
  explicit Search(const documents::Text& text) : text_(text), squeezed_(text.text) {}

  void value(const json::Value& v, const std::string& path) {
    if (found.size() >= kMostEvidence || work_ > kMostEvidenceWork) return;
    if (v.is_object()) {
      (void)json::each_member(v.raw, [&](std::string_view key, json::Value m) {
        value(m, path.empty() ? std::string(key) : fmt::format("{}.{}", path, key));
        return true;
      });
    } else if (v.is_array()) {
      size_t i = 0;
      (void)json::each_element(v.raw, [&](json::Value e) {
        value(e, fmt::format("{}[{}]", path, i++));
        return true;
      });
    } else if (v.is_string()) {
      if (const auto text = v.as_string()) look_for(*text, path);
    } else if (v.type == json::Value::Type::number) {
      look_for(v.raw, path);
    }
  }

  std::vector<Evidence> found;

 private:
  void look_for(std::string_view wanted, const std::string& path) {
    const Squeezed plain(wanted);
    std::string_view needle = plain.out;
    while (needle.starts_with(' ')) needle.remove_prefix(1);
    while (needle.ends_with(' ')) needle.remove_suffix(1);
    if (needle.empty()) return;
    const std::string_view all = squeezed_.out;
    size_t at = 0;
    for (;; ++at) {
      const size_t from = at;
      at = all.find(needle, at);
      work_ += (at == all.npos ? all.size() : at) - from + 1;
      if (at == all.npos || work_ > kMostEvidenceWork) return;
      if (whole_word(all, at, needle.size())) break;
    }
    const size_t begin = squeezed_.from[at], end = squeezed_.from[at + needle.size() - 1] + 1;
    const documents::PageSpan* page = text_.page_at(begin);
    if (!page) return;
    found.push_back({path, text_.text.substr(begin, end - begin), page->part, page->number, begin});
  }

  static bool whole_word(std::string_view all, size_t at, size_t size) {
    const bool before = at == 0 || !is_word(all[at - 1]) || !is_word(all[at]);
    const size_t end = at + size;
    const bool behind = end == all.size() || !is_word(all[end]) || !is_word(all[end - 1]);
    // 12 is not said by 12.50 or 1,12.
    const auto digit = [&](size_t i) { return i < all.size() && all[i] >= '0' && all[i] <= '9'; };
    const auto mark = [&](size_t i) { return i < all.size() && (all[i] == '.' || all[i] == ','); };
    const bool goes_on = digit(end - 1) && mark(end) && digit(end + 1);
    const bool went_on = at >= 2 && digit(at) && mark(at - 1) && digit(at - 2);
    return before && behind && !goes_on && !went_on;
  }

  const documents::Text& text_;
  const Squeezed squeezed_;
  size_t work_ = 0;
};

}  // namespace

std::vector<Evidence> find_evidence(std::string_view answer, const documents::Text& text) {
  const auto document = json::read(answer);
  if (!document || text.text.size() > UINT32_MAX) return {};
  Search search(text);
  search.value(*document, {});
  return std::move(search.found);
}

}  // namespace trine::gateway
