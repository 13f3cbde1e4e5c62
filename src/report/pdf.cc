// A4 by Haru, with the reader's own Helvetica: nothing to embed, nothing to load.
#include <fmt/format.h>
#include <hpdf.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "report/drawing.h"
#include "report/page.h"

namespace trine::report {
namespace {

constexpr float kWidth = 595, kHeight = 842, kMargin = 46, kBottom = 54;
constexpr float kInner = kWidth - 2 * kMargin;
constexpr float kText = 9.5F, kCell = 7.5F, kSmallestCell = 5.5F, kPad = 3;
constexpr unsigned kInk = 0x1d2329, kGrey = 0x5b6570, kRule = 0xd5d8dc, kLightRule = 0xe6e8eb;

// Unicode of the bytes 0x80 to 0x9F of Windows-1252; 0: none.
constexpr uint16_t kWindows[32] = {0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                   0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017D, 0,
                                   0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                   0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

// One character of UTF-8 from `at` on, which moves; what is none is U+FFFD.
uint32_t next_character(std::string_view text, size_t& at) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(at++);
  if (first < 0x80) return first;
  const int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : first >= 0xC0 ? 1 : -1;
  if (more < 0) return 0xFFFD;
  uint32_t c = first & (0x3FU >> more);
  for (int i = 0; i < more; ++i) {
    if (at >= text.size() || (byte(at) & 0xC0) != 0x80) return 0xFFFD;
    c = c << 6 | (byte(at++) & 0x3FU);
  }
  return c;
}

std::string windows_1252(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const uint32_t c = next_character(text, at);
    if (c < 0x20 || c == 0x7F) continue;
    if (c < 0x80 || (c >= 0xA0 && c <= 0xFF)) {
      out += static_cast<char>(c);
    } else if (c == 0x3BC) {  // Greek mu for the micro sign
      out += '\xB5';
    } else {
      const auto* const found = std::find(std::begin(kWindows), std::end(kWindows), c);
      out += found == std::end(kWindows) ? '?' : static_cast<char>(0x80 + (found - std::begin(kWindows)));
    }
  }
  return out;
}

struct Free {
  using pointer = HPDF_Doc;
  void operator()(HPDF_Doc doc) const { HPDF_Free(doc); }
};

class Paper {
 public:
  Paper(HPDF_Doc doc, const std::string& footer)
      : doc_(doc),
        plain_(HPDF_GetFont(doc, "Helvetica", "WinAnsiEncoding")),
        bold_(HPDF_GetFont(doc, "Helvetica-Bold", "WinAnsiEncoding")),
        footer_(windows_1252(footer)) {
    new_page();
  }

  void title(const Page& page) {
    lines(windows_1252(page.title), bold_, 20, kInk);
    lines(windows_1252(page.subtitle), plain_, kText, kGrey);
    down(8);
  }

  void operator()(const Heading& h) {
    need(70);  // a heading is never the last thing on a page
    down(12);
    lines(windows_1252(h.text), bold_, 13, kInk);
    rule(y_ + 2, kRule);
    down(6);
  }
  void operator()(const Paragraph& p) {
    lines(windows_1252(p.text), plain_, kText, kInk);
    down(4);
  }
  void operator()(const Headlines& h) {
    constexpr size_t kAcross = 3;
    constexpr float kGap = 8, kBoxTall = 50, kBox = (kInner - kGap * (kAcross - 1)) / kAcross;
    for (size_t i = 0; i < h.facts.size(); ++i) {
      if (i % kAcross == 0) need(kBoxTall + kGap);
      const float x = kMargin + static_cast<float>(i % kAcross) * (kBox + kGap);
      HPDF_Page_SetLineWidth(page_, 0.6F);
      stroke(kRule);
      HPDF_Page_Rectangle(page_, x, up(y_ + kBoxTall), kBox, kBoxTall);
      HPDF_Page_Stroke(page_);
      write(x + 8, y_ + 19, fitted(windows_1252(h.facts[i].value), bold_, 15, kBox - 16), bold_, 15, kInk);
      write(x + 8, y_ + 31, fitted(windows_1252(h.facts[i].what), plain_, 8.5F, kBox - 16), plain_, 8.5F, kInk);
      write(x + 8, y_ + 42, fitted(windows_1252(h.facts[i].note), plain_, 7.5F, kBox - 16), plain_, 7.5F, kGrey);
      if (i % kAcross == kAcross - 1 || i + 1 == h.facts.size()) y_ += kBoxTall + kGap;
    }
    down(2);
  }
  void operator()(const BarChart& chart) {
    const Drawing d = draw(chart, 760);
    const float scale = kInner / static_cast<float>(d.width), tall = static_cast<float>(d.height) * scale;
    need(tall + 24);
    lines(windows_1252(chart.title), bold_, kText, kInk);
    down(4);
    const auto x = [&](double v) { return kMargin + static_cast<float>(v) * scale; };
    const auto y = [&](double v) { return y_ + static_cast<float>(v) * scale; };
    HPDF_Page_SetLineWidth(page_, 0.5F);
    stroke(kRule);
    for (const auto& l : d.lines) {
      HPDF_Page_MoveTo(page_, x(l.x1), up(y(l.y1)));
      HPDF_Page_LineTo(page_, x(l.x2), up(y(l.y2)));
      HPDF_Page_Stroke(page_);
    }
    for (const auto& b : d.boxes) {
      fill(colour(b.colour));
      HPDF_Page_Rectangle(page_, x(b.x), up(y(b.y + b.height)), static_cast<float>(b.width) * scale,
                          static_cast<float>(b.height) * scale);
      HPDF_Page_Fill(page_);
    }
    const float size = static_cast<float>(kLabelSize) * scale;
    for (const auto& l : d.labels) {
      const std::string text = windows_1252(l.text);
      const float wide = width(text, plain_, size);
      const float back = l.anchor == Drawing::Anchor::end ? wide : l.anchor == Drawing::Anchor::middle ? wide / 2 : 0;
      write(x(l.x) - back, y(l.y), text, plain_, size, kGrey);
    }
    y_ += tall;
    down(10);
  }
  void operator()(const PageTable& table);

  // Page numbers are known at the end.
  void finish() {
    for (size_t i = 0; i < pages_.size(); ++i) {
      page_ = pages_[i];
      const std::string number = fmt::format("{} / {}", i + 1, pages_.size());
      const float size = 7;
      write(kMargin, kHeight - 28, fitted(footer_, plain_, size, kInner - 40), plain_, size, kGrey);
      write(kMargin + kInner - width(number, plain_, size), kHeight - 28, number, plain_, size, kGrey);
    }
  }

 private:
  static float up(float y) { return kHeight - y; }  // Haru's y grows upwards
  void down(float by) { y_ += by; }
  void new_page() {
    page_ = HPDF_AddPage(doc_);
    HPDF_Page_SetWidth(page_, kWidth);
    HPDF_Page_SetHeight(page_, kHeight);
    pages_.push_back(page_);
    y_ = kMargin;
  }
  bool need(float tall) {
    if (y_ + tall <= kHeight - kBottom) return false;
    new_page();
    return true;
  }
  static float part(unsigned rgb, unsigned shift) { return static_cast<float>(rgb >> shift & 0xFFU) / 255; }
  void fill(unsigned rgb) { HPDF_Page_SetRGBFill(page_, part(rgb, 16), part(rgb, 8), part(rgb, 0)); }
  void stroke(unsigned rgb) { HPDF_Page_SetRGBStroke(page_, part(rgb, 16), part(rgb, 8), part(rgb, 0)); }
  void rule(float y, unsigned rgb) {
    HPDF_Page_SetLineWidth(page_, 0.6F);
    stroke(rgb);
    HPDF_Page_MoveTo(page_, kMargin, up(y));
    HPDF_Page_LineTo(page_, kMargin + kInner, up(y));
    HPDF_Page_Stroke(page_);
  }
  static float width(const std::string& text, HPDF_Font font, float size) {
    const auto w =
        HPDF_Font_TextWidth(font, reinterpret_cast<const HPDF_BYTE*>(text.data()), static_cast<HPDF_UINT>(text.size()));
    return static_cast<float>(w.width) * size / 1000;
  }
  void write(float x, float y, const std::string& text, HPDF_Font font, float size, unsigned rgb) {
    if (text.empty()) return;
    fill(rgb);
    HPDF_Page_BeginText(page_);
    HPDF_Page_SetFontAndSize(page_, font, size);
    HPDF_Page_TextOut(page_, x, up(y), text.c_str());
    HPDF_Page_EndText(page_);
  }
  static std::string fitted(std::string text, HPDF_Font font, float size, float most) {
    if (width(text, font, size) <= most) return text;
    while (!text.empty() && width(text + "...", font, size) > most) text.pop_back();
    return text + "...";
  }
  // Words on lines of at most `most`; a word that is longer is broken.
  static std::vector<std::string> wrapped(const std::string& text, HPDF_Font font, float size, float most) {
    std::vector<std::string> out;
    std::string line;
    for (size_t at = 0; at <= text.size();) {
      const size_t end = std::min(text.find(' ', at), text.size());
      std::string word = text.substr(at, end - at);
      at = end + 1;
      if (std::string longer = fmt::format("{} {}", line, word); !line.empty() && width(longer, font, size) <= most) {
        line = std::move(longer);
        continue;
      }
      if (!line.empty()) out.push_back(std::exchange(line, {}));
      while (word.size() > 1 && width(word, font, size) > most) {
        size_t n = word.size() - 1;
        while (n > 1 && width(word.substr(0, n), font, size) > most) --n;
        out.push_back(word.substr(0, n));
        word.erase(0, n);
      }
      line = word;
    }
    if (!line.empty() || out.empty()) out.push_back(line);
    return out;
  }
  void lines(const std::string& text, HPDF_Font font, float size, unsigned rgb) {
    for (const auto& line : wrapped(text, font, size, kInner)) {
      need(size * 1.4F);
      y_ += size * 1.4F;
      write(kMargin, y_ - size * 0.3F, line, font, size, rgb);
    }
  }

  struct Row {
    std::vector<std::vector<std::string>> cells;  // lines of each
    size_t tall = 1;
  };
  struct Layout {
    std::vector<float> widths;  // of the columns, padding included
    float size = kCell;
  };
  Layout layout(const PageTable& table) const;
  Row row(const std::vector<std::string>& cells, const PageTable& table, const Layout& l, HPDF_Font font) const;
  void put(const Row& r, const PageTable& table, const Layout& l, HPDF_Font font, unsigned ink);

  HPDF_Doc doc_;
  HPDF_Font plain_, bold_;
  std::string footer_;
  std::vector<HPDF_Page> pages_;
  HPDF_Page page_ = nullptr;
  float y_ = kMargin;
};

// As wide as the cells are; where that is too much, texts wrap and, in the end, letters shrink. Numbers never wrap.
Paper::Layout Paper::layout(const PageTable& table) const {
  Layout l;
  for (l.size = kCell;; l.size -= 0.5F) {
    const size_t n = table.columns.size();
    std::vector<float> natural(n), least(n);
    for (size_t c = 0; c < n; ++c) {
      const auto widen = [&](const std::string& text, bool whole) {
        const std::string t = windows_1252(text);
        natural[c] = std::max(natural[c], width(t, bold_, l.size) + 2 * kPad);
        float longest = whole ? width(t, bold_, l.size) : 0;
        for (size_t at = 0; !whole && at <= t.size();) {
          const size_t end = std::min(t.find(' ', at), t.size());
          longest = std::max(longest, width(t.substr(at, end - at), bold_, l.size));
          at = end + 1;
        }
        least[c] = std::max(least[c], std::min(longest, whole ? longest : 110.0F) + 2 * kPad);
      };
      widen(table.columns[c].title, false);
      natural[c] = least[c];  // titles may always wrap
      for (const auto& r : table.rows) widen(r[c], table.columns[c].right);
    }
    float wanted = 0, must = 0;
    for (size_t c = 0; c < n; ++c) wanted += natural[c], must += least[c];
    if (must > kInner && l.size > kSmallestCell) continue;
    l.widths = must > kInner ? least : natural;
    // What is left over goes to, what is missing is taken from, the columns that can give.
    const float spare = kInner - (must > kInner ? must : wanted);
    if (spare < 0 && must <= kInner) {
      const float give = wanted - must;
      for (size_t c = 0; c < n; ++c)
        l.widths[c] = least[c] + (natural[c] - least[c]) * (give > 0 ? (kInner - must) / give : 0);
    } else if (spare > 0) {
      for (size_t c = 0; c < n; ++c) l.widths[c] += spare / static_cast<float>(n);
    } else if (must > kInner) {
      for (auto& w : l.widths) w *= kInner / must;
    }
    return l;
  }
}

Paper::Row Paper::row(const std::vector<std::string>& cells, const PageTable& table, const Layout& l,
                      HPDF_Font font) const {
  Row r;
  for (size_t c = 0; c < table.columns.size(); ++c) {
    r.cells.push_back(wrapped(windows_1252(cells[c]), font, l.size, l.widths[c] - 2 * kPad + 0.1F));
    r.tall = std::max(r.tall, r.cells.back().size());
  }
  return r;
}

void Paper::put(const Row& r, const PageTable& table, const Layout& l, HPDF_Font font, unsigned ink) {
  const float step = l.size * 1.25F;
  float x = kMargin;
  for (size_t c = 0; c < table.columns.size(); ++c) {
    float y = y_ + kPad + l.size;
    for (const auto& line : r.cells[c]) {
      const float back = table.columns[c].right ? l.widths[c] - kPad - width(line, font, l.size) : kPad;
      write(x + back, y, line, font, l.size, ink);
      y += step;
    }
    x += l.widths[c];
  }
  y_ += step * static_cast<float>(r.tall) + 2 * kPad;
  rule(y_, kLightRule);
}

void Paper::operator()(const PageTable& table) {
  const Layout l = layout(table);
  std::vector<std::string> titles;
  for (const auto& c : table.columns) titles.push_back(c.title);
  const Row head = row(titles, table, l, bold_);
  const auto tall = [&](const Row& r) { return l.size * 1.25F * static_cast<float>(r.tall) + 2 * kPad; };
  need(tall(head) + 30);
  put(head, table, l, bold_, kGrey);
  for (size_t i = 0; i < table.rows.size(); ++i) {
    const bool total = i + table.totals >= table.rows.size();
    const HPDF_Font font = total ? bold_ : plain_;
    const Row r = row(table.rows[i], table, l, font);
    if (need(tall(r))) put(head, table, l, bold_, kGrey);
    put(r, table, l, font, kInk);
  }
  down(8);
}

}  // namespace

Result<std::string> to_pdf(const Page& page) {
  // Without a handler Haru keeps its first error, and what is asked of it afterwards does nothing.
  const std::unique_ptr<HPDF_Doc, Free> owner(HPDF_New(nullptr, nullptr));
  const HPDF_Doc doc = owner.get();
  if (!doc) return fail(Code::resource_exhausted, "there is no memory for a PDF");
  HPDF_SetCompressionMode(doc, HPDF_COMP_ALL);
  HPDF_SetInfoAttr(doc, HPDF_INFO_TITLE, windows_1252(page.title).c_str());
  Paper paper(doc, page.footer);
  paper.title(page);
  for (const auto& block : page.blocks) std::visit(paper, block);
  paper.finish();
  HPDF_SaveToStream(doc);
  if (const auto error = HPDF_GetError(doc); error != HPDF_OK)
    return fail(Code::internal, "the PDF cannot be written: Haru's error {:#x}", error);
  std::string bytes(HPDF_GetStreamSize(doc), '\0');
  auto size = static_cast<HPDF_UINT32>(bytes.size());
  HPDF_ResetStream(doc);
  HPDF_ReadFromStream(doc, reinterpret_cast<HPDF_BYTE*>(bytes.data()), &size);
  bytes.resize(size);
  return bytes;
}

}  // namespace trine::report
