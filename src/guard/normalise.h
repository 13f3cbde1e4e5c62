// Tier 0 of the guard: what a text says once its disguises are off. One plain view (NFKC, case folded, look-alike
// letters put back, invisible characters gone) and a further view for each encoding that cheap evidence points to,
// decoded, to a depth of two. What was found on the way is a signal of its own.
//
// Bounds, whatever the input: the text of all views together is at most 4 bytes per byte of input + 64 KiB, in at most
// kMostViews views; the maps take at most 12 bytes per byte of view; work is linear in the input. Input beyond
// kMostInput is not looked at and is reported.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "guard/offset_map.h"

namespace trine::guard {

enum class ViewKind : uint8_t {
  plain,             // always views[0]
  tags,              // U+E0020..E007E, which mirror ASCII and which nobody sees
  selectors,         // bytes in runs of variation selectors
  joined,            // "i g n o r e", "i.g.n.o.r.e"
  leet,              // "1gn0r3"
  base64,            //
  base32,            //
  ascii85,           //
  hex,               //
  binary,            // "01101001 01100111"
  codes,             // "105 103 110"
  url,               // "%69%67"
  html,              // "&#105;", "&lt;"
  escapes,           // "\u0069", "\x69"
  quoted_printable,  // "=69=67"
  uuencode,          //
  morse,             //
  braille,           //
  caesar,            // rot13, any other shift, and atbash
  reversed,          // the whole, or word by word
  flipped,           // upside-down letters
};
inline constexpr size_t kViewKinds = 21;

std::string_view name(ViewKind kind);

struct View {
  ViewKind kind = ViewKind::plain;
  uint8_t depth = 0;  // 0 plain, 1 decoded from the text, 2 decoded from a decoded one
  // Valid UTF-8, folded as the plain view is. Of a view of single spans (base64, "%69") only these, with what stands
  // beside them on their line; one line per place.
  std::string text;
  OffsetMap map;  // from `text` to bytes of the input
};

// Counts over the input itself, except decoded_spans, which counts at every depth. What scripts and emoji need
// (joiners in Persian or Hindi, marks of direction in Hebrew, selectors after an emoji, flags) is not counted.
struct Signals {
  uint64_t bytes = 0;
  uint32_t zero_width = 0;           // zero-width characters where no script needs them
  uint32_t bidi_controls = 0;        // overrides anywhere; other marks only in a text without right-to-left letters
  uint32_t tag_characters = 0;       // outside of flags
  uint32_t variation_selectors = 0;  // after what has no variants, or several in a row
  uint32_t soft_hyphens = 0;         // ordinary in documents
  uint32_t private_use = 0;          // ordinary in text taken out of PDF files
  uint32_t controls = 0;             // C0 and C1 besides tab and line ends
  uint32_t invalid_bytes = 0;        // ill-formed sequences, each replaced by U+FFFD
  uint32_t confusable_letters = 0;   // put back to Latin
  uint32_t mixed_script_words = 0;   // words whose letters were put back because they mix scripts or only look Latin
  uint32_t marked_words = 0;         // letters under heaps of combining marks, or an accent on nearly every letter
  uint32_t styled_words = 0;         // mathematical, enclosed, small capitals; full width outside of CJK text
  uint32_t spaced_words = 0;         // written letter by letter
  uint32_t leet_words = 0;           //
  std::array<uint32_t, kViewKinds> decoded_spans{};
  bool invalid_utf8 = false;
  bool truncated_input = false;  // longer than kMostInput
  bool truncated_views = false;  // something to decode was left out for the bounds

  uint32_t decoded(ViewKind kind) const { return decoded_spans[static_cast<size_t>(kind)]; }
  // Characters that a reader does not see.
  bool hidden() const;
  // Hidden or disguised letters, or an encoding that programs do not write by themselves. Base64, hex, URL, HTML and
  // string escapes are ordinary in code and logs and do not count: their views speak for themselves.
  bool obfuscated() const;
};

struct Normalised {
  std::vector<View> views;
  Signals signals;

  const View& plain() const { return views.front(); }
};

// Where [begin, end) of a view stands in the input.
inline ByteSpan original_span(const View& view, size_t begin, size_t end) {
  return view.map.original(begin, end);
}

// Const and without state of its own: any thread may use it, each with its own Normalised. Reusing one spares
// allocations: ordinary ASCII text then needs none.
class Normaliser {
 public:
  static constexpr size_t kMostInput = 256 << 20;
  static constexpr size_t kMostViews = 24;
  static constexpr size_t most_view_bytes(size_t input) { return 4 * input + (64 << 10); }

  Normaliser();  // builds the process-wide tables when it is the first
  void normalise(std::string_view utf8, Normalised& out) const;
};

}  // namespace trine::guard
