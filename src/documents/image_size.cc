#include "documents/image_size.h"

#include <algorithm>
#include <cmath>

namespace trine::documents {
namespace {

struct Size {
  double width, height;
  void scale(double k) { width *= k, height *= k; }
};

int64_t cells(double side, int64_t cell) {
  return std::max<int64_t>(1, std::llround(side / static_cast<double>(cell)));
}

// What the tiler makes of a picture before it cuts it.
Size seen(const Tiler& t, Size s) {
  const double longer = std::max(s.width, s.height);
  if (t.kind == Tiler::Kind::patches) {
    const double most = static_cast<double>(t.most_cells) * static_cast<double>(t.cell * t.cell);
    if (s.width * s.height > most) s.scale(std::sqrt(most / (s.width * s.height)));
    return s;
  }
  if (longer > static_cast<double>(t.box)) s.scale(static_cast<double>(t.box) / longer);
  if (t.kind == Tiler::Kind::tiles) {
    const double shorter = std::min(s.width, s.height);
    if (shorter > static_cast<double>(t.short_side)) s.scale(static_cast<double>(t.short_side) / shorter);
  }
  return s;
}

Tokens tokens_of(const Tiler& t, Size s) {
  s = seen(t, s);
  switch (t.kind) {
    case Tiler::Kind::tiles: {
      // A hair below, so that a side that is a tile's multiple but for rounding is not one tile more.
      const auto tiles = [&](double side) {
        return std::max<int64_t>(1, static_cast<int64_t>(std::ceil(side / static_cast<double>(t.tile) - 1e-6)));
      };
      return t.base + t.each * tiles(s.width) * tiles(s.height);
    }
    case Tiler::Kind::patches:
      return cells(s.width, t.cell) * cells(s.height, t.cell);
    case Tiler::Kind::side:
      return static_cast<Tokens>(std::ceil(s.width * s.height / static_cast<double>(t.cell)));
  }
  return 0;
}

}  // namespace

Tiler openai_tiler() {
  return {};
}

Tiler qwen_tiler(int64_t most_pixels) {
  Tiler t;
  t.kind = Tiler::Kind::patches;
  t.cell = 28;
  t.most_cells = std::max<int64_t>(4, most_pixels / (28 * 28));
  return t;
}

Tiler anthropic_tiler() {
  Tiler t;
  t.kind = Tiler::Kind::side;
  t.box = 1568;
  t.cell = 750;
  return t;
}

Tokens image_tokens(const Tiler& tiler, int64_t width, int64_t height) {
  return tokens_of(tiler, {static_cast<double>(width), static_cast<double>(height)});
}

Shrink shrink_for(const Tiler& tiler, int64_t width, int64_t height, Tokens most_tokens) {
  const Size source{static_cast<double>(width), static_cast<double>(height)};
  Size s = seen(tiler, source);
  Shrink out;
  out.before = tokens_of(tiler, source);
  // Tiles cost in steps, so the size is searched; each try is 3 % smaller, down to a thumbnail.
  for (int i = 0; i < 300 && most_tokens > 0 && tokens_of(tiler, s) > most_tokens && std::max(s.width, s.height) > 32;
       ++i)
    s.scale(0.97);
  out.width = std::clamp<int64_t>(std::llround(s.width), 1, width);
  out.height = std::clamp<int64_t>(std::llround(s.height), 1, height);
  out.after = image_tokens(tiler, out.width, out.height);
  // Rounding of sides may cost a row of cells: then the picture stays as it is.
  if (out.after > out.before) out.width = width, out.height = height, out.after = out.before;
  out.worth_it = out.width < width || out.height < height;
  return out;
}

}  // namespace trine::documents
