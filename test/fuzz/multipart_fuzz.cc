// links: gateway
// The same parts, or a refusal, whatever the pieces that a body comes in; and never more memory than was fed.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "gateway/files/multipart.h"

namespace {

struct Parts final : trine::gateway::MultipartSink {
  std::string all;
  trine::Result<void> begin(const trine::gateway::PartHead& head) override {
    all += "\n[" + head.name + "|" + head.filename + "]";
    return {};
  }
  trine::Result<void> data(std::string_view bytes) override {
    all.append(bytes);
    return {};
  }
};

bool read(std::string_view body, size_t step, Parts& parts) {
  trine::gateway::MultipartReader reader("XX", parts);
  for (size_t at = 0; at < body.size(); at += step)
    if (!reader.feed(body.substr(at, step))) return false;
  return reader.finish().has_value();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  (void)trine::gateway::multipart_boundary(bytes);
  Parts whole, pieces;
  const bool good = read(bytes, size + 1, whole);
  if (read(bytes, 1 + size % 5, pieces) != good) std::abort();
  if (good && whole.all != pieces.all) std::abort();
  if (whole.all.size() > 2 * size + 64) std::abort();
  return 0;
}
