// links: fleet json base
// What plans, programs and web hooks say, and events as the store has them: the first byte chooses the reader. What is
// taken fits into events, and an event that is read is written and read back the same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "fleet/actuator.h"
#include "fleet/instance_json.h"
#include "fleet/wanted.h"

namespace {

using namespace trine::fleet;

void check_plan(std::string_view text) {
  const auto plan = read_wanted(text, "plan.json");
  if (!plan && plan.error().message.find("plan.json") != 0) std::abort();
  if (!plan) return;
  for (const Wanted& w : *plan) {
    if (w.option.empty() || w.option.size() > kMaxOption || w.machines < 0 || w.machines > kMostMachines) std::abort();
    // It can be requested, written and read.
    InstanceEvent e;
    e.instance = "ins_01M84RRXNRVW4B87DSMCS65Z46";
    e.sequence = 1;
    e.option = w.option;
    e.actuator = "command";
    e.spec = w.spec;
    const auto back = from_record(to_record(e));
    if (!transition(nullptr, e) || !back || *back != e) std::abort();
  }
}

void check_report(std::string_view text) {
  const auto report = read_report(text);
  if (!report) return;
  if (report->id.size() > kMaxMachine || report->url.size() > kMaxUrl || report->reason.size() > kMaxReason)
    std::abort();
  if (report->running.value_or(0) < 0 || fit_text(report->reason, kMaxReason) != report->reason) std::abort();
}

void check_event(std::string_view text) {
  trine::ledger::Event record{.kind = kEventRecord, .at = {}, .key = {}, .user = {}, .json = std::string(text)};
  const auto event = from_record(record);
  if (!event) return;
  const auto again = from_record(to_record(*event));
  if (!again || *again != *event) std::abort();
  Instances fleet;
  (void)fleet.apply(*event);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] == 'p') check_plan(text);
  if (data[0] == 'r') check_report(text);
  if (data[0] == 'e') check_event(text);
  return 0;
}
