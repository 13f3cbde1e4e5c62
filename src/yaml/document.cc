#include "yaml/document.h"

#include <yaml.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <new>
#include <optional>
#include <unordered_map>
#include <utility>

namespace trine::yaml {
namespace {

Mark from(const yaml_mark_t& m) {
  return {static_cast<int>(m.line) + 1, static_cast<int>(m.column) + 1};
}

std::string_view text_of(const yaml_char_t* text, size_t size) {
  return {reinterpret_cast<const char*>(text), size};
}

struct Stop {
  Mark where;
  std::string sentence;
};

// libyaml's parser and its current event, freed whatever happens.
class Events {
 public:
  explicit Events(std::string_view text) : text_(text) {
    if (!yaml_parser_initialize(&parser_)) throw std::bad_alloc();
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()), text.size());
    yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
  }
  Events(const Events&) = delete;
  Events& operator=(const Events&) = delete;
  ~Events() {
    yaml_event_delete(&event_);
    yaml_parser_delete(&parser_);
  }

  // Valid until the next call. Throws Stop where the text is not YAML.
  const yaml_event_t& next() {
    yaml_event_delete(&event_);
    if (!yaml_parser_parse(&parser_, &event_)) throw what_failed();
    return event_;
  }

 private:
  Stop what_failed() const {
    if (parser_.error == YAML_MEMORY_ERROR) throw std::bad_alloc();
    const char* problem = parser_.problem ? parser_.problem : "not readable";
    if (parser_.error == YAML_READER_ERROR)
      return {mark_at(parser_.problem_offset), fmt::format("not valid YAML: {}.", problem)};
    if (!parser_.context) return {from(parser_.problem_mark), fmt::format("not valid YAML: {}.", problem)};
    return {from(parser_.problem_mark),
            fmt::format("not valid YAML: {}, {} at line {}.", problem, parser_.context, parser_.context_mark.line + 1)};
  }

  Mark mark_at(size_t offset) const {
    const std::string_view before = text_.substr(0, offset);
    const size_t line_start = before.find_last_of('\n') + 1;  // 0 where there is none
    return {1 + static_cast<int>(std::count(before.begin(), before.end(), '\n')),
            1 + static_cast<int>(before.size() - line_start)};
  }

  std::string_view text_;
  yaml_parser_t parser_{};
  yaml_event_t event_{};
};

// Turns the parser's events into a Node tree. Throws Stop at what makes the rest meaningless.
class Builder {
 public:
  Builder(Problems& problems, Node& root) : problems_(problems), root_(root) {}

  void add(const yaml_event_t& event) {
    const Mark at = from(event.start_mark);
    switch (event.type) {
      case YAML_ALIAS_EVENT:
        throw Stop{at, kNoAnchors};
      case YAML_SCALAR_EVENT:
        scalar(at, event.data.scalar);
        break;
      case YAML_SEQUENCE_START_EVENT:
        open(Node::Kind::list, at, event.data.sequence_start.anchor, event.data.sequence_start.tag);
        break;
      case YAML_MAPPING_START_EVENT:
        open(Node::Kind::map, at, event.data.mapping_start.anchor, event.data.mapping_start.tag);
        break;
      case YAML_SEQUENCE_END_EVENT:
      case YAML_MAPPING_END_EVENT:
        close();
        break;
      default:
        break;
    }
  }

 private:
  static constexpr const char* kNoAnchors = "anchors and aliases are not read here: write the value out.";

  struct Level {
    Node node;
    std::optional<std::string> key;  // read, its value still to come
    Mark key_mark;
    std::unordered_map<std::string, Mark> seen;
  };

  static void refuse(Mark at, const yaml_char_t* anchor, const yaml_char_t* tag) {
    if (anchor) throw Stop{at, kNoAnchors};
    if (tag && std::strcmp(reinterpret_cast<const char*>(tag), "!") != 0)
      throw Stop{at, "tags are not read here: remove the \"!...\"."};
  }

  void scalar(Mark at, const decltype(yaml_event_t::data.scalar)& s) {
    refuse(at, s.anchor, s.tag);
    const std::string_view text = text_of(s.value, s.length);
    const bool null = s.style == YAML_PLAIN_SCALAR_STYLE && !s.tag && (text.empty() || text == "~" || text == "null");
    put(Node{null ? Node::Kind::null : Node::Kind::scalar, at, null ? std::string() : std::string(text), {}, {}});
  }

  void open(Node::Kind kind, Mark at, const yaml_char_t* anchor, const yaml_char_t* tag) {
    refuse(at, anchor, tag);
    if (expects_key()) throw Stop{at, "a key must be plain text."};
    if (levels_.size() >= kMaxDepth) throw Stop{at, fmt::format("nested deeper than {} levels.", kMaxDepth)};
    Level level;
    level.node.kind = kind;
    level.node.mark = at;
    levels_.push_back(std::move(level));
  }

  void close() {
    Node done = std::move(levels_.back().node);
    levels_.pop_back();
    put(std::move(done));
  }

  bool expects_key() const {
    return !levels_.empty() && levels_.back().node.kind == Node::Kind::map && !levels_.back().key;
  }

  void put(Node node) {
    if (levels_.empty()) {
      root_ = std::move(node);
      return;
    }
    Level& top = levels_.back();
    if (top.node.kind == Node::Kind::list) {
      top.node.items.push_back(std::move(node));
      return;
    }
    if (!top.key) {
      if (node.kind != Node::Kind::scalar) throw Stop{node.mark, "a key must be plain text."};
      top.key = std::move(node.text);
      top.key_mark = node.mark;
      return;
    }
    const auto [first, is_new] = top.seen.emplace(*top.key, top.key_mark);
    if (is_new) {
      top.node.entries.push_back({std::move(*top.key), top.key_mark, std::move(node)});
    } else {
      problems_.add(top.key_mark, fmt::format("\"{}\" stands twice in the same map (first at line {}).", *top.key,
                                              first->second.line));
    }
    top.key.reset();
  }

  Problems& problems_;
  Node& root_;
  std::vector<Level> levels_;
};

}  // namespace

void Problems::add(Mark where, std::string sentence) {
  // Far more than are printed, so that those printed are the first of the file; bounded all the same.
  if (found_.size() >= 50 * kMaxProblems) {
    ++dropped_;
    return;
  }
  found_.push_back({where, std::move(sentence)});
}

std::string Problems::at(Mark where) const {
  if (where.line == 0) return file_;
  return fmt::format("{}:{}:{}", file_, where.line, where.column);
}

std::string Problems::text() const {
  std::vector<Problem> sorted = found_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.where < b.where; });
  std::string out;
  for (size_t i = 0; i < sorted.size() && i < kMaxProblems; ++i) {
    if (i > 0) out += '\n';
    out += at(sorted[i].where) + ": " + sorted[i].sentence;
  }
  if (size() > kMaxProblems) out += fmt::format("\n{}: and {} more.", file_, size() - kMaxProblems);
  return out;
}

const Node::Entry* Node::find(std::string_view key) const {
  for (const auto& e : entries)
    if (e.key == key) return &e;
  return nullptr;
}

bool parse(std::string_view text, Problems& problems, Node& root) {
  if (text.size() > kMaxFileBytes) {
    problems.add({}, fmt::format("larger than {} MiB.", kMaxFileBytes >> 20));
    return false;
  }
  if (const size_t nul = text.find('\0'); nul != std::string_view::npos) {
    const auto before = text.substr(0, nul);
    const int line = 1 + static_cast<int>(std::count(before.begin(), before.end(), '\n'));
    const size_t start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
    problems.add({line, static_cast<int>(nul - start) + 1}, "a NUL byte; this is not a text file.");
    return false;
  }
  try {
    Events events(text);
    Builder builder(problems, root);
    root = Node{Node::Kind::null, {1, 1}, {}, {}, {}};  // what an empty file is
    bool seen = false;
    for (;;) {
      const yaml_event_t& event = events.next();
      if (event.type == YAML_STREAM_END_EVENT) return true;
      if (event.type == YAML_DOCUMENT_START_EVENT && std::exchange(seen, true))
        throw Stop{from(event.start_mark), "a second document (\"---\"); one per file is read."};
      builder.add(event);
    }
  } catch (const Stop& stop) {
    problems.add(stop.where, stop.sentence);
  }
  return false;
}

Result<std::string> file_contents(const std::string& path, size_t max_bytes) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored))
    return fail(Code::invalid_argument, "{}: is a directory, not a file.", path);
  const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path.c_str(), "rbe"), &std::fclose);
  if (!file) {
    const int why = errno;
    return fail(why == ENOENT ? Code::not_found : Code::unavailable, "{}: cannot be opened: {}.", path,
                std::strerror(why));
  }
  std::string text;
  char buffer[16384];
  size_t n = 0;
  while ((n = std::fread(buffer, 1, sizeof buffer, file.get())) > 0) {
    text.append(buffer, n);
    if (text.size() > max_bytes)
      return fail(Code::resource_exhausted, "{}: larger than {} KiB.", path, max_bytes >> 10);
  }
  if (std::ferror(file.get())) return fail(Code::unavailable, "{}: cannot be read.", path);
  return text;
}

Result<Document> load_text(std::string name, std::string_view text) {
  Problems problems(name);
  Document document{std::move(name), {}};
  if (!parse(text, problems, document.root) || !problems.empty()) return problems.failure();
  return document;
}

Result<Document> load_file(const std::string& path) {
  const auto text = file_contents(path, kMaxFileBytes);
  if (!text) return tl::unexpected<Error>(text.error());
  return load_text(path, *text);
}

}  // namespace trine::yaml
