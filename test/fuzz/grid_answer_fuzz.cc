// links: grid json base
// What sources of intensities answer, and the feeds on disk: the first byte chooses the parser. Whatever comes, every
// value that is taken is one that a grid can have, and a feed that is read is written and read back the same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "grid/answer.h"
#include "grid/cache.h"

namespace {

using namespace trine::grid;

void check(const trine::Result<Answer>& answer) {
  if (!answer) return;
  for (const Observation& o : answer->points) {
    const double g = o.value.g_per_kwh;
    if (!(g > 0 && g <= kMostIntensity) || o.length < std::chrono::minutes(1) || o.length > std::chrono::hours(1))
      std::abort();
  }
}

void check_feed(std::string_view text) {
  const auto feed = read_feed_text("f", text);
  if (!feed) return;
  const auto again = read_feed_text("f", feed_text(*feed));
  if (!again || feed_text(*again) != feed_text(*feed)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0]) {
    case 'e':
      check(read_electricity_maps(text));
      break;
    case 'w':
      check(read_watttime(text));
      (void)read_watttime_token(text);
      break;
    case 'u':
      check(read_uk_carbon_intensity(text));
      break;
    case 'o':
      check(read_eco2mix(text));
      break;
    case 'x':
      check(read_entsoe(text));
      break;
    default:
      check_feed(text);
  }
  return 0;
}
