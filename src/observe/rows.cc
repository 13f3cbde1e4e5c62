#include "observe/rows.h"

#include <algorithm>
#include <array>
#include <functional>
#include <map>

#include "base/text.h"

namespace trine::observe {
namespace {

using gateway::Counter;
using gateway::DeploymentCounters;
using gateway::WorkerCounters;
using gateway::WorkloadCounters;

// Calls `write(sum over the workers of the counter `what` of a cell, labels)` for each workload that has called a
// deployment. Hundreds of deployments may each have dozens: labels are put together from ready pieces.
template <class What, class F>
void for_each_cell(const Scene& s, What what, F write) {
  const auto& names = s.view.snapshot.workloads.all();
  std::vector<std::string> label;
  label.reserve(names.size());
  for (const std::string& name : names) label.push_back(label_text({{"workload", name}}) + ",");
  const auto& all = s.view.snapshot.deployments;
  std::string labels;
  for (size_t d = 0; d < all.size(); ++d) {
    for (size_t place = 0; place < names.size(); ++place) {
      bool any = false;
      int64_t sum = 0;
      for (const DeploymentCounters& c : all[d]->state->probe.all())
        if (const WorkloadCounters* cell = c.workloads.find(place)) {
          any = true;
          sum += std::invoke(what, *cell).get();
        }
      if (!any) continue;
      labels.assign(label[place]).append(s.brief_labels[d]);
      write(sum, labels);
    }
  }
}

void whole_cells(Page& page, const Scene& s, Counter WorkloadCounters::*what) {
  for_each_cell(s, what, [&](int64_t n, const std::string& l) { page.sample(l, n); });
}

template <class What>
void fraction_cells(Page& page, const Scene& s, What what, int digits, std::string_view more = {}) {
  std::string number;
  for_each_cell(s, what, [&](int64_t n, std::string& l) {
    number.clear();
    append_fixed_point(number, n, digits);
    page.sample(l.append(more), number);
  });
}

// Calls `write(set, labels)` for each set of meters that is read, once.
template <class F>
void for_each_set(const Scene& s, F write) {
  const auto& all = s.view.snapshot.deployments;
  for (size_t i = 0; i < all.size(); ++i) {
    if (!all[i]->metered()) continue;
    const gateway::MeteredSet* set = s.view.metering.set_of(all[i]->name);
    if (set && set->owner() == all[i]->name) write(*set, s.labels[i]);
  }
}

struct SparedSum {
  int64_t requests = 0, in = 0, out = 0;
};

std::map<std::string_view, SparedSum> spared(const Scene& s) {
  std::map<std::string_view, SparedSum> sums;
  for (const WorkerCounters& c : s.view.workers)
    for (const auto& step : c.spared.all()) {
      const char* name = step.step.load(std::memory_order_acquire);
      if (!name) break;
      SparedSum& sum = sums[name];
      sum.requests += step.requests.get();
      sum.in += step.in.get();
      sum.out += step.out.get();
    }
  return sums;
}

}  // namespace

void workload_calls(Page& page, const Scene& s) {
  whole_cells(page, s, &WorkloadCounters::calls);
}

void workload_tokens(Page& page, const Scene& s) {
  for_each_cell(s, &WorkloadCounters::tokens_in,
                [&](int64_t n, std::string& l) { page.sample(l.append(R"(,gen_ai_token_type="input")"), n); });
  for_each_cell(s, &WorkloadCounters::tokens_out,
                [&](int64_t n, std::string& l) { page.sample(l.append(R"(,gen_ai_token_type="output")"), n); });
}

void workload_energy(Page& page, const Scene& s) {
  fraction_cells(page, s, &WorkloadCounters::energy_uj, kEnergyDigits);
}

void workload_carbon(Page& page, const Scene& s) {
  fraction_cells(page, s, &WorkloadCounters::carbon_ng, kCarbonDigits);
}

void workload_cost(Page& page, const Scene& s) {
  const std::string currency = "," + label_text({{"currency", s.view.snapshot.config->ledger.currency}});
  fraction_cells(page, s, &WorkloadCounters::cost_n, kMoneyDigits, currency);
}

void workload_baseline_energy(Page& page, const Scene& s) {
  if (s.view.snapshot.baseline)
    fraction_cells(
        page, s, [](const WorkloadCounters& c) -> auto& { return c.baseline.energy_uj; }, kEnergyDigits);
}

void workload_baseline_carbon(Page& page, const Scene& s) {
  if (s.view.snapshot.baseline)
    fraction_cells(
        page, s, [](const WorkloadCounters& c) -> auto& { return c.baseline.carbon_ng; }, kCarbonDigits);
}

void workload_baseline_cost(Page& page, const Scene& s) {
  if (!s.view.snapshot.baseline) return;
  const std::string currency = "," + label_text({{"currency", s.view.snapshot.config->ledger.currency}});
  fraction_cells(
      page, s, [](const WorkloadCounters& c) -> auto& { return c.baseline.cost_n; }, kMoneyDigits, currency);
}

void device_energy(Page& page, const Scene& s) {
  for_each_set(s, [&](const gateway::MeteredSet& set, const std::string& l) {
    page.sample(l, fixed_point(set.totals().energy.raw(), kEnergyDigits));
  });
}

void device_unattributed(Page& page, const Scene& s) {
  for_each_set(s, [&](const gateway::MeteredSet& set, const std::string& l) {
    page.sample(l, fixed_point(set.totals().unattributed.energy.raw(), kEnergyDigits));
  });
}

void device_watts(Page& page, const Scene& s) {
  for_each_set(
      s, [&](const gateway::MeteredSet& set, const std::string& l) { page.sample(l, set.totals().watts.value_or(0)); });
}

void device_idle_watts(Page& page, const Scene& s) {
  for_each_set(s, [&](const gateway::MeteredSet& set, const std::string& l) { page.sample(l, set.idle_w()); });
}

void call_durations(Page& page, const Scene& s) {
  const auto& all = s.view.snapshot.deployments;
  for (size_t i = 0; i < all.size(); ++i) {
    Page::Sum sum;
    for (const DeploymentCounters& c : all[i]->state->probe.all()) sum.add(c.duration);
    std::vector<Page::Example> examples;
    if (page.shows_examples() && s.view.traces) {
      const auto& exemplars = s.view.traces->exemplars();
      if (const auto of = exemplars.find(all[i]->name); of != exemplars.end())
        for (const gateway::Exemplar& e : of->second)
          examples.push_back({e.trace == gateway::TraceId{} ? std::string() : e.trace.text(), e.seconds,
                              seconds(e.at.time_since_epoch())});
    }
    page.histogram(s.labels[i], sum, examples);
  }
}

void call_tokens(Page& page, const Scene& s) {
  const auto& all = s.view.snapshot.deployments;
  for (size_t i = 0; i < all.size(); ++i) {
    Page::Sum in, out;
    for (const DeploymentCounters& c : all[i]->state->probe.all()) {
      in.add(c.call_tokens_in);
      out.add(c.call_tokens_out);
    }
    page.histogram(s.labels[i] + R"(,gen_ai_token_type="input")", in);
    page.histogram(s.labels[i] + R"(,gen_ai_token_type="output")", out);
  }
}

void stage_seconds(Page& page, const Scene& s) {
  for (size_t i = 0; i < gateway::kPhases; ++i) {
    int64_t ns = 0;
    for (const WorkerCounters& c : s.view.workers) ns += c.phase_ns[i].get();
    page.sample(label_text({{"stage", gateway::name(static_cast<gateway::Phase>(i))}}), static_cast<double>(ns) * 1e-9);
  }
}

void overhead(Page& page, const Scene& s) {
  Page::Sum sum;
  for (const WorkerCounters& c : s.view.workers) sum.add(c.overhead);
  page.histogram({}, sum);
}

void spared_requests(Page& page, const Scene& s) {
  for (const auto& [step, sum] : spared(s)) page.sample(label_text({{"step", step}}), sum.requests);
}

// A gauge, though it mostly grows: a step may add tokens, and then it falls.
void spared_tokens(Page& page, const Scene& s) {
  for (const auto& [step, sum] : spared(s)) {
    page.sample(label_text({{"step", step}, {"gen_ai_token_type", "input"}}), sum.in);
    page.sample(label_text({{"step", step}, {"gen_ai_token_type", "output"}}), sum.out);
  }
}

void traces_exported(Page& page, const Scene& s) {
  if (s.view.traces) page.sample({}, s.view.traces->stats().exported);
}

void traces_dropped(Page& page, const Scene& s) {
  if (!s.view.traces) return;
  int64_t n = s.view.traces->stats().dropped;
  for (const WorkerCounters& c : s.view.workers) n += c.traces_dropped.get();
  page.sample({}, n);
}

void trace_failures(Page& page, const Scene& s) {
  if (s.view.traces) page.sample({}, s.view.traces->stats().failures);
}

void abuse(Page& page, const Scene& s) {
  for (size_t i = 1; i < s.view.abuse.size(); ++i)
    page.sample(label_text({{"level", protect::name(static_cast<protect::WatchLevel>(i))}}), s.view.abuse[i]);
}

void notices(Page& page, const Scene& s) {
  for (const gateway::NoticeStats& n : s.view.notices) {
    page.sample(label_text({{"receiver", n.receiver}, {"outcome", "sent"}}), n.sent);
    page.sample(label_text({{"receiver", n.receiver}, {"outcome", "failed"}}), n.failed);
    page.sample(label_text({{"receiver", n.receiver}, {"outcome", "dropped"}}), n.dropped);
  }
}

}  // namespace trine::observe
