// trine ledger close-month: a month's totals become final.
#include "cli/commands.h"
#include "cli/say.h"
#include "cli/source.h"
#include "ledger/month.h"

namespace trine::cli {

int run_close_month(const CloseMonthOptions& o) {
  const auto month = ledger::parse_month(o.month);
  if (!month) return complain(month.error().message, kUsage);
  const auto place = find_ledger(o.source);
  if (!place) return complain(place.error());
  const auto closed = ledger::close_month(place->dir, *month);
  if (!closed) return complain(closed.error());
  const auto text = month->text();
  if (*closed == ledger::Closing::done_before) {
    say(fmt::format("{} is closed already: nothing was changed.", text));
    return kOk;
  }
  if (*closed == ledger::Closing::asked) {
    const auto done = wait_for_gateway([&] { return ledger::closing_pending(place->dir, *month); });
    if (!done) return complain(done.error());
    if (!*done) {
      say(fmt::format("Asked the gateway that runs on {}: it closes {} with its next pass over the ledger.",
                      place->dir.string(), text));
      return kOk;
    }
  }
  say(fmt::format(
      "Closed {}: its totals stay as they are. What is settled later is shown as prior period, in the month "
      "in which it comes.",
      text));
  return kOk;
}

}  // namespace trine::cli
