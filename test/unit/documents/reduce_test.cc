// What is dropped, and what must never be.
#include "documents/reduce.h"

#include <gtest/gtest.h>

#include "documents/text.h"

namespace trine::documents::reduce_test {
namespace {

Block paragraph(std::string text) {
  return {Block::Kind::paragraph, 0, std::move(text), {}};
}
Block row(std::vector<std::string> cells) {
  return {Block::Kind::table, 0, {}, {std::move(cells)}};
}

Document pages(std::vector<std::vector<Block>> pages, Format format = Format::pdf) {
  Document d;
  d.parts.push_back({"a", format, 1, true, ""});
  int number = 0;
  for (auto& blocks : pages) d.pages.push_back({0, ++number, false, std::move(blocks)});
  return d;
}

std::string page(const Document& d, size_t i) {
  Document one = d;
  one.pages = {d.pages.at(i)};
  return render(one).text;
}

const std::string kLong = "The goods remain our property until the invoice has been paid in full.";

TEST(Repeats, AHeaderStaysOnItsFirstPageOnly) {
  Document d = pages({{row({"Agreement 17", "Page 1 of 3"}), paragraph("one")},
                      {row({"Agreement 17", "Page 2 of 3"}), paragraph("two")},
                      {row({"Agreement 17", "Page 3 of 3"}), paragraph("three")}});
  const Dropped dropped = drop_repeats(d);
  EXPECT_EQ(page(d, 0), "Agreement 17|Page 1 of 3\n\none");
  EXPECT_EQ(page(d, 1), "two");
  EXPECT_EQ(page(d, 2), "three");
  EXPECT_EQ(dropped.pieces, 2);
  EXPECT_EQ(dropped.chars, 2 * std::string_view("Agreement 17|Page 2 of 3").size());
  EXPECT_GT(dropped.tokens, 0);
}

TEST(Repeats, PageNumbersAloneAllGo) {
  Document d = pages({{paragraph("one"), paragraph("- 1 -")},
                      {paragraph("two"), paragraph("Seite 2 von 3")},
                      {paragraph("three"), paragraph("3/3")}});
  drop_repeats(d);
  EXPECT_EQ(render(d).text, "one\n\ntwo\n\nthree");
}

TEST(Repeats, ANumberThatDoesNotCountPagesIsContents) {
  Document d = pages({{paragraph("Invoice 4711")}, {paragraph("Invoice 4712")}, {paragraph("Invoice 4713")}});
  EXPECT_EQ(drop_repeats(d), Dropped{});
  Document slides =
      pages({{paragraph("Quarter 1 review")}, {paragraph("Quarter 2 review")}, {paragraph("Quarter 3 review")}});
  EXPECT_EQ(drop_repeats(slides), Dropped{}) << "it runs with the pages, but does not say so";
}

TEST(Repeats, ALineThatStandsTwiceOnAPageIsContents) {
  Document d = pages({{paragraph("Yes"), paragraph("Yes")}, {paragraph("Yes"), paragraph("Yes")}});
  EXPECT_EQ(drop_repeats(d), Dropped{});
}

TEST(Repeats, LinesInTheMiddleOfPagesStay) {
  std::vector<Block> many;
  for (int i = 0; i < 20; ++i) many.push_back(paragraph(std::string(1, static_cast<char>('a' + i))));
  many[10] = paragraph("Subtotal");
  std::vector<Block> other = many;
  for (int i = 0; i < 20; ++i)
    if (i != 10) other[static_cast<size_t>(i)].text += "x";
  Document d = pages({many, other});
  EXPECT_EQ(drop_repeats(d), Dropped{});
}

TEST(Duplicates, AParagraphIsKeptOnceWhateverItsCaseAndBlanks) {
  Document d = pages(
      {{paragraph(kLong)},
       {paragraph("THE  GOODS remain our property until\nthe invoice has been paid in full."), paragraph("new")}});
  const Dropped dropped = drop_duplicates(d);
  EXPECT_EQ(render(d).text, kLong + "\n\nnew");
  EXPECT_EQ(dropped.pieces, 1);
}

TEST(Duplicates, ShortTextsAndShortTablesMayRepeat) {
  Document d = pages(
      {{paragraph("119.00 EUR"), row({"1", "Hammer", "9.00"}), paragraph("119.00 EUR"), row({"1", "Hammer", "9.00"})}});
  EXPECT_EQ(drop_duplicates(d), Dropped{});
}

TEST(Duplicates, OneOtherFigureMakesAnotherParagraph) {
  Document d = pages({{paragraph("The yearly fee for the site in Leeds is 1200 EUR, payable in March.")},
                      {paragraph("The yearly fee for the site in Leeds is 1300 EUR, payable in March.")}});
  EXPECT_EQ(drop_duplicates(d), Dropped{});
}

TEST(Duplicates, ACopiedPageGoesUnlessItHasANewFigure) {
  std::string words;
  for (int i = 0; i < 60; ++i)
    words += "word" + std::string(1, static_cast<char>('a' + i % 26)) +
             std::string(1, static_cast<char>('a' + i / 26)) + " ";
  Document same = pages({{paragraph(words + "total 100")}, {paragraph(words + "copy total 100")}});
  EXPECT_EQ(drop_duplicates(same).pieces, 1);
  EXPECT_EQ(same.pages.size(), 1u);
  Document other = pages({{paragraph(words + "total 100")}, {paragraph(words + "copy total 101")}});
  drop_duplicates(other);
  EXPECT_EQ(other.pages.size(), 2u);
}

TEST(Duplicates, QuotedLinesThatStandAboveGo) {
  Document d = pages({{paragraph("We confirm order 17 of today.\nKind regards"),
                       paragraph("> We confirm order 17 of today.\n> Can you send two more?")}},
                     Format::mail);
  drop_duplicates(d);
  EXPECT_EQ(render(d).text, "We confirm order 17 of today.\nKind regards\n\n> Can you send two more?");
}

TEST(Boilerplate, ANoticeUnderAMailGoesAndTheSameWordsInAContractStay) {
  const auto notice = paragraph("This e-mail is confidential and intended for the addressee only.");
  Document mail = pages({{paragraph("Total 119.00"), notice, paragraph("Sent from my phone")}}, Format::mail);
  EXPECT_EQ(drop_boilerplate(mail).pieces, 2);
  EXPECT_EQ(render(mail).text, "Total 119.00");
  Document contract = pages({{notice}}, Format::pdf);
  EXPECT_EQ(drop_boilerplate(contract), Dropped{});
}

TEST(Boilerplate, AMailAboutAnEmailStays) {
  Document d = pages({{paragraph("This e-mail confirms your order 4711 of three hammers.")}}, Format::mail);
  EXPECT_EQ(drop_boilerplate(d), Dropped{});
}

}  // namespace
}  // namespace trine::documents::reduce_test
