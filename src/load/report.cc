#include "load/report.h"

#include <algorithm>

#include "json/write.h"

namespace trine::load {
namespace {

void write(json::Writer& w, std::string_view name, const Latencies& l) {
  w.key(name);
  if (l.count() == 0) {
    w.null();
    return;
  }
  const auto at = [&](double q) { return seconds(l.quantile(q)); };
  w.object().key("count").value(l.count()).key("mean").value(l.mean_s());
  w.key("p50").value(at(0.5)).key("p90").value(at(0.9)).key("p95").value(at(0.95)).key("p99").value(at(0.99));
  w.key("max").value(seconds(l.max())).end();
}

void write(json::Writer& w, std::string_view name, const Times& times) {
  w.key(name).object();
  write(w, "total", times.total);
  write(w, "first_token", times.first_token);
  write(w, "per_output_token", times.per_token);
  w.end();
}

void write(json::Writer& w, const FigureSums& f) {
  w.key("figures").object().key("answers").value(f.answers).key("simulated").value(f.simulated);
  w.key("energy_uj").value(f.energy.raw()).key("carbon_ng").value(f.carbon.raw());
  w.key("energy_j").value(to_joules(f.energy)).key("carbon_g").value(to_grams(f.carbon));
  if (!f.mixed_currencies) {
    w.key("cost_neur").value(f.cost.raw()).key("cost").value(to_euros(f.cost)).key("currency").value(f.currency);
  }
  w.key("quality").object();
  for (size_t i = 0; i < f.quality.size(); ++i)
    if (f.quality[i] > 0) w.key(std::string(1, static_cast<char>('A' + i))).value(f.quality[i]);
  w.end().end();
}

}  // namespace

std::string to_json(const Tally& t, const Facts& facts) {
  std::string out;
  json::Writer w(out);
  const double span = seconds(facts.elapsed);
  const auto rate = [&](auto n) { return span > 0 ? static_cast<double>(n) / span : 0.0; };
  w.object().key("url").value(facts.url).key("model").value(facts.model).key("arrivals").value(facts.arrivals);
  w.key("seed").value(facts.seed).key("seconds").value(span).key("interrupted").value(facts.interrupted);
  w.key("scheduled").value(t.scheduled).key("sent").value(t.sent()).key("answered").value(t.answered);
  w.key("failed").value(t.failed).key("unfinished").value(t.unfinished).key("not_sent").value(t.unsent);
  w.key("failures").array();
  for (const auto& [what, failure] : t.failures) {
    w.object().key("status").value(what.first).key("code").value(what.second).key("count").value(failure.count);
    if (!failure.example.empty()) w.key("example").value(failure.example);
    w.end();
  }
  w.end();
  w.key("latency_s").object().key("from").value("the scheduled instant").key("error").value(Latencies::kError);
  write(w, "text", t.text);
  if (t.documents.total.count() > 0) write(w, "documents", t.documents);
  w.end();
  w.key("tokens").object().key("in").value(t.usage.in).key("cached").value(t.usage.cached);
  w.key("out").value(t.usage.out).key("reasoning").value(t.usage.reasoning);
  w.key("in_per_second").value(rate(t.usage.in)).key("out_per_second").value(rate(t.usage.out));
  w.key("answers_without_usage").value(t.without_usage).key("parts_without_usage").value(t.deltas).end();
  if (t.figures.answers > 0) write(w, t.figures);
  w.key("tool").object().key("kept_up").value(t.kept_up()).key("late_share").value(t.late_share());
  w.key("late_beyond_s").value(seconds(Tally::kLate));
  write(w, "late_s", t.late);
  w.end().end();
  return out;
}

}  // namespace trine::load
