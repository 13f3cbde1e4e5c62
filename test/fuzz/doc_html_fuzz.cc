// links: docformats
// HTML to blocks.
#include "docformats_fuzz.h"
#include "docworker/encoding.h"
#include "docworker/html.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return trine::docworker::fuzz_reader(data, size, [](std::string_view bytes, trine::docworker::Output& out) {
    read_html(trine::docworker::to_utf8(bytes, trine::docworker::html_charset(bytes)), out);
  });
}
