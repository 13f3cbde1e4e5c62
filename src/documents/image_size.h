// What a picture costs as tokens, and the size beyond which a model sees no more of it. Pure.
#pragma once

#include <cstdint>

#include "base/units.h"

namespace trine::documents {

// How a vendor cuts a picture up.
struct Tiler {
  enum class Kind : uint8_t {
    tiles,    // scaled into `box` x `box`, then its shorter side to `short_side`; then `base` + `each` per tile
    patches,  // sides rounded to `cell`, scaled to at most `most_cells` cells; one token a cell
    side,     // longer side at most `box`; area / `cell` tokens
  };
  Kind kind = Kind::tiles;
  int64_t box = 2048;
  int64_t short_side = 768;
  int64_t tile = 512;
  int64_t base = 85;
  int64_t each = 170;
  int64_t cell = 28;
  int64_t most_cells = 16384;
};

// OpenAI, GPT-4o family, detail "high": 85 + 170 per 512-pixel tile (platform guide "Images and vision").
Tiler openai_tiler();
// Qwen2-VL and Qwen2.5-VL: 14-pixel patches joined two by two, so a token per 28 x 28 pixels; `most_pixels` is the
// engine's max_pixels (12,845,056 by default).
Tiler qwen_tiler(int64_t most_pixels = 12'845'056);
// Anthropic: longer side at most 1568, width x height / 750 tokens (documentation, "Vision").
Tiler anthropic_tiler();

// Tokens of a width x height picture. REQUIRES: both > 0.
Tokens image_tokens(const Tiler& tiler, int64_t width, int64_t height);

struct Shrink {
  int64_t width = 0, height = 0;  // never larger than the picture, never 0
  bool worth_it = false;          // it is smaller than the picture
  Tokens before = 0, after = 0;
  Tokens saved() const { return before - after; }
};

// The smallest size that loses the model nothing: what its tiler would scale to itself. With `most_tokens` > 0 the
// picture is scaled on until it costs no more than that: that does lose detail, so it is for the route to say.
Shrink shrink_for(const Tiler& tiler, int64_t width, int64_t height, Tokens most_tokens = 0);

}  // namespace trine::documents
