// Months of the ledger and their closing (docs/accounting.md §1). A month that is closed never changes its totals
// again: what comes later is counted when it comes, as prior period.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/time.h"
#include "ledger/schema.h"

namespace trine::ledger {

// In UTC, as all periods of the ledger.
struct Month {
  Wall from{}, until{};
  std::string text() const;  // "2026-11"
  bool operator==(const Month&) const = default;
};
Month month_of(Wall t);
Month month_after(const Month& month);
// invalid_argument for anything but YYYY-MM.
Result<Month> parse_month(std::string_view text);

enum class Closing { done, done_before, asked };

// The end of the last month that is closed; the epoch if none is.
Result<Wall> closed_until(Database& db);
// Whether there is something to close: false, it is closed already. failed_precondition when the month is not over, an
// earlier one is open, or it lies before the first record.
Result<bool> may_close(Database& db, const Month& month, Wall now);

// `trine ledger close-month`: does it here if no gateway holds the directory, else asks that gateway, which does it
// with its next pass; see closing_pending(). Errors: those of may_close(), not_found without a ledger.
Result<Closing> close_month(const std::filesystem::path& dir, const Month& month, const Clock& clock = system_clock());
// Whether a month that was asked for is still to be closed. failed_precondition: the gateway refused, its log says why.
Result<bool> closing_pending(const std::filesystem::path& dir, const Month& month);

}  // namespace trine::ledger
