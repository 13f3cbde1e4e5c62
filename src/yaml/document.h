// A YAML file as a tree that knows where everything stands. Parsing only; typed reading is fields.h and reader.h.
//
// Bounds: 4 MiB, 32 levels, one document. Refused: anchors, aliases and tags (no expansion, so no "billion laughs"),
// duplicate keys, keys that are not plain text, NUL bytes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace trine::yaml {

inline constexpr size_t kMaxFileBytes = size_t{4} << 20;
inline constexpr size_t kMaxDepth = 32;
inline constexpr size_t kMaxProblems = 20;

// A place in the file; both count from 1, the column in characters. {0,0}: the file as a whole.
struct Mark {
  int line = 0;
  int column = 0;
  auto operator<=>(const Mark&) const = default;
};

// What is wrong with a file. Kept in any order, printed in the order of the file, at most kMaxProblems of them.
class Problems {
 public:
  explicit Problems(std::string file) : file_(std::move(file)) {}

  void add(Mark where, std::string sentence);
  size_t size() const { return found_.size() + dropped_; }
  bool empty() const { return found_.empty(); }
  std::string at(Mark where) const;  // "file:line:column"
  std::string text() const;          // one "file:line:column: sentence" per line, no newline at the end
  tl::unexpected<Error> failure() const { return tl::unexpected<Error>(Error{Code::invalid_argument, text()}); }

 private:
  struct Problem {
    Mark where;
    std::string sentence;
  };
  std::string file_;
  std::vector<Problem> found_;
  size_t dropped_ = 0;
};

struct Node {
  enum class Kind { null, scalar, list, map };
  struct Entry;

  Kind kind = Kind::null;
  Mark mark;
  std::string text;            // scalar
  std::vector<Node> items;     // list
  std::vector<Entry> entries;  // map, in the order of the file

  const Entry* find(std::string_view key) const;
};

struct Node::Entry {
  std::string key;
  Mark key_mark;
  Node value;
};

struct Document {
  std::string file;  // as errors name it
  Node root;
};

// Syntax and duplicate keys are checked here. The error's message holds one line per problem.
Result<Document> load_text(std::string name, std::string_view text);
Result<Document> load_file(const std::string& path);

// The same, but with duplicate keys only noted in `problems` (the first value stands), so that a reader can report
// them together with what it finds itself. False: there is no tree.
bool parse(std::string_view text, Problems& problems, Node& root);
Result<std::string> file_contents(const std::string& path, size_t max_bytes);

}  // namespace trine::yaml
