// links: fleet base
// Traces as published. Whatever comes, what is read is in order, has no token count under 0, and its hours hold its
// requests.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "fleet/trace.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto t = trine::fleet::read_trace_text("t", std::string_view(reinterpret_cast<const char*>(data), size));
  if (!t) {
    if (t.error().message.rfind("t:", 0) != 0) std::abort();
    return 0;
  }
  double last = 0, hours = 0;
  for (const auto& r : t->requests) {
    if (r.at_s < last || r.in < 0 || r.out < 0 || r.cached < 0 || r.cached > r.in) std::abort();
    last = r.at_s;
  }
  for (const double n : t->hourly) hours += n;
  if (!(hours > 0)) std::abort();
  if (!t->requests.empty() && hours != static_cast<double>(t->requests.size())) std::abort();
  return 0;
}
