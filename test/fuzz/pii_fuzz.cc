// links: guard
// Text of strangers, whole and in chunks: the first byte is the size of a chunk. Both ways give the same spans, in
// order; what was exchanged comes back.
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "guard/pii/scanner.h"
#include "guard/pii/vault.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace trine::guard;
  if (size == 0) return 0;
  const size_t step = 1 + data[0] % 64;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  static const PiiScanner scanner;
  std::vector<PiiSpan> whole;
  scanner.scan(text, whole);
  size_t end = 0;
  for (const PiiSpan& s : whole) {
    if (s.begin < end || s.end <= s.begin || s.end > text.size()) std::abort();
    end = s.end;
  }

  std::vector<PiiSpan> spans;
  std::string out;
  PiiStream stream(scanner);
  const auto sink = [&](std::string_view piece, const PiiSpan* span) {
    if (span != nullptr) spans.push_back(*span);
    out += piece;
  };
  for (size_t at = 0; at < text.size(); at += step) {
    stream.push(text.substr(at, step), sink);
    if (stream.held() > 512) std::abort();
  }
  stream.finish(sink);
  if (out != text || spans != whole) std::abort();

  PiiVault vault;
  vault.avoid(text);
  std::string sent;
  size_t at = 0;
  for (const PiiSpan& s : whole) {
    const std::string_view datum = text.substr(s.begin, s.end - s.begin);
    const std::string token = vault.token(s.type, datum);
    sent.append(text.substr(at, s.begin - at)).append(token.empty() ? datum : token);
    at = s.end;
  }
  sent.append(text.substr(at));
  if (restore(vault, sent) != text) std::abort();
  return 0;
}
