// links: documents
// The frames of both sides, and the JSON in them, as a worker that was taken over would send them.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "documents/document_json.h"
#include "documents/frame.h"
#include "documents/job.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace trine::documents;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  FrameReader reader;
  for (size_t at = 0; at < size; at += 1 + size / 7) reader.feed(bytes.substr(at, 1 + size / 7));
  Frame frame;
  while (reader.next(frame) == FrameReader::Status::frame) {
    uint64_t number = 0;
    Document document;
    bool last = false;
    if (const auto page = page_of(frame.payload)) {
      std::string json;
      append_page(json, *page);
      if (!page_of(json)) std::abort();
    }
    (void)read_end(frame.payload, document, number);
    (void)error_of(frame.payload, last);
    if (const auto job = job_of(frame.payload, number); job && job_of(to_json(*job, number), number) != *job)
      std::abort();
  }
  return 0;
}
