// links: llm json base
// Any bytes as a request, an answer and an event: texts that stand in the document, mapped to their places and replaced
// without harm to the rest.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "json/escape.h"
#include "json/read.h"
#include "llm/texts.h"

namespace {

using namespace trine;

void require(bool holds) {
  if (!holds) std::abort();
}

bool inside(std::string_view part, std::string_view whole) {
  return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

void check(const std::vector<llm::TextPiece>& pieces, std::string_view document) {
  json::Splice splice(document);
  for (const auto& piece : pieces) {
    require(inside(piece.raw, document) && !piece.raw.empty());
    require(piece.text.size() <= piece.raw.size());
    std::string text(piece.raw.size(), '\0');
    text.resize(json::unescape_into(text.data(), piece.raw));
    require(text == piece.text);
    json::EscapeMap map(piece.raw);
    size_t covered = 0;
    for (size_t at = 0; at < piece.text.size(); at += 5) {
      const auto raw = map.raw(at, at + 5);
      require(inside(raw, piece.raw));
      covered = static_cast<size_t>(raw.data() + raw.size() - piece.raw.data());
    }
    require(covered == piece.raw.size());
    splice.replace(piece.raw, json::escaped("\"x\\"));
  }
  require(json::read(splice.str()).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto block = std::make_unique<char[]>(size);
  for (size_t i = 0; i < size; ++i) block[i] = static_cast<char>(data[i]);
  const std::string_view bytes(block.get(), size);
  for (const auto endpoint : {llm::Endpoint::chat, llm::Endpoint::responses}) {
    std::pmr::monotonic_buffer_resource arena;
    std::vector<llm::TextPiece> pieces;
    if (llm::read_texts(endpoint, bytes, arena, pieces)) check(pieces, bytes);
  }
  std::pmr::monotonic_buffer_resource arena;
  std::vector<llm::TextPiece> pieces;
  if (llm::read_answer_texts(bytes, arena, pieces)) check(pieces, bytes);
  pieces.clear();
  if (const auto texts = llm::read_event_texts(bytes, arena, pieces)) {
    if (texts->document.empty()) {
      require(pieces.empty());
    } else {
      check(pieces, texts->document);
    }
  }
  return 0;
}
