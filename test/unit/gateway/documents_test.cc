// How documents stand in a prompt, and which of them are kept.
#include <gtest/gtest.h>

#include "gateway/documents/kept.h"
#include "gateway/documents/wording.h"

namespace trine::gateway::documents_test {
namespace {

using documents::Format;

ReadDocument document_of(std::vector<std::string> pages, Format format = Format::pdf) {
  documents::Document d;
  d.parts.push_back({.name = "x", .format = format, .bytes = 1, .read = true, .note = {}});
  int number = 0;
  for (std::string& text : pages) {
    documents::Page page;
    page.number = ++number;
    page.blocks.push_back({documents::Block::Kind::paragraph, 0, std::move(text), {}});
    d.pages.push_back(std::move(page));
  }
  ReadDocument out;
  out.facts.pages = number;
  out.text = documents::render(d);
  out.parts = d.parts;
  return out;
}

TEST(DocumentWording, OnePageNeedsNoMarks) {
  EXPECT_EQ(wording("a.pdf", document_of({"Total 119.00"})), "File \"a.pdf\" (pdf, 1 page)\nTotal 119.00");
}

TEST(DocumentWording, SeveralHaveOneEach) {
  EXPECT_EQ(wording("a.pptx", document_of({"One", "Two"}, Format::pptx)),
            "File \"a.pptx\" (pptx, 2 slides)\n[slide 1]\nOne\n\n[slide 2]\nTwo");
}

TEST(DocumentWording, SaysWhatWasRecognisedAndWhatWasNotRead) {
  ReadDocument d = document_of({"One"});
  d.facts.ocr_pages = 1;
  d.parts.push_back({.name = "a.pdf/b.zip", .format = Format::unknown, .bytes = 1, .read = false, .note = "no"});
  EXPECT_EQ(wording("a.pdf", d), "File \"a.pdf\" (pdf, 1 page, 1 of them by OCR)\nOne\n[Not read: \"a.pdf/b.zip\"]");
}

TEST(DocumentWording, ANameIsOneLineInQuotesAndNotLong) {
  EXPECT_TRUE(wording("a\"\n[page 9]", document_of({"One"})).starts_with("File \"a  [page 9]\" ("));
  EXPECT_TRUE(wording("", document_of({"One"})).starts_with("File without a name ("));
  std::string name(159, 'a');
  name += "\xc3\xa9\xc3\xa9";  // cut in the middle of a letter
  EXPECT_TRUE(wording(name, document_of({"One"})).starts_with("File \"" + std::string(159, 'a') + "...\" ("));
}

std::shared_ptr<const ReadDocument> of_size(size_t bytes) {
  auto d = std::make_shared<ReadDocument>();
  d->text.text.assign(bytes, 'x');
  return d;
}

TEST(KeptDocuments, TheLeastLatelyUsedGoesFirst) {
  KeptDocuments kept(25'000);
  kept.keep("a", of_size(10'000));
  kept.keep("b", of_size(10'000));
  EXPECT_TRUE(kept.find("a"));
  kept.keep("c", of_size(10'000));
  EXPECT_TRUE(kept.find("a"));
  EXPECT_FALSE(kept.find("b"));
  EXPECT_TRUE(kept.find("c"));
  EXPECT_LE(kept.bytes(), 25'000u);
}

TEST(KeptDocuments, WhatIsLargerThanAllIsNotKeptAndDrivesNothingOut) {
  KeptDocuments kept(25'000);
  kept.keep("a", of_size(10'000));
  kept.keep("b", of_size(30'000));
  EXPECT_TRUE(kept.find("a"));
  EXPECT_FALSE(kept.find("b"));
}

TEST(KeptDocuments, WithoutRoomNothingIsKept) {
  KeptDocuments kept(0);
  kept.keep("a", of_size(1));
  EXPECT_FALSE(kept.find("a"));
  EXPECT_EQ(kept.bytes(), 0u);
}

}  // namespace
}  // namespace trine::gateway::documents_test
