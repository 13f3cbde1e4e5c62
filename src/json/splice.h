// Edits to a document as a list of pieces: views of the original, untouched, with new text between them. Nothing is
// copied until str(). For gather writes: give pieces() to the socket while the Splice and the document live.
// One thread. Positions are always those of the original document.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace trine::json {

class Splice {
 public:
  explicit Splice(std::string_view document) : document_(document) {}

  // REQUIRES: `part` is a view into the document and overlaps no other replaced part.
  void replace(std::string_view part, std::string text);
  // Puts text before the byte at `at` (document.size() appends). Several at one place stand in the order of the calls,
  // before what replaces a part that begins there. REQUIRES: at <= document.size(), not inside a replaced part.
  void insert(size_t at, std::string text);
  // The offset of a view into the document.
  size_t offset(std::string_view part) const { return static_cast<size_t>(part.data() - document_.data()); }

  std::string_view document() const { return document_; }
  bool untouched() const { return edits_.empty(); }
  std::vector<std::string_view> pieces() const;  // no empty ones; valid until the next edit or move of the Splice
  std::string str() const;
  size_t size() const;

 private:
  struct Edit {
    size_t at;
    size_t length;  // bytes of the original that it replaces
    std::string text;
  };
  void add(Edit edit);

  std::string_view document_;
  std::vector<Edit> edits_;  // by place
};

}  // namespace trine::json
