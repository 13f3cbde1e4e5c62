#include "yaml/document.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <sstream>
#include <unordered_map>

namespace trine::yaml {
namespace {

Mark from(const YAML::Mark& m) {
  if (m.line < 0) return {1, 1};
  return {m.line + 1, m.column + 1};
}

struct Stop {
  Mark where;
  std::string sentence;
};

// Turns the parser's events into a Node tree. Throws Stop at what makes the rest meaningless.
class Builder final : public YAML::EventHandler {
 public:
  Builder(Problems& problems, Node& root) : problems_(problems), root_(root) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& m, YAML::anchor_t anchor) override {
    refuse_anchor(m, anchor);
    put(Node{Node::Kind::null, from(m), {}, {}, {}});
  }
  void OnAlias(const YAML::Mark& m, YAML::anchor_t) override { refuse_anchor(m, 1); }
  void OnScalar(const YAML::Mark& m, const std::string& tag, YAML::anchor_t anchor, const std::string& text) override {
    refuse_anchor(m, anchor);
    refuse_tag(m, tag);
    const bool plain = tag == "?" || tag.empty();
    const bool null = plain && (text.empty() || text == "~" || text == "null");
    put(Node{null ? Node::Kind::null : Node::Kind::scalar, from(m), null ? std::string() : text, {}, {}});
  }
  void OnSequenceStart(const YAML::Mark& m, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(Node::Kind::list, m, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& m, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(Node::Kind::map, m, tag, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Level {
    Node node;
    std::optional<std::string> key;  // read, its value still to come
    Mark key_mark;
    std::unordered_map<std::string, Mark> seen;
  };

  static void refuse_anchor(const YAML::Mark& m, YAML::anchor_t anchor) {
    if (anchor != 0) throw Stop{from(m), "anchors and aliases are not read here: write the value out."};
  }
  static void refuse_tag(const YAML::Mark& m, const std::string& tag) {
    if (!tag.empty() && tag != "?" && tag != "!") throw Stop{from(m), "tags are not read here: remove the \"!...\"."};
  }

  void open(Node::Kind kind, const YAML::Mark& m, const std::string& tag, YAML::anchor_t anchor) {
    refuse_anchor(m, anchor);
    refuse_tag(m, tag);
    if (expects_key()) throw Stop{from(m), "a key must be plain text."};
    if (levels_.size() >= kMaxDepth) throw Stop{from(m), fmt::format("nested deeper than {} levels.", kMaxDepth)};
    Level level;
    level.node.kind = kind;
    level.node.mark = from(m);
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
    std::istringstream in{std::string(text)};
    YAML::Parser parser(in);
    Builder builder(problems, root);
    root = Node{Node::Kind::null, {1, 1}, {}, {}, {}};
    if (!parser.HandleNextDocument(builder)) return true;  // empty file: a null root
    Node rest;
    Builder second(problems, rest);
    if (parser.HandleNextDocument(second)) {
      problems.add(rest.mark, "a second document (\"---\"); one per file is read.");
      return false;
    }
    return true;
  } catch (const Stop& stop) {
    problems.add(stop.where, stop.sentence);
  } catch (const YAML::Exception& e) {
    problems.add(from(e.mark), fmt::format("not valid YAML: {}.", e.msg));
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
