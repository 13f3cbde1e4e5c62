#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

#include "guard/canary.h"
#include "guard/leak.h"
#include "unit/guard/leak/forms.h"
#include "unit/guard/leak/prompts.h"

namespace trine::guard::leak_property_test {
namespace {

using test::PromptCase;

const std::vector<PromptCase>& cases() {
  static const auto all = test::prompt_cases(TRINE_SOURCE_DIR);
  return all;
}

rc::Gen<PromptCase> prompts() {
  return rc::gen::map(rc::gen::inRange<size_t>(0, cases().size()), [](size_t i) { return cases()[i]; });
}

// Pieces of the prompt in any form, answers to it and to others, and letters at random.
std::string answer_to(const PromptCase& c) {
  std::string out;
  const int pieces = *rc::gen::inRange(1, 6);
  for (int i = 0; i < pieces; ++i) {
    switch (*rc::gen::element(0, 1, 2, 3, 4)) {
      case 0: {
        const size_t from = *rc::gen::inRange<size_t>(0, 1000);
        const auto& form = test::forms()[*rc::gen::resize(100, rc::gen::inRange<size_t>(0, test::forms().size()))];
        out += form.make(test::part_of(c.prompt, from, std::min<size_t>(1000, from + *rc::gen::inRange(1, 300))));
        break;
      }
      case 1:
        out += (*rc::gen::elementOf(test::forms())).make(c.prompt);
        break;
      case 2:
        out += (*prompts()).answers.front();
        break;
      case 3:
        out += *rc::gen::container<std::string>(rc::gen::elementOf(std::string(" \n.,%\\&#;x0123456789abcdef")));
        break;
      default:
        out += c.answers.front() + " ";
    }
  }
  return out;
}

struct Outcome {
  std::string out;
  std::optional<Leak> leak;
};

Outcome run(const LeakIndex& index, std::string_view answer, const std::vector<size_t>& sizes) {
  LeakStream stream(index);
  Outcome o;
  size_t at = 0, n = 0;
  const auto letters = test::characters(answer);
  for (size_t i = 0; i < letters.size() && !o.leak;) {
    std::string delta;
    for (size_t k = sizes.empty() ? letters.size() : sizes[n++ % sizes.size()]; k > 0 && i < letters.size(); --k)
      delta += letters[i++];
    const auto step = stream.feed(delta);
    at += delta.size();
    o.out += answer.substr(o.out.size(), step.release);
    RC_ASSERT(step.leaked == stream.leak().has_value());
    RC_ASSERT(stream.held() <= LeakStream::kMostHeld || step.leaked);
    if (!step.leaked) RC_ASSERT(o.out.size() + stream.held() == at);
    o.leak = stream.leak();
  }
  o.out += answer.substr(o.out.size(), stream.finish().release);
  return o;
}

RC_GTEST_PROP(LeakStream, GivesTheSameVerdictAndTextInAnyPieces, ()) {
  const auto c = *prompts();
  const LeakIndex index(c.prompt);
  const std::string answer = answer_to(c);
  const auto sizes = *rc::gen::nonEmpty(rc::gen::container<std::vector<size_t>>(rc::gen::inRange<size_t>(1, 40)));
  const Outcome whole = run(index, answer, {}), pieces = run(index, answer, sizes);
  RC_TAG(whole.leak ? "leak" : "none");
  RC_ASSERT(whole.out == pieces.out);
  RC_ASSERT(whole.leak.has_value() == pieces.leak.has_value());
  if (whole.leak) {
    RC_ASSERT(whole.leak->at == pieces.leak->at && whole.leak->form == pieces.leak->form);
  } else {
    RC_ASSERT(whole.out == answer);
  }
}

// Letters at random, so that nothing in the prompt is silent and each place is found only once.
std::string random_letters(size_t n) {
  const auto seed = *rc::gen::arbitrary<uint64_t>();
  std::string out;
  for (size_t i = 0; i < n; ++i) {
    if (i % 5 == 4) out += ' ';
    out += static_cast<char>('a' + mix64(seed + i) % 26);
  }
  return out;
}

size_t letters_in(std::string_view text) {
  size_t n = 0;
  LeakFold fold;
  for (const char c : text) fold.add(static_cast<unsigned char>(c), [&](Symbol) { ++n; });
  return n;
}

RC_GTEST_PROP(LeakStream, LetsOutAtMostFifteenLettersOfACopyAndNineteenOfAReversedOne, ()) {
  const std::string prompt = random_letters(*rc::gen::inRange<size_t>(200, 3000));
  const LeakIndex index(prompt);
  const std::string copy = prompt.substr(*rc::gen::inRange<size_t>(0, prompt.size() - 100), 100);
  const std::string before = test::words(test::interleaved("- - - - - - -", 1, 3)).front() + " it begins: ";
  const bool backwards = *rc::gen::arbitrary<bool>();
  const auto sizes = *rc::gen::nonEmpty(rc::gen::container<std::vector<size_t>>(rc::gen::inRange<size_t>(1, 9)));
  const Outcome o = run(index, before + (backwards ? test::reversed(copy) : copy), sizes);
  RC_ASSERT(o.leak.has_value());
  RC_ASSERT(o.out.starts_with(before));
  RC_ASSERT(letters_in(o.out.substr(before.size())) <= (backwards ? 19u : 15u));
}

RC_GTEST_PROP(LeakStream, FindsEachCopyOfFortyEightLettersOfALongPrompt, ()) {
  const std::string prompt = random_letters(*rc::gen::inRange<size_t>(200, 3000));
  const LeakIndex index(prompt);
  const size_t from = *rc::gen::inRange<size_t>(0, prompt.size() - 62);
  const auto form = *rc::gen::element(LeakForm::plain, LeakForm::shifted, LeakForm::base64, LeakForm::hex);
  std::string copy = prompt.substr(from, 61);
  if (form == LeakForm::shifted) copy = test::rot(copy, *rc::gen::inRange(1, 26));
  if (form == LeakForm::base64) copy = base64(copy);
  if (form == LeakForm::hex) copy = test::hex_of(copy, "", " ");
  const auto leak = find_leak(index, "well: " + copy);
  RC_ASSERT(leak.has_value());
  RC_ASSERT(leak->form == form);
}

RC_GTEST_PROP(Canary, IsReadBack, (uint32_t id, const std::string& key, const std::string& around)) {
  const std::string line = make_canary(key, id);
  RC_ASSERT(find_canary(key, around + "\n" + line) == id);
  RC_ASSERT(find_canary(key + "x", line) == std::nullopt);
}

}  // namespace
}  // namespace trine::guard::leak_property_test
