#include <nlohmann/json.hpp>

#include "ledger/report.h"

namespace trine::ledger {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kBases[] = {"provisional", "window", "final"};

template <size_t N>
const char* word(const char* const (&words)[N], size_t i) {
  return i < N ? words[i] : "unknown";
}

void put(Json& j, const std::string& name, Energy e) {
  j[name + "_j"] = to_joules(e);
  j[name + "_uj"] = e.raw();
}
void put(Json& j, const std::string& name, Carbon c) {
  j[name + "_g"] = to_grams(c);
  j[name + "_ng"] = c.raw();
}
void put(Json& j, const std::string& name, Money m) {
  j[name] = to_euros(m);
  j[name + "_neur"] = m.raw();
}

Json share(const energy::DeviceWindow::Share& s) {
  Json j;
  put(j, "gpu_energy", s.gpu_energy);
  put(j, "energy", s.energy);
  put(j, "operational", s.operational);
  put(j, "embodied", s.embodied);
  put(j, "carbon", s.operational + s.embodied);
  put(j, "cost", s.cost);
  return j;
}

std::string quality(energy::Letter l) {
  return std::string(1, static_cast<char>(l));
}

// Of Sums or energy::Figures.
template <class F>
void put_figures(Json& j, const F& f) {
  put(j, "gpu_energy", f.gpu_energy);
  put(j, "energy", f.energy);
  put(j, "energy_low", f.energy_low);
  put(j, "energy_high", f.energy_high);
  put(j, "operational", f.operational);
  put(j, "embodied", f.embodied);
  put(j, "carbon", f.operational + f.embodied);
  put(j, "carbon_low", f.carbon_low);
  put(j, "carbon_high", f.carbon_high);
  put(j, "cost", f.cost);
}

Json avoided(const AvoidedSums& a) {
  Json j;
  j["requests"] = a.requests;
  j["without_call"] = a.without_call;
  j["tokens_in"] = a.in;
  j["tokens_out"] = a.out;
  put_figures(j, a.figures);
  j["quality"] = a.requests > 0 ? Json(quality(a.figures.letter)) : Json();
  return j;
}

Json prior(const PriorPeriod& p) {
  Json j;
  j["requests"] = p.sums.requests;
  j["calls"] = p.sums.calls;
  j["corrections"] = p.corrections;
  j["tokens_in"] = p.sums.in;
  j["tokens_cached"] = p.sums.cached;
  j["tokens_out"] = p.sums.out;
  put_figures(j, p.sums);
  j["unattributed"] = share(p.unattributed);
  j["foreign"] = share(p.foreign);
  j["avoided"] = avoided(p.avoided);
  return j;
}

Json gateway(const GatewayHours& g) {
  Json j;
  j["cpu_seconds"] = seconds(g.cpu);
  put(j, "energy", g.energy);
  put(j, "energy_low", g.energy_low);
  put(j, "energy_high", g.energy_high);
  put(j, "carbon", g.carbon);
  put(j, "carbon_low", g.carbon_low);
  put(j, "carbon_high", g.carbon_high);
  return j;
}

Json row(const ReportRow& r) {
  const auto& s = r.sums;
  Json j;
  j["name"] = r.name;
  j["requests"] = s.requests;
  j["calls"] = s.calls;
  j["unsettled_calls"] = s.unsettled_calls;
  j["simulated_calls"] = s.simulated_calls;
  j["simulated"] = s.simulated_calls > 0;
  j["counted_calls"] = s.counted_calls;
  j["tokens_in"] = s.in;
  j["tokens_cached"] = s.cached;
  j["tokens_out"] = s.out;
  put_figures(j, s);
  j["quality"] = s.letter() ? Json(quality(*s.letter())) : Json();
  j["quality_shares"] = Json::object();
  for (const auto& [letter, energy] : s.energy_by_letter) {
    if (s.energy.raw() > 0) {
      j["quality_shares"][quality(letter)] = static_cast<double>(energy.raw()) / static_cast<double>(s.energy.raw());
    }
  }
  const auto tokens = static_cast<double>(s.in + s.out), answered = static_cast<double>(s.answered());
  const double g = to_grams(s.operational + s.embodied), e = to_joules(s.energy);
  j["joules_per_token"] = tokens > 0 ? Json(e / tokens) : Json();
  j["grams_per_1k_tokens"] = tokens > 0 ? Json(g / tokens * 1e3) : Json();
  j["grams_per_mtok"] = tokens > 0 ? Json(g / tokens * 1e6) : Json();
  j["cost_per_mtok"] = tokens > 0 ? Json(to_euros(s.cost) / tokens * 1e6) : Json();
  j["joules_per_request"] = answered > 0 ? Json(e / answered) : Json();
  j["grams_per_request"] = answered > 0 ? Json(g / answered) : Json();
  j["cost_per_request"] = answered > 0 ? Json(to_euros(s.cost) / answered) : Json();
  j["outcomes"] = Json::object();
  for (size_t i = 0; i < s.outcomes.size(); ++i) j["outcomes"][energy::kOutcomes[i]] = s.outcomes[i];
  j["unattributed"] = share(r.unattributed);
  j["foreign"] = share(r.foreign);
  j["avoided"] = avoided(r.avoided);
  j["prior_period"] = prior(r.prior);
  j["gateway"] = gateway(r.gateway);
  return j;
}

Json settlement(const energy::Settlement& s) {
  Json j;
  j["version"] = s.version;
  j["basis"] = word(kBases, static_cast<size_t>(s.basis));
  j["booked_at"] = iso8601(s.booked_at);
  put_figures(j, s.figures);
  j["quality"] = quality(s.figures.letter);
  return j;
}

Json avoided(const energy::Avoided& a) {
  Json j;
  j["step"] = a.step;
  j["at"] = iso8601(a.at);
  j["tokens_in"] = a.in;
  j["tokens_out"] = a.out;
  put_figures(j, a.figures);
  j["quality"] = quality(a.figures.letter);
  return j;
}

Json call(const CallView& c) {
  const auto& f = c.facts;
  Json j;
  j["attempt"] = f.id.attempt;
  j["deployment"] = f.deployment;
  j["zone"] = f.zone;
  j["model"] = f.model;
  j["start"] = iso8601(f.start);
  j["first_token"] = iso8601(f.first_token);
  j["end"] = iso8601(f.end);
  j["tokens_in"] = f.in;
  j["tokens_cached"] = f.cached;
  j["tokens_out"] = f.out;
  j["tokens_from"] = f.source == energy::TokenSource::reported ? "reported" : "counted";
  j["streamed"] = f.streamed;
  j["simulated"] = f.simulated;
  j["beside_the_answer"] = f.beside;
  j["outcome"] = word(energy::kOutcomes, static_cast<size_t>(f.outcome));
  j["http_status"] = f.http_status;
  j["mean_batch"] = f.mean_batch;
  j["settlements"] = Json::array();
  for (const auto& s : c.settlements) j["settlements"].push_back(settlement(s));
  return j;
}

// Names come from clients: they may not be UTF-8.
std::string text(const Json& j) {
  return j.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string to_json(const Report& report) {
  Json j;
  j["since"] = iso8601(report.query.since);
  j["until"] = iso8601(report.query.until);
  j["by"] = name(report.query.by);
  j["currency"] = report.currency;
  j["simulated"] = report.simulated;
  j["rows"] = Json::array();
  for (const auto& r : report.rows) j["rows"].push_back(row(r));
  if (report.more > 0) j["more"] = report.more;
  j["total"] = row(report.total);
  return text(j);
}

std::string to_json(const RequestView& view) {
  const auto& f = view.facts;
  Json j;
  j["id"] = f.id.text();
  j["open"] = view.open;
  j["final"] = view.final();
  j["org"] = f.tenant.org;
  j["team"] = f.tenant.team;
  j["project"] = f.tenant.project;
  j["key"] = f.tenant.key;
  j["user"] = f.user;
  j["workload"] = f.workload;
  j["route"] = f.route;
  j["endpoint"] = f.endpoint;
  j["start"] = iso8601(f.start);
  j["streamed"] = f.streamed;
  if (!view.open) {
    j["end"] = iso8601(f.end);
    j["outcome"] = word(energy::kOutcomes, static_cast<size_t>(f.outcome));
    j["http_status"] = f.http_status;
    j["error"] = f.error.empty() ? Json() : Json(f.error);
    j["reason"] = f.reason;
  }
  j["calls"] = Json::array();
  for (const auto& c : view.calls) j["calls"].push_back(call(c));
  j["avoided"] = Json::array();
  for (const auto& a : view.avoided) j["avoided"].push_back(avoided(a));
  return text(j);
}

}  // namespace trine::ledger
