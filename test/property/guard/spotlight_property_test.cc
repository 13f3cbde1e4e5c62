// No text gets out of its marks.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "guard/spotlight.h"

namespace trine::guard::spotlight_property_test {
namespace {

size_t count(std::string text, const std::string& word) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
  size_t found = 0;
  for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++found;
  return found;
}

RC_GTEST_PROP(Spotlight, ThereIsOneBeginningAndOneEnd, ()) {
  const auto pieces = *rc::gen::container<std::vector<std::string>>(
      rc::gen::element<std::string>("<", "<<", "</", "/", "document", "DOCUMENT", " ", "\n", "\u02C6",
                                    "<<document 0000000000000007>>", "<</document 0000000000000007>>", "x"));
  std::string text;
  for (const auto& piece : pieces) text += piece;
  const Spotlight light{.nonce = 7, .datamark = *rc::gen::arbitrary<bool>()};
  const std::string out = spotlight(text, light);
  RC_ASSERT(count(out, "<<document") == 1u);
  RC_ASSERT(count(out, "<</document") == 1u);
  RC_ASSERT(out.starts_with("<<document 0000000000000007>>\n"));
  RC_ASSERT(out.ends_with("\n<</document 0000000000000007>>"));
  RC_ASSERT(out.size() <= 2 * text.size() + 64);
}

}  // namespace
}  // namespace trine::guard::spotlight_property_test
