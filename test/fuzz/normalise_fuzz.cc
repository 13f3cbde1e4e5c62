// links: guard
// Any bytes through tier 0: views within their bounds, maps within the text, and a plain view that is plain.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "guard/normalise.h"

namespace {

void must(bool ok) {
  if (!ok) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace trine::guard;
  static const Normaliser normaliser;
  static Normalised out, again;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  normaliser.normalise(text, out);
  must(!out.views.empty() && out.views.size() <= Normaliser::kMostViews);
  size_t bytes = 0;
  for (const View& v : out.views) {
    bytes += v.text.size();
    must(v.map.size() == v.text.size() && v.depth <= 2);
    for (size_t i = 0; i < v.text.size(); i += 1 + v.text.size() / 64) {
      const ByteSpan s = original_span(v, i, i + 3);
      must(s.begin <= s.end && s.end <= size);
    }
  }
  must(bytes <= Normaliser::most_view_bytes(size));
  normaliser.normalise(out.plain().text, again);
  must(again.plain().text == out.plain().text && !again.signals.invalid_utf8);
  return 0;
}
