// One reader of the document worker under the limits that it has there, only smaller.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "docworker/output.h"

namespace trine::docworker {

template <class Read>
int fuzz_reader(const uint8_t* data, size_t size, Read&& read) {
  Limits limits;
  limits.objects = 20'000;
  limits.pages = 100;
  limits.text_bytes = 1 << 20;
  limits.unpacked_bytes = 4 << 20;
  Budget budget(limits);
  Output out(budget, [](const documents::Page&) {});
  try {
    out.begin_part("f", Format::unknown, size);
    read(std::string_view(reinterpret_cast<const char*>(data), size), out);
    out.end_page();
  } catch (const Refusal&) {
  }
  return 0;
}

}  // namespace trine::docworker
