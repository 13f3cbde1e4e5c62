// links: docformats
// Detection, encodings, CSV, plain text.
#include "docformats_fuzz.h"
#include "docworker/csv.h"
#include "docworker/detect.h"
#include "docworker/encoding.h"
#include "docworker/plain.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return trine::docworker::fuzz_reader(data, size, [](std::string_view bytes, trine::docworker::Output& out) {
    using namespace trine::docworker;
    (void)detect(bytes);
    const std::string text = to_utf8(bytes);
    (void)detect_text(text);
    read_csv(text, out);
    read_plain(text, out);
  });
}
