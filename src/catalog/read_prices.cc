#include "catalog/draft.h"

namespace trine::catalog {
namespace {

using yaml::Fields;
using yaml::required;

constexpr double kDearestHour = 2000;  // of one machine: a row above is a slip upstream

std::optional<std::string> parse_currency(std::string_view s) {
  if (s.size() != 3) return {};
  for (const char c : s)
    if (c < 'A' || c > 'Z') return {};
  return std::string(s);
}

void read_currency(Fields& f, std::string_view field, std::string& out) {
  const yaml::Type type{yaml::Type::Kind::text, "currency", {}, {}, false, {}, "^[A-Z]{3}$"};
  f.parsed(required(field, "ISO 4217."), out, type, "", "is not a currency such as EUR.", parse_currency);
}

// A price in `currency`, at most `limit` units of it.
std::optional<Price> read_price(Fields& f, const yaml::Field& field, const std::string& currency, double limit,
                                std::string_view what) {
  std::optional<Money> amount;
  f.price(field, amount);
  if (!amount) return {};
  if (to_euros(*amount) > limit)
    f.complain(field.name, fmt::format("{} {} per {} is absurd (the limit is {}); look for a unit slip at the source.",
                                       to_euros(*amount), currency, what, limit));
  return Price{*amount, currency};
}

void read_instance(Fields& f, Draft& d, Instance& i) {
  std::string currency;
  f.text(required("id", "region/name."), i.id);
  f.text(required("provider", "Provider."), i.provider);
  f.text(required("name", "The provider's name of the machine."), i.name);
  f.text(required("gpu", "GPU."), i.gpu);
  f.integer(required("gpus", "Cards."), i.gpus, 1, 64);
  f.number(required("vcpus", "Virtual CPUs."), i.vcpus, 0.5, 10'000);
  f.number(required("memory_gib", "Memory, GiB."), i.memory_gib, 0.5, 100'000);
  f.text(required("region", "Region."), i.region);
  read_currency(f, "currency", currency);
  if (auto p = read_price(f, required("per_hour", "On demand, whole machine."), currency, kDearestHour, "hour"))
    i.per_hour = *p;
  i.spot_per_hour = read_price(f, {"spot_per_hour", "Spot."}, currency, kDearestHour, "hour");
  f.text({"commit", "Commit of the source."}, i.commit);
  read_source(f, d, i.source);
  d.defines(f, "instance", "id", i.id);
  d.refers(f, Kind::gpu, "gpu", i.gpu);
  d.refers(f, Kind::region, "region", i.region);
}

void read_vendor(Fields& f, Draft& d, Vendor& v) {
  f.text(required("id", "Short name."), v.id);
  f.text(required("name", "Name for people."), v.name);
  f.text(required("zone", "Grid zone, assumed."), v.zone);
  f.number({"pue", "PUE, assumed."}, v.pue, 1.0, 3.0);
  read_source(f, d, v.source);
  d.defines(f, "vendor", "id", v.id);
  d.refers(f, Kind::zone, "zone", v.zone);
}

void read_vendor_price(Fields& f, Draft& d, VendorPrice& p) {
  constexpr std::string_view kUnit = "million tokens";
  std::string currency;
  f.text(required("vendor", "Vendor."), p.vendor);
  f.text(required("model", "The vendor's name of the model."), p.model);
  const std::vector<std::pair<std::string_view, VendorPrice::Mode>> modes = {
      {"chat", VendorPrice::Mode::chat}, {"embedding", VendorPrice::Mode::embedding}};
  f.choice(required("mode", "What it does."), p.mode, modes);
  read_currency(f, "currency", currency);
  if (auto in = read_price(f, required("input", "Per million tokens."), currency, kAbsurdPerMtok, kUnit)) p.input = *in;
  p.cached_input = read_price(f, {"cached_input", "Per million cached tokens."}, currency, kAbsurdPerMtok, kUnit);
  p.output = read_price(f, {"output", "Per million tokens."}, currency, kAbsurdPerMtok, kUnit);
  p.reasoning = read_price(f, {"reasoning", "Per million reasoning tokens."}, currency, kAbsurdPerMtok, kUnit);
  p.batch_input = read_price(f, {"batch_input", "Batch tier."}, currency, kAbsurdPerMtok, kUnit);
  p.batch_output = read_price(f, {"batch_output", "Batch tier."}, currency, kAbsurdPerMtok, kUnit);
  f.integer({"context", "Longest context, tokens."}, p.context, 1, 1 << 30);
  f.text(required("date", "Date of the price list."), p.date);
  read_source(f, d, p.source);
  d.refers(f, Kind::vendor, "vendor", p.vendor);
  d.defines(f, "price", "model", p.vendor + "/" + p.model);
  f.check([&] {
    if (p.mode == VendorPrice::Mode::chat && !p.output) f.complain("mode", "chat needs an output price.");
    if (p.cached_input && p.cached_input->amount > p.input.amount)
      f.complain("cached_input", "must not be above input.");
    if (p.batch_input && p.batch_input->amount > p.input.amount) f.complain("batch_input", "must not be above input.");
    if (p.batch_output && (!p.output || p.batch_output->amount > p.output->amount))
      f.complain("batch_output", "must not be above output.");
  });
}

void read_vendor_model(Fields& f, Draft& d, VendorModel& m) {
  f.text(required("vendor", "Vendor."), m.vendor);
  f.text(required("model", "The vendor's name of the model."), m.model);
  f.choice(required("arch", "Kind."), m.arch, kArchs);
  read_range(f, "total_b", "Parameters, 1e9: [low, high].", m.total_b);
  read_range(f, "active_b", "Parameters that one token uses, 1e9: [low, high].", m.active_b);
  f.boolean(required("released", "The vendor published them."), m.released);
  read_source(f, d, m.source);
  d.refers(f, Kind::vendor, "vendor", m.vendor);
  d.defines(f, "vendor model", "model", m.vendor + "/" + m.model);
}

void read_rate(Fields& f, Draft& d, Rate& r) {
  read_currency(f, "from", r.from);
  read_currency(f, "to", r.to);
  f.number(required("rate", "One `from` in `to`."), r.rate, 1e-6, 1e6);
  f.text(required("date", "Date of the rate."), r.date);
  read_source(f, d, r.source);
  d.defines(f, "rate", "from", r.from + " to " + r.to);
}

}  // namespace

void read_instances(Fields& f, Draft& d) {
  f.objects(required("instances", "Machines by the hour."), d.tables.instances,
            [&d](Fields& i, Instance& out) { read_instance(i, d, out); });
}

void read_vendors(Fields& f, Draft& d) {
  f.objects(required("vendors", "API vendors."), d.tables.vendors,
            [&d](Fields& v, Vendor& out) { read_vendor(v, d, out); });
  f.objects(required("prices", "Token prices."), d.tables.prices,
            [&d](Fields& p, VendorPrice& out) { read_vendor_price(p, d, out); });
}

void read_vendor_models(Fields& f, Draft& d) {
  f.objects(required("vendor_models", "Parameters of API models."), d.tables.vendor_models,
            [&d](Fields& m, VendorModel& out) { read_vendor_model(m, d, out); });
}

void read_exchange(Fields& f, Draft& d) {
  f.objects(required("rates", "Exchange rates."), d.tables.rates, [&d](Fields& r, Rate& out) { read_rate(r, d, out); });
}

}  // namespace trine::catalog
