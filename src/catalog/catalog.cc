#include "catalog/catalog.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "catalog/names.h"

namespace trine::catalog {
namespace {

using namespace std::chrono;

template <class Index, class Row>
const Row* row(const Index& index, const std::vector<Row>& rows, std::string_view name) {
  const auto it = index.find(lower(name));
  return it == index.end() ? nullptr : &rows[it->second];
}

std::string pair_key(std::string_view vendor, std::string_view model) {
  return fmt::format("{}\n{}", lower(vendor), lower(model));
}

std::string curve_key(std::string_view model, std::string_view gpu, int gpus) {
  return fmt::format("{}\n{}\n{}", model, gpu, gpus);
}

bool digits(std::string_view s) {
  return !s.empty() && std::all_of(s.begin(), s.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// "gpt-4o-2024-08-06", "claude-3-haiku-20240307", "mistral-large-latest" -> the name before the date.
std::string_view undated(std::string_view name) {
  if (name.ends_with("-latest")) return name.substr(0, name.size() - 7);
  const auto n = name.size();
  if (n > 9 && name[n - 9] == '-' && digits(name.substr(n - 8))) return name.substr(0, n - 9);
  if (n > 11 && name[n - 11] == '-' && digits(name.substr(n - 10, 4)) && name[n - 6] == '-' &&
      digits(name.substr(n - 5, 2)) && name[n - 3] == '-' && digits(name.substr(n - 2)))
    return name.substr(0, n - 11);
  return name;
}

// Exact, then without the date; an index holds both forms (the exact one first, the newest dated one for the other).
template <class Index, class Row>
const Row* dated_row(const Index& index, const std::vector<Row>& rows, std::string_view vendor,
                     std::string_view model) {
  for (const auto name : {model, undated(model)})
    if (const auto it = index.find(pair_key(vendor, name)); it != index.end()) return &rows[it->second];
  return nullptr;
}

template <class Index, class Row>
void index_dated(Index& index, const std::vector<Row>& rows) {
  for (uint32_t i = 0; i < rows.size(); ++i) index.emplace(pair_key(rows[i].vendor, rows[i].model), i);
  // Later dates sort after earlier ones, so going backwards the first one stays.
  for (auto i = static_cast<uint32_t>(rows.size()); i-- > 0;)
    index.emplace(pair_key(rows[i].vendor, undated(rows[i].model)), i);
}

}  // namespace

Intensity Zone::lifecycle_in(int year) const {
  const auto after = lifecycle.upper_bound(year);
  return after == lifecycle.begin() ? after->second : std::prev(after)->second;
}

double Profile::factor(Wall t) const {
  const auto day = floor<days>(t);
  const auto month = static_cast<unsigned>(year_month_day{day}.month());
  const auto hour = static_cast<size_t>(floor<hours>(t - day).count());
  return factors[month % 12 / 3][hour];
}

Catalog::Catalog(Tables tables) : tables_(std::move(tables)) {
  const auto by_id = [](Index& index, const auto& rows) {
    for (uint32_t i = 0; i < rows.size(); ++i) index.emplace(lower(rows[i].id), i);
  };
  const auto by_alias = [&by_id](Index& index, const auto& rows) {
    by_id(index, rows);
    for (uint32_t i = 0; i < rows.size(); ++i)
      for (const auto& alias : rows[i].aliases) index.emplace(lower(alias), i);
  };
  by_id(sources_, tables_.sources);
  by_id(countries_, tables_.countries);
  by_id(zones_, tables_.zones);
  by_id(regions_, tables_.regions);
  by_id(instances_, tables_.instances);
  by_id(vendors_, tables_.vendors);
  by_alias(gpus_, tables_.gpus);
  by_alias(models_, tables_.models);
  for (uint32_t i = 0; i < tables_.profiles.size(); ++i)
    for (const auto& zone : tables_.profiles[i].zones) profiles_.emplace(lower(zone), i);
  for (uint32_t i = 0; i < tables_.curves.size(); ++i) {
    const auto& c = tables_.curves[i];
    const auto* model = find_model(c.model);
    const auto* gpu = find_gpu(c.gpu);
    if (!model || !gpu) continue;  // load() reports it
    curves_.emplace(curve_key(model->id, gpu->id, c.gpus), i);
    auto& fewest = curves_.emplace(curve_key(model->id, gpu->id, 0), i).first->second;
    if (c.gpus < tables_.curves[fewest].gpus) fewest = i;
  }
  index_dated(prices_, tables_.prices);
  index_dated(vendor_models_, tables_.vendor_models);
}

const Source* Catalog::find_source(std::string_view id) const {
  return row(sources_, tables_.sources, id);
}
const Country* Catalog::find_country(std::string_view id) const {
  return row(countries_, tables_.countries, id);
}
const Zone* Catalog::find_zone(std::string_view id) const {
  return row(zones_, tables_.zones, id);
}
const Profile* Catalog::find_profile(std::string_view zone) const {
  return row(profiles_, tables_.profiles, zone);
}
const Region* Catalog::find_region(std::string_view id) const {
  return row(regions_, tables_.regions, id);
}
const Gpu* Catalog::find_gpu(std::string_view id_or_alias) const {
  return row(gpus_, tables_.gpus, id_or_alias);
}
const Instance* Catalog::find_instance(std::string_view id) const {
  return row(instances_, tables_.instances, id);
}
const Vendor* Catalog::find_vendor(std::string_view id) const {
  return row(vendors_, tables_.vendors, id);
}

const Server* Catalog::find_server(std::string_view id) const {
  for (const auto& s : tables_.servers)
    if (iequals(s.id, id)) return &s;
  return nullptr;
}

const Model* Catalog::find_model(std::string_view id_or_alias) const {
  if (const auto* m = row(models_, tables_.models, id_or_alias)) return m;
  // Ollama: "llama3.1:8b-instruct-q4_K_M" is llama3.1:8b.
  const auto colon = id_or_alias.find(':');
  if (colon == std::string_view::npos) return nullptr;
  const auto tag_end = id_or_alias.find('-', colon);
  return tag_end == std::string_view::npos ? nullptr : row(models_, tables_.models, id_or_alias.substr(0, tag_end));
}

const Curve* Catalog::find_curve(std::string_view model, std::string_view gpu, int gpus) const {
  const auto* m = find_model(model);
  const auto* g = find_gpu(gpu);
  if (!m || !g) return nullptr;
  const auto it = curves_.find(curve_key(m->id, g->id, gpus));
  return it == curves_.end() ? nullptr : &tables_.curves[it->second];
}

const VendorPrice* Catalog::find_vendor_price(std::string_view vendor, std::string_view model) const {
  return dated_row(prices_, tables_.prices, vendor, model);
}

const VendorModel* Catalog::find_vendor_model(std::string_view vendor, std::string_view model) const {
  return dated_row(vendor_models_, tables_.vendor_models, vendor, model);
}

Catalog::PueFigure Catalog::world_pue() const {
  for (const auto& p : tables_.pue)
    if (p.provider == "world") return {p.pue, false, p.source};
  return {};
}

Catalog::PueFigure Catalog::pue_of(const Region& region) const {
  if (region.pue) return {*region.pue, true, region.pue_source};
  return world_pue();
}

const Server& Catalog::server_of(const Gpu& gpu) const {
  const bool consumer = gpu.id.starts_with("RTX");
  const auto* server = find_server(consumer ? "workstation-1gpu" : "server-8gpu");
  return server ? *server : tables_.servers.front();
}

Result<Money> Catalog::convert(const Price& price, std::string_view currency) const {
  if (price.currency == currency) return price.amount;
  for (const auto& r : tables_.rates) {
    if (r.from == price.currency && r.to == currency) return scale(price.amount, r.rate);
    if (r.to == price.currency && r.from == currency) return scale(price.amount, 1 / r.rate);
  }
  return fail(Code::not_found, "there is no exchange rate from {} to {}; set one in the configuration", price.currency,
              currency);
}

std::string Catalog::unknown(Kind kind, std::string_view name) const {
  std::vector<std::string_view> names;
  const auto add = [&names](const auto& rows) {
    for (const auto& r : rows) names.push_back(r.id);
  };
  const auto add_all = [&](const auto& rows) {
    add(rows);
    for (const auto& r : rows)
      for (const auto& alias : r.aliases) names.push_back(alias);
  };
  std::string_view word;
  switch (kind) {
    case Kind::source:
      word = "source", add(tables_.sources);
      break;
    case Kind::country:
      word = "country", add(tables_.countries);
      break;
    case Kind::zone:
      word = "grid zone", add(tables_.zones);
      break;
    case Kind::region:
      word = "region", add(tables_.regions);
      break;
    case Kind::gpu:
      word = "GPU", add_all(tables_.gpus);
      break;
    case Kind::model:
      word = "model", add_all(tables_.models);
      break;
    case Kind::instance:
      word = "instance", add(tables_.instances);
      break;
    case Kind::vendor:
      word = "vendor", add(tables_.vendors);
      break;
  }
  const auto near = nearest(name, names);
  if (near.empty()) return fmt::format("unknown {} \"{}\".", word, name);
  return fmt::format("unknown {} \"{}\"; did you mean \"{}\"?", word, name, near);
}

}  // namespace trine::catalog
