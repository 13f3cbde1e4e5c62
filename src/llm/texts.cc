#include "llm/texts.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "base/text.h"
#include "json/escape.h"
#include "json/read.h"
#include "llm/event_lines.h"

namespace trine::llm {

namespace {

using json::Value;

template <size_t N>
bool is_one_of(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// Keys whose values are labels by the protocol. A value that could be read as words is given out nevertheless: some
// engines' chat templates print them.
// `result` is a generated image's bytes.
constexpr std::array<std::string_view, 20> kLabels = {
    "role",         "type",    "name",          "id",           "call_id",
    "tool_call_id", "item_id", "object",        "server_label", "status",
    "detail",       "format",  "result",        "index",        "mime_type",
    "media_type",   "phase",   "finish_reason", "signature",    "encrypted_content"};
constexpr std::array<std::string_view, 9> kMediaKeys = {"image_url", "input_audio", "audio",   "video_url", "image",
                                                        "video",     "file_data",   "file_id", "file_url"};
// What goes along with the words of a request.
constexpr std::array<std::string_view, 5> kAsides = {"user", "safety_identifier", "prompt_cache_key", "metadata",
                                                     "stop"};
// A shorter number is no card's and no account's.
constexpr size_t kLeastDigits = 8;
// What a tool's definition, a JSON Schema, says in words.
constexpr std::array<std::string_view, 7> kSchemaWords = {"description", "title",    "default",           "const",
                                                          "enum",        "examples", "server_description"};

bool is_label(std::string_view value) {
  return std::all_of(value.begin(), value.end(), [](char c) { return c > ' ' && c < 0x7F; });
}

// Personal data in one word has an @ or figures, and keys are long; "get_weather" and "document_2" are neither.
bool may_be_data(std::string_view label) {
  const auto figures = std::count_if(label.begin(), label.end(), [](char c) { return c >= '0' && c <= '9'; });
  return label.find('@') != std::string_view::npos || figures >= 6 || (figures > 0 && label.size() >= 16);
}

TextKind kind_of(std::string_view key, TextKind outer) {
  if (key == "arguments" || key == "input") return TextKind::arguments;
  if (key == "refusal") return TextKind::refusal;
  if (key == "reasoning_content" || key == "reasoning" || key == "thinking" || key == "summary")
    return TextKind::reasoning;
  return outer;
}

// "document", "Document 3", "search-results", "file_1".
bool names_document(std::string_view name) {
  const size_t end = name.find_last_not_of("0123456789 _-#");
  name = name.substr(0, end == std::string_view::npos ? 0 : end + 1);
  for (const std::string_view word : {"document", "documents", "file", "input_file", "context", "search_result",
                                      "search_results", "search-results", "retrieval", "attachment"}) {
    if (iequals(name, word)) return true;
  }
  return false;
}

std::optional<TextRole> role_of(std::string_view role) {
  if (iequals(role, "system") || iequals(role, "developer")) return TextRole::system;
  if (iequals(role, "assistant") || iequals(role, "model")) return TextRole::assistant;
  if (iequals(role, "tool") || iequals(role, "function") || iequals(role, "ipython")) return TextRole::tool;
  if (names_document(role)) return TextRole::document;
  return std::nullopt;
}

// Of a Responses item or a message's part.
std::optional<TextRole> role_of_type(std::string_view type) {
  if (names_document(type) || type == "file_search_call") return TextRole::document;
  if (type.ends_with("_output") || type == "tool_result" || type == "mcp_call") return TextRole::tool;
  if (type == "reasoning" || type.ends_with("_call")) return TextRole::assistant;
  if (type == "mcp_list_tools") return TextRole::definition;
  return std::nullopt;
}

std::optional<uint32_t> index_of(const Value& value) {
  const auto number = value.is_null() ? Result<int64_t>(-1) : value.as_int();
  if (!number || *number < 0 || *number >= TextPiece::kNone) return std::nullopt;
  return static_cast<uint32_t>(*number);
}

bool is_untrusted(TextRole role) {
  return role == TextRole::document || role == TextRole::tool;
}

// What a message, item or part says of itself; its members come in any order.
struct Labels {
  std::optional<TextRole> role;  // by `role`
  std::optional<TextRole> mark;  // by `type` or `name`
  std::optional<uint32_t> index;
  bool base64 = false;

  void take(std::string_view key, std::string_view text) {
    if (key == "role") role = role_of(text).value_or(TextRole::user);
    if (key == "name" && names_document(text)) mark = TextRole::document;
    if (key == "type") {
      if (const auto found = role_of_type(text); found && mark != TextRole::document) mark = found;
      base64 = text == "base64";
    }
  }
  // A part has no role. Only an item without a role is what its type says; else a mark can only take belief away.
  std::optional<TextRole> verdict(bool item) const {
    if (!item) return mark && is_untrusted(*mark) ? mark : std::nullopt;
    if (role && *role != TextRole::user) return role;
    return mark && (!role || is_untrusted(*mark)) ? mark : role;
  }
};

// One walk over one document; depth is bounded by the reader's.
class TextWalk {
 public:
  TextWalk(std::pmr::monotonic_buffer_resource& arena, std::vector<TextPiece>& out)
      : arena_(arena), out_(out), begin_(out.size()) {}

  Result<TextFacts> run(std::string_view document, FunctionRef<void(std::string_view, Value)> field) {
    members(document, field);
    if (!error_) return std::move(facts_);
    out_.resize(begin_);
    return tl::unexpected(*std::move(error_));
  }

  void request_field(Endpoint endpoint, std::string_view key, const Value& value) {
    if (key == "messages" || key == "input" || key == "prompt") {
      items(value);
    } else if (key == "suffix") {
      any(value, TextKind::content, Level::part);
    } else if (key == "instructions" || key == "system") {
      any_by(TextRole::system, value);
    } else if (key == "documents") {
      any_by(TextRole::document, value);
    } else if (key == "prediction") {
      any_by(TextRole::assistant, value);
    } else if (key == "chat_template" || key == "chat_template_kwargs") {
      any_by(TextRole::definition, value);
    } else if (key == "tools" || key == "functions" || key == "response_format" ||
               (key == "text" && endpoint == Endpoint::responses)) {
      schema(value, false);
    } else if (is_one_of(key, kAsides)) {
      aside(value);
    }
  }

  void answer_field(std::string_view key, const Value& value) {
    if (key != "choices" && key != "output") return;
    each(value, [&](Value item, uint32_t i) {
      message_ = i;
      any(item, TextKind::content, key == "choices" ? Level::choice : Level::answer);
    });
    message_ = TextPiece::kNone;
  }

  // Responses' events; a Chat chunk is an answer with deltas.
  void event_field(std::string_view key, const Value& value) {
    answer_field(key, value);
    if (key == "type" && value.is_string()) {
      event_type_ = value.escaped();
    } else if (key == "output_index") {
      event_message_ = index_of(value);
    } else if (key == "content_index" || key == "summary_index") {
      event_part_ = index_of(value);
    } else if (key == "logprobs") {
      facts_.logprobs.push_back(value.raw);
    } else if (key == "delta" || key == "text" || key == "refusal" || key == "arguments" || key == "input" ||
               key == "code" || key == "item" || key == "part") {
      any(value, kind_of(key, TextKind::content), Level::answer);
    } else if (key == "response" && value.is_object()) {
      members(value.raw, [&](std::string_view inner, Value output) { answer_field(inner, output); });
    }
  }
  void finish_event() {
    if (!event_type_.starts_with("response.")) return;
    const auto says = [&](std::string_view word) { return event_type_.find(word) != std::string_view::npos; };
    for (size_t i = begin_; i < out_.size(); ++i) {
      TextPiece& piece = out_[i];
      piece.repeats = !event_type_.ends_with(".delta");
      if (piece.message != TextPiece::kNone) continue;  // of a whole response
      piece.message = event_message_.value_or(0);
      if (event_part_) piece.part = *event_part_;
      if (piece.kind != TextKind::content) continue;
      if (says("reasoning")) piece.kind = TextKind::reasoning;
      if (says("refusal")) piece.kind = TextKind::refusal;
      if (says("_call")) piece.kind = TextKind::arguments;
    }
  }

  void all_by_model() {
    for (size_t i = begin_; i < out_.size(); ++i) out_[i].role = TextRole::assistant;
  }

 private:
  // Where an object stands: a message or item of a request; inside one; a choice of an answer; inside an answer.
  enum class Level : uint8_t { item, part, choice, answer };
  static Level below(Level level) {
    return level == Level::item ? Level::part : level == Level::choice ? Level::answer : level;
  }

  void members(std::string_view raw, FunctionRef<void(std::string_view, Value)> visit) {
    if (error_) return;
    const auto walked = json::each_member(raw, [&](std::string_view key, Value value) {
      visit(key, value);
      return !error_.has_value();
    });
    if (!walked && !error_) error_ = walked.error();
  }
  void each(const Value& value, FunctionRef<void(Value, uint32_t)> visit) {
    if (!value.is_array() || error_) return;
    uint32_t i = 0;
    const auto walked = json::each_element(value.raw, [&](Value item) {
      visit(item, i++);
      return !error_.has_value();
    });
    if (!walked && !error_) error_ = walked.error();
  }

  void emit(const Value& value, TextKind kind) {
    const bool bare = value.type == Value::Type::number;
    const std::string_view raw = bare ? value.raw : value.escaped();
    if (raw.empty() || error_) return;
    if (out_.size() - begin_ == kMaxTexts) {
      error_ = Error{Code::resource_exhausted,
                     fmt::format("it holds more than {} texts; send fewer in one request", kMaxTexts)};
      return;
    }
    TextPiece piece{.text = raw, .raw = raw, .role = role_, .kind = kind, .message = message_, .part = part_};
    piece.bare = bare;
    if (raw.find('\\') != std::string_view::npos) {
      char* const copy = static_cast<char*>(arena_.allocate(raw.size(), 1));
      piece.text = {copy, json::unescape_into(copy, raw)};
    }
    out_.push_back(piece);
  }

  // Messages, Responses' items, a prompt or several, token ids.
  void items(const Value& value) {
    message_ = 0;
    if (value.is_array()) {
      each(value, [&](Value item, uint32_t i) {
        message_ = i;
        item.is_object() ? any(item, TextKind::content, Level::item) : prompt(item);
      });
    } else {
      prompt(value);
    }
    message_ = TextPiece::kNone;
  }
  void prompt(const Value& value) {
    if (value.type == Value::Type::number) ++facts_.token_ids;
    if (value.is_array()) return each(value, [&](Value item, uint32_t) { prompt(item); });
    any(value, TextKind::content, Level::part);
  }

  // Every string inside.
  void any(const Value& value, TextKind kind, Level level) {
    if (value.is_string()) return emit(value, kind);
    if (value.type == Value::Type::number) return number(value, kind, level);
    if (value.is_object()) return object(value, kind, level);
    const uint32_t outer = part_;
    each(value, [&](Value item, uint32_t i) {
      if (level == Level::answer) part_ = i;
      any(item, kind, level);
    });
    part_ = outer;
  }
  void any_by(TextRole role, const Value& value) {
    const TextRole before = std::exchange(role_, role);
    any(value, TextKind::content, Level::part);
    role_ = before;
  }

  bool is_data(TextKind kind) const { return role_ == TextRole::document || kind == TextKind::arguments; }
  // A template prints a number like a string. It is nobody's order. One with a fraction is nobody's number either, and
  // there may be very many.
  void number(const Value& value, TextKind kind, Level level) {
    if (level < Level::choice && is_data(kind) && value.raw.size() >= kLeastDigits &&
        value.raw.find_first_of(".eE") == std::string_view::npos)
      emit_by(TextRole::definition, value, kind);
  }
  void emit_by(TextRole role, const Value& value, TextKind kind) {
    const TextRole before = std::exchange(role_, role);
    emit(value, kind);
    role_ = before;
  }

  // Every string, whatever its key.
  void aside(const Value& value) {
    if (value.is_string()) emit_by(TextRole::definition, value, TextKind::content);
    if (value.is_object()) members(value.raw, [&](std::string_view, Value inner) { aside(inner); });
    each(value, [&](Value item, uint32_t) { aside(item); });
  }

  void object(const Value& value, TextKind kind, Level level) {
    const size_t first = out_.size();
    Labels labels;
    bool finished = false;
    members(value.raw, [&](std::string_view key, Value inner) {
      if (inner.is_null()) return;
      if (key == "logprobs" || key == "annotations") {  // no engine reads them back
        if (key == "logprobs") facts_.logprobs.push_back(inner.raw);
        return;
      }
      if (key == "index" && level >= Level::choice) labels.index = index_of(inner);
      finished |= key == "finish_reason" && level == Level::choice;
      if (inner.is_string() && is_one_of(key, kLabels)) {
        const std::string text = unescaped(inner);
        labels.take(key, text);
        if (is_label(text)) {
          // A label is read by nobody but the protocol; a name may be a person's, and inside data all is data.
          const bool told = key == "name" || is_data(kind);
          if (told && level < Level::choice && may_be_data(text)) emit_by(TextRole::definition, inner, kind);
          return;
        }
      }
      if (is_one_of(key, kMediaKeys)) {
        ++facts_.media;
        return;
      }
      any(inner, kind_of(key, kind), below(level));
    });
    if (labels.base64) {
      const auto from = out_.begin() + static_cast<std::ptrdiff_t>(first);
      const auto kept = std::remove_if(from, out_.end(), [](const TextPiece& p) { return is_label(p.raw); });
      facts_.media += static_cast<size_t>(out_.end() - kept);
      out_.erase(kept, out_.end());
    }
    if (finished) facts_.finished.push_back(labels.index.value_or(message_));
    const auto role = labels.verdict(level == Level::item);
    for (size_t i = first; i < out_.size(); ++i) {
      TextPiece& piece = out_[i];
      if (labels.index) (level == Level::choice ? piece.message : piece.part) = *labels.index;
      // What is not the user's by now has been given its role inside.
      if (role && piece.role == TextRole::user) piece.role = *role;
    }
  }

  static std::string unescaped(const Value& value) {
    std::string text(value.escaped().size(), '\0');
    text.resize(json::unescape_into(text.data(), value.escaped()));
    return text;
  }

  void schema(const Value& value, bool words) {
    if (value.is_string() && words) any_by(TextRole::definition, value);
    if (value.is_object()) {
      members(value.raw, [&](std::string_view key, Value inner) { schema(inner, is_one_of(key, kSchemaWords)); });
    }
    each(value, [&](Value item, uint32_t) { schema(item, words); });
  }

  std::pmr::monotonic_buffer_resource& arena_;
  std::vector<TextPiece>& out_;
  const size_t begin_;
  TextFacts facts_;
  TextRole role_ = TextRole::user;
  uint32_t message_ = TextPiece::kNone;
  uint32_t part_ = 0;
  std::string_view event_type_;
  std::optional<uint32_t> event_message_, event_part_;
  std::optional<Error> error_;
};

}  // namespace

const char* name(TextRole role) {
  switch (role) {
    case TextRole::user:
      return "user";
    case TextRole::system:
      return "system";
    case TextRole::assistant:
      return "assistant";
    case TextRole::tool:
      return "tool";
    case TextRole::document:
      return "document";
    case TextRole::definition:
      return "definition";
  }
  return "";
}

Result<TextFacts> read_texts(Endpoint endpoint, std::string_view body, std::pmr::monotonic_buffer_resource& arena,
                             std::vector<TextPiece>& out) {
  if (!has_model_body(endpoint)) return TextFacts{};
  TextWalk walk(arena, out);
  return walk.run(body, [&](std::string_view key, Value value) { walk.request_field(endpoint, key, value); });
}

Result<TextFacts> read_answer_texts(std::string_view body, std::pmr::monotonic_buffer_resource& arena,
                                    std::vector<TextPiece>& out) {
  TextWalk walk(arena, out);
  auto facts = walk.run(body, [&](std::string_view key, Value value) { walk.answer_field(key, value); });
  walk.all_by_model();
  return facts;
}

Result<EventTexts> read_event_texts(std::string_view event, std::pmr::monotonic_buffer_resource& arena,
                                    std::vector<TextPiece>& out) {
  internal::EventLines lines;
  internal::read_lines(event, lines);
  EventTexts texts;
  std::string_view data = lines.data;
  while (!data.empty() && (data.front() == ' ' || data.front() == '\t')) data.remove_prefix(1);
  if (!data.starts_with('{')) return texts;
  if (lines.count > 1) {
    char* const copy = static_cast<char*>(arena.allocate(data.size(), 1));
    std::memcpy(copy, data.data(), data.size());
    data = {copy, data.size()};
    texts.joined = true;
  }
  TextWalk walk(arena, out);
  auto facts = walk.run(data, [&](std::string_view key, Value value) { walk.event_field(key, value); });
  if (!facts) return tl::unexpected(std::move(facts.error()));
  walk.finish_event();
  walk.all_by_model();
  texts.facts = *std::move(facts);
  texts.document = data;
  return texts;
}

std::string event_of(std::string_view event, const EventTexts& texts, const json::Splice& splice) {
  if (texts.document.empty() || splice.untouched()) return std::string(event);
  const std::string document = splice.str();
  if (!texts.joined) {
    const auto at = static_cast<size_t>(texts.document.data() - event.data());
    std::string out(event.substr(0, at));
    return out.append(document).append(event.substr(at + texts.document.size()));
  }
  // Put together, edited, and cut at its own line ends again.
  std::string out;
  internal::each_line(event, [&](std::string_view line) {
    if (!line.empty() && !internal::field_of(line, "data")) out.append(line).append(1, '\n');
  });
  internal::each_line(document, [&](std::string_view line) { out.append("data: ").append(line).append(1, '\n'); });
  return out.append(1, '\n');
}

}  // namespace trine::llm
