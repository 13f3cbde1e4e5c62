// From a vendor's price list, a log or an invoice to a frozen baseline.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "base/text.h"
#include "cli/baseline.h"
#include "cli/table.h"
#include "cli/usage_rows.h"
#include "gateway/config/key_hash.h"
#include "gateway/resolve.h"
#include "yaml/document.h"

namespace trine::cli {
namespace {

using gateway::FrozenModel;
using From = gateway::FrozenBaseline::From;

constexpr size_t kMostUsageBytes = size_t{1} << 30;
// A bill this far from the price list has another unit (cents, thousands of tokens), not another discount.
constexpr double kMostFactor = 20;

struct Named {
  const catalog::Vendor* vendor = nullptr;
  const catalog::VendorModel* model = nullptr;
};

std::string unknown_model(const catalog::Catalog& catalog, const std::string& vendor, const std::string& model) {
  std::vector<std::string_view> names;
  for (const auto& m : catalog.tables().vendor_models)
    if (vendor.empty() || iequals(m.vendor, vendor)) names.push_back(m.model);
  const auto near = nearest(model, names);
  return fmt::format("the catalog knows no model \"{}\"{}{}", model, vendor.empty() ? "" : " of " + vendor,
                     near.empty() ? "" : fmt::format("; did you mean \"{}\"?", near));
}

// "openai/gpt-4o" names its vendor; without any, the one vendor that has such a model.
Result<Named> find(const catalog::Catalog& catalog, std::string vendor, std::string model) {
  if (model.empty()) return fail(Code::invalid_argument, "no model; --model names it for all rows");
  if (const size_t slash = model.find('/'); vendor.empty() && slash != std::string::npos) {
    if (catalog.find_vendor(model.substr(0, slash))) {
      vendor = model.substr(0, slash);
      model.erase(0, slash + 1);
    }
  }
  Named found;
  if (!vendor.empty()) {
    found.vendor = catalog.find_vendor(vendor);
    if (!found.vendor) return fail(Code::not_found, "{}", catalog.unknown(catalog::Kind::vendor, vendor));
    found.model = catalog.find_vendor_model(vendor, model);
  } else {
    for (const auto& v : catalog.tables().vendors) {
      const auto* m = catalog.find_vendor_model(v.id, model);
      if (!m) continue;
      if (found.model) return fail(Code::invalid_argument, "several vendors have {}; --vendor names one", model);
      found = {&v, m};
    }
  }
  if (!found.model) return fail(Code::not_found, "{}", unknown_model(catalog, vendor, model));
  return found;
}

Result<FrozenModel> listed(const catalog::Catalog& catalog, const Named& named, const std::string& model,
                           const std::string& currency) {
  FrozenModel out;
  out.vendor = named.vendor->id;
  out.model = model;
  const auto resolved = gateway::resolve_vendor(catalog, out.vendor, model, {}, currency);
  if (!resolved) return tl::unexpected(resolved.error());
  out.size = resolved->model;
  out.size_from = fmt::format("{}{}", named.model->source, named.model->released ? "" : ", a guess: not published");
  out.price = resolved->price;
  const auto* price = catalog.find_vendor_price(out.vendor, model);
  out.price_from = fmt::format("{} of {}", price->source, price->date);
  if (price->input.currency != currency) {
    for (const auto& r : catalog.tables().rates)
      if (r.from == price->input.currency && r.to == currency)
        out.price_from += fmt::format(", {} {} per {} ({})", yaml::number_text(r.rate), r.to, r.from, r.source);
  }
  return out;
}

// Rows gathered into models.
class Totals {
 public:
  Totals(const catalog::Catalog& catalog, const BaselineCreateOptions& o) : catalog_(catalog), o_(o) {}

  std::string add(const UsageRow& row) {
    const std::string key = row.vendor + '\n' + row.model;
    if (const auto known = wrong_.find(key); known != wrong_.end()) return known->second;
    auto at = index_.find(key);
    if (at == index_.end()) {
      if (auto wrong = enter(row, key); !wrong.empty()) return wrong_[key] = wrong;
      at = index_.find(key);
    }
    Seen& seen = models_[at->second];
    if (row.cost) {
      if (auto wrong = add_cost(row, seen); !wrong.empty()) return wrong;
    }
    seen.frozen.requests += row.requests;
    seen.frozen.in += row.in;
    seen.frozen.cached += row.cached;
    seen.frozen.out += row.out;
    if (row.at) {
      first_ = first_ ? std::min(*first_, *row.at) : *row.at;
      last_ = last_ ? std::max(*last_, *row.at) : *row.at;
    }
    return {};
  }

  Result<void> finish(MadeBaseline& made) const {
    auto& b = made.baseline;
    for (const Seen& seen : models_) {
      b.models.push_back(seen.frozen);
      if (b.from == From::invoice) {
        if (auto ok = charge(seen, b.models.back(), made); !ok) return ok;
      }
    }
    std::stable_sort(b.models.begin(), b.models.end(),
                     [](const auto& x, const auto& y) { return x.in + x.out > y.in + y.out; });
    if (first_) b.first = iso8601(*first_);
    if (last_) b.last = iso8601(*last_);
    if (assumed_) {
      made.notes.push_back(
          fmt::format("The costs are taken as {}: the file names no currency (a column currency, or "
                      "cost_usd, would).",
                      o_.currency));
    }
    return {};
  }

 private:
  struct Seen {
    FrozenModel frozen;
    Money paid, at_list;
  };

  std::string enter(const UsageRow& row, const std::string& key) {
    const std::string vendor = row.vendor.empty() ? o_.vendor : row.vendor;
    const auto named = find(catalog_, vendor, row.model.empty() ? o_.model : row.model);
    if (!named) return named.error().message;
    std::string model = row.model.empty() ? o_.model : row.model;
    if (vendor.empty() && iequals(model.substr(0, named->vendor->id.size() + 1), named->vendor->id + "/"))
      model.erase(0, named->vendor->id.size() + 1);
    for (size_t i = 0; i < models_.size(); ++i) {
      if (models_[i].frozen.vendor == named->vendor->id && models_[i].frozen.model == model) {
        index_[key] = i;
        return {};
      }
    }
    auto frozen = listed(catalog_, *named, model, o_.currency);
    if (!frozen) return frozen.error().message;
    index_[key] = models_.size();
    models_.push_back({*frozen, {}, {}});
    return {};
  }

  std::string add_cost(const UsageRow& row, Seen& seen) {
    const std::string currency = row.currency.empty() ? o_.currency : row.currency;
    if (row.currency.empty()) assumed_ = true;
    const auto paid = catalog_.convert({euros(*row.cost), currency}, o_.currency);
    if (!paid) return paid.error().message;
    const auto list = energy::vendor_cost(seen.frozen.price, {.in = row.in, .cached = row.cached, .out = row.out});
    if (!list) return list.error().message;
    const double tokens = static_cast<double>(row.in + row.out);
    if (to_euros(*paid) / tokens * 1e6 > catalog::kAbsurdPerMtok)
      return fmt::format("{:.6g} {} per million tokens are absurd (the limit is {:g})", to_euros(*paid) / tokens * 1e6,
                         o_.currency, catalog::kAbsurdPerMtok);
    if (const double factor = to_euros(*paid) / to_euros(*list); factor > kMostFactor || factor < 1 / kMostFactor)
      return fmt::format(
          "the cost is {:.3g} times what the price list says for so many tokens of {}; cents, or "
          "thousands of tokens?",
          factor, seen.frozen.model);
    seen.paid += *paid;
    seen.at_list += *list;
    return {};
  }

  // Only the sum of input and output is billed: both keep the ratio of the price list.
  static Result<void> charge(const Seen& seen, FrozenModel& m, MadeBaseline& made) {
    const double factor = to_euros(seen.paid) / to_euros(seen.at_list);
    m.price.in = scale(m.price.in, factor);
    m.price.cached = scale(m.price.cached, factor);
    m.price.out = scale(m.price.out, factor);
    if (m.price.reasoning) m.price.reasoning = scale(*m.price.reasoning, factor);
    m.price_from = fmt::format("invoice, {:.4f} of the list ({})", factor, m.price_from);
    made.baseline.paid = made.baseline.paid.value_or(Money()) + seen.paid;
    if (factor > 1.5 || factor < 1 / 1.5) {
      made.notes.push_back(
          fmt::format("{} was billed at {:.2f} times the price list: a discount, a batch tier, cached "
                      "tokens that the invoice does not show, or an old list.",
                      m.model, factor));
    }
    return {};
  }

  const catalog::Catalog& catalog_;
  const BaselineCreateOptions& o_;
  std::vector<Seen> models_;
  std::map<std::string, size_t> index_;
  std::map<std::string, std::string> wrong_;  // what is wrong with a vendor and model
  std::optional<Wall> first_, last_;
  bool assumed_ = false;
};

Result<void> from_rows(const catalog::Catalog& catalog, const BaselineCreateOptions& o, Wall now, MadeBaseline& made) {
  const auto text = yaml::file_contents(o.file, kMostUsageBytes);
  if (!text) return tl::unexpected(text.error());
  auto& b = made.baseline;
  Totals totals(catalog, o);
  auto read = read_usage(o.file, *text, b.from == From::invoice, now,
                         [&totals](const UsageRow& row) { return totals.add(row); });
  if (!read) return tl::unexpected(read.error());
  made.refused = read->refused;
  made.refused_rows = read->refused_rows;
  if (made.refused_rows > static_cast<int64_t>(made.refused.size())) {
    made.refused.push_back(
        fmt::format("and {} rows more.", made.refused_rows - static_cast<int64_t>(made.refused.size())));
  }
  if (read->refused_rows > 0 && (read->taken == 0 || !o.skip_bad_rows)) {
    std::string all;
    for (const auto& line : made.refused) all += line + '\n';
    return fail(
        Code::invalid_argument, "{}{}: {} of {} rows cannot be right; {}.", all, o.file, read->refused_rows,
        read->refused_rows + read->taken,
        read->taken == 0 ? "nothing is left to measure against" : "mend them, or leave them out by --skip-bad-rows");
  }
  b.file = printable(std::filesystem::path(o.file).filename().string());
  b.file_hash = hex(gateway::hash_key(*text));
  b.refused_rows = read->refused_rows;
  return totals.finish(made);
}

}  // namespace

Result<MadeBaseline> make_baseline(const catalog::Catalog& catalog, const BaselineCreateOptions& o, Wall now) {
  MadeBaseline made;
  auto& b = made.baseline;
  b.created = iso8601(std::chrono::floor<std::chrono::seconds>(now));
  b.currency = o.currency;
  b.from = o.from == "log" ? From::log : o.from == "invoice" ? From::invoice : From::vendor;
  if (b.from == From::vendor) {
    if (o.vendor.empty() || o.model.empty() || !o.file.empty())
      return fail(Code::invalid_argument, "--from vendor takes --vendor VENDOR and --model MODEL, and no file.");
    const auto named = find(catalog, o.vendor, o.model);
    if (!named) return fail(named.error().code, "{}.", named.error().message);
    auto model = listed(catalog, *named, o.model, o.currency);
    if (!model) return tl::unexpected(model.error());
    b.models.push_back(*model);
  } else {
    if (o.file.empty())
      return fail(Code::invalid_argument, "--from {} takes the file: --from {} FILE.", o.from, o.from);
    if (auto ok = from_rows(catalog, o, now, made); !ok) return tl::unexpected(ok.error());
  }
  const FrozenModel& main = b.models.front();
  b.name = b.models.size() == 1 ? fmt::format("{} {}", main.vendor, main.model)
                                : fmt::format("{} {} and {} more", main.vendor, main.model, b.models.size() - 1);
  b.zone = o.zone.empty() ? catalog.find_vendor(main.vendor)->zone : o.zone;
  const auto* zone = catalog.find_zone(b.zone);
  if (!zone) return fail(Code::not_found, "--zone: {}", catalog.unknown(catalog::Kind::zone, b.zone));
  b.zone = zone->id;
  if (o.zone.empty()) {
    made.notes.push_back(
        fmt::format("The zone {} is an assumption: no vendor says where a request ran; --zone sets another.", b.zone));
  }
  return made;
}

}  // namespace trine::cli
