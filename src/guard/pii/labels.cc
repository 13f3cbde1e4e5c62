#include "guard/pii/labels.h"

#include <algorithm>

#include "base/text.h"

namespace trine::guard {
namespace {

// What joins the words of a label: "Steuer-ID", "n.i.f.", "d'identité", "tax_id".
bool joins_words(const Glyph& g, char first_byte) {
  return g.kind == GlyphKind::space || g.kind == GlyphKind::dash || g.kind == GlyphKind::dot ||
         g.kind == GlyphKind::slash || first_byte == '\'' || first_byte == '_';
}

}  // namespace

const Labels& Labels::all() {
  static const Labels kAll;
  return kAll;
}

Labels::Labels() {
  nodes_.emplace_back();
  for (const LabelWords& line : label_table()) {
    std::string_view rest = line.words;
    while (!rest.empty()) {
      const size_t comma = std::min(rest.find(','), rest.size());
      add(trim(rest.substr(0, comma)), line.label);
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  }
  for (Node& n : nodes_) std::ranges::sort(n.edges, {}, &Edge::on);
}

void Labels::add(std::string_view words, const Label& label) {
  const bool is_stem = words.ends_with('*');
  if (is_stem) words.remove_suffix(1);
  uint16_t node = 0;
  for (size_t pos = 0; pos < words.size();) {
    const Glyph g = glyph_at(words, pos);
    const char16_t on = g.is_word() ? g.folded : u' ';
    pos += g.length;
    const auto& edges = nodes_[node].edges;
    const auto edge = std::ranges::find(edges, on, &Edge::on);
    if (edge != edges.end()) {
      node = edge->to;
      continue;
    }
    const auto fresh = static_cast<uint16_t>(nodes_.size());
    nodes_[node].edges.push_back({on, fresh});
    nodes_.emplace_back();
    node = fresh;
  }
  int16_t& slot = is_stem ? nodes_[node].stem : nodes_[node].whole;
  if (slot < 0) {
    slot = static_cast<int16_t>(labels_.size());
    labels_.push_back(label);
    return;
  }
  // One word, several meanings: "NIF" is Spanish and Portuguese.
  Label& both = labels_[static_cast<size_t>(slot)];
  both.types |= label.types;
  both.languages |= label.languages;
  both.denies = both.denies || label.denies;
}

const Labels::Edge* Labels::next(uint16_t node, char16_t on) const {
  const auto& edges = nodes_[node].edges;
  const auto edge = std::ranges::lower_bound(edges, on, {}, &Edge::on);
  return edge != edges.end() && edge->on == on ? &*edge : nullptr;
}

Labels::Match Labels::match(TextWindow& window, size_t pos, size_t limit) const {
  Match best;
  uint16_t node = 0;
  const auto at = [&](size_t p) { return p < limit ? window.at(p) : Glyph{}; };
  // A word that runs into a digit is part of a code, not a label.
  const auto ends_word = [](const Glyph& g) { return !g.is_word() && !g.is_digit(); };
  Glyph g = at(pos);
  while (true) {
    if (g.kind == GlyphKind::nothing) {
      pos += g.length;
      g = at(pos);
      continue;
    }
    const bool joins = g.kind != GlyphKind::end && joins_words(g, window.text()[pos]);
    if (!g.is_word() && !joins) return best;
    const Edge* edge = next(node, g.is_word() ? g.folded : u' ');
    if (edge == nullptr) return best;
    node = edge->to;
    pos += g.length;
    g = at(pos);
    const Node& here = nodes_[node];
    if (here.whole >= 0 && ends_word(g)) best = {&labels_[static_cast<size_t>(here.whole)], pos};
    if (here.stem >= 0) {
      constexpr size_t kLongestEnding = 40;
      size_t end = pos;
      Glyph h = g;
      while (h.is_word() && end < pos + kLongestEnding) {
        end += h.length;
        h = at(end);
      }
      if (ends_word(h)) best = {&labels_[static_cast<size_t>(here.stem)], end};
    }
  }
}

}  // namespace trine::guard
