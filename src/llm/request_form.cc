#include "llm/request_form.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <vector>

#include "json/read.h"
#include "json/write.h"

namespace trine::llm {
namespace {

using json::Value;

constexpr std::array<std::string_view, 8> kLeftOut = {
    "model",    "stream",           "stream_options",        "user", "safety_identifier",
    "metadata", "prompt_cache_key", "prompt_cache_retention"};
// What the answer depends on beside the request.
constexpr std::array<std::string_view, 2> kLooksOut = {"web_search_options", "mcp_servers"};

constexpr double kExactIntegers = 9007199254740992;  // 2^53

bool among(const auto& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// The text of a message's content where it is text alone.
std::optional<std::string> text_of(const Value& content) {
  if (content.is_string()) {
    auto text = content.as_string();
    return text ? std::optional(std::move(*text)) : std::nullopt;
  }
  if (!content.is_array()) return std::nullopt;
  std::string all;
  bool only_text = true;
  const auto walked = json::each_element(content.raw, [&](Value part) {
    std::string type, text;
    bool is_text = false;
    if (part.is_object())
      is_text = json::each_member(part.raw,
                                  [&](std::string_view key, Value v) {
                                    if (key == "type" && v.is_string()) type = v.escaped();
                                    if (key == "text" && v.is_string())
                                      if (auto t = v.as_string()) text = std::move(*t);
                                    return true;
                                  })
                    .has_value() &&
                type == "text";
    only_text = only_text && is_text;
    all += all.empty() ? text : "\n" + text;
    return only_text;
  });
  return walked && only_text ? std::optional(std::move(all)) : std::nullopt;
}

// The content of the last message, if that is the user's.
std::optional<Value> last_content(const Value& messages) {
  std::string_view last;
  if (!json::each_element(messages.raw,
                          [&](Value m) {
                            last = m.is_object() ? m.raw : std::string_view();
                            return true;
                          }) ||
      last.empty())
    return std::nullopt;
  std::optional<Value> content;
  bool users = false;
  (void)json::each_member(last, [&](std::string_view key, Value v) {
    if (key == "role") users = v.is_string() && v.escaped() == "user";
    if (key == "content") content = v;
    return true;
  });
  return users ? content : std::nullopt;
}

// What is seen on the way.
struct Facts {
  std::optional<Value> messages;
  std::optional<double> temperature;
  bool looks_out = false;

  void take(std::string_view key, const Value& v) {
    if (key == "messages" && v.is_array()) messages = v;
    if (key == "temperature")
      if (const auto t = v.as_double()) temperature = *t;
    looks_out = looks_out || among(kLooksOut, key);
  }
};

class FormWriter {
 public:
  FormWriter(std::string& out, std::string_view hole) : out_(out), hole_(hole) {}

  Result<void> top(std::string_view body, Facts& facts) {
    facts_ = &facts;
    return object(body, true);
  }

 private:
  struct Member {
    std::string key;
    size_t begin, end;  // in out_
  };

  void text(char kind, std::string_view bytes) {
    std::array<char, 24> length{};
    const auto end = std::to_chars(length.data(), length.data() + length.size(), bytes.size()).ptr;
    out_ += kind;
    out_.append(length.data(), static_cast<size_t>(end - length.data()));
    out_ += ':';
    out_ += bytes;
  }

  void string(const Value& v) {
    const std::string_view escaped = v.escaped();
    if (escaped.find('\\') == std::string_view::npos) return text('s', escaped);
    // Half a surrogate pair has no text: such a string counts as it is written.
    const auto plain = json::unescape(escaped);
    plain ? text('s', *plain) : text('r', escaped);
  }

  // 1, 1.0 and 1e0 are one number. Whole numbers beyond 2^53 stay as they are written: a double cannot tell them apart.
  void number(const Value& v) {
    if (const auto whole = v.as_int()) return text('n', std::to_string(*whole));
    const auto real = v.as_double();
    if (!real || !std::isfinite(*real)) return text('n', v.raw);
    if (std::trunc(*real) == *real && std::abs(*real) < kExactIntegers)
      return text('n', std::to_string(static_cast<int64_t>(*real)));
    std::string shortest;
    json::append_number(shortest, *real);
    text('n', shortest);
  }

  Result<void> value(const Value& v) {
    if (!hole_.empty() && v.raw.data() == hole_.data()) {
      out_ += '_';
      return {};
    }
    switch (v.type) {
      case Value::Type::object:
        return object(v.raw, false);
      case Value::Type::array:
        return array(v.raw);
      case Value::Type::string:
        string(v);
        return {};
      case Value::Type::number:
        number(v);
        return {};
      case Value::Type::boolean:
      case Value::Type::null:
        out_ += v.raw.front();  // t, f, n: numbers begin with "n" and a digit
        return {};
    }
    return {};
  }

  Result<void> array(std::string_view raw) {
    out_ += '[';
    Result<void> inner;
    auto walked = json::each_element(raw, [&](Value v) {
      inner = value(v);
      return inner.has_value();
    });
    out_ += ']';
    return inner ? walked : inner;
  }

  Result<void> object(std::string_view raw, bool at_top) {
    out_ += '{';
    const size_t begin = out_.size();
    std::vector<Member> members;
    bool sorted = true;
    Result<void> inner;
    auto walked = json::each_member(raw, [&](std::string_view key, Value v) {
      if (at_top && (v.is_null() || among(kLeftOut, key))) return true;
      if (at_top) facts_->take(key, v);
      sorted = sorted && (members.empty() || members.back().key < key);
      members.push_back({std::string(key), out_.size(), 0});
      text('k', key);
      inner = value(v);
      members.back().end = out_.size();
      return inner.has_value();
    });
    if (!inner) return inner;
    if (!walked) return walked;
    if (!sorted) {
      std::sort(members.begin(), members.end(), [](const Member& a, const Member& b) { return a.key < b.key; });
      std::string again;
      again.reserve(out_.size() - begin);
      for (const Member& m : members) again.append(out_, m.begin, m.end - m.begin);
      out_.replace(begin, again.size(), again);
    }
    out_ += '}';
    return {};
  }

  std::string& out_;
  const std::string_view hole_;
  Facts* facts_ = nullptr;
};

}  // namespace

bool has_form(Endpoint e) {
  return e == Endpoint::chat || e == Endpoint::completions || e == Endpoint::embeddings;
}

Result<RequestForm> request_form(Endpoint endpoint, std::string_view body, bool want_last) {
  RequestForm form;
  Facts facts;
  form.text.reserve(body.size() + body.size() / 8);
  if (auto ok = FormWriter(form.text, {}).top(body, facts); !ok) return tl::unexpected(ok.error());
  form.drawn = endpoint != Endpoint::embeddings && facts.temperature != 0;
  form.looks_out = facts.looks_out;
  const auto& messages = facts.messages;
  if (!want_last || !messages) return form;
  const auto content = last_content(*messages);
  if (!content) return form;
  auto text = text_of(*content);
  if (!text || text->empty()) return form;
  if (auto ok = FormWriter(form.without_last, content->raw).top(body, facts); !ok) return tl::unexpected(ok.error());
  form.last_text = std::move(*text);
  return form;
}

}  // namespace trine::llm
