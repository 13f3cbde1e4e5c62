// links: meter
// Any bytes as a scraped page, through the parser and every adapter: an answer or a reason; no counter below zero, and
// no energy on a part of a GPU.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "meter/dcgm.h"
#include "meter/engine_sim.h"
#include "meter/engines.h"
#include "meter/hosts.h"

namespace {

using trine::meter::Boundary;
using trine::meter::Readings;

void check(const trine::Result<Readings>& r) {
  if (!r) {
    if (r.error().message.empty()) std::abort();
    return;
  }
  if (r->devices.empty() && r->engines.empty()) std::abort();
  for (const auto& d : r->devices) {
    if (d.counter_uj && *d.counter_uj < 0) std::abort();
    if (d.power_w && !(*d.power_w >= 0)) std::abort();
    if (d.utilisation && !(*d.utilisation >= 0 && *d.utilisation <= 1)) std::abort();
    if (!d.whole_device && d.boundary == Boundary::gpu && d.counter_uj) std::abort();
  }
  for (const auto& e : r->engines)
    if (e.computed_prompt_tokens().value_or(0) < 0) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace trine::meter;
  Scrape scrape;
  scrape.text = {reinterpret_cast<const char*>(data), size};
  scrape.host = "h";
  for (const TextFormat format : {TextFormat::prometheus, TextFormat::openmetrics}) {
    scrape.format = format;
    for (const auto read :
         {read_dcgm, read_engine_sim, read_vllm, read_sglang, read_llama_cpp, read_kepler, read_scaphandre})
      check(read(scrape));
  }
  return 0;
}
