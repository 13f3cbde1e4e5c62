// links: docformats
// Mail, with HTML and plain bodies.
#include "docformats_fuzz.h"
#include "docworker/mail.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return trine::docworker::fuzz_reader(data, size, [](std::string_view bytes, trine::docworker::Output& out) {
    read_mail(bytes, out, [](std::string_view, const std::string&) {});
  });
}
