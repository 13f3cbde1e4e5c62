// Workbooks, slides and OpenDocument: what stands in them stands in the text, in its place.
#include <gtest/gtest.h>

#include "docworker/odf.h"
#include "docworker/ooxml.h"
#include "reading.h"

namespace trine::docworker::office_test {
namespace {

std::string read_workbook(const std::string& rows, const std::string& sheet = {}) {
  const auto file = zip_of(
      {{"xl/workbook.xml",
        "<workbook xmlns:q='r'><sheets><sheet name='Sums' sheetId='7' q:id='a' " + sheet + "/></sheets></workbook>"},
       {"xl/_rels/workbook.xml.rels",
        "<Relationships><Relationship Id='a' Target='worksheets/first.xml'/></Relationships>"},
       {"xl/styles.xml",
        "<styleSheet><numFmts><numFmt numFmtId='170' formatCode='0000'/></numFmts><cellXfs><xf numFmtId='0'/>"
        "<xf numFmtId='170'/><xf numFmtId='46'/></cellXfs></styleSheet>"},
       {"xl/sharedStrings.xml", "<sst><si><r><t>rich </t></r><r><t>text</t></r><rPh><t>spoken</t></rPh></si></sst>"},
       {"xl/worksheets/first.xml", "<worksheet><sheetData>" + rows + "</sheetData></worksheet>"}});
  return read_by([&](Output& out) { read_xlsx(Zip(file, out.budget()), out); });
}

TEST(Xlsx, CellsAreReadAsTheyAreShown) {
  EXPECT_EQ(
      read_workbook(
          "<row r='1'><c r='A1' t='s'><v>0</v></c><c r='B1' s='1'><v>7</v></c><c r='D1' s='2'><v>1.5</v></c></row>"
          "<row r='2'><c r='A2' t='e'><f>1/0</f><v>#DIV/0!</v></c><c r='B2' t='b'><v>1</v></c>"
          "<c r='D2' t='inlineStr'><is><t>here</t></is></c></row>"),
      "## Sums\n\nrich text|0007|36:00:00\n#DIV/0!|TRUE|here");
}

TEST(Xlsx, AFormulaThatWasNeverComputedIsShown) {
  EXPECT_EQ(read_workbook(
                "<row r='1'><c r='A1'><v>3</v></c><c r='B1'><f>A1*2</f><v/></c><c r='C1' t='str'><f>\"\"</f><v></v></c>"
                "<c r='D1'><f>A1+1</f><v>4</v></c></row>"),
            "## Sums\n\n3|=A1*2|4");
}

TEST(Xlsx, AHiddenSheetIsSaidToBe) {
  EXPECT_EQ(read_workbook("<row r='1'><c r='A1'><v>3</v></c></row>", "state='veryHidden'"), "## Sums (hidden)\n\n3");
}

TEST(Pptx, DiagramsAndAlternativesAreReadOnce) {
  const auto shape = [](const std::string& runs) {
    return "<p:sp><p:nvSpPr><p:nvPr/></p:nvSpPr><p:txBody><a:p>" + runs + "</a:p></p:txBody></p:sp>";
  };
  const auto file =
      zip_of({{"ppt/presentation.xml",
               "<p:presentation><p:sldIdLst><p:sldId id='256' r:id='a'/></p:sldIdLst></p:presentation>"},
              {"ppt/_rels/presentation.xml.rels",
               "<Relationships><Relationship Id='a' Target='slides/slide1.xml'/></Relationships>"},
              {"ppt/slides/slide1.xml", "<p:sld><mc:AlternateContent><mc:Choice>" +
                                            shape("<a:r><a:t>10</a:t></a:r><a:r><a:rPr baseline='30000'/>"
                                                  "<a:t>6</a:t></a:r>") +
                                            "</mc:Choice><mc:Fallback>" + shape("<a:r><a:t>picture</a:t></a:r>") +
                                            "</mc:Fallback></mc:AlternateContent></p:sld>"},
              {"ppt/slides/_rels/slide1.xml.rels",
               "<Relationships><Relationship Id='a' Target='../diagrams/drawing1.xml'/></Relationships>"},
              {"ppt/diagrams/drawing1.xml",
               "<dsp:drawing><dsp:spTree><dsp:sp><dsp:txBody><a:p><a:r><a:t>Step "
               "one</a:t></a:r></a:p></dsp:txBody></dsp:sp></dsp:spTree></dsp:drawing>"}});
  EXPECT_EQ(read_by([&](Output& out) { read_pptx(Zip(file, out.budget()), out); }), "10^6\n\nStep one");
}

std::string odf(const std::string& body) {
  return "<office:document-content><office:body><office:text>" + body +
         "</office:text></office:body></office:document-content>";
}

TEST(Odf, CoveredCellsAndBlanksBetweenCellsKeepTheColumns) {
  const std::string xml =
      odf("<table:table><table:table-row><table:table-cell><text:p>Region</text:p></table:table-cell> "
          "<table:table-cell><text:p>2025</text:p></table:table-cell> "
          "<table:table-cell><text:p>2026</text:p></table:table-cell>"
          "</table:table-row><table:table-row><table:table-cell "
          "table:number-columns-spanned='2'><text:p>Both</text:p></table:table-cell>"
          "<table:covered-table-cell/><table:table-cell><text:p>42</text:p></table:table-cell></table:table-row></"
          "table:table>");
  EXPECT_EQ(read_by([&](Output& out) { read_odf_content(xml, Format::odt, out); }), "Region|2025|2026\nBoth||42");
}

TEST(Odf, NotesAndNumbersAreNoPartOfTheWordsBesideThem) {
  const std::string xml =
      odf("<text:p>1200<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>net</text:p>"
          "</text:note-body></text:note> EUR</text:p><text:h><text:number>4.2</text:number>Term</text:h>");
  EXPECT_EQ(read_by([&](Output& out) { read_odf_content(xml, Format::odt, out); }), "1200 [1: net] EUR\n\n# 4.2 Term");
}

TEST(Odf, HeadersAndFootersOfALetterAreRead) {
  const auto file =
      zip_of({{"content.xml", odf("<text:p>Text</text:p>")},
              {"styles.xml",
               "<office:document-styles><office:master-styles><style:master-page><style:header><text:p>Seller</text:p>"
               "</style:header><style:footer><text:p>IBAN</text:p></style:footer></style:master-page></"
               "office:master-styles></office:document-styles>"}});
  EXPECT_EQ(read_by([&](Output& out) { read_odf(Zip(file, out.budget()), Format::odt, out); }),
            "Seller\n\nText\n\nIBAN");
}

}  // namespace
}  // namespace trine::docworker::office_test
