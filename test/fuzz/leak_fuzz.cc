// links: guard
// Any prompt and any answer, whole and in pieces (their sizes are taken from the bytes themselves): the same verdict
// and the same text let out, nothing lost, nothing held for ever. The first line is the prompt; the rest the answer.
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "guard/leak.h"

namespace {

using namespace trine::guard;

void require(bool holds) {
  if (!holds) std::abort();
}

struct Outcome {
  size_t out = 0;
  std::optional<Leak> leak;
};

bool continues(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

Outcome run(const LeakIndex& index, std::string_view answer, bool pieces) {
  LeakStream stream(index);
  Outcome o;
  size_t at = 0;
  while (at < answer.size() && !o.leak) {
    size_t end = pieces ? at + 1 + static_cast<unsigned char>(answer[at]) % 7 : answer.size();
    end = std::min(end, answer.size());
    while (end < answer.size() && continues(answer[end])) ++end;
    const std::string delta(answer.substr(at, end - at));
    o.out += stream.feed(delta).release;
    at = end;
    o.leak = stream.leak();
    require(o.out <= at);
    require(o.leak || (o.out + stream.held() == at && stream.held() <= LeakStream::kMostHeld));
  }
  o.out += stream.finish().release;
  require(o.leak || o.out == answer.size());
  return o;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t line = std::min(input.find('\n'), input.size());
  const std::string prompt(input.substr(0, line));
  const std::string answer(input.substr(std::min(line + 1, input.size())));
  const std::string_view never[] = {std::string_view(prompt).substr(prompt.size() / 2)};
  const LeakIndex index(prompt, {.never = size % 2 == 0 ? std::span(never) : std::span<const std::string_view>()});
  require(index.bytes() <= LeakIndex::kMostBytes && index.symbols() <= LeakIndex::kMostSymbols);
  const Outcome whole = run(index, answer, false), pieces = run(index, answer, true);
  require(whole.out == pieces.out && whole.leak.has_value() == pieces.leak.has_value());
  require(!whole.leak || (whole.leak->at == pieces.leak->at && whole.leak->form == pieces.leak->form));
  require(!index.empty() || !whole.leak);
  LeakStream stream(index);
  stream.known(answer);
  stream.feed(prompt);
  require(stream.finish().release <= prompt.size());
  return 0;
}
