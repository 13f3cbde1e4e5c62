#include "cli/table.h"

#include <gtest/gtest.h>

namespace trine::cli::table_test {
namespace {

TEST(Table, ColumnsAreAsWideAsTheirWidestCell) {
  Table t({{"name"}, {"J", true}});
  t.row({"fr-4090", "1"});
  t.row({"x", "12345"});
  EXPECT_EQ(t.text(),
            "name         J\n"
            "--------------\n"
            "fr-4090      1\n"
            "x        12345\n");
}

TEST(Table, WidthIsCountedInCharacters) {
  Table t({{"a", true}, {"b"}});
  t.row({"€1", "x"});
  t.row({"10", "y"});
  EXPECT_EQ(t.text(), " a  b\n-----\n€1  x\n10  y\n");
}

TEST(Table, AColumnWithoutCellsIsNotShown) {
  Table t({{"a"}, {"idle"}, {"b"}});
  t.row({"1", "", "2"});
  EXPECT_EQ(t.text(), "a  b\n----\n1  2\n");
}

TEST(Table, ARuleStandsBetweenRowsAndNeverTwiceUnderTheTitles) {
  Table t({{"a"}});
  t.rule();
  t.row({"1"});
  t.rule();
  t.row({"2"});
  EXPECT_EQ(t.text(), "a\n-\n1\n-\n2\n");
}

TEST(Printable, NamesOfClientsCannotSteerATerminal) {
  EXPECT_EQ(printable("Rechnung Größe €"), "Rechnung Größe €");
  EXPECT_EQ(printable("\x1b[31mred\n"), "?[31mred?");
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m"),
            "?31m")
      << "C1 controls";
  EXPECT_EQ(printable("a\xe2\x80\xae"
                      "b"),
            "a?b")
      << "right-to-left override";
}

TEST(Printable, BytesThatAreNoTextAreReplacedOneByOne) {
  EXPECT_EQ(printable("a\xff\xfe"
                      "b"),
            "a??b");
  EXPECT_EQ(printable("\xe2\x82"), "??") << "cut in the middle of a character";
}

}  // namespace
}  // namespace trine::cli::table_test
