// One pass over a text: UTF-8 checked, NFKC, case folded, look-alikes put back, invisible characters gone and counted.
#pragma once

#include <string>
#include <string_view>

#include "guard/normalise.h"

namespace trine::guard {

struct Mapped {
  std::string text;
  OffsetMap map;
  void clear() { text.clear(), map.clear(); }
};

struct Fold {
  Mapped folded;
  // The same without folding case and look-alikes: what base64 is decoded from. Empty when `ascii`: the source itself.
  Mapped clean;
  Mapped tags, selectors;  // what hid in tag characters and in runs of variation selectors, as bytes
  bool ascii = false;
  uint32_t flipped_letters = 0;  // letters of upside-down text
};

// `folded.text` takes at most 3 bytes per byte of `source`. Adds to `signals`.
void fold(std::string_view source, Fold& out, Signals& signals);

}  // namespace trine::guard
