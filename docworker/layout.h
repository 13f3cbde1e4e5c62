// From words with boxes to headings, paragraphs, lists and tables: for pages of PDF and for recognised images alike.
// Pure.
#pragma once

#include <string>
#include <vector>

#include "documents/document.h"

namespace trine::docworker {

struct Word {
  double x0 = 0, y0 = 0, x1 = 0, y1 = 0;  // points from the upper left corner; y0 is the top
  std::string text;
  double height() const { return y1 - y0; }
};

// Rows of words that stand apart in aligned columns become tables; text in columns is read column by column.
std::vector<documents::Block> lay_out(std::vector<Word> words);

}  // namespace trine::docworker
