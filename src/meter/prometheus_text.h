// The Prometheus text formats, read in place: 0.0.4 ("text/plain") and OpenMetrics 1.0. Histograms and summaries are
// plain series. Strict: what a meter did not clearly say is refused, because a wrong joule is worse than a missing one.
// A last line without its newline is refused too: a cut-off scrape would show a counter's first digits.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/function_ref.h"

namespace trine::meter {

enum class TextFormat : uint8_t { prometheus, openmetrics };

// By an answer's Content-Type; anything but application/openmetrics-text is 0.0.4.
TextFormat text_format(std::string_view content_type);

struct Label {
  std::string_view name;
  std::string_view value;  // escapes as they stand: see text()
  std::string text() const;
};

// One line. Views end with the call of the visitor.
struct Series {
  std::string_view name;
  std::span<const Label> labels;
  double value = 0;         // NaN and infinities are values
  std::string_view digits;  // the value as it stands: for decimal()
  std::optional<int64_t> timestamp_ms;

  bool has(std::string_view label) const;
  std::string label(std::string_view name) const;  // unescaped; empty if absent
};

struct TextLimits {
  size_t line_bytes = 64 << 10;
  size_t labels = 64;
  size_t series = 1'000'000;
};

// Calls `visit` for each series, in order. Errors: invalid_argument, with line and column; visits made before the error
// must then be discarded. out_of_range for a limit. Pure.
Result<void> parse_text(std::string_view text, TextFormat format, FunctionRef<void(const Series&)> visit,
                        const TextLimits& limits = {});

// A decimal number times 10^exponent as an integer, rounded half away from zero, without a double in between
// ("123450.25" J with 6 → 123450250000 µJ). Nothing for NaN, infinities and what 64 bits do not hold.
std::optional<int64_t> decimal(std::string_view digits, int exponent);

}  // namespace trine::meter
