#include "json/splice.h"

#include <algorithm>
#include <cassert>

namespace trine::json {

void Splice::add(Edit edit) {
  assert(edit.at + edit.length <= document_.size());
  // Insertions come before what replaces the bytes behind them, and after earlier edits of the same place.
  auto place = std::upper_bound(edits_.begin(), edits_.end(), edit, [](const Edit& a, const Edit& b) {
    return a.at != b.at ? a.at < b.at : a.length == 0 && b.length > 0;
  });
  assert(place == edits_.begin() || std::prev(place)->at + std::prev(place)->length <= edit.at);
  assert(place == edits_.end() || edit.at + edit.length <= place->at);
  edits_.insert(place, std::move(edit));
}

void Splice::replace(std::string_view part, std::string text) {
  add({offset(part), part.size(), std::move(text)});
}

void Splice::insert(size_t at, std::string text) {
  add({at, 0, std::move(text)});
}

std::vector<std::string_view> Splice::pieces() const {
  std::vector<std::string_view> out;
  out.reserve(2 * edits_.size() + 1);
  size_t done = 0;
  const auto push = [&](std::string_view piece) {
    if (!piece.empty()) out.push_back(piece);
  };
  for (const Edit& edit : edits_) {
    push(document_.substr(done, edit.at - done));
    push(edit.text);
    done = edit.at + edit.length;
  }
  push(document_.substr(done));
  return out;
}

std::string Splice::str() const {
  std::string out;
  out.reserve(size());
  for (std::string_view piece : pieces()) out += piece;
  return out;
}

size_t Splice::size() const {
  size_t size = document_.size();
  for (const Edit& edit : edits_) size += edit.text.size() - edit.length;
  return size;
}

}  // namespace trine::json
