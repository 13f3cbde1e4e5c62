// HTML, mail and XML: what a reader sees, in its place.
#include <gtest/gtest.h>

#include "docworker/html.h"
#include "docworker/mail.h"
#include "docworker/xml.h"
#include "reading.h"

namespace trine::docworker::markup_test {
namespace {

std::string html(std::string_view text) {
  return read_by([&](Output& out) { read_html(text, out); });
}

TEST(Html, MergedCellsLeaveTheOthersInTheirColumns) {
  EXPECT_EQ(
      html(
          "<table><tr><th>Region<th>2025<th>2026<tr><td colspan=2>North and South<td>42<tr><td rowspan=2>West<td>1<td>2"
          "<tr><td>3<td>4<tr><td>East<td>5<td>6</table>"),
      "Region|2025|2026\nNorth and South||42\nWest|1|2\n|3|4\nEast|5|6");
}

TEST(Html, ColumnsThatOnlyMergedCellsHaveAreNone) {
  EXPECT_EQ(html("<table><tr><td colspan=9>Total<td colspan=1000>12<tr><td colspan=9>Tax<td>2</table>"),
            "Total|12\nTax|2");
}

TEST(Html, ACaptionIsNoPartOfTheFirstCell) {
  EXPECT_EQ(html("<table><caption>Prices</caption><tr><td>Item<td>1</table>"), "Prices\n\nItem|1");
}

TEST(Html, CellsAfterAnInnerTableStayApart) {
  EXPECT_EQ(html("<table><tr><td><table><tr><td>a<td>1</table></td></tr><tr><td>Total</td><td>12</td><td>50</td></tr>"
                 "<tr><td>Due</td><td></td></tr></table>now"),
            "a|1\n\nTotal|12|50\n\nDue\n\nnow");
}

TEST(Html, ItemsHaveTheNumbersOfTheirList) {
  EXPECT_EQ(html("<ol start=3><li>three<li>four<ul><li>inner</ul><li value=9><b>nine</b></ol><ol type=i><li>one</ol>"),
            "- 3. three\n- 4. four\n  - inner\n- 9. nine\n- i. one");
}

TEST(Html, AnItemsNumberIsItsOwn) {
  EXPECT_EQ(html("<ol><li>One</li><li></li></ol><p>After"), "- 1. One\n\nAfter");
  EXPECT_EQ(html("<ol><li><img alt=plan></li></ol><p>Then"), "- 1. plan\n\nThen");
}

TEST(Html, RaisedDigitsAreNoDigitsOfTheNumberBeforeThem) {
  EXPECT_EQ(html("<p>1200<sup>1</sup> EUR, 10<sup>\u22126</sup>, 1<sup>st</sup>"), "1200^1 EUR, 10^\u22126, 1st");
}

TEST(Mail, OnlyAlternativesAreOneText) {
  const std::string mail =
      "From: a@b\nSubject: x\nContent-Type: multipart/mixed; boundary=o\n\n"
      "--o\nContent-Type: multipart/alternative; boundary=i\n\n--i\nContent-Type: text/plain\n\nHello there\n"
      "--i\nContent-Type: text/html\n\n<p>Hello there\n--i--\n"
      "--o\nContent-Type: text/html\n\n<p>The rest of it, which is longer than the beginning is.\n"
      "--o\nContent-Type: text/plain\n\nOf the list\n--o--\n";
  EXPECT_EQ(
      read_by([&](Output& out) { read_mail(mail, out, [](std::string_view, const std::string&) {}); }),
      "From: a@b\nSubject: x\n\nHello there\n\nThe rest of it, which is longer than the beginning is.\n\nOf the list");
}

TEST(XmlData, AttributesAndTextOfElementsWithOthersInsideStay) {
  const std::string xml =
      "<order id='17'><note>Ship <b>today</b> please</note><buyer vat='DE1'><name>Ada</name><city>Ulm</city></buyer>"
      "<item sku='A1' price='3'><name>Bolt</name></item><item sku='A2' price='4'><name>Nut</name></item></order>";
  EXPECT_EQ(read_by([&](Output& out) { read_xml(xml, out, [](std::string_view, const std::string&) {}); }),
            "# order\n\n(id: 17)\n\nnote: Ship please\nb: today\n\nbuyer: (vat: DE1)\nname: Ada\ncity: Ulm\n\nitem:\n\n"
            "sku|price|name\nA1|3|Bolt\nA2|4|Nut");
}

TEST(XmlData, TextThatEndsInAColonIsNoLabel) {
  const std::string xml = "<doc>Please note:<item><a>1</a></item><item><a>2</a></item></doc>";
  const auto text = read_by([&](Output& out) { read_xml(xml, out, [](std::string_view, const std::string&) {}); });
  EXPECT_NE(text.find("Please note:"), std::string::npos) << text;
}

}  // namespace
}  // namespace trine::docworker::markup_test
