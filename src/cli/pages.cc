#include "cli/pages.h"

#include "cli/choice.h"
#include "cli/decision.h"
#include "cli/explain.h"
#include "cli/score_view.h"
#include "web/pages.h"

namespace trine::cli {
namespace {

using web::Snapshot;

// The score of the running configuration, and what a decision for its first would say.
Result<std::string> score_page_json(const Snapshot& snapshot, const web::ScoreQuestion& q, Wall now) {
  ChoiceSource source;
  source.workload = q.workload;
  source.weights = q.weights;
  source.span = q.span;
  const auto choice = make_choice(source, now, snapshot);
  if (!choice) return tl::unexpected(choice.error());
  const auto sheet = fleet::score_options(choice->options, choice->intensities, choice->workload, choice->constraints,
                                          choice->weights);
  std::string json = score_json(*choice, sheet, q.lambda);
  Record more{{"sentence", nullptr}, {"lead", nullptr}, {"flips", Record::array()}};
  DecideOptions best;
  best.best = true;
  if (const auto record = decision_record(*choice, sheet, best, "", now))
    for (const char* key : {"sentence", "lead", "flips"}) more[key] = (*record)[key];
  json.pop_back();
  return json + "," + more.dump(-1, ' ', false, Record::error_handler_t::replace).substr(1);
}

Result<std::string> explanation_json(const Snapshot& snapshot, ledger::RequestView view) {
  const auto e = explain(ledger::Reports(snapshot->config->ledger.dir), std::move(view), snapshot.get());
  if (!e) return tl::unexpected(e.error());
  return to_json(*e);
}

}  // namespace

Result<std::unique_ptr<gateway::Pages>> make_pages(gateway::Pages::Parts parts,
                                                   const std::shared_ptr<const gateway::Snapshot>& snapshot) {
  web::Views views{
      .report = report_json,
      .explain = explanation_json,
      .grid = [](const Snapshot& s, Wall now, Wall from, Wall to) { return grid_page_json(*s, now, from, to); },
      .score = score_page_json,
      .decisions = decisions_json,
      .budgets = [](const Snapshot& s, Wall now) -> Result<std::string> { return budgets_json(*s, now); },
      .watch = watch_json};
  return web::make_pages(std::move(parts), snapshot, std::move(views));
}

}  // namespace trine::cli
