// Rendering, splitting, merging, picture sizes: figures that can be checked by hand.
#include <gtest/gtest.h>

#include <array>

#include "documents/document_json.h"
#include "documents/frame.h"
#include "documents/image_size.h"
#include "documents/job.h"
#include "documents/merge.h"
#include "documents/split.h"
#include "documents/text.h"

namespace trine::documents::steps_test {
namespace {

Document two_pages() {
  Document d;
  d.parts = {{"a.eml", Format::mail, 10, true, ""}, {"a.eml/b.pdf", Format::pdf, 20, true, ""}};
  d.pages.push_back({0,
                     1,
                     false,
                     {{Block::Kind::heading, 2, "Order", {}},
                      {Block::Kind::list_item, 0, "one", {}},
                      {Block::Kind::list_item, 1, "two", {}}}});
  d.pages.push_back(
      {1,
       1,
       true,
       {{Block::Kind::table, 0, {}, {{"a", "", "c"}, {"", "b", ""}}}, {Block::Kind::image, 0, "9 x 9", {}}}});
  d.warnings = {"odd \"thing\""};
  d.facts = {2, 1, 1, 9, 77};
  return d;
}

TEST(Text, APageKnowsWhereItIs) {
  const Text t = render(two_pages());
  EXPECT_EQ(t.text, "## Order\n\n- one\n  - two\n\n[a.eml/b.pdf]\na||c\n|b\n\n[image: 9 x 9]");
  ASSERT_EQ(t.pages.size(), 2u);
  EXPECT_EQ(t.page_at(t.text.find("two")), &t.pages[0]);
  EXPECT_EQ(t.page_at(t.text.find("|b")), &t.pages[1]);
  EXPECT_EQ(t.page_at(t.text.size()), nullptr);
}

TEST(Text, BlanksOfALayoutCostAboutATokenARun) {
  EXPECT_EQ(estimate_tokens("aaaaaaaaaa"), 3);
  EXPECT_EQ(estimate_tokens("aaaaa" + std::string(90, ' ') + "aa"), 3);
}

TEST(DocumentJson, WhatTheWorkerWritesIsReadBack) {
  const Document d = two_pages();
  Document back;
  for (const Page& p : d.pages) {
    std::string json;
    append_page(json, p);
    const auto page = page_of(json);
    ASSERT_TRUE(page) << page.error().message;
    back.pages.push_back(*page);
  }
  uint64_t resident = 0;
  ASSERT_TRUE(read_end(end_json(d, 4096), back, resident));
  EXPECT_EQ(resident, 4096u);
  EXPECT_EQ(back, d);
}

TEST(DocumentJson, WhatIsOfNoFormIsRefused) {
  for (const char* bad : {"", "[]", "{\"part\":-1}", "{\"part\":0,\"blocks\":[{\"kind\":\"film\"}]}",
                          "{\"part\":0,\"blocks\":[{\"rows\":[[1]]}]}", "{\"x\":1}"})
    EXPECT_FALSE(page_of(bad)) << bad;
  Document d;
  d.pages.push_back({7, 1, false, {}});
  uint64_t resident = 0;
  EXPECT_FALSE(read_end("{\"parts\":[]}", d, resident)) << "a page of a part that is not there";
}

TEST(Job, ItsJsonIsReadBack) {
  Job job;
  job.name = "a \"b\".pdf";
  job.ocr = Ocr::all;
  job.languages = "deu+eng";
  job.image = {100, 200, 60};
  job.limits.pages = 3;
  uint64_t bytes = 0;
  const auto back = job_of(to_json(job, 12345), bytes);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, job);
  EXPECT_EQ(bytes, 12345u);
  EXPECT_FALSE(job_of("{\"bytes\":1,\"limits\":{\"pages\":-1}}", bytes));
  EXPECT_FALSE(job_of("{\"name\":\"x\"}", bytes)) << "no length";
  EXPECT_FALSE(job_of("{\"bytes\":1,\"colour\":2}", bytes));
}

TEST(Frame, ItsBytesAreLengthTypePayload) {
  std::string out;
  append_frame(out, FrameType::page, "{}");
  EXPECT_EQ(out, std::string("\x02\0\0\0P{}", 7));
}

TEST(Frame, ATypeOrALengthThatIsNoneBreaksTheStream) {
  Frame frame;
  FrameReader wrong_type;
  wrong_type.feed(std::string_view("\0\0\0\0Z", 5));
  EXPECT_EQ(wrong_type.next(frame), FrameReader::Status::broken);
  FrameReader too_long;
  too_long.feed("\xff\xff\xff\xffP");
  EXPECT_EQ(too_long.next(frame), FrameReader::Status::broken);
  too_long.feed(std::string_view("\0\0\0\0P", 5));
  EXPECT_EQ(too_long.next(frame), FrameReader::Status::broken) << "for good";
}

TEST(ImageSize, OpenAisOwnExamplesComeOut) {
  EXPECT_EQ(image_tokens(openai_tiler(), 1024, 1024), 765);
  EXPECT_EQ(image_tokens(openai_tiler(), 2048, 4096), 1105);
  EXPECT_EQ(image_tokens(openai_tiler(), 512, 512), 255);
}

TEST(ImageSize, AScanIsScaledToWhatTheTilerSees) {
  const Shrink s = shrink_for(openai_tiler(), 2480, 3508);  // A4 at 300 dpi
  EXPECT_EQ(s.width, 768);
  EXPECT_EQ(s.height, 1086);
  EXPECT_TRUE(s.worth_it);
  EXPECT_EQ(s.saved(), 0) << "fewer bytes, the same tokens";
  const Shrink small = shrink_for(openai_tiler(), 2480, 3508, 500);
  EXPECT_LE(small.after, 500);
  EXPECT_EQ(small.before, 1105);
}

TEST(ImageSize, QwenCountsCellsOf28Pixels) {
  EXPECT_EQ(image_tokens(qwen_tiler(), 280, 560), 200);
  const Tiler small = qwen_tiler(1'003'520);  // 1280 cells
  EXPECT_LE(image_tokens(small, 4000, 3000), 1300);
  EXPECT_GT(image_tokens(small, 4000, 3000), 1200);
}

TEST(ImageSize, AnthropicCountsArea) {
  EXPECT_EQ(image_tokens(anthropic_tiler(), 1000, 1000), 1334);
  EXPECT_EQ(shrink_for(anthropic_tiler(), 3136, 1568).width, 1568);
}

TEST(Split, PagesAreCutBeforeBlocksAndBlocksBeforeLines) {
  Document d;
  d.parts.push_back({});
  const std::string forty(40, 'x');
  d.pages.push_back({0, 1, false, {{Block::Kind::paragraph, 0, forty, {}}}});
  d.pages.push_back({0, 2, false, {{Block::Kind::paragraph, 0, forty, {}}}});
  const Text t = render(d);
  const auto pieces = split(t, {16, 0});
  ASSERT_TRUE(pieces);
  ASSERT_EQ(pieces->size(), 2u);
  EXPECT_EQ((*pieces)[0].end, t.pages[1].begin);
  EXPECT_EQ((*pieces)[1].first_page, 2);
}

TEST(Split, ImpossibleBudgetsAreRefused) {
  EXPECT_FALSE(split({}, {15, 0}));
  EXPECT_FALSE(split({}, {100, 50}));
  EXPECT_TRUE(split({}, {100, 49})->empty());
}

TEST(Merge, TheFirstThatSaysSomethingCounts) {
  const std::array<std::string_view, 3> answers = {
      R"({"total":null,"seller":{"name":"A","vat":""},"lines":[{"n":1},{"n":1}]})",
      R"({"total":119.0,"seller":{"name":"B","vat":"X1"},"lines":[{"n":1},{"n":2}],"note":[]})",
      R"({"total":119,"seller":null})"};
  const auto m = merge(answers);
  ASSERT_TRUE(m) << m.error().message;
  EXPECT_EQ(m->json, R"({"total":119.0,"seller":{"name":"A","vat":"X1"},"lines":[{"n":1},{"n":1},{"n":2}],"note":[]})");
  ASSERT_EQ(m->conflicts.size(), 1u);
  EXPECT_EQ(m->conflicts[0], (Conflict{"seller.name", "\"A\"", "\"B\"", 1}));
}

TEST(Merge, WhatIsNoObjectIsNamed) {
  const std::array<std::string_view, 2> answers = {"{}", "[1]"};
  const auto m = merge(answers);
  ASSERT_FALSE(m);
  EXPECT_EQ(m.error().message, "answer 1 is no JSON object");
  const std::array<std::string_view, 1> twice = {R"({"a":{"b":1,"b":2}})"};
  EXPECT_FALSE(merge(twice));
  EXPECT_EQ(merge({})->json, "{}");
}

}  // namespace
}  // namespace trine::documents::steps_test
