#include <fmt/format.h>

#include "report/page.h"

namespace trine::report {
namespace {

// What would be markup, or end a cell, in CommonMark and in GitHub's dialect of it.
std::string plain(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20) continue;
    if (std::string_view("\\`*_[]<>|#~!&").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

struct Markdown {
  std::string out;
  void operator()(const Heading& h) { out += fmt::format("## {}\n\n", plain(h.text)); }
  void operator()(const Paragraph& p) { out += plain(p.text) + "\n\n"; }
  void operator()(const Headlines& h) {
    for (const auto& f : h.facts)
      out += fmt::format("- **{}** {}{}\n", plain(f.value), plain(f.what), f.note.empty() ? "" : ": " + plain(f.note));
    out += '\n';
  }
  void operator()(const PageTable& t) {
    for (const auto& c : t.columns) out += fmt::format("| {} ", plain(c.title));
    out += "|\n";
    for (const auto& c : t.columns) out += c.right ? "|--:" : "|---";
    out += "|\n";
    for (size_t r = 0; r < t.rows.size(); ++r) {
      const bool total = r + t.totals >= t.rows.size();
      for (const auto& cell : t.rows[r])
        out += total && !cell.empty() ? fmt::format("| **{}** ", plain(cell)) : fmt::format("| {} ", plain(cell));
      out += "|\n";
    }
    out += '\n';
  }
  void operator()(const BarChart& c) {
    PageTable t;
    t.columns.push_back({c.title});
    for (const auto& s : c.series) t.columns.push_back({fmt::format("{} ({})", s, c.unit), true});
    for (size_t b = 0; b < c.bars.size(); ++b) {
      std::vector<std::string> cells = {c.bars[b]};
      for (const double v : c.values[b]) cells.push_back(fmt::format("{:.4g}", v));
      t.rows.push_back(std::move(cells));
    }
    (*this)(t);
  }
};

}  // namespace

std::string to_markdown(const Page& page) {
  Markdown md;
  md.out = fmt::format("# {}\n\n{}\n\n", plain(page.title), plain(page.subtitle));
  for (const auto& block : page.blocks) std::visit(md, block);
  return md.out + plain(page.footer) + '\n';
}

}  // namespace trine::report
