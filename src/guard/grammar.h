// Training texts from a grammar that people write (models/guard/phrases/*.txt): thousands of variations of an attack,
// and of what looks like one and is none.
//
//   # a comment
//   @each 40                               variations of each sentence that follows
//   ignore = ignore | disregard | forget   a slot and its choices; slots are known in all files
//   injection> {ignore} {all?} {rules}     label> sentence; {all?} is left out half of the time
//
// {@unsafe}, {@prompt}: a text that the caller hands in, such as a question out of the training data. Lines that end in
// a backslash go on in the next one; \n in a sentence is a line end.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/function_ref.h"

namespace trine::guard {

// SplitMix64: the same numbers everywhere, which std::uniform_int_distribution does not promise.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t next();
  size_t below(size_t n) { return static_cast<size_t>(next() % n); }  // REQUIRES: n > 0
  bool coin() { return (next() >> 63) != 0; }

 private:
  uint64_t state_;
};

class Grammar {
 public:
  struct Phrase {
    std::string label;  // as written before '>'
    std::string text;
    std::string file;  // the file's name: one source of training data
  };

  // invalid_argument names file:line.
  Result<void> read(const std::string& file, std::string_view text);
  // Every *.txt of the folder, in the order of their names, then check().
  static Result<Grammar> load(const std::string& folder);
  // A slot that nobody defined, or one that holds itself.
  Result<void> check() const;

  // Every sentence's variations, the same for the same seed. `given`: a text for a name such as "@unsafe".
  std::vector<Phrase> expand(uint64_t seed, FunctionRef<std::string(std::string_view name, Random&)> given) const;

  // All files one after the other, for a hash of what the weights came from.
  const std::string& source_text() const { return source_text_; }

 private:
  struct Template {
    std::string label, text, file, at;
    size_t variations = 1;
  };
  Result<void> check(const std::string& text, const std::string& at, int depth) const;
  void expand(std::string_view text, Random& random, FunctionRef<std::string(std::string_view, Random&)> given,
              int depth, std::string& out) const;

  std::map<std::string, std::vector<std::string>, std::less<>> slots_;
  std::vector<Template> templates_;
  std::string source_text_;
};

}  // namespace trine::guard
