// An instance's event as the ledger keeps it, and instances as commands print them. Pure.
#pragma once

#include <string>

#include "base/error.h"
#include "fleet/instance.h"
#include "ledger/records.h"

namespace trine::fleet {

inline constexpr const char* kEventRecord = "instance";  // ledger::Event::kind

ledger::Event to_record(const InstanceEvent& event);
// data_loss for anything that to_record() did not write.
Result<InstanceEvent> from_record(const ledger::Event& record);

std::string to_json(const InstanceEvent& event, Wall at);
std::string to_json(const Instance& instance);

}  // namespace trine::fleet
