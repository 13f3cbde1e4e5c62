// trine decide: a choice with its reasons, on record.
#include "base/id.h"
#include "cli/choice.h"
#include "cli/commands.h"
#include "cli/decision.h"
#include "cli/say.h"
#include "ledger/record_event.h"

namespace trine::cli {
namespace {

constexpr const char* kMonth = "730h";  // a decision is for longer than an hour

}  // namespace

int run_decide(const DecideOptions& o) {
  const Wall now = system_clock().wall();
  ChoiceSource source = o.source;
  if (source.span.empty()) source.span = kMonth;
  const auto choice = make_choice(source, now);
  if (!choice) return complain(choice.error());
  if (choice->ledger.empty() && !o.dry_run)
    return complain("Say where to keep it: --ledger DIR or -c FILE; or --dry-run.", kUsage);
  const auto sheet = fleet::score_options(choice->options, choice->intensities, choice->workload, choice->constraints,
                                          choice->weights);
  IdGenerator ids(random_seed());
  const auto record = decision_record(*choice, sheet, o, "dec_" + ids.next(now).text().substr(4), now);
  if (!record) return complain(record.error());
  const std::string json = record->dump(-1, ' ', false, Record::error_handler_t::replace);
  if (!o.dry_run) {
    const auto kept =
        ledger::record_event(choice->ledger, {.kind = kDecision, .at = now, .key = {}, .user = o.by, .json = json});
    if (!kept) return complain(kept.error());
  }
  say(o.json ? json : decision_text(*record, {}));
  return kOk;
}

}  // namespace trine::cli
