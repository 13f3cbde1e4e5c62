// Words with boxes, as a PDF or recognition gives them, to the blocks that a model reads.
#include "docworker/layout.h"

#include <gtest/gtest.h>

#include <cmath>

namespace trine::docworker::layout_test {
namespace {

using documents::Block;

// A page that is written like one: each letter is 5 points wide, each line 10 high.
class Paper {
 public:
  // Words of `line`, divided by blanks, from `x` on; two blanks are a wider gap by 5 points, and so on.
  Paper& at(double x, double y, const std::string& line) {
    std::string word;
    double begin = x;
    for (size_t i = 0; i <= line.size(); ++i) {
      const double here = x + 5.0 * static_cast<double>(i);
      if (i < line.size() && line[i] != ' ') {
        if (word.empty()) begin = here;
        word += line[i];
      } else if (!word.empty()) {
        words_.push_back({begin, y, here + 1.5, y + 10, std::move(word)});  // a blank is 3.5 points
        word.clear();
      }
    }
    return *this;
  }
  std::vector<Block> read() { return lay_out(std::move(words_)); }

 private:
  std::vector<Word> words_;
};

std::string text_of(const std::vector<Block>& blocks) {
  std::string out;
  for (const Block& b : blocks) {
    if (b.kind == Block::Kind::list_item) out += "- ";
    for (const auto& row : b.rows) {
      for (const auto& cell : row) out += cell + "|";
      out += '\n';
    }
    if (b.kind != Block::Kind::table) out += b.text + '\n';
  }
  return out;
}

TEST(Layout, CellsInColumnsAreATable) {
  EXPECT_EQ(text_of(Paper()
                        .at(50, 100, "Item        Count     Price")
                        .at(50, 114, "Chair       2         80.00")
                        .at(50, 128, "Desk        1         199.00")
                        .read()),
            "Item|Count|Price|\nChair|2|80.00|\nDesk|1|199.00|\n");
}

TEST(Layout, LinesOfACellThatIsCentredInItsRowAreOneCell) {
  // As a browser prints it: "A-" over "110", the name on three lines, the amount in the middle.
  EXPECT_EQ(text_of(Paper()
                        .at(100, 100, "Chair with arms,")
                        .at(50, 106, "A-")
                        .at(100, 112, "black, adjustable,         12        2490.00")
                        .at(50, 118, "110")
                        .at(100, 124, "set up on site")
                        .at(50, 146, "B-")
                        .at(100, 152, "Desk                       3         5190.00")
                        .at(50, 158, "204")
                        .read()),
            "A-110|Chair with arms, black, adjustable, set up on site|12|2490.00|\nB-204|Desk|3|5190.00|\n");
}

TEST(Layout, ATableOfOneRowMayHaveCellsOfSeveralLines) {
  EXPECT_EQ(text_of(Paper().at(50, 100, "A-").at(100, 106, "Chair          2         80.00").at(50, 112, "110").read()),
            "A-110|Chair|2|80.00|\n");
}

TEST(Layout, AWideBlankInOneLineOfProseIsNoCell) {
  EXPECT_EQ(text_of(Paper()
                        .at(50, 100, "The fastest solver is marked with an asterisk of its own in the table.")
                        .at(50, 112, "It was run by hand.    The files of these puzzles are in the archive.")
                        .at(50, 124, "Others are there as well, and each has a line in the list below here.")
                        .read())
                .find('|'),
            std::string::npos);
}

TEST(Layout, ABulletFarFromItsLineIsABulletStill) {
  EXPECT_EQ(text_of(Paper().at(50, 100, "\u2022").at(80, 100, "The first point").read()), "- The first point\n");
}

TEST(Layout, DotsThatLeadToAPageNumberAreABlank) {
  EXPECT_EQ(text_of(Paper()
                        .at(50, 100, "2.1   Syntax . . . . . . . . . .  2")
                        .at(50, 112, "2.2   Naming....................  3")
                        .read()),
            "2.1|Syntax|2|\n2.2|Naming|3|\n");
}

TEST(Layout, ARuleOfDotsAloneStays) {
  EXPECT_EQ(text_of(Paper().at(50, 100, "..........").read()), "..........\n");
}

TEST(Layout, TwoColumnsOfSmallPrintAreReadOneAfterTheOther) {
  const auto text = text_of(
      Paper()
          .at(50, 100, "Payment is due within a month of the date    goods shall be noted on the delivery note")
          .at(50, 110, "of this letter, and interest is charged on   when they are received, and claims come in")
          .at(50, 120, "sums that are paid later than this; damaged  writing within eight days of that same day.")
          .read());
  EXPECT_LT(text.find("damaged"), text.find("goods shall")) << text;
  EXPECT_EQ(text.find('|'), std::string::npos) << text;
}

TEST(Layout, BoxesThatAreNoneAreLeftOut) {
  EXPECT_TRUE(lay_out({{0, 0, 0, 0, "nothing"}, {1, 5, NAN, 10, "nowhere"}, {9, 5, 1, 10, "backwards"}}).empty());
}

}  // namespace
}  // namespace trine::docworker::layout_test
