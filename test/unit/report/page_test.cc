// One page in its formats; what names of clients may not do to them; charts.
#include "report/page.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "report/csv.h"
#include "report/drawing.h"

namespace trine::report::page_test {
namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

Page page() {
  Page p{"Title", "sub", {}, "foot"};
  p.blocks.emplace_back(Heading{"By team"});
  p.blocks.emplace_back(Headlines{{{"€1.23", "cost", "of it €0.10 idle"}}});
  p.blocks.emplace_back(PageTable{{{"team"}, {"cost", true}}, {{"<b>|*", "€1.23"}, {"total", "€1.23"}}, 1});
  p.blocks.emplace_back(BarChart{"Energy", "kWh", false, {"a", "b"}, {"01", "02"}, {{1, 2}, {0.5, 0}}});
  return p;
}

TEST(Html, IsOneFileThatLoadsAndRunsNothing) {
  const auto html = to_html(page());
  EXPECT_TRUE(has(html, "default-src 'none'"));
  EXPECT_FALSE(has(html, "<script"));
  EXPECT_FALSE(has(html, "src="));
  EXPECT_FALSE(has(html, "href="));
  EXPECT_TRUE(has(html, "<svg "));
  EXPECT_TRUE(has(html, "<h2>By team</h2>"));
}

TEST(Html, NamesAreTextAndNothingElse) {
  const auto html = to_html(page());
  EXPECT_FALSE(has(html, "<b>|"));
  EXPECT_TRUE(has(html, "<td>&lt;b&gt;|*</td><td class=\"r\">€1.23</td>")) << html;
}

TEST(MarkdownPage, NamesNeitherEndACellNorBecomeMarkup) {
  const auto md = to_markdown(page());
  EXPECT_TRUE(has(md, "| \\<b\\>\\|\\* | €1.23 |\n")) << md;
  EXPECT_TRUE(has(md, "| **total** | **€1.23** |\n")) << md;
  EXPECT_TRUE(has(md, "| 01 | 1 | 2 |\n")) << "a chart is a table there: " << md;
}

TEST(Pdf, IsWrittenWhateverIsInIt) {
  auto p = page();
  std::string wide(3000, 'x');
  PageTable t{{{"a"}, {"b", true}}, {}, 0};
  for (int i = 0; i < 200; ++i) t.rows.push_back({i % 7 == 0 ? wide.substr(0, 300) : "name \xE4\xB8\xAD \xFF", "1"});
  p.blocks.emplace_back(t);
  p.blocks.emplace_back(Paragraph{wide});
  p.blocks.emplace_back(PageTable{
      std::vector<PageTable::Column>(40, {"column", true}), {std::vector<std::string>(40, "123456789 kWh")}, 0});
  p.blocks.emplace_back(BarChart{"empty", "J", true, {"a"}, {}, {}});
  const auto pdf = to_pdf(p);
  ASSERT_TRUE(pdf) << pdf.error().message;
  EXPECT_EQ(pdf->substr(0, 5), "%PDF-");
  EXPECT_TRUE(has(*pdf, "%%EOF"));
  EXPECT_EQ(*to_pdf(p), *pdf) << "the same page, the same bytes";
}

TEST(Charts, ABarIsAsTallAsItsValue) {
  const auto d = draw({"", "kWh", false, {"a", "b"}, {"1", "2"}, {{3, 1}, {2, 0}}}, 760);
  // The two of the first bar, the one of the second; then the keys of the series.
  ASSERT_EQ(d.boxes.size(), 5u);
  EXPECT_NEAR(d.boxes[0].height / d.boxes[1].height, 3, 1e-9);
  EXPECT_NEAR(d.boxes[2].height / d.boxes[1].height, 2, 1e-9);
  EXPECT_NEAR(d.boxes[0].y, d.boxes[1].y + d.boxes[1].height, 1e-9) << "stacked";
  for (const auto& b : d.boxes) {
    EXPECT_GE(b.x, 0);
    EXPECT_LE(b.x + b.width, d.width);
    EXPECT_LE(b.y + b.height, d.height);
  }
}

TEST(Charts, LabelsUnderManyBarsAreThinnedOut) {
  BarChart c{"", "J", false, {"a"}, {}, {}};
  for (int i = 0; i < 300; ++i) {
    c.bars.push_back("2026-11");
    c.values.push_back({1});
  }
  const auto d = draw(c, 760);
  EXPECT_LT(std::count_if(d.labels.begin(), d.labels.end(), [](const auto& l) { return l.text == "2026-11"; }), 20);
}

TEST(Charts, OfNothingHaveNoNumbersThatAreNone) {
  for (const bool across : {false, true}) {
    const auto d = draw({"", "J", across, {"a"}, {"x"}, {{0}}}, 760);
    for (const auto& l : d.labels) EXPECT_FALSE(has(l.text, "nan") || has(l.text, "inf")) << l.text;
  }
}

TEST(CsvTable, QuotesWhatNeedsItAndDisarmsFormulas) {
  Csv csv({"name", "n"});
  csv.text("a \"b\", c").exact(-1'500'000, 6).end_row();
  csv.text("=HYPERLINK(1)").number("").end_row();
  csv.text("-").exact(1, 9).end_row();
  EXPECT_EQ(csv.bytes(), "name,n\r\n\"a \"\"b\"\", c\",-1.5\r\n'=HYPERLINK(1),\r\n'-,0.000000001\r\n");
}

TEST(CsvTable, DisarmsWhatIsAFormulaOnlyWhereASpreadsheetCutsAtSemicolons) {
  const auto cell = [](const char* name) {
    Csv csv({"n"});
    csv.text(name).end_row();
    return csv.bytes().substr(3, csv.bytes().size() - 5);
  };
  EXPECT_EQ(cell("x;=1+1"), "x;'=1+1");
  EXPECT_EQ(cell("x; @SUM(A1)"), "x; '@SUM(A1)");
  EXPECT_EQ(cell("x\t-1"), "x\t'-1");
  EXPECT_EQ(cell("x;\"=1\""), "\"x;\"\"'=1\"\"\"");
  EXPECT_EQ(cell("x\n+1"), "\"x\n'+1\"");
  EXPECT_EQ(cell("\tx"), "'\tx");
  for (const char* plain : {"a-b", "ada@example.com", "x;y", "1+1=2"}) EXPECT_EQ(cell(plain), plain);
}

}  // namespace
}  // namespace trine::report::page_test
