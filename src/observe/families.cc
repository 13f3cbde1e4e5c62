#include "observe/families.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "guard/verdict.h"
#include "observe/rows.h"

namespace trine::observe {
namespace {

using energy::Outcome;
using gateway::Counter;
using gateway::Deployment;
using gateway::DeploymentCounters;
using gateway::WorkerCounters;

constexpr const char* kOfDeployment = "deployment, model, zone, simulated";
constexpr const char* kOfBudget = "scope, subject, unit, period";

std::string_view shown(std::string_view zone) {
  return zone.empty() ? std::string_view("world") : zone;
}

int64_t total(const Deployment& d, Counter DeploymentCounters::*what) {
  int64_t n = 0;
  for (const DeploymentCounters& c : d.state->probe.all()) n += (c.*what).get();
  return n;
}

int64_t total(const Scene& s, Counter WorkerCounters::*what) {
  int64_t n = 0;
  for (const WorkerCounters& c : s.view.workers) n += (c.*what).get();
  return n;
}

// Calls `write(deployment, its labels)` for each.
template <class F>
void for_each_deployment(const Scene& s, F write) {
  const auto& all = s.view.snapshot.deployments;
  for (size_t i = 0; i < all.size(); ++i) write(*all[i], s.labels[i]);
}

template <Counter DeploymentCounters::*kWhat>
void whole(Page& page, const Scene& s) {
  for_each_deployment(s, [&](const Deployment& d, const std::string& l) { page.sample(l, total(d, kWhat)); });
}

template <Counter DeploymentCounters::*kWhat, int kDigits>
void fraction(Page& page, const Scene& s) {
  for_each_deployment(
      s, [&](const Deployment& d, const std::string& l) { page.sample(l, fixed_point(total(d, kWhat), kDigits)); });
}

template <auto kWhat>
void durations(Page& page, const Scene& s) {
  for_each_deployment(s, [&](const Deployment& d, const std::string& l) {
    Page::Sum sum;
    for (const DeploymentCounters& c : d.state->probe.all()) sum.add(c.*kWhat);
    page.histogram(l, sum);
  });
}

template <Counter WorkerCounters::*kWhat>
void of_workers(Page& page, const Scene& s) {
  page.sample({}, total(s, kWhat));
}

void cost(Page& page, const Scene& s) {
  const std::string& currency = s.view.snapshot.config->ledger.currency;
  for_each_deployment(s, [&](const Deployment& d, const std::string& l) {
    page.sample(l + "," + label_text({{"currency", currency}}),
                fixed_point(total(d, &DeploymentCounters::cost_n), kMoneyDigits));
  });
}

void tokens(Page& page, const Scene& s) {
  for_each_deployment(s, [&](const Deployment& d, const std::string& l) {
    page.sample(l + R"(,gen_ai_token_type="input")", total(d, &DeploymentCounters::tokens_in));
    page.sample(l + R"(,gen_ai_token_type="output")", total(d, &DeploymentCounters::tokens_out));
  });
}

void calls(Page& page, const Scene& s) {
  for_each_deployment(s, [&](const Deployment& d, const std::string& l) {
    // A call that ran is never refused, and an interrupted one is found by the next process.
    for (const Outcome o : {Outcome::ok, Outcome::failed, Outcome::cancelled}) {
      int64_t n = 0;
      for (const DeploymentCounters& c : d.state->probe.all()) n += c.calls[static_cast<size_t>(o)].get();
      page.sample(l + "," + label_text({{"outcome", energy::kOutcomes[static_cast<size_t>(o)]}}), n);
    }
  });
}

void running(Page& page, const Scene& s) {
  for_each_deployment(s, [&](const Deployment& d, const std::string& l) { page.sample(l, d.state->batch.running()); });
}

void healthy(Page& page, const Scene& s) {
  for_each_deployment(s, [&](const Deployment& d, const std::string& l) {
    page.sample(l, int64_t{d.state->health.available(s.view.now)});
  });
}

void failures(Page& page, const Scene& s) {
  for_each_deployment(
      s, [&](const Deployment& d, const std::string& l) { page.sample(l, int64_t{d.state->health.failures()}); });
}

// Calls `write(labels, windows, meter)` for each deployment that has a meter; null where it cannot be asked at all.
template <class F>
void for_each_meter(const Scene& s, F write) {
  for_each_deployment(s, [&](const Deployment& d, const std::string& l) {
    if (d.metered()) write(l, s.view.metering.set_of(d.name), s.view.metering.feed_of(d.name));
  });
}

void meter_up(Page& page, const Scene& s) {
  for_each_meter(s, [&](const std::string& l, const gateway::MeteredSet* m, const gateway::MeterFeed* f) {
    page.sample(l, int64_t{m && f && f->trouble().empty() && m->trouble().empty() && m->frontier()});
  });
}

void meter_lag(Page& page, const Scene& s) {
  for_each_meter(s, [&](const std::string& l, const gateway::MeteredSet* m, const gateway::MeterFeed*) {
    if (m && m->frontier()) page.sample(l, seconds(s.now - *m->frontier()));
  });
}

void meter_samples(Page& page, const Scene& s) {
  for_each_meter(s, [&](const std::string& l, const gateway::MeteredSet* m, const gateway::MeterFeed*) {
    if (m) page.sample(l, m->stats().samples);
  });
}

void meter_irregularities(Page& page, const Scene& s) {
  for_each_meter(s, [&](const std::string& l, const gateway::MeteredSet* m, const gateway::MeterFeed*) {
    if (!m) return;
    const energy::WindowCutter::Stats n = m->stats();
    const std::pair<const char*, uint64_t> kinds[] = {{"rejected", n.rejected},
                                                      {"duplicate", n.duplicates},
                                                      {"late", n.late},
                                                      {"stale", n.stale},
                                                      {"wrap", n.wraps},
                                                      {"reset", n.resets},
                                                      {"implausible", n.implausible},
                                                      {"clock_step", n.clock_steps}};
    for (const auto& [kind, count] : kinds) page.sample(l + "," + label_text({{"kind", kind}}), count);
  });
}

void intensity(Page& page, const Scene& s) {
  for (const std::string& zone : s.zones) {
    const grid::Reading r = s.view.snapshot.grid->at(zone, s.now);
    page.sample(label_text({{"zone", shown(zone)}, {"granularity", grid::name(r.granularity)}, {"method", r.method}}),
                r.value.g_per_kwh);
  }
}

void intensity_age(Page& page, const Scene& s) {
  for (const std::string& zone : s.zones)
    page.sample(label_text({{"zone", shown(zone)}}), seconds(s.view.snapshot.grid->at(zone, s.now).age));
}

void other_intensities(Page& page, const Scene& s) {
  for (const std::string& zone : s.zones)
    for (const grid::Reading& r : s.view.snapshot.grid->table()->beside(zone, s.now))
      page.sample(label_text({{"zone", shown(zone)}, {"method", r.method}, {"source", r.source}}), r.value.g_per_kwh);
}

// Calls `write(status, its labels)` for each zone of each source.
template <class F>
void for_each_source(const Scene& s, F write) {
  for (const grid::SourceStatus& source : s.view.sources)
    write(source, label_text({{"source", source.source}, {"zone", source.zone}}));
}

void source_up(Page& page, const Scene& s) {
  for_each_source(s,
                  [&](const grid::SourceStatus& source, const std::string& l) { page.sample(l, int64_t{source.up}); });
}

void source_errors(Page& page, const Scene& s) {
  for_each_source(s, [&](const grid::SourceStatus& source, const std::string& l) { page.sample(l, source.errors); });
}

void source_age(Page& page, const Scene& s) {
  for_each_source(s, [&](const grid::SourceStatus& source, const std::string& l) {
    if (source.newest_end != Wall{}) page.sample(l, std::max(0.0, seconds(s.now - source.newest_end)));
  });
}

void source_holes(Page& page, const Scene& s) {
  for_each_source(s, [&](const grid::SourceStatus& source, const std::string& l) {
    page.sample(l + "," + label_text({{"kind", "missing"}}), uint64_t{source.holes});
    page.sample(l + "," + label_text({{"kind", "absurd"}}), uint64_t{source.absurd});
  });
}

void requests(Page& page, const Scene& s) {
  for (const Outcome o : {Outcome::ok, Outcome::failed, Outcome::cancelled, Outcome::refused}) {
    int64_t n = 0;
    for (const WorkerCounters& c : s.view.workers) n += c.requests[static_cast<size_t>(o)].get();
    page.sample(label_text({{"outcome", energy::kOutcomes[static_cast<size_t>(o)]}}), n);
  }
}

void server_errors(Page& page, const Scene& s) {
  for (const Outcome o : {Outcome::failed, Outcome::refused}) {
    int64_t n = 0;
    for (const WorkerCounters& c : s.view.workers) n += c.server_errors[static_cast<size_t>(o)].get();
    page.sample(label_text({{"outcome", energy::kOutcomes[static_cast<size_t>(o)]}}), n);
  }
}

// By what the guard did: allow, flag, redact, block.
template <auto Counters>
void guarded(Page& page, const Scene& s) {
  for (size_t i = 0; i < 4; ++i) {
    int64_t n = 0;
    for (const WorkerCounters& c : s.view.workers) n += (c.*Counters)[i].get();
    page.sample(label_text({{"action", guard::name(static_cast<guard::Action>(i))}}), n);
  }
}

void guard_seconds(Page& page, const Scene& s) {
  int64_t ns = 0;
  for (const WorkerCounters& c : s.view.workers) ns += c.guard_ns.get();
  page.sample({}, static_cast<double>(ns) * 1e-9);
}

void cache_requests(Page& page, const Scene& s) {
  const std::array<std::pair<const char*, Counter gateway::CacheCounters::*>, 4> results = {{
      {"hit", &gateway::CacheCounters::hits},
      {"coalesced", &gateway::CacheCounters::followed},
      {"semantic", &gateway::CacheCounters::similar},
      {"miss", &gateway::CacheCounters::misses},
  }};
  for (const auto& [name, counter] : results) {
    int64_t n = 0;
    for (const WorkerCounters& c : s.view.workers) n += (c.cache.*counter).get();
    page.sample(label_text({{"result", name}}), n);
  }
}

void limit_refusals(Page& page, const Scene& s) {
  for (size_t i = 1; i < protect::kRefusals; ++i) {
    int64_t n = 0;
    for (const WorkerCounters& c : s.view.workers) n += c.refusals[i].get();
    page.sample(label_text({{"kind", protect::name(static_cast<protect::Refused>(i))}}), n);
  }
}

// What became of each document: read, known already, or why not.
void documents_read(Page& page, const Scene& s) {
  const auto& d = s.view.documents;
  page.sample(label_text({{"outcome", "read"}}), d.read);
  page.sample(label_text({{"outcome", "known"}}), d.known);
  for (size_t i = 0; i < d.refused.size(); ++i)
    page.sample(label_text({{"outcome", documents::name(static_cast<documents::Problem>(i))}}), d.refused[i]);
}

void document_pages(Page& page, const Scene& s) {
  page.sample(label_text({{"kind", "text"}}), s.view.documents.text_pages);
  page.sample(label_text({{"kind", "ocr"}}), s.view.documents.ocr_pages);
}

// A configuration may give each of many keys a budget of its own; the page shows the first ones.
constexpr size_t kMostBudgets = 200;

enum class OfBudget { limit, spent, reserved };

template <OfBudget kWhat>
void budgets(Page& page, const Scene& s) {
  const auto& all = s.view.snapshot.limits->budgets();
  const std::string& currency = s.view.snapshot.config->ledger.currency;
  for (size_t i = 0; i < std::min(all.size(), kMostBudgets); ++i) {
    const protect::BudgetUse& b = all[i];
    int64_t amount = b.rule.limit;
    if (kWhat != OfBudget::limit) {
      const auto v = b.account->view(s.now);
      amount = kWhat == OfBudget::spent ? v.spent : v.reserved;
    }
    const bool energy = b.rule.unit == protect::Unit::energy;
    page.sample(label_text({{"scope", protect::name(b.scope)},
                            {"subject", b.subject},
                            {"unit", b.rule.unit == protect::Unit::money ? std::string_view(currency)
                                     : energy                            ? std::string_view("joules")
                                                                         : std::string_view("gCO2e")},
                            {"period", gateway::text_of(b.rule.period)}}),
                fixed_point(amount, energy ? kEnergyDigits : kMoneyDigits));
  }
}

void last_fold(Page& page, const Scene& s) {
  if (s.view.ledger.fold.last_fold == Wall{}) return;
  page.sample({}, seconds(s.view.ledger.fold.last_fold.time_since_epoch()));
}

constexpr Family kFamilies[] = {
    // Time, as OpenTelemetry names it.
    {"gen_ai_server_request_duration_seconds", Kind::histogram, kOfDeployment,
     "Seconds from sending a call to a deployment until its end, failed and cancelled calls included.", call_durations},
    {"gen_ai_server_time_to_first_token_seconds", Kind::histogram, kOfDeployment,
     "Seconds from sending a streamed call to a deployment until its first token.",
     durations<&DeploymentCounters::first_token>},
    {"gen_ai_server_time_per_output_token_seconds", Kind::histogram, kOfDeployment,
     "Seconds per output token after the first one, by streamed call.",
     durations<&DeploymentCounters::per_output_token>},

    {"gen_ai_client_token_usage", Kind::histogram, "deployment, model, zone, simulated, gen_ai_token_type",
     "Tokens of a call, as billed; those from the prefix cache count as input.", call_tokens},

    // What was used.
    {"trine_tokens_total", Kind::counter, "deployment, model, zone, simulated, gen_ai_token_type",
     "Tokens as billed; those from the prefix cache count as input.", tokens},
    {"trine_cached_tokens_total", Kind::counter, kOfDeployment,
     "Input tokens that the engine took from its prefix cache.", whole<&DeploymentCounters::tokens_cached>},
    {"trine_energy_joules_total", Kind::counter, kOfDeployment,
     "Facility energy in joules of ended calls, as first settled; the ledger has the final figures.",
     fraction<&DeploymentCounters::energy_uj, kEnergyDigits>},
    {"trine_carbon_grams_total", Kind::counter, kOfDeployment,
     "Grams of CO2e of ended calls, operational and embodied, as first settled; the ledger has the final figures.",
     fraction<&DeploymentCounters::carbon_ng, kCarbonDigits>},
    {"trine_cost_total", Kind::counter, "deployment, model, zone, simulated, currency",
     "Cost of ended calls in the ledger's currency, as first settled; the ledger has the final figures.", cost},

    // What the configuration's baseline would have taken, and the saving: it may be negative, and falls while hardware
    // is
    // idle, so it is no counter.
    {"trine_baseline_energy_joules_total", Kind::counter, kOfDeployment,
     "Joules that the baseline would have taken for the requests that the deployment served, as they arrived.",
     baseline_energy},
    {"trine_baseline_carbon_grams_total", Kind::counter, kOfDeployment,
     "Grams of CO2e that the baseline would have taken for them, operational and embodied, in its own zone.",
     baseline_carbon},
    {"trine_baseline_cost_total", Kind::counter, "deployment, model, zone, simulated, currency",
     "What the baseline would have cost for them.", baseline_cost},
    {"trine_saved_energy_joules", Kind::gauge, kOfDeployment,
     "Joules saved since the process began: the baseline's less the calls' less what the hardware took beside "
     "requests.",
     saved_energy},
    {"trine_saved_carbon_grams", Kind::gauge, kOfDeployment,
     "Grams of CO2e saved since the process began, likewise; negative where the baseline would have taken less.",
     saved_carbon},
    {"trine_saved_cost", Kind::gauge, "deployment, model, zone, simulated, currency",
     "Money saved since the process began, likewise.", saved_cost},

    // The same by workload: those that the configuration names, `none` where a request names none, else `other`.
    {"trine_workload_calls_total", Kind::counter, kOfWorkload, "Calls that ended, by workload.", workload_calls},
    {"trine_workload_tokens_total", Kind::counter, "workload, deployment, zone, simulated, gen_ai_token_type",
     "Tokens as billed, by workload.", workload_tokens},
    {"trine_workload_energy_joules_total", Kind::counter, kOfWorkload,
     "Facility energy in joules of ended calls by workload, as first settled.", workload_energy},
    {"trine_workload_carbon_grams_total", Kind::counter, kOfWorkload,
     "Grams of CO2e of ended calls by workload, operational and embodied, as first settled.", workload_carbon},
    {"trine_workload_cost_total", Kind::counter, "workload, deployment, zone, simulated, currency",
     "Cost of ended calls by workload in the ledger's currency, as first settled.", workload_cost},

    {"trine_workload_baseline_energy_joules_total", Kind::counter, kOfWorkload,
     "Joules that the baseline would have taken for the workload's requests, as they arrived.",
     workload_baseline_energy},
    {"trine_workload_baseline_carbon_grams_total", Kind::counter, kOfWorkload,
     "Grams of CO2e that the baseline would have taken for them.", workload_baseline_carbon},
    {"trine_workload_baseline_cost_total", Kind::counter, "workload, deployment, zone, simulated, currency",
     "What the baseline would have cost for them.", workload_baseline_cost},

    // What stages spared the engines. The documents' and the cache's steps appear with the first request they help.
    {"trine_spared_requests_total", Kind::counter, "step", "Requests that a stage spared something, by its step.",
     spared_requests},
    {"trine_spared_tokens", Kind::gauge, "step, gen_ai_token_type",
     "Tokens that no engine had to process, by step, since the process began; falls where a step added some.",
     spared_tokens},

    // Deployments.
    {"trine_calls_total", Kind::counter, "deployment, model, zone, simulated, outcome",
     "Calls that ended, by outcome: ok, failed, cancelled. A request makes one call, or more if it is tried again.",
     calls},
    {"trine_retries_total", Kind::counter, kOfDeployment,
     "Calls to this deployment that failed and that another deployment took over.",
     whole<&DeploymentCounters::retries>},
    {"trine_calls_running", Kind::gauge, kOfDeployment, "Calls that run on the deployment now.", running},
    {"trine_deployment_healthy", Kind::gauge, kOfDeployment,
     "1 if calls are sent to the deployment, 0 while it rests after failures.", healthy},
    {"trine_deployment_failures", Kind::gauge, kOfDeployment, "Failures of the deployment in a row.", failures},

    // Meters.
    {"trine_meter_up", Kind::gauge, kOfDeployment, "1 if the deployment's meter answered when it was last read.",
     meter_up},
    {"trine_meter_lag_seconds", Kind::gauge, kOfDeployment,
     "Age in seconds of the latest metered energy; a meter that is silent for 30 seconds is stood in for by an "
     "estimate.",
     meter_lag},
    {"trine_meter_samples_total", Kind::counter, kOfDeployment, "Readings of the deployment's meter.", meter_samples},
    {"trine_meter_irregularities_total", Kind::counter, "deployment, model, zone, simulated, kind",
     "What was wrong with readings: rejected, duplicate, late, stale, wrap, reset, implausible, clock_step.",
     meter_irregularities},

    {"trine_device_energy_joules_total", Kind::counter, kOfDeployment,
     "Metered facility energy in joules of the deployment's hardware, all that ran on it and idle included; of shared "
     "hardware at its first deployment.",
     device_energy},
    {"trine_device_unattributed_energy_joules_total", Kind::counter, kOfDeployment,
     "The part of it that is no request's: idle.", device_unattributed},
    {"trine_device_watts", Kind::gauge, kOfDeployment, "Mean facility power in watts of the last window of the meter.",
     device_watts},
    {"trine_device_idle_watts", Kind::gauge, kOfDeployment,
     "Watts that the hardware is taken to draw when nothing runs: learned, else the catalog's.", device_idle_watts},

    // Grid.
    {"trine_grid_intensity_grams_per_kwh", Kind::gauge, "zone, granularity, method",
     "Grams of CO2e per kWh in the zone now, as calls are booked; `granularity` says how far down the ladder the value "
     "comes from.",
     intensity},
    {"trine_grid_intensity_age_seconds", Kind::gauge, "zone",
     "Seconds since the end of the time that the zone's value describes; 0 while that time lasts.", intensity_age},
    {"trine_grid_other_intensity_grams_per_kwh", Kind::gauge, "zone, method, source",
     "Grams of CO2e per kWh by other methods (direct, marginal, production only), as last said: shown beside, never "
     "booked.",
     other_intensities},
    {"trine_grid_source_up", Kind::gauge, "source, zone",
     "1 if the source answered for the zone when it was last asked.", source_up},
    {"trine_grid_source_errors_total", Kind::counter, "source, zone",
     "Times that the source did not answer for the zone; the log says why.", source_errors},
    {"trine_grid_source_age_seconds", Kind::gauge, "source, zone",
     "Seconds since the end of the newest slot that the source gave a value for; absent before the first.", source_age},
    {"trine_grid_source_holes", Kind::gauge, "source, zone, kind",
     "Values of the source's last answer that were left out: missing (null, zero) or absurd (below 0, above 2000).",
     source_holes},

    // The gateway itself.
    {"trine_gateway_energy_joules_total", Kind::counter, "",
     "Facility energy in joules of this gateway, an estimate from its CPU time since it started.",
     [](Page& p, const Scene& s) { p.sample({}, fixed_point(s.view.own_use.energy.raw(), kEnergyDigits)); }},
    {"trine_gateway_carbon_grams_total", Kind::counter, "",
     "Grams of CO2e of this gateway's energy, operational; likewise an estimate.",
     [](Page& p, const Scene& s) { p.sample({}, fixed_point(s.view.own_use.carbon.raw(), kCarbonDigits)); }},

    {"trine_gateway_overhead_seconds", Kind::histogram, "",
     "Seconds that the gateway's own work added to a request before its answer came: all stages but the client's body, "
     "URLs, documents, waiting for a place and the call.",
     overhead},
    {"trine_stage_seconds_total", Kind::counter, "stage", "Seconds of requests by stage, waiting included.",
     stage_seconds},

    // Requests.
    {"trine_requests_total", Kind::counter, "outcome",
     "Requests that ended, by outcome: ok, failed, cancelled (the client left), refused (no call was made).", requests},
    {"trine_server_errors_total", Kind::counter, "outcome",
     "Requests of the outcomes failed and refused that were no fault of the client's: answered 5xx (no deployment, an "
     "engine that fails), or broken off.",
     server_errors},
    {"trine_client_errors_total", Kind::counter, "",
     "Requests that ended before a deployment was called, and heads that were not HTTP.",
     of_workers<&WorkerCounters::client_errors>},
    {"trine_connections_open", Kind::gauge, "", "Open connections of clients.",
     of_workers<&WorkerCounters::connections_open>},

    // Limits and budgets.
    {"trine_limit_refusals_total", Kind::counter, "kind",
     "Requests refused by a limit (rpm, tpm, tpm_in, tpm_out, concurrency) or a budget.", limit_refusals},
    {"trine_budget_limit", Kind::gauge, kOfBudget,
     "What the budget allows in its period: currency, joules or grams, as `unit` says. The first 200 budgets.",
     budgets<OfBudget::limit>},
    {"trine_budget_spent", Kind::gauge, kOfBudget, "What is spent of it in its period, in the same unit.",
     budgets<OfBudget::spent>},
    {"trine_budget_reserved", Kind::gauge, kOfBudget, "What requests under way hold of it, in the same unit.",
     budgets<OfBudget::reserved>},

    // Guard.
    {"trine_guard_requests_total", Kind::counter, "action", "Requests that the guard looked at, by what it did.",
     guarded<&WorkerCounters::guarded>},
    {"trine_guard_answers_total", Kind::counter, "action", "Answers that the guard looked at, by what it did.",
     guarded<&WorkerCounters::answers_guarded>},
    {"trine_guard_seconds_total", Kind::counter, "", "Time of requests in the guard, a judge's answers included.",
     guard_seconds},

    {"trine_abuse_raised_total", Kind::counter, "level",
     "Times that a key or an address came under closer watch, by the level it reached; docs/abuse.md.", abuse},

    // Cache.
    {"trine_cache_requests_total", Kind::counter, "result",
     "Requests that could be answered from the cache, by whether they were: hit, coalesced (shared another's call), "
     "semantic (almost the same words), miss.",
     cache_requests},

    // Documents.
    {"trine_documents_total", Kind::counter, "outcome",
     "Documents by what became of them: read, known (not read again), or the problem that they were refused for.",
     documents_read},
    {"trine_document_pages_total", Kind::counter, "kind", "Pages that were read: their own text, or by OCR.",
     document_pages},
    {"trine_document_seconds_total", Kind::counter, "", "Time of the document workers with documents.",
     [](Page& p, const Scene& s) { p.sample({}, seconds(s.view.documents.busy)); }},
    {"trine_document_workers_started_total", Kind::counter, "",
     "Processes that read documents, so far: those that a document ended are replaced.",
     [](Page& p, const Scene& s) { p.sample({}, s.view.documents.started); }},
    {"trine_documents_waiting", Kind::gauge, "", "Documents that wait for a process.",
     [](Page& p, const Scene& s) { p.sample({}, s.view.documents.waiting); }},
    {"trine_documents_reading", Kind::gauge, "", "Documents that are being read.",
     [](Page& p, const Scene& s) { p.sample({}, s.view.documents.reading); }},

    // Failover.
    {"trine_waiting_requests", Kind::gauge, "",
     "Requests that wait for a place, since all that could serve them is busy.", of_workers<&WorkerCounters::waiting>},
    {"trine_turned_away_requests_total", Kind::counter, "",
     "Requests that waited in vain for a place, or were told at once that they would.",
     of_workers<&WorkerCounters::turned_away>},
    {"trine_retries_refused_total", Kind::counter, "",
     "Failed calls that were not repeated elsewhere, since a tenth of all may be.",
     of_workers<&WorkerCounters::retries_refused>},

    // Ledger.
    {"trine_ledger_lag_records", Kind::gauge, "", "Records in the journal that are not in the database yet.",
     [](Page& p, const Scene& s) { p.sample({}, s.view.ledger.lag_records); }},
    {"trine_ledger_full", Kind::gauge, "", "1 while there is no room to record new work.",
     [](Page& p, const Scene& s) { p.sample({}, int64_t{s.view.ledger.full}); }},
    {"trine_ledger_refused_appends_total", Kind::counter, "", "Records that were not taken for want of room.",
     [](Page& p, const Scene& s) { p.sample({}, s.view.ledger.refused_appends); }},
    {"trine_ledger_unrecorded_calls_total", Kind::counter, "",
     "Calls that were made without a record while the ledger was full, because ledger.when_full says so.",
     of_workers<&WorkerCounters::unrecorded>},
    {"trine_ledger_folded_records_total", Kind::counter, "", "Records that went from the journal into the database.",
     [](Page& p, const Scene& s) { p.sample({}, s.view.ledger.fold.folded); }},
    {"trine_ledger_damaged_records_total", Kind::counter, "",
     "Records, or stretches of them, that could not be read back from the journal.",
     [](Page& p, const Scene& s) { p.sample({}, s.view.ledger.fold.damaged); }},
    {"trine_ledger_fold_failing", Kind::gauge, "", "1 while the database does not take records; the log says why.",
     [](Page& p, const Scene& s) { p.sample({}, int64_t{!s.view.ledger.fold.last_error.empty()}); }},
    {"trine_ledger_last_fold_timestamp_seconds", Kind::gauge, "",
     "Unix time of the last records that went into the database; absent before the first.", last_fold},

    // What others are told.
    {"trine_traces_exported_total", Kind::counter, "", "Traces that the collector took.", traces_exported},
    {"trine_traces_dropped_total", Kind::counter, "", "Traces that were given up: too many, or not taken.",
     traces_dropped},
    {"trine_trace_export_failures_total", Kind::counter, "", "Messages that the collector did not take.",
     trace_failures},
    {"trine_notifications_total", Kind::counter, "receiver, outcome",
     "Notifications by what became of them: sent, failed (given up), dropped (too many waited).", notices},

    // The process. The first two names are those of every Prometheus client library.
    {"process_cpu_seconds_total", Kind::counter, "", "CPU seconds of this process, user and system.",
     [](Page& p, const Scene& s) { p.sample({}, s.process.cpu_seconds); }},
    {"process_resident_memory_bytes", Kind::gauge, "", "Resident memory of this process in bytes.",
     [](Page& p, const Scene& s) { p.sample({}, s.process.resident_bytes); }},
    {"trine_uptime_seconds", Kind::gauge, "", "Seconds since this process started to serve.",
     [](Page& p, const Scene& s) { p.sample({}, seconds(s.view.now - s.view.started)); }},
    {"trine_workers", Kind::gauge, "", "Threads that serve requests.",
     [](Page& p, const Scene& s) { p.sample({}, s.view.workers.size()); }},
    {"trine_config_generation", Kind::gauge, "", "1 at start, one more after each reload that succeeded.",
     [](Page& p, const Scene& s) { p.sample({}, s.view.snapshot.generation); }},
    {"trine_build_info", Kind::gauge, "version", "1; the label says which version this is.",
     [](Page& p, const Scene&) {
       p.sample(label_text({{"version", TRINE_VERSION}}), int64_t{1});
     }},
};

}  // namespace

Scene::Scene(const gateway::GatewayView& v, Wall at, const ProcessFigures& p) : view(v), now(at), process(p) {
  for (const auto& d : view.snapshot.deployments) {
    labels.push_back(label_text({{"deployment", d->name},
                                 {"model", d->model},
                                 {"zone", shown(d->zone)},
                                 {"simulated", d->simulated ? "true" : "false"}}));
    brief_labels.push_back(label_text(
        {{"deployment", d->name}, {"zone", shown(d->zone)}, {"simulated", d->simulated ? "true" : "false"}}));
    zones.push_back(d->zone);
  }
  for (const auto& [zone, _] : view.snapshot.config->zones) zones.push_back(zone);
  std::sort(zones.begin(), zones.end());
  zones.erase(std::unique(zones.begin(), zones.end()), zones.end());
}

std::span<const Family> families() {
  return kFamilies;
}

}  // namespace trine::observe
