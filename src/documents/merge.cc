#include "documents/merge.h"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "base/hash.h"
#include "json/read.h"
#include "json/write.h"

namespace trine::documents {
namespace {

using json::Value;

constexpr size_t kMostConflicts = 1000;

bool says_nothing(const Value& v) {
  const auto inside = v.raw.substr(1, v.raw.size() - std::min<size_t>(v.raw.size(), 2));
  const bool hollow = inside.find_first_not_of(" \t\r\n") == std::string_view::npos;
  return v.is_null() || ((v.is_object() || v.is_array() || v.is_string()) && hollow);
}

// The same value in another spelling is no conflict: 10 and 10.0, an escape more or less.
bool same(const Value& a, const Value& b) {
  if (a.raw == b.raw) return true;
  if (a.type != b.type) return false;
  if (a.type == Value::Type::number) {
    const auto x = a.as_double(), y = b.as_double();
    return x && y && *x == *y;
  }
  if (a.is_string()) {
    const auto x = a.as_string(), y = b.as_string();
    return x && y && *x == *y;
  }
  return false;
}

// A field with the values that the pieces have for it.
struct Said {
  Value value;
  size_t piece;
};

class Merger {
 public:
  explicit Merger(std::vector<Conflict>& conflicts) : conflicts_(conflicts) {}

  // A key that stands twice in an object, which only the walk finds: then what was merged is void.
  const std::string& problem() const { return problem_; }

  void value(const std::vector<Said>& said, const std::string& path, int depth, std::string& out) {
    std::vector<Said> useful;
    for (const Said& s : said)
      if (!says_nothing(s.value)) useful.push_back(s);
    if (useful.empty()) {
      out += said.front().value.raw;
      return;
    }
    const Said& first = useful.front();
    if (first.value.is_object() && depth < json::kMaxDepth) return object(useful, path, depth, out);
    if (first.value.is_array()) return array(useful, path, out);
    for (const Said& s : useful)
      if (!same(s.value, first.value)) conflict(path, first, s);
    out += first.value.raw;
  }

  void object(const std::vector<Said>& said, const std::string& path, int depth, std::string& out) {
    std::vector<std::pair<std::string, std::vector<Said>>> fields;
    std::unordered_map<std::string, size_t> places;
    for (const Said& s : said) {
      if (!s.value.is_object()) {
        conflict(path, said.front(), s);
        continue;
      }
      const auto walked = json::each_member(s.value.raw, [&](std::string_view key, Value v) {
        const auto [it, fresh] = places.try_emplace(std::string(key), fields.size());
        if (fresh) fields.emplace_back(key, std::vector<Said>());
        fields[it->second].second.push_back({v, s.piece});
        return true;
      });
      if (!walked && problem_.empty()) problem_ = fmt::format("answer {}: {}", s.piece, walked.error().message);
    }
    out += '{';
    for (size_t i = 0; i < fields.size(); ++i) {
      if (i > 0) out += ',';
      json::append_string(out, fields[i].first);
      out += ':';
      value(fields[i].second, path.empty() ? fields[i].first : path + '.' + fields[i].first, depth + 1, out);
    }
    out += '}';
  }

 private:
  void array(const std::vector<Said>& said, const std::string& path, std::string& out) {
    // Within one answer equal elements are two things; across answers they are one seen twice.
    std::unordered_set<uint64_t> before;
    bool any = false;
    out += '[';
    for (const Said& s : said) {
      if (!s.value.is_array()) {
        conflict(path, said.front(), s);
        continue;
      }
      std::vector<uint64_t> here;
      (void)json::each_element(s.value.raw, [&](Value v) {
        const uint64_t h = hash64(v.raw);
        here.push_back(h);
        if (before.count(h) > 0) return true;
        if (any) out += ',';
        out += v.raw;
        any = true;
        return true;
      });
      before.insert(here.begin(), here.end());
    }
    out += ']';
  }

  void conflict(const std::string& path, const Said& kept, const Said& other) {
    if (conflicts_.size() < kMostConflicts)
      conflicts_.push_back({path, std::string(kept.value.raw), std::string(other.value.raw), other.piece});
  }

  std::vector<Conflict>& conflicts_;
  std::string problem_;
};

}  // namespace

Result<Merged> merge(std::span<const std::string_view> answers) {
  std::vector<Said> said;
  for (size_t i = 0; i < answers.size(); ++i) {
    const auto v = json::read(answers[i]);
    if (!v || !v->is_object()) return fail(Code::invalid_argument, "answer {} is no JSON object", i);
    said.push_back({*v, i});
  }
  Merged out;
  if (said.empty()) {
    out.json = "{}";
    return out;
  }
  Merger merger(out.conflicts);
  merger.object(said, {}, 0, out.json);
  if (!merger.problem().empty()) return fail(Code::invalid_argument, "{}", merger.problem());
  return out;
}

}  // namespace trine::documents
