// What holds for every text, frame and document.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "documents/document_json.h"
#include "documents/frame.h"
#include "documents/image_size.h"
#include "documents/reduce.h"
#include "documents/split.h"
#include "documents/text.h"

namespace trine::documents::documents_property_test {
namespace {

rc::Gen<std::string> words() {
  return rc::gen::container<std::string>(rc::gen::elementOf(std::string("ab 1\n>#é.|")));
}

rc::Gen<Document> documents() {
  return rc::gen::exec([] {
    Document d;
    d.parts = {{"m", Format::mail, 1, true, ""}, {"m/p", Format::pdf, 1, true, ""}};
    const int pages = *rc::gen::inRange(0, 6);
    for (int p = 0; p < pages; ++p) {
      Page page{p > 3 ? 1 : 0, p + 1, false, {}};
      const int blocks = *rc::gen::inRange(0, 6);
      for (int b = 0; b < blocks; ++b) {
        Block block{static_cast<Block::Kind>(*rc::gen::inRange(0, 5)), *rc::gen::inRange(0, 4), {}, {}};
        if (block.kind == Block::Kind::table) {
          block.rows = *rc::gen::container<std::vector<std::vector<std::string>>>(
              rc::gen::container<std::vector<std::string>>(words()));
        } else {
          block.text = *words();
        }
        page.blocks.push_back(std::move(block));
      }
      d.pages.push_back(std::move(page));
    }
    return d;
  });
}

RC_GTEST_PROP(Split, PiecesCoverTheTextWithinTheBudget, ()) {
  const Text t = render(*documents());
  const auto most = *rc::gen::inRange<Tokens>(16, 60);
  const auto overlap = *rc::gen::inRange<Tokens>(0, most / 2);
  const auto pieces = split(t, {most, overlap});
  RC_ASSERT(pieces.has_value());
  size_t at = 0;
  for (const Piece& p : *pieces) {
    RC_ASSERT(p.fresh == at);
    RC_ASSERT(p.begin <= p.fresh);
    RC_ASSERT(p.end > p.fresh);
    RC_ASSERT(p.tokens <= most + 2);  // the last code point of a piece is not cut
    RC_ASSERT(p.end == t.text.size() || (static_cast<unsigned char>(t.text[p.end]) & 0xC0) != 0x80);
    at = p.end;
  }
  RC_ASSERT(at == t.text.size());
}

RC_GTEST_PROP(Reduce, NothingAppearsThatWasNotThereAndWhatGoesIsReported, ()) {
  Document d = *documents();
  const Document before = d;
  const size_t size = render(d).text.size();
  const Reduced dropped = reduce(d);
  const size_t now = render(d).text.size();
  RC_ASSERT(now <= size);
  RC_ASSERT((dropped.all().pieces == 0) == (d == before) || dropped.all().pieces == 0);
  const Reduced again = reduce(d);
  (void)again;  // a second time must end too
}

RC_GTEST_PROP(DocumentJson, APageIsReadBackAsItWas, ()) {
  const Document d = *documents();
  for (const Page& page : d.pages) {
    std::string json;
    append_page(json, page);
    Page back = page_of(json).value();
    // Bytes that are no UTF-8 come back as U+FFFD: a second round changes nothing more.
    std::string second;
    append_page(second, back);
    RC_ASSERT(second == json);
  }
}

RC_GTEST_PROP(Frame, FramesComeOutHoweverTheBytesAreCut, ()) {
  const auto payloads = *rc::gen::container<std::vector<std::string>>(rc::gen::arbitrary<std::string>());
  std::string bytes;
  for (const auto& p : payloads) append_frame(bytes, FrameType::input, p);
  FrameReader reader;
  std::vector<std::string> seen;
  for (size_t at = 0; at < bytes.size();) {
    const auto n = *rc::gen::inRange<size_t>(1, 9);
    reader.feed(std::string_view(bytes).substr(at, n));
    at += n;
    Frame frame;
    while (reader.next(frame) == FrameReader::Status::frame) seen.emplace_back(frame.payload);
  }
  RC_ASSERT(seen == payloads);
  RC_ASSERT(reader.between_frames());
}

RC_GTEST_PROP(ImageSize, ShrinkingNeverCostsMoreAndNeverGrows, (int w, int h, bool tight)) {
  const int64_t width = std::abs(static_cast<int64_t>(w)) % 20000 + 1,
                height = std::abs(static_cast<int64_t>(h)) % 20000 + 1;
  for (const Tiler& t : {openai_tiler(), qwen_tiler(), qwen_tiler(1'000'000), anthropic_tiler()}) {
    const Shrink s = shrink_for(t, width, height, tight ? 300 : 0);
    RC_ASSERT(s.width >= 1 && s.width <= width && s.height >= 1 && s.height <= height);
    RC_ASSERT(s.after <= s.before);
    RC_ASSERT(s.before == image_tokens(t, width, height));
    RC_ASSERT(s.after == image_tokens(t, s.width, s.height));
  }
}

}  // namespace
}  // namespace trine::documents::documents_property_test
