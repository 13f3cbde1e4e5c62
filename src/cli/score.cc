// trine score: what could serve a workload, on three axes.
#include "cli/choice.h"
#include "cli/commands.h"
#include "cli/say.h"
#include "cli/score_view.h"

namespace trine::cli {

int run_score(const ScoreOptions& o) {
  const auto choice = make_choice(o.source, system_clock().wall());
  if (!choice) return complain(choice.error());
  const auto sheet = fleet::score_options(choice->options, choice->intensities, choice->workload, choice->constraints,
                                          choice->weights);
  say(o.json ? score_json(*choice, sheet, o.lambda) : score_text(*choice, sheet, o.lambda));
  return sheet.verdict.ordered.empty() ? kFailed : kOk;
}

}  // namespace trine::cli
