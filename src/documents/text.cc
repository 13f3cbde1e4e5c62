#include "documents/text.h"

#include <algorithm>

#include "llm/usage.h"

namespace trine::documents {
namespace {

void append_row(std::string& out, const std::vector<std::string>& row) {
  // Empty cells at the end say nothing; those before keep the others in their columns.
  size_t cells = row.size();
  while (cells > 0 && row[cells - 1].empty()) --cells;
  for (size_t i = 0; i < cells; ++i) {
    if (i > 0) out += '|';  // blanks around it would be a tenth of a table's tokens
    out += row[i];
  }
}

}  // namespace

void append_block(std::string& out, const Block& block) {
  switch (block.kind) {
    case Block::Kind::heading:
      out.append(static_cast<size_t>(std::clamp(block.level, 1, 6)), '#') += ' ';
      break;
    case Block::Kind::list_item:
      out.append(static_cast<size_t>(std::clamp(block.level, 0, 9)) * 2, ' ') += "- ";
      break;
    case Block::Kind::image:
      out += "[image";
      if (!block.text.empty()) (out += ": ") += block.text;
      out += ']';
      return;
    case Block::Kind::table:
      for (size_t i = 0; i < block.rows.size(); ++i) {
        if (i > 0) out += '\n';
        append_row(out, block.rows[i]);
      }
      return;
    case Block::Kind::paragraph:
      break;
  }
  out += block.text;
}

Text render(const Document& document) {
  Text t;
  int part = 0;
  const Block* before = nullptr;
  for (const Page& page : document.pages) {
    if (!t.text.empty()) t.text += "\n\n";
    PageSpan span{page.part, page.number, t.text.size(), 0};
    t.breaks.push_back({t.text.size(), 0});
    if (page.part != part && static_cast<size_t>(page.part) < document.parts.size())
      (((t.text += "[") += document.parts[static_cast<size_t>(page.part)].name) += "]\n");
    part = page.part;
    before = nullptr;
    for (const Block& block : page.blocks) {
      if (before != nullptr) {
        const bool same_list = block.kind == Block::Kind::list_item && before->kind == Block::Kind::list_item;
        t.text += same_list ? "\n" : "\n\n";
        const bool heading = block.kind == Block::Kind::heading;
        t.breaks.push_back({t.text.size(), static_cast<uint8_t>(heading     ? std::clamp(block.level, 1, 6)
                                                                : same_list ? 8
                                                                            : 7)});
      }
      const size_t from = t.text.size();
      append_block(t.text, block);
      for (size_t at = t.text.find('\n', from); at != std::string::npos; at = t.text.find('\n', at + 1))
        t.breaks.push_back({at + 1, 8});
      before = &block;
    }
    span.end = t.text.size();
    t.pages.push_back(span);
  }
  return t;
}

const PageSpan* Text::page_at(size_t offset) const {
  const auto it =
      std::upper_bound(pages.begin(), pages.end(), offset, [](size_t at, const PageSpan& p) { return at < p.begin; });
  if (it == pages.begin() || offset >= text.size()) return nullptr;
  return &*std::prev(it);
}

Tokens estimate_tokens(std::string_view text) {
  CountedBytes counted;
  for (const char c : text) counted.add(c);
  return llm::count_estimate(counted.bytes());
}

}  // namespace trine::documents
