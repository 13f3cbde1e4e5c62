#include "llm/event.h"

#include <algorithm>
#include <cstring>

#include "json/read.h"
#include "llm/event_lines.h"

namespace trine::llm {

namespace {

using internal::each_line;
using internal::EventLines;
using internal::field_of;
using internal::read_lines;
using json::Value;
using EventKind = EventFacts::Kind;

bool is_blank(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

// The usual event is one line `data: {...}` and a blank one: its data, else an empty view.
std::string_view only_line(std::string_view event) {
  if (!event.starts_with("data:")) return {};
  const size_t end = event.find('\n');
  if (end == std::string_view::npos) return {};
  for (size_t i = end + 1; i < event.size(); ++i) {
    if (event[i] != '\n' && event[i] != '\r') return {};
  }
  std::string_view data = event.substr(5, end - 5);
  if (data.ends_with('\r')) data.remove_suffix(1);
  return data.find('\r') == std::string_view::npos ? data : std::string_view();
}

// What the keys of a chunk show before (and mostly instead of) parsing. A key is known by its text and both quotes in
// front of a colon: inside a JSON string the quotes would carry backslashes, so the model's words cannot look like one.
struct Hints {
  int content = 0, text = 0, reasoning = 0, reasoning_content = 0, refusal = 0, tool_calls = 0;  // not empty
  bool delta = false;                                                                            // a string (Responses)
  bool choices = false;                                                                          // not empty
  bool usage = false;                                                                            // an object
  bool error = false;  // an object or a string
  std::string_view finish_reason;
  std::string_view type;  // the first that begins with "response.", or is "error"
};

Hints find_hints(std::string_view data) {
  Hints hints;
  const char* const begin = data.data();
  const char* const end = begin + data.size();
  const char* p = begin;
  while (p < end) {
    const char* colon = static_cast<const char*>(std::memchr(p, ':', static_cast<size_t>(end - p)));
    if (!colon) break;
    p = colon + 1;
    const char* quote = colon;  // behind the key's closing quote
    while (quote > begin && is_blank(quote[-1])) --quote;
    if (quote - begin < 6 || quote[-1] != '"') continue;
    const char* value = p;
    while (value < end && is_blank(*value)) ++value;
    if (end - value < 2) break;
    const std::string_view before(begin, static_cast<size_t>(quote - begin));
    const bool text = value[0] == '"' && value[1] != '"';
    switch (quote[-2]) {
      case 't':
        if (!text) break;
        if (before.ends_with("\"content\"")) ++hints.content;
        if (before.ends_with("\"text\"")) ++hints.text;
        if (before.ends_with("\"reasoning_content\"")) ++hints.reasoning_content;
        break;
      case 'g':
        if (text && before.ends_with("\"reasoning\"")) ++hints.reasoning;
        break;
      case 'l':
        if (text && before.ends_with("\"refusal\"")) ++hints.refusal;
        break;
      case 's':
        if (value[0] != '[' || value[1] == ']') break;
        if (before.ends_with("\"tool_calls\"")) ++hints.tool_calls;
        if (before.ends_with("\"choices\"")) {
          const size_t first = data.find_first_not_of(" \t\r\n", static_cast<size_t>(value + 1 - begin));
          hints.choices = first != std::string_view::npos && data[first] != ']';
        }
        break;
      case 'n':
        if (!text || !before.ends_with("\"finish_reason\"")) break;
        hints.finish_reason = {value + 1, static_cast<size_t>(std::find(value + 1, end, '"') - value - 1)};
        break;
      case 'a':
        hints.delta |= text && before.ends_with("\"delta\"");
        break;
      case 'r':
        hints.error |= (text || value[0] == '{') && before.ends_with("\"error\"");
        break;
      case 'e':
        if (value[0] == '{' && before.ends_with("\"usage\"")) hints.usage = true;
        if (text && hints.type.empty() && before.ends_with("\"type\"")) {
          const std::string_view type(value + 1, static_cast<size_t>(std::find(value + 1, end, '"') - value - 1));
          if (type.starts_with("response.") || type == "error") hints.type = type;
        }
        break;
      default:
        break;
    }
  }
  return hints;
}

struct Parsed {
  bool choices = false;
  bool error = false;
};

void take_usage(const Value& value, EventFacts& facts) {
  if (!value.is_object()) return;
  const auto usage = parse_usage(value.raw);
  if (!usage) return;  // not believed: the tokens counted so far stand
  facts.usage = *usage;
  facts.usage_raw = value.raw;
  if (const auto trine = json::member(value.raw, "trine"); trine && *trine) facts.trine_raw = (*trine)->raw;
}

// The full parse, for chunks in which a key promises usage or an error. nullopt: not JSON.
std::optional<Parsed> parse(std::string_view data, EventFacts& facts) {
  Parsed parsed;
  const auto walked = json::each_member(data, [&](std::string_view key, Value value) {
    if (key == "usage") {
      take_usage(value, facts);
    } else if (key == "choices") {
      parsed.choices = value.is_array() && value.raw.find_first_not_of(" \t\r\n", 1) != value.raw.size() - 1;
    } else if (key == "error") {
      parsed.error = !value.is_null();
    } else if (key == "response" && value.is_object()) {
      if (const auto usage = json::member(value.raw, "usage"); usage && *usage) take_usage(**usage, facts);
    }
    return true;
  });
  if (walked) return parsed;
  facts.usage.reset();
  facts.usage_raw = facts.trine_raw = {};
  return std::nullopt;
}

EventKind responses_kind(std::string_view type) {
  if (type == "response.completed" || type == "response.incomplete") return EventKind::done;
  if (type == "response.failed" || type == "error") return EventKind::error;
  return EventKind::content;
}

void scan_data(std::string_view data, EventFacts& facts) {
  while (!data.empty() && is_blank(data.front())) data.remove_prefix(1);
  while (!data.empty() && is_blank(data.back())) data.remove_suffix(1);
  if (data == "[DONE]") {
    facts.kind = EventKind::done;
    return;
  }
  if (data.empty() || data.front() != '{') return;
  Hints hints = find_hints(data);
  bool error = false;
  if (hints.usage || hints.error) {
    if (const auto parsed = parse(data, facts)) {
      hints.choices = parsed->choices;
      error = parsed->error;
    }
  }
  facts.finish = finish_of(hints.finish_reason);
  if (error) {
    facts.kind = EventKind::error;
  } else if (!hints.type.empty() && !hints.choices) {
    facts.kind = responses_kind(hints.type);
    facts.tokens = hints.delta && hints.type.ends_with(".delta") ? 1 : 0;
    if (hints.type == "response.completed") facts.finish = Finish::stop;
    if (hints.type == "response.incomplete") facts.finish = Finish::length;
  } else if (hints.choices) {
    facts.kind = EventKind::content;
    // Some engines give reasoning under two names at once.
    facts.tokens = hints.content + hints.text + std::max(hints.reasoning, hints.reasoning_content) + hints.refusal +
                   hints.tool_calls;
  } else if (facts.usage) {
    facts.kind = EventKind::usage_only;
  }
}

}  // namespace

EventFacts scan_event(std::string_view event) {
  EventFacts facts;
  if (const auto data = only_line(event); !data.empty()) {
    scan_data(data, facts);
    return facts;
  }
  EventLines lines;
  read_lines(event, lines);
  scan_data(lines.data, facts);
  if (lines.error) facts.kind = EventKind::error;
  if (lines.count > 1) facts.usage_raw = facts.trine_raw = {};  // they point into what is gone
  return facts;
}

std::string event_with_trine(std::string_view event, const EventFacts& facts, std::string_view trine_json) {
  if (!facts.usage) return std::string(event);
  if (!facts.usage_raw.empty()) {
    json::Splice splice(event);
    put_trine(splice, facts.usage_raw, facts.trine_raw, trine_json);
    return splice.str();
  }
  // Data in several lines: the document is put together, edited, and cut at its own line ends again.
  EventLines lines;
  read_lines(event, lines);
  EventFacts again;
  scan_data(lines.data, again);
  if (again.usage_raw.empty()) return std::string(event);
  json::Splice splice(lines.data);
  put_trine(splice, again.usage_raw, again.trine_raw, trine_json);
  const std::string document = splice.str();
  std::string out;
  each_line(event, [&](std::string_view line) {
    if (!line.empty() && !field_of(line, "data")) out.append(line).append(1, '\n');
  });
  each_line(document, [&](std::string_view line) { out.append("data: ").append(line).append(1, '\n'); });
  return out.append(1, '\n');
}

std::string trine_comment(std::string_view trine_json) {
  return ": trine " + std::string(trine_json) + "\n\n";
}

}  // namespace trine::llm
