#include "cli/options_choose.h"

#include <CLI/CLI.hpp>

#include "cli/options_common.h"

namespace trine::cli {
namespace {

void choice_options(CLI::App* c, ChoiceSource& s) {
  c->add_option("--fleet", s.fleet, "options of this fleet file")->type_name("FILE");
  c->add_option("-c,--config", s.config, "or this configuration's deployments; with --fleet: its grid and ledger")
      ->type_name("FILE");
  c->add_option("--ledger", s.ledger, "the ledger's folder, instead of the configuration's")->type_name("DIR");
  c->add_option("--workload", s.workload, "the ledger's mix of this workload, and its route's weights")
      ->type_name("NAME");
  c->add_option("--model", s.model, "with neither file: the catalog's instances with this model")
      ->type_name("MODEL")
      ->capture_default_str();
  c->add_option("--region", s.regions, "only this region; may stand again")->type_name("REGION");
  c->add_option("--zone", s.zones, "only this grid zone; may stand again")->type_name("ZONE");
  c->add_option("--ban", s.ban, "not this option; may stand again")->type_name("NAME");
  c->add_option("--weights", s.weights, "shares that sum to 1: cost=0.4,control=0.2,carbon=0.4")->type_name("LIST");
  const auto tokens = number_in(0.0, 1e7);
  auto* in = c->add_option("--in", s.in, "prompt tokens of a request")->type_name("N")->check(tokens);
  auto* out = c->add_option("--out", s.out, "tokens generated")->type_name("N")->check(tokens);
  in->needs(out);
  out->needs(in);
  c->add_option("--cached", s.cached, "of the prompt, found in a cache")->type_name("N")->check(tokens)->needs(in);
  c->add_option("--ttft", s.ttft, "time to the first token that is kept (2s)")->type_name("TIME");
  c->add_option("--tpot", s.tpot, "time per token that is kept (80ms)")->type_name("TIME");
  c->add_option("--utilisation", s.utilisation, "of a machine's capacity, on average; default: the fleet's, or 0.8")
      ->type_name("U")
      ->check(number_in(0.01, 1.0));
  c->add_option("--min-control", s.min_control, "options with less control may not serve")
      ->type_name("C")
      ->check(number_in(0.0, 1.0));
  c->add_option("--at", s.at, "when: a time, or how long before (6h) or after now (+12h)")->type_name("WHEN");
  c->add_option("--for", s.span, "the mean intensity of so long from then on, instead of the hour")->type_name("TIME");
  c->add_option("--grid", s.grid, "intensities of this file go first (CSV or JSON, as trine grid import)")
      ->type_name("FILE");
  c->add_option("--dir", s.dir, "catalog files in it replace the built-in ones")->type_name("DIR");
}

}  // namespace

void score_options(CLI::App* c, ScoreOptions& o) {
  choice_options(c, o.source);
  c->add_option("--lambda", o.lambda, "also as money: what a kg of CO2e is to be worth")
      ->type_name("E")
      ->check(number_in(0.0, 1e6));
  json_flag(c, o.json);
}

void decide_options(CLI::App* c, DecideOptions& o) {
  choice_options(c, o.source);
  auto* choose = c->add_option("--choose", o.choose, "the option that is taken")->type_name("NAME");
  c->add_flag("--best", o.best, "take the one with the highest score")->excludes(choose);
  c->add_option("--over", o.over, "what it is compared with; default: the next three by the score")
      ->type_name("NAME,...")
      ->delimiter(',');
  c->add_option("--because", o.because, "the reason, in words")->type_name("TEXT");
  c->add_option("--by", o.by, "who decides: whose weights these are")->type_name("NAME");
  c->add_option("--tokens-per-month", o.tokens_per_month,
                "input and output; default: the ledger's, or the fleet's peak")
      ->type_name("N")
      ->check(number_in(1.0, 1e18));
  c->add_option("--mean-share", o.mean_share, "of the fleet's peak, on average over a month")
      ->type_name("S")
      ->check(number_in(0.001, 1.0))
      ->capture_default_str();
  c->add_flag("--dry-run", o.dry_run, "say it, do not keep it");
  json_flag(c, o.json);
  c->parse_complete_callback([&o] {
    if (!o.best && o.choose.empty()) throw CLI::RequiredError("One of --choose NAME and --best");
  });
}

void decisions_options(CLI::App* c, DecisionsOptions::What what, DecisionsOptions& o) {
  using What = DecisionsOptions::What;
  if (what == What::list) return;
  auto* id = c->add_option("id", o.id, what == What::show ? "the decision, dec_..." : "only this one")->type_name("ID");
  if (what == What::show) id->required();
  if (what == What::to_markdown)
    c->add_option("--markdown", o.file, "into this file; without it to standard output")
        ->type_name("FILE")
        ->expected(0, 1);
  if (what == What::review) {
    auto* deployment =
        c->add_option("--deployment", o.deployment, "whose calls; default: the one with the choice's name")
            ->type_name("NAME");
    c->add_option("--zone", o.zone, "or all calls of this grid zone; default: the choice's")
        ->type_name("ZONE")
        ->excludes(deployment);
  }
}

}  // namespace trine::cli
