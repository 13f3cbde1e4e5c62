// What a reader of a Word document sees is not lost, and stands where it stood.
#include <gtest/gtest.h>

#include "docworker/ooxml.h"
#include "reading.h"

namespace trine::docworker::docx_test {
namespace {

std::string p(const std::string& text) {
  return "<w:p><w:r><w:t>" + text + "</w:t></w:r></w:p>";
}
std::string tc(const std::string& text, const std::string& properties = {}) {
  return "<w:tc><w:tcPr>" + properties + "</w:tcPr>" + p(text) + "</w:tc>";
}
std::string tr(const std::string& cells, const std::string& properties = {}) {
  return "<w:tr><w:trPr>" + properties + "</w:trPr>" + cells + "</w:tr>";
}
std::string tbl(const std::string& rows) {
  return "<w:tbl><w:tblPr/>" + rows + "</w:tbl>";
}
std::string control(const std::string& contents) {
  return "<w:sdt><w:sdtPr/><w:sdtContent>" + contents + "</w:sdtContent></w:sdt>";
}
std::string read(const std::string& body, DocxParts parts = {}) {
  parts.document = "<w:document><w:body>" + body + "</w:body></w:document>";
  return read_by([&](Output& out) { read_docx_body(parts, out); });
}

TEST(DocxTable, CellsAndRowsInContentControlsStay) {
  EXPECT_EQ(read(tbl(tr(tc("Item") + tc("Qty") + tc("Price")) + tr(tc("Bolt") + control(tc("7")) + tc("1200 EUR")) +
                     control(tr(tc("Nut") + tc("9") + tc("3 EUR"))) +
                     control(control("<w:ins>" + tr(tc("Pin") + tc("2") + tc("1 EUR")) + "</w:ins>")))),
            "Item|Qty|Price\nBolt|7|1200 EUR\nNut|9|3 EUR\nPin|2|1 EUR");
}

TEST(DocxTable, ACellOverSeveralColumnsLeavesThoseAfterItInTheirs) {
  EXPECT_EQ(read(tbl(tr(tc("Region") + tc("2025") + tc("2026")) +
                     tr(tc("North and South", "<w:gridSpan w:val='2'/>") + tc("42")) +
                     tr(tc("West") + tc("4"), "<w:gridBefore w:val='1'/>"))),
            "Region|2025|2026\nNorth and South||42\n|West|4");
}

TEST(DocxTable, ASpanThatNoTableHasTakesNoColumns) {
  EXPECT_EQ(read(tbl(tr(tc("a", "<w:gridSpan w:val='999999999999'/>") + tc("b")) + tr(tc("c") + tc("d")))),
            "a||b\nc|d");
}

TEST(DocxTable, ACellThatGoesOnBelowIsEmptyThere) {
  EXPECT_EQ(read(tbl(tr(tc("North", "<w:vMerge w:val='restart'/>") + tc("1")) +
                     tr("<w:tc><w:tcPr><w:vMerge/></w:tcPr><w:p/></w:tc>" + tc("2")))),
            "North|1\n|2");
}

TEST(DocxTable, RowsAndCellsThatWereDeletedAreGone) {
  EXPECT_EQ(read(tbl(tr(tc("a") + tc("b")) + tr(tc("c") + tc("d"), "<w:del w:id='1'/>") +
                     tr(tc("e", "<w:cellDel w:id='2'/>") + tc("f")))),
            "a|b\n|f");
}

TEST(DocxTable, ATableAroundOthersIsLayout) {
  EXPECT_EQ(read(tbl(tr(tc("Seller") + "<w:tc>" + tbl(tr(tc("x") + tc("1")) + tr(tc("y") + tc("2"))) + "</w:tc>") +
                     tr(tc("Total") + tc("3")))),
            "Seller\n\nx|1\ny|2\n\nTotal|3");
  EXPECT_EQ(read(tbl(tr("<w:tc>" + p("Dear Sir,") + p("Yours") + "</w:tc>"))), "Dear Sir,\n\nYours");
}

TEST(DocxText, WhatIsInsertedLinkedOrInAControlStaysAndWhatIsDeletedGoes) {
  EXPECT_EQ(read(control(p("in a control")) +
                 "<w:p><w:ins><w:r><w:t>new </w:t></w:r></w:ins><w:del><w:r><w:delText>old </w:delText></w:r></w:del>"
                 "<w:moveFrom><w:r><w:t>moved </w:t></w:r></w:moveFrom><w:hyperlink><w:r><w:t>link </w:t></w:r>"
                 "</w:hyperlink><w:smartTag><w:r><w:t>tag </w:t></w:r></w:smartTag><w:r><w:rPr><w:vanish/></w:rPr><w:t>"
                 "hidden </w:t></w:r><w:r><w:rPr><w:vanish w:val='0'/></w:rPr><w:t>shown</w:t></w:r></w:p>"),
            "in a control\n\nnew link tag shown");
}

TEST(DocxText, ATextBoxIsReadOnce) {
  EXPECT_EQ(read("<w:p><w:r><w:t>before</w:t></w:r><w:r><mc:AlternateContent><mc:Choice><w:drawing><wps:txbx>"
                 "<w:txbxContent>" +
                 p("boxed") +
                 "</w:txbxContent></wps:txbx></w:drawing></mc:Choice><mc:Fallback>"
                 "<w:pict><w:txbxContent>" +
                 p("boxed") +
                 "</w:txbxContent></w:pict></mc:Fallback>"
                 "</mc:AlternateContent></w:r></w:p>"),
            "before\n\nboxed");
}

TEST(DocxText, FormsShowWhatIsChosen) {
  EXPECT_EQ(read("<w:p><w:r><w:sym w:font='Wingdings' w:char='F0FE'/><w:t> yes </w:t><w:sym w:font='Wingdings' "
                 "w:char='F0A8'/><w:t> no, </w:t><w:sym w:font='Symbol' w:char='F0A3'/><w:t>5 </w:t><w:sym "
                 "w:font='Symbol' w:char='F06D'/><w:t>m</w:t></w:r></w:p>"),
            "\u2611 yes \u2610 no, \u22645 \u03BCm");
  EXPECT_EQ(read("<w:p><w:r><w:fldChar><w:ffData><w:checkBox><w:default w:val='0'/><w:checked/></w:checkBox></w:ffData>"
                 "</w:fldChar></w:r><w:r><w:t>paid, by </w:t></w:r><w:r><w:fldChar><w:ffData><w:ddList><w:result "
                 "w:val='1'/><w:listEntry w:val='card'/><w:listEntry w:val='bank'/></w:ddList></w:ffData></w:fldChar>"
                 "</w:r></w:p>"),
            "[x] paid, by bank");
}

TEST(DocxText, RaisedDigitsAreNoDigitsOfTheNumberBeforeThem) {
  const auto raised = [](const std::string& text) {
    return "<w:r><w:rPr><w:vertAlign w:val='superscript'/></w:rPr><w:t>" + text + "</w:t></w:r>";
  };
  EXPECT_EQ(read("<w:p><w:r><w:t>10</w:t></w:r>" + raised("-") + raised("6") + "</w:p>"), "10^-6");
  EXPECT_EQ(read("<w:p><w:r><w:t>10</w:t></w:r>" + raised("-6") + "<w:r><w:t> on the 1</w:t></w:r>" + raised("st") +
                 "</w:p>"),
            "10^-6 on the 1st");
}

TEST(DocxText, WhereARaisedRunBeganIsOfItsParagraphAlone) {
  const std::string raised = "<w:r><w:rPr><w:vertAlign w:val='superscript'/></w:rPr><w:t>";
  EXPECT_EQ(read("<w:p><w:r><w:t>abc10</w:t></w:r>" + raised + "6</w:t></w:r></w:p><w:p>" + raised +
                 "Table1</w:t></w:r></w:p>"),
            "abc10^6\n\nTable1");
}

TEST(DocxText, FormulasKeepTheirFractionsAndPowers) {
  EXPECT_EQ(read("<w:p><m:oMath><m:f><m:num><m:r><m:t>1</m:t></m:r></m:num><m:den><m:r><m:t>a+b</m:t></m:r></m:den>"
                 "</m:f><m:sSup><m:e><m:d><m:e><m:r><m:t>x</m:t></m:r></m:e></m:d></m:e><m:sup><m:r><m:t>2</m:t></m:r>"
                 "</m:sup></m:sSup></m:oMath></w:p>"),
            "1/(a+b)(x)^2");
}

TEST(DocxText, NotesStandWhereTheTextRefersToThem) {
  DocxParts parts;
  parts.footnotes = "<w:footnotes><w:footnote w:type='separator' w:id='-1'>" + p("---") + "</w:footnote>" +
                    "<w:footnote w:id='2'>" + p(" without VAT") + "</w:footnote><w:footnote w:id='3'>" + p("unused") +
                    "</w:footnote></w:footnotes>";
  EXPECT_EQ(read("<w:p><w:r><w:t>1200 EUR</w:t></w:r><w:r><w:footnoteReference w:id='2'/></w:r><w:r><w:t> net</w:t>"
                 "</w:r></w:p>",
                 parts),
            "1200 EUR [1: without VAT] net");
}

TEST(DocxText, ANoteMayReferToItself) {
  DocxParts parts;
  parts.footnotes =
      "<w:footnotes><w:footnote w:id='2'><w:p><w:r><w:t>a note that is long enough to be on the heap</w:t>"
      "<w:footnoteReference w:id='2'/><w:t> and goes on</w:t></w:r></w:p></w:footnote></w:footnotes>";
  EXPECT_EQ(read("<w:p><w:r><w:t>Net</w:t><w:footnoteReference w:id='2'/></w:r></w:p>", parts),
            "Net [1: a note that is long enough to be on the heap and goes on]");
}

TEST(DocxNumbers, AreTheirOwnInCellsAndNotes) {
  DocxParts parts;
  parts.numbering =
      "<w:numbering><w:abstractNum w:abstractNumId='0'><w:lvl w:ilvl='0'><w:start w:val='1'/><w:numFmt "
      "w:val='decimal'/><w:lvlText w:val='REQ-%1'/></w:lvl></w:abstractNum><w:num w:numId='5'><w:abstractNumId "
      "w:val='0'/></w:num></w:numbering>";
  const auto numbered = [](const std::string& text) {
    return "<w:p><w:pPr><w:numPr><w:ilvl w:val='0'/><w:numId w:val='5'/></w:numPr></w:pPr><w:r><w:t>" + text +
           "</w:t></w:r></w:p>";
  };
  parts.footnotes = "<w:footnotes><w:footnote w:id='2'>" + numbered("in a note") + "</w:footnote></w:footnotes>";
  const auto cell = [&](const std::string& p) { return "<w:tc><w:tcPr/>" + p + "</w:tc>"; };
  EXPECT_EQ(
      read(tbl(tr(cell(numbered("")) + tc("fast")) + tr(cell(numbered("")) + tc("small"))) + numbered("third"), parts),
      "REQ-1|fast\nREQ-2|small\n\n- REQ-3 third");
}

TEST(DocxNumbers, ClausesHaveTheirNumbers) {
  DocxParts parts;
  parts.styles =
      "<w:styles><w:style w:styleId='H1'><w:name w:val='heading 1'/><w:pPr><w:numPr><w:numId w:val='5'/></w:numPr>"
      "</w:pPr></w:style><w:style w:styleId='Mine'><w:basedOn w:val='H1'/></w:style></w:styles>";
  parts.numbering =
      "<w:numbering><w:abstractNum w:abstractNumId='0'>"
      "<w:lvl w:ilvl='0'><w:start w:val='3'/><w:numFmt w:val='decimal'/><w:lvlText w:val='\u00A7 %1'/></w:lvl>"
      "<w:lvl w:ilvl='1'><w:numFmt w:val='decimal'/><w:lvlText w:val='%1.%2'/></w:lvl>"
      "<w:lvl w:ilvl='2'><w:numFmt w:val='lowerLetter'/><w:lvlText w:val='(%3)'/></w:lvl></w:abstractNum>"
      "<w:abstractNum w:abstractNumId='1'><w:lvl w:ilvl='0'><w:numFmt w:val='bullet'/><w:lvlText w:val='o'/></w:lvl>"
      "</w:abstractNum><w:num w:numId='5'><w:abstractNumId w:val='0'/></w:num>"
      "<w:num w:numId='6'><w:abstractNumId w:val='1'/></w:num><w:num w:numId='7'><w:abstractNumId w:val='0'/>"
      "<w:lvlOverride w:ilvl='1'><w:startOverride w:val='1'/></w:lvlOverride></w:num></w:numbering>";
  const auto item = [](const std::string& list, int level, const std::string& text) {
    return "<w:p><w:pPr><w:numPr><w:ilvl w:val='" + std::to_string(level) + "'/><w:numId w:val='" + list +
           "'/></w:numPr></w:pPr><w:r><w:t>" + text + "</w:t></w:r></w:p>";
  };
  const auto styled = [](const std::string& style, const std::string& text) {
    return "<w:p><w:pPr><w:pStyle w:val='" + style + "'/></w:pPr><w:r><w:t>" + text + "</w:t></w:r></w:p>";
  };
  EXPECT_EQ(read(styled("H1", "Fees") + item("5", 1, "Due") + item("5", 1, "Late") + item("5", 2, "first") +
                     item("5", 2, "second") + styled("Mine", "Term") + item("5", 1, "Begin") + item("7", 1, "Again") +
                     item("6", 0, "point") + item("0", 0, "no list"),
                 parts),
            "# \u00A7 3 Fees\n\n  - 3.1 Due\n  - 3.2 Late\n    - (a) first\n    - (b) second\n\n# \u00A7 4 Term\n\n"
            "  - 4.1 Begin\n  - 4.1 Again\n- point\n\nno list");
}

TEST(DocxFile, HeadersFootersAndNotesAreFound) {
  const auto file =
      zip_of({{"word/document.xml",
               "<w:document><w:body><w:p><w:r><w:t>Text</w:t><w:endnoteReference "
               "w:id='1'/></w:r></w:p></w:body></w:document>"},
              {"word/endnotes.xml", "<w:endnotes><w:endnote w:id='1'>" + p("end") + "</w:endnote></w:endnotes>"},
              {"word/header1.xml", "<w:hdr>" + control(p("Seller")) + "</w:hdr>"},
              {"word/footer2.xml", "<w:ftr>" + p("IBAN") + "</w:ftr>"}});
  EXPECT_EQ(read_by([&](Output& out) { read_docx(Zip(file, out.budget()), out); }), "Seller\n\nText [1: end]\n\nIBAN");
}

}  // namespace
}  // namespace trine::docworker::docx_test
