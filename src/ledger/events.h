// Events read back, in the order in which they were folded: of one journal that is the order they were appended in.
// Any process, also while another one writes (a read-only connection per call); sees what is folded.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "base/error.h"
#include "base/function_ref.h"
#include "ledger/records.h"

namespace trine::ledger {

// Calls visit(event) for each event of `kind`. An error that it returns ends the reading and is returned.
// not_found when there is no ledger in `dir`.
Result<void> each_event(const std::filesystem::path& dir, std::string_view kind,
                        FunctionRef<Result<void>(const Event& event)> visit);

}  // namespace trine::ledger
