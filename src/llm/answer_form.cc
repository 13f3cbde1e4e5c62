#include "llm/answer_form.h"

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <vector>

#include "json/read.h"
#include "json/write.h"
#include "llm/event_lines.h"

namespace trine::llm {
namespace {

using json::Value;

constexpr int64_t kMostChoices = 128, kMostTools = 512;
// Texts that come in pieces: each piece is appended to what came before.
constexpr std::array<std::string_view, 4> kPieces = {"content", "reasoning_content", "reasoning", "refusal"};

bool is_empty(const Value& v) {
  return v.is_null() || v.raw == "[]" || v.raw == "{}";
}

// Calls take(key, value) -> bool for each member; false where it is no object or one of them was not taken.
template <class F>
bool every_member(std::string_view object, F&& take) {
  bool taken = true;
  const auto walked = json::each_member(object, [&](std::string_view key, Value v) {
    taken = take(key, v);
    return taken;
  });
  return walked && taken;
}
template <class F>
bool every_element(const Value& array, F&& take) {
  bool taken = true;
  if (!array.is_array()) return false;
  const auto walked = json::each_element(array.raw, [&](Value v) {
    taken = take(v);
    return taken;
  });
  return walked && taken;
}

// What stands beside the choices and is the same in both forms.
struct Beside {
  std::string id, created, model, fingerprint, tier;  // JSON; empty: absent

  bool take(std::string_view key, const Value& v) {
    std::string* to = key == "id"                   ? &id
                      : key == "created"            ? &created
                      : key == "model"              ? &model
                      : key == "system_fingerprint" ? &fingerprint
                      : key == "service_tier"       ? &tier
                                                    : nullptr;
    if (!to) return false;
    if (to->empty() && !v.is_null()) *to = v.raw;
    return true;
  }
  void write(json::Writer& w, const char* object) const {
    if (!id.empty()) w.key("id").raw(id);
    w.key("object").value(object);
    if (!created.empty()) w.key("created").raw(created);
    if (!model.empty()) w.key("model").raw(model);
    if (!fingerprint.empty()) w.key("system_fingerprint").raw(fingerprint);
    if (!tier.empty()) w.key("service_tier").raw(tier);
  }
};

struct Tool {
  std::string id, type, name, arguments;
  bool operator==(const Tool&) const = default;
};

struct Choice {
  std::string role;
  std::map<std::string, std::string, std::less<>> texts;  // by kPieces, or "text"
  std::map<int64_t, Tool> tools;
  std::string finish;  // JSON; empty: none yet
};

bool append(std::string& to, const Value& v) {
  if (v.is_null()) return true;
  auto text = v.as_string();
  if (!text) return false;
  to += *text;
  return true;
}

bool take_tool(const Value& v, Choice& into, int64_t place) {
  if (!v.is_object()) return false;
  Tool piece;
  const bool read = every_member(v.raw, [&](std::string_view key, Value m) {
    if (key == "index") {
      const auto i = m.as_int();
      if (!i || *i < 0 || *i >= kMostTools) return false;
      place = *i;
      return true;
    }
    if (key == "id") return append(piece.id, m);
    if (key == "type") return append(piece.type, m);
    if (key == "function")
      return m.is_object() && every_member(m.raw, [&](std::string_view k, Value f) {
               if (k == "name") return append(piece.name, f);
               if (k == "arguments") return append(piece.arguments, f);
               return is_empty(f);
             });
    return is_empty(m);
  });
  if (!read) return false;
  Tool& tool = into.tools[place];
  // Some engines repeat these in every piece.
  if (tool.id.empty()) tool.id = piece.id;
  if (tool.type.empty()) tool.type = piece.type;
  if (tool.name.empty()) tool.name = piece.name;
  tool.arguments += piece.arguments;
  return true;
}

// A message, or a delta of one.
bool take_message(const Value& message, Choice& into) {
  if (!message.is_object()) return false;
  return every_member(message.raw, [&](std::string_view key, Value v) {
    if (key == "role") return !into.role.empty() || append(into.role, v);
    if (std::find(kPieces.begin(), kPieces.end(), key) != kPieces.end())
      return v.is_null() || append(into.texts[std::string(key)], v);
    if (key == "tool_calls" && v.is_array()) {
      int64_t place = 0;
      return every_element(v, [&](Value tool) { return take_tool(tool, into, place++); });
    }
    return is_empty(v);
  });
}

bool take_choice(const Value& v, std::map<int64_t, Choice>& choices) {
  if (!v.is_object()) return false;
  const auto index = json::member(v.raw, "index");
  int64_t i = 0;
  if (index && *index) {
    const auto number = (*index)->as_int();
    if (!number || *number < 0 || *number >= kMostChoices) return false;
    i = *number;
  }
  Choice& into = choices[i];
  return every_member(v.raw, [&](std::string_view key, Value m) {
    if (key == "index") return true;
    if (key == "delta" || key == "message") return take_message(m, into);
    if (key == "text") return append(into.texts["text"], m);
    if (key == "finish_reason") {
      if (!m.is_null()) into.finish = m.raw;
      return true;
    }
    return is_empty(m);  // logprobs, stop_reason, content_filter_results, ...
  });
}

struct Parts {
  Beside beside;
  std::map<int64_t, Choice> choices;
  std::string usage;  // JSON

  // A whole answer, or one event's data.
  bool take(std::string_view object) {
    return every_member(object, [&](std::string_view key, Value v) {
      if (key == "object") return true;
      if (key == "choices") return every_element(v, [&](Value c) { return take_choice(c, choices); });
      if (key == "usage") {
        if (!v.is_null()) usage = v.raw;
        return v.is_null() || v.is_object();
      }
      return beside.take(key, v) || is_empty(v) || key == "obfuscation";  // vendor's padding against eavesdroppers
    });
  }
};

void write_tools(json::Writer& w, const Choice& c, bool indices) {
  if (c.tools.empty()) return;
  w.key("tool_calls").array();
  for (const auto& [i, tool] : c.tools) {
    w.object();
    if (indices) w.key("index").value(i);
    w.key("id").value(tool.id).key("type").value(tool.type.empty() ? std::string("function") : tool.type);
    w.key("function").object().key("name").value(tool.name).key("arguments").value(tool.arguments).end().end();
  }
  w.end();
}

void write_texts(json::Writer& w, const Choice& c, bool whole) {
  for (const auto& [key, text] : c.texts)
    if (key != "text") w.key(key).value(text);
  if (whole && !c.texts.contains("content")) w.key("content").null();
}

std::string event_of(const Parts& p, Endpoint e, const std::function<void(json::Writer&)>& rest) {
  std::string out = "data: ";
  json::Writer w(out);
  w.object();
  p.beside.write(w, e == Endpoint::chat ? "chat.completion.chunk" : "text_completion");
  rest(w);
  w.end();
  // Values are copied as the engine wrote them; a line that breaks inside one (an answer in many lines) would end the
  // event. Within strings JSON allows no line break.
  std::ranges::replace_if(
      out, [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return out + "\n\n";
}

}  // namespace

std::optional<std::string> whole_answer(Endpoint e, const AnswerEvents& events) {
  if (e != Endpoint::chat && e != Endpoint::completions) return std::nullopt;
  Parts p;
  for (const std::string* part : {&events.content, &events.usage}) {
    std::string_view rest = *part;
    while (!rest.empty()) {
      const size_t gap = std::min({rest.find("\n\n"), rest.find("\r\n\r\n"), rest.size()});
      const size_t end = std::min(rest.size(), gap + (rest.substr(gap).starts_with("\r\n") ? 4 : 2));
      internal::EventLines lines;
      internal::read_lines(rest.substr(0, end), lines);
      rest.remove_prefix(end);
      if (lines.error) return std::nullopt;
      if (lines.count == 0) continue;
      if (!p.take(lines.data)) return std::nullopt;
    }
  }
  if (p.choices.empty()) return std::nullopt;
  for (const auto& [i, c] : p.choices)
    if (c.finish.empty()) return std::nullopt;  // not all of it
  std::string out;
  json::Writer w(out);
  w.object();
  p.beside.write(w, e == Endpoint::chat ? "chat.completion" : "text_completion");
  w.key("choices").array();
  for (const auto& [i, c] : p.choices) {
    w.object().key("index").value(i);
    if (e == Endpoint::chat) {
      w.key("message").object().key("role").value(c.role.empty() ? std::string("assistant") : c.role);
      write_texts(w, c, true);
      write_tools(w, c, false);
      w.end();
    } else {
      const auto text = c.texts.find("text");
      w.key("text").value(text == c.texts.end() ? std::string() : text->second);
    }
    w.key("logprobs").null().key("finish_reason").raw(c.finish).end();
  }
  w.end();
  if (!p.usage.empty()) w.key("usage").raw(p.usage);
  w.end();
  return out;
}

std::optional<AnswerEvents> answer_events(Endpoint e, std::string_view whole) {
  if (e != Endpoint::chat && e != Endpoint::completions) return std::nullopt;
  Parts p;
  if (!p.take(whole) || p.choices.empty()) return std::nullopt;
  AnswerEvents events;
  for (const auto& [index, choice] : p.choices) {
    const int64_t i = index;
    const Choice& c = choice;
    if (c.finish.empty()) return std::nullopt;
    const auto one = [&](json::Writer& w, const std::string& finish, const auto& inside) {
      w.key("choices").array().object().key("index").value(i);
      inside(w);
      w.key("logprobs").null().key("finish_reason").raw(finish).end().end();
    };
    if (e == Endpoint::completions) {
      events.content += event_of(p, e, [&](json::Writer& w) {
        one(w, c.finish, [&](json::Writer& in) {
          const auto text = c.texts.find("text");
          in.key("text").value(text == c.texts.end() ? std::string() : text->second);
        });
      });
      continue;
    }
    events.content += event_of(p, e, [&](json::Writer& w) {
      one(w, "null", [&](json::Writer& in) {
        in.key("delta").object().key("role").value(c.role.empty() ? std::string("assistant") : c.role);
        write_texts(in, c, false);
        write_tools(in, c, true);
        in.end();
      });
    });
    events.content += event_of(
        p, e, [&](json::Writer& w) { one(w, c.finish, [&](json::Writer& in) { in.key("delta").object().end(); }); });
  }
  if (!p.usage.empty())
    events.usage = event_of(p, e, [&](json::Writer& w) { w.key("choices").array().end().key("usage").raw(p.usage); });
  return events;
}

}  // namespace trine::llm
