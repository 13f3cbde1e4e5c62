// links: documents
// Splitting and dropping: text of any bytes.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "documents/reduce.h"
#include "documents/split.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace trine::documents;
  if (size < 2) return 0;
  const trine::Tokens most = 16 + data[0], overlap = data[1] % (most / 2);
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  Document d;
  d.parts.push_back({"m", Format::mail, size, true, ""});
  // Form feeds are pages, bars begin tables.
  d.pages.push_back({0, 1, false, {}});
  for (size_t at = 0; at < bytes.size();) {
    const size_t end = std::min(bytes.find_first_of("\f|", at), bytes.size());
    Block block{Block::Kind::paragraph, 0, std::string(bytes.substr(at, end - at)), {}};
    if (at > 0 && bytes[at - 1] == '|') block = {Block::Kind::table, 0, {}, {{block.text, block.text}}};
    d.pages.back().blocks.push_back(std::move(block));
    if (end < bytes.size() && bytes[end] == '\f')
      d.pages.push_back({0, static_cast<int>(d.pages.size()) + 1, false, {}});
    at = end + 1;
  }
  reduce(d);
  const Text text = render(d);
  const auto pieces = split(text, {most, overlap});
  if (!pieces) std::abort();
  size_t at = 0;
  for (const Piece& p : *pieces) {
    if (p.fresh != at || p.end <= p.fresh || p.begin > p.fresh) std::abort();
    at = p.end;
  }
  if (at != text.text.size()) std::abort();
  return 0;
}
