#include "catalog/load.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>

#include "base/text.h"
#include "catalog/draft.h"
#include "catalog/embedded.h"
#include "catalog/names.h"
#include "yaml/reader.h"

namespace trine::catalog {
namespace {

struct File {
  std::string_view name;
  void (*read)(yaml::Fields&, Draft&);
};
constexpr File kFiles[] = {
    {"sources.yaml", read_sources},   {"zones.yaml", read_zones},
    {"profiles.yaml", read_profiles}, {"regions.yaml", read_regions},
    {"gpus.yaml", read_gpus},         {"models.yaml", read_models},
    {"curves.yaml", read_curves},     {"instances.yaml", read_instances},
    {"vendors.yaml", read_vendors},   {"vendor_models.yaml", read_vendor_models},
    {"exchange.yaml", read_exchange},
};

// Collects problems of all files, 20 at most.
class Complaints {
 public:
  void add(const std::string& lines) {
    if (count_++ < yaml::kMaxProblems) text_ += (text_.empty() ? "" : "\n") + lines;
  }
  bool empty() const { return count_ == 0; }
  Error error() const {
    std::string text = text_;
    if (count_ > yaml::kMaxProblems) text += fmt::format("\nand {} more.", count_ - yaml::kMaxProblems);
    return {Code::invalid_argument, text};
  }

 private:
  std::string text_;
  size_t count_ = 0;
};

// Catalog files are figures: no environment variables, no secrets.
const yaml::Sources& no_sources() {
  static const yaml::Sources none{[](const std::string&) { return std::nullopt; },
                                  [](const std::string& path) -> Result<std::string> {
                                    return fail(Code::not_found, "{} is not allowed here", path);
                                  }};
  return none;
}

std::string_view embedded(std::string_view name) {
  for (size_t i = 0; i < kEmbeddedCount; ++i)
    if (kEmbedded[i].name == name) return kEmbedded[i].text;
  return {};
}

void check_definitions(const Draft& d, Complaints& complaints) {
  std::map<std::pair<std::string_view, std::string>, const Draft::Definition*> seen;
  for (const auto& def : d.definitions) {
    const auto [first, fresh] = seen.try_emplace({def.table, lower(def.name)}, &def);
    if (!fresh)
      complaints.add(
          fmt::format("{}: {} \"{}\" is there already, at {}.", def.at, def.table, def.name, first->second->at));
  }
}

bool known(const Catalog& c, Kind kind, const std::string& name) {
  switch (kind) {
    case Kind::source:
      return c.find_source(name);
    case Kind::country:
      return c.find_country(name);
    case Kind::zone:
      return c.find_zone(name);
    case Kind::region:
      return c.find_region(name);
    case Kind::gpu:
      return c.find_gpu(name);
    case Kind::model:
      return c.find_model(name);
    case Kind::instance:
      return c.find_instance(name);
    case Kind::vendor:
      return c.find_vendor(name);
  }
  return false;
}

// The curve's idle power is that of its cards.
void fill_idle(Tables& t) {
  std::map<std::string_view, Power> idle;
  for (const auto& gpu : t.gpus) {
    idle[gpu.id] = gpu.idle;
    for (const auto& alias : gpu.aliases) idle[alias] = gpu.idle;
  }
  for (auto& curve : t.curves)
    if (const auto it = idle.find(curve.gpu); it != idle.end()) curve.idle = Power{it->second.w * curve.gpus};
}

// What lookups rely on and no single row can promise.
void check_whole(const Catalog& c, Complaints& complaints) {
  if (!c.find_server("server-8gpu") || !c.find_server("workstation-1gpu"))
    complaints.add("gpus.yaml: servers must have server-8gpu and workstation-1gpu.");
  if (!c.world_pue().published && c.world_pue().source.empty())
    complaints.add("regions.yaml: pue must have a row of provider world.");
}

bool apply_rates(Tables& t, const std::map<std::string, double>& euro_rates, Complaints& complaints) {
  for (const auto& [currency, rate] : euro_rates) {
    if (!std::isfinite(rate) || rate <= 0) {
      complaints.add(fmt::format("the exchange rate {} of {} must be above 0.", rate, currency));
      return false;
    }
    std::erase_if(t.rates, [&from = currency](const Rate& r) { return r.from == from && r.to == "EUR"; });
    t.rates.push_back({currency, "EUR", rate, "", "configuration"});
  }
  return true;
}

}  // namespace

Result<std::shared_ptr<const Catalog>> load_texts(const std::map<std::string, std::string>& files,
                                                  const LoadOptions& options) {
  Complaints complaints;
  Draft draft;
  for (const auto& [name, _] : files) {
    const auto base = std::filesystem::path(name).filename().string();
    if (std::none_of(std::begin(kFiles), std::end(kFiles), [&](const File& f) { return f.name == base; }))
      complaints.add(fmt::format("{}: is not a file of the catalog.", name));
  }
  for (const auto& file : kFiles) {
    std::string shown = "data/" + std::string(file.name);
    std::string_view text = embedded(file.name);
    for (const auto& [name, given] : files) {
      if (std::filesystem::path(name).filename() != file.name) continue;
      shown = name;
      text = given;
    }
    const auto read = yaml::read_text(
        shown, text, [&](yaml::Fields& f) { file.read(f, draft); }, no_sources());
    if (!read) complaints.add(read.error().message);
  }
  if (!complaints.empty()) return tl::unexpected(complaints.error());

  check_definitions(draft, complaints);
  apply_rates(draft.tables, options.euro_rates, complaints);
  fill_idle(draft.tables);
  auto catalog = std::make_shared<const Catalog>(std::move(draft.tables));
  for (const auto& ref : draft.references)
    if (!known(*catalog, ref.kind, ref.name))
      complaints.add(fmt::format("{}: {}: {}", ref.at, ref.field, catalog->unknown(ref.kind, ref.name)));
  check_whole(*catalog, complaints);
  if (!complaints.empty()) return tl::unexpected(complaints.error());
  return catalog;
}

Result<std::shared_ptr<const Catalog>> load(const LoadOptions& options) {
  std::map<std::string, std::string> files;
  if (!options.folder.empty()) {
    std::error_code ec;
    if (!std::filesystem::is_directory(options.folder, ec))
      return fail(Code::not_found, "the catalog folder {} does not exist", options.folder);
    for (const auto& file : kFiles) {
      const auto path = (std::filesystem::path(options.folder) / file.name).string();
      if (!std::filesystem::exists(path, ec)) continue;
      auto text = yaml::file_contents(path, yaml::kMaxFileBytes);
      if (!text) return tl::unexpected(text.error());
      files[path] = std::move(*text);
    }
    if (files.empty())
      return fail(Code::not_found, "the catalog folder {} has none of the catalog's files (zones.yaml, gpus.yaml, ...)",
                  options.folder);
  }
  return load_texts(files, options);
}

}  // namespace trine::catalog
