// The catalog's files with an import's rows.
#include <fmt/format.h>

#include "base/text.h"
#include "cli/import_prices.h"
#include "yaml/fields.h"

namespace trine::cli {
namespace {

using catalog::Price;
using Mode = catalog::VendorPrice::Mode;

std::string in_quotes(std::string_view s) {
  std::string out = "\"";
  for (size_t i = 0; i < s.size(); ++i) {
    if (s[i] == '"' || s[i] == '\\') out += '\\';
    if (s[i] == '$' && i + 1 < s.size() && s[i + 1] == '{') out += '$';
    out += static_cast<unsigned char>(s[i]) < 0x20 ? ' ' : s[i];
  }
  return out + '"';
}

void put(std::string& out, const char* key, const std::optional<Price>& price) {
  if (price) out += fmt::format(", {}: {}", key, fixed_point(price->amount.raw(), 9));
}

std::string vendors_yaml(const catalog::Tables& t) {
  std::string out =
      "# Written by `trine catalog import-prices`; replaces the built-in file of this name.\n"
      "# prices: per million tokens. No cached_input: cached tokens cost what fresh ones do.\n\nvendors:\n";
  for (const auto& v : t.vendors) {
    out += fmt::format("  - {{ id: {}, name: {}, zone: {}", in_quotes(v.id), in_quotes(v.name), in_quotes(v.zone));
    if (v.pue) out += fmt::format(", pue: {}", yaml::number_text(*v.pue));
    out += fmt::format(", source: {} }}\n", in_quotes(v.source));
  }
  out += "\nprices:\n";
  for (const auto& p : t.prices) {
    out += fmt::format("  - {{ vendor: {}, model: {}, mode: {}, input: {}", in_quotes(p.vendor), in_quotes(p.model),
                       p.mode == Mode::chat ? "chat" : "embedding", fixed_point(p.input.amount.raw(), 9));
    put(out, "cached_input", p.cached_input);
    put(out, "output", p.output);
    put(out, "reasoning", p.reasoning);
    put(out, "batch_input", p.batch_input);
    put(out, "batch_output", p.batch_output);
    out += fmt::format(", currency: {}", p.input.currency);
    if (p.context > 0) out += fmt::format(", context: {}", p.context);
    out += fmt::format(", date: {}, source: {} }}\n", in_quotes(p.date), in_quotes(p.source));
  }
  return out;
}

std::string instances_yaml(const catalog::Tables& t) {
  std::string out =
      "# Written by `trine catalog import-prices`; replaces the built-in file of this name. On demand, per machine "
      "and\n"
      "# hour, without VAT.\n\ninstances:\n";
  for (const auto& m : t.instances) {
    out +=
        fmt::format("  - {{ id: {}, provider: {}, name: {}, gpu: {}, gpus: {}, vcpus: {}, memory_gib: {}, region: {}",
                    in_quotes(m.id), in_quotes(m.provider), in_quotes(m.name), in_quotes(m.gpu), m.gpus,
                    yaml::number_text(m.vcpus), yaml::number_text(m.memory_gib), in_quotes(m.region));
    out += fmt::format(", per_hour: {}", fixed_point(m.per_hour.amount.raw(), 9));
    put(out, "spot_per_hour", m.spot_per_hour);
    out += fmt::format(", currency: {}", m.per_hour.currency);
    if (!m.commit.empty()) out += fmt::format(", commit: {}", in_quotes(m.commit));
    out += fmt::format(", source: {} }}\n", in_quotes(m.source));
  }
  return out;
}

std::string sources_yaml(const catalog::Tables& t, const std::string& name, const ImportRules& rules) {
  std::string out =
      "# Written by `trine catalog import-prices`; replaces the built-in file of this name.\n\nsources:\n";
  const auto row = [&out](const catalog::Source& s) {
    out += fmt::format("  - {{ id: {}, title: {}, from: {}, licence: {}, date: {} }}\n", in_quotes(s.id),
                       in_quotes(s.title), in_quotes(s.from), in_quotes(s.licence), in_quotes(s.date));
  };
  for (const auto& s : t.sources) row(s);
  row({rules.source, "Prices imported from " + name, name, "as its publisher says", rules.date});
  return out;
}

}  // namespace

std::map<std::string, std::string> catalog_files(const PriceImport& import, const catalog::Catalog& present,
                                                 const std::string& name, const ImportRules& rules) {
  std::map<std::string, std::string> files;
  if (import.tokens) files["vendors.yaml"] = vendors_yaml(import.tables);
  if (import.machines) files["instances.yaml"] = instances_yaml(import.tables);
  if (!present.find_source(rules.source)) files["sources.yaml"] = sources_yaml(import.tables, name, rules);
  return files;
}

}  // namespace trine::cli
