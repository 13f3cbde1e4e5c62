#include "cli/import_prices.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "base/text.h"
#include "cli/csv.h"
#include "cli/table.h"

namespace trine::cli {
namespace {

using PlainJson = nlohmann::json;
using catalog::Price;
using Mode = catalog::VendorPrice::Mode;

// A number of the list: absent, or per million tokens.
struct PriceRow {
  std::string where, vendor, model, mode = "chat", currency, retired;
  std::optional<double> input, cached, output, reasoning, batch_input, batch_output;
  Tokens context = 0;
  bool long_context_tier = false;
};

std::string amount(double v) {
  return fmt::format("{:.6g}", v);
}

std::string figures(const catalog::VendorPrice& p) {
  std::string out = fmt::format("{} in", amount(to_euros(p.input.amount)));
  const auto put = [&](const std::optional<Price>& price, const char* what) {
    if (price) out += fmt::format(", {} {}", amount(to_euros(price->amount)), what);
  };
  put(p.cached_input, "cached");
  put(p.output, "out");
  put(p.reasoning, "reasoning");
  put(p.batch_input, "in by batch");
  put(p.batch_output, "out by batch");
  return fmt::format("{} {} per million tokens", out, p.input.currency);
}

bool equal(const std::optional<Price>& a, const std::optional<Price>& b) {
  return a.has_value() == b.has_value() && (!a || (a->amount == b->amount && a->currency == b->currency));
}

bool is_name(std::string_view s) {
  return !s.empty() && std::all_of(s.begin(), s.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

bool is_currency(std::string_view s) {
  return s.size() == 3 && std::all_of(s.begin(), s.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

// A length that no model has counts as not known.
Tokens context_of(double v) {
  return v >= 1 && v <= 1e9 ? static_cast<Tokens>(v) : 0;
}

// Upstream's name of a vendor -> the catalog's.
std::string vendor_id(std::string_view upstream) {
  if (upstream == "gemini") return "google";
  if (upstream == "together_ai") return "together";
  if (upstream == "fireworks_ai") return "fireworks";
  return std::string(upstream);
}

// What cannot be right about a row, or empty.
std::string fault(const PriceRow& r, const ImportRules& rules) {
  const std::pair<const char*, const std::optional<double>*> all[] = {
      {"input", &r.input},         {"output", &r.output},           {"cached input", &r.cached},
      {"reasoning", &r.reasoning}, {"batch input", &r.batch_input}, {"batch output", &r.batch_output}};
  for (const auto& [what, value] : all) {
    if (!*value) continue;
    const double v = **value;
    if (!std::isfinite(v)) return fmt::format("{} is no number", what);
    if (v < 0) return fmt::format("{} is below zero ({})", what, amount(v));
    if (v > catalog::kAbsurdPerMtok)
      return fmt::format(
          "{} {} per million tokens ({}) is absurd, the limit is {:g}; look for a unit slip at the source", amount(v),
          r.currency, what, catalog::kAbsurdPerMtok);
  }
  const bool embedding = r.mode == "embedding";
  if (!r.input) return "has no input price";
  if (*r.input == 0) return "input costs zero; a price that is not known is no price";
  if (!embedding && !r.output) return "has no output price";
  if (!embedding && *r.output == 0) return "output costs zero; a price that is not known is no price";
  if (embedding && r.model.find("embed") == std::string::npos)
    return "is listed as an embedding model, and its name does not say so";
  for (const auto& [what, value] : all) {
    if (*value && **value > 0 && **value < ImportRules::kLeastPerMtok)
      return fmt::format("{} {} per million tokens ({}) is next to nothing; is it per token?", amount(**value),
                         r.currency, what);
  }
  if (!embedding && *r.output * ImportRules::kOutputCheaper < *r.input)
    return fmt::format("output ({}) is less than half of input ({}); swapped?", amount(*r.output), amount(*r.input));
  if (!embedding && *r.output > *r.input * ImportRules::kOutputDearer)
    return fmt::format("output ({}) is over {:g} times input ({}); other units?", amount(*r.output),
                       ImportRules::kOutputDearer, amount(*r.input));
  if (r.cached.value_or(0) > *r.input)
    return fmt::format("cached input ({}) is dearer than input ({})", amount(*r.cached), amount(*r.input));
  if (r.batch_input.value_or(0) > *r.input || (r.output && r.batch_output.value_or(0) > *r.output))
    return "the batch tier is dearer than the usual one";
  if (r.reasoning && r.output && *r.reasoning > *r.output * ImportRules::kOutputDearer)
    return fmt::format("reasoning ({}) is over {:g} times output ({})", amount(*r.reasoning),
                       ImportRules::kOutputDearer, amount(*r.output));
  if (!r.retired.empty() && r.retired <= rules.today) return fmt::format("was retired on {}", r.retired);
  return {};
}

class Importer {
 public:
  Importer(const std::string& name, const catalog::Catalog& present, const ImportRules& rules)
      : name_(name), present_(present), rules_(rules) {
    out_.tables = present.tables();
  }

  void add(PriceRow row) {
    ++rows_;
    std::string shown = row.vendor;
    if (row.model.starts_with(row.vendor + "/")) row.model.erase(0, row.vendor.size() + 1);
    if (row.model.empty()) return refuse(row.where, "names no model");
    if (!is_name(row.model) || !is_name(row.vendor))
      return refuse(row.where, fmt::format("{} {}: such characters are in no model's name", shown, row.model));
    if (row.mode != "chat" && row.mode != "embedding" && row.mode != "completion" && row.mode != "responses")
      return left_out("mode " + row.mode, "is not billed by text tokens alone");
    if (row.currency.empty()) row.currency = rules_.currency;
    if (!is_currency(row.currency))
      return refuse(row.where, fmt::format("{} {}: {} is no currency such as USD", shown, row.model, row.currency));
    if (auto wrong = fault(row, rules_); !wrong.empty())
      return refuse(row.where, fmt::format("{} {}: {}", shown, row.model, wrong));
    const auto* vendor = present_.find_vendor(vendor_id(row.vendor));
    if (!vendor) {
      ++strangers_[row.vendor];
      return;
    }
    take(row, *vendor);
  }
  void refuse(const std::string& where, const std::string& why) {
    ++rows_;
    out_.refused.push_back(printable(fmt::format("{}{}: {}.", name_, where, why)));
  }
  void left_out(const std::string& who, const std::string& why) { ++left_out_[fmt::format("{} {}", who, why)]; }
  void count() { ++rows_; }
  PriceImport& out() { return out_; }
  const catalog::Catalog& present() const { return present_; }
  const ImportRules& rules() const { return rules_; }

  Result<PriceImport> finish() {
    if (rows_ == 0) return fail(Code::invalid_argument, "{}: has no prices.", name_);
    if (!strangers_.empty()) {
      std::string who;
      for (const auto& [vendor, n] : strangers_) who += fmt::format("{}{} {}", who.empty() ? "" : ", ", vendor, n);
      out_.left_out.push_back(
          fmt::format("rows of vendors that the catalog does not have (a row under vendors: adds one): {}.", who));
    }
    for (const auto& [what, n] : left_out_)
      out_.left_out.push_back(printable(fmt::format("{} {}: {}.", n, n == 1 ? "row" : "rows", what)));
    const auto key = [](const catalog::VendorPrice& p) { return std::tie(p.vendor, p.model); };
    std::stable_sort(out_.tables.prices.begin(), out_.tables.prices.end(),
                     [&](const auto& a, const auto& b) { return key(a) < key(b); });
    return std::move(out_);
  }

 private:
  void take(const PriceRow& row, const catalog::Vendor& vendor) {
    catalog::VendorPrice p;
    p.vendor = vendor.id;
    p.model = row.model;
    p.mode = row.mode == "embedding" ? Mode::embedding : Mode::chat;
    const auto price = [&](const std::optional<double>& v) -> std::optional<Price> {
      if (!v || *v == 0) return {};  // a zero tier is one that is not known
      return Price{euros(*v), row.currency};
    };
    p.input = *price(row.input);
    p.cached_input = price(row.cached);
    p.output = p.mode == Mode::embedding ? std::nullopt : price(row.output);
    p.reasoning = price(row.reasoning);
    p.batch_input = price(row.batch_input);
    p.batch_output = price(row.batch_output);
    p.context = row.context;
    p.date = rules_.date;
    p.source = rules_.source;
    const auto [first, fresh] = seen_.emplace(p.vendor + " " + p.model, p);
    if (!fresh) {
      const auto& f = first->second;
      if (p.input.amount != f.input.amount || !equal(p.output, f.output))
        refuse(row.where,
               fmt::format("{} {} stands twice, with other prices; the first one is taken", p.vendor, p.model));
      return;
    }
    if (row.long_context_tier) ++left_out_["dearer tier for a long context; the price of a short one is taken"];
    merge(row, std::move(p));
  }

  void merge(const PriceRow& row, catalog::VendorPrice p) {
    const std::string who = p.vendor + " " + p.model;
    const auto old = std::find_if(out_.tables.prices.begin(), out_.tables.prices.end(), [&](const auto& x) {
      return iequals(x.vendor, p.vendor) && iequals(x.model, p.model);
    });
    if (old == out_.tables.prices.end()) {
      out_.added.push_back(fmt::format("{}: {}", who, figures(p)));
      out_.tables.prices.push_back(std::move(p));
      return;
    }
    // A list that does not speak of a tier does not abolish it. But where the price beside it is another now, a tier in
    // another currency or above that price is none of it.
    const auto keep = [](std::optional<Price>& tier, const std::optional<Price>& before,
                         const std::optional<Price>& was, const std::optional<Price>& is) {
      if (tier || !before || !is) return;
      if (equal(was, is) || (before->currency == is->currency && before->amount <= is->amount)) tier = before;
    };
    keep(p.cached_input, old->cached_input, old->input, p.input);
    keep(p.reasoning, old->reasoning, old->output, p.output);
    keep(p.batch_input, old->batch_input, old->input, p.input);
    keep(p.batch_output, old->batch_output, old->output, p.output);
    if (p.context == 0) p.context = old->context;
    std::string moved;
    bool jump = false;
    const auto compare = [&](const char* what, const std::optional<Price>& a, const std::optional<Price>& b) {
      if (equal(a, b)) return;
      const auto text = [&](const std::optional<Price>& x) {
        const bool other = x && x->currency != p.input.currency;
        return x ? amount(to_euros(x->amount)) + (other ? " " + x->currency : "") : "none";
      };
      moved += fmt::format("{}{} {} -> {}", moved.empty() ? "" : ", ", what, text(a), text(b));
      if (!a || !b) return;
      const auto from = present_.convert(*a, "EUR"), to = present_.convert(*b, "EUR");
      if (!from || !to) return;
      const double factor = to_euros(*to) / to_euros(*from);
      jump = jump || factor >= ImportRules::kJump || factor <= 1 / ImportRules::kJump;
    };
    compare("input", old->input, p.input);
    compare("cached", old->cached_input, p.cached_input);
    compare("output", old->output, p.output);
    compare("reasoning", old->reasoning, p.reasoning);
    compare("batch input", old->batch_input, p.batch_input);
    compare("batch output", old->batch_output, p.batch_output);
    if (moved.empty()) {
      ++out_.same;
      return;
    }
    if (jump && !rules_.accept_jumps)
      return refuse(row.where, fmt::format("{}: {} {}; so much at once is more often a slip than a price "
                                           "(--accept-jumps takes it)",
                                           who, moved, p.input.currency));
    out_.changed.push_back(fmt::format("{}: {} {}", who, moved, p.input.currency));
    *old = std::move(p);
  }

  const std::string& name_;
  const catalog::Catalog& present_;
  const ImportRules& rules_;
  PriceImport out_;
  int64_t rows_ = 0;
  std::map<std::string, int64_t> left_out_, strangers_;  // what, or whose rows -> how many
  std::map<std::string, catalog::VendorPrice> seen_;
};

// LiteLLM's JSON: one object per model, prices per token

std::optional<double> per_mtok(const PlainJson& row, const char* key, std::string& bad) {
  const auto it = row.find(key);
  if (it == row.end() || it->is_null()) return {};
  if (it->is_number()) return it->get<double>() * 1e6;
  const auto v = it->is_string() ? parse_number(it->get<std::string>()) : std::nullopt;
  if (!v) {
    bad = fmt::format("{} is no number", key);
    return {};
  }
  return *v * 1e6;
}

std::string text_of(const PlainJson& row, const char* key) {
  const auto it = row.find(key);
  return it != row.end() && it->is_string() ? it->get<std::string>() : "";
}

Result<void> read_litellm(const std::string& name, std::string_view text, Importer& importer) {
  std::set<std::string> keys;
  std::vector<std::string> twice;
  const PlainJson::parser_callback_t note = [&](int depth, PlainJson::parse_event_t event, PlainJson& parsed) {
    if (depth == 1 && event == PlainJson::parse_event_t::key && !keys.insert(parsed.get<std::string>()).second)
      twice.push_back(parsed.get<std::string>());
    return true;
  };
  const PlainJson list = PlainJson::parse(text, note, false);
  if (!list.is_object())
    return fail(Code::invalid_argument, "{}: is no JSON object of models, as LiteLLM publishes it.", name);
  for (const auto& key : twice) importer.refuse("", fmt::format("{} stands twice; the last one is read", key));
  for (const auto& [key, value] : list.items()) {
    if (key == "sample_spec") continue;  // LiteLLM's own description of the form
    if (!value.is_object()) {
      importer.refuse("", fmt::format("{}: is no object", key));
      continue;
    }
    if (!value.contains("input_cost_per_token") && !value.contains("output_cost_per_token")) {
      importer.count();
      importer.left_out("without a price per token:", "it is billed otherwise");
      continue;
    }
    PriceRow r;
    std::string bad;
    r.vendor = text_of(value, "litellm_provider");
    r.model = key;
    r.mode = value.contains("mode") ? text_of(value, "mode") : "chat";
    r.currency = "USD";
    r.retired = text_of(value, "deprecation_date");
    r.input = per_mtok(value, "input_cost_per_token", bad);
    r.cached = per_mtok(value, "cache_read_input_token_cost", bad);
    r.output = per_mtok(value, "output_cost_per_token", bad);
    r.reasoning = per_mtok(value, "output_cost_per_reasoning_token", bad);
    r.batch_input = per_mtok(value, "input_cost_per_token_batches", bad);
    r.batch_output = per_mtok(value, "output_cost_per_token_batches", bad);
    const auto context = value.find("max_input_tokens");
    if (context != value.end() && context->is_number()) r.context = context_of(context->get<double>());
    r.long_context_tier = value.contains("input_cost_per_token_above_200k_tokens");
    if (!bad.empty()) {
      importer.refuse("", fmt::format("{}: {}", key, bad));
      continue;
    }
    importer.add(std::move(r));
  }
  importer.out().tokens = true;
  return {};
}

// A line's fields by column_key() of their heading.
using Cells = std::map<std::string, std::string>;

std::string cell(const Cells& cells, const std::string& key) {
  const auto it = cells.find(key);
  return it == cells.end() ? "" : it->second;
}

std::optional<double> number(const Cells& cells, const std::string& key, std::string& bad) {
  const std::string text = cell(cells, key);
  if (text.empty()) return {};
  const auto v = parse_number(text);
  if (!v) bad = fmt::format("\"{}\" is no number", text);
  return v;
}

// "input_usd_per_mtok", "input_per_mtok": the price, and the currency where the heading names one.
void read_price_cell(const Cells& cells, const std::string& what, std::optional<double>& out, std::string& currency,
                     std::string& bad) {
  for (const auto& [key, text] : cells) {
    if (!key.starts_with(what) || !key.ends_with("permtok")) continue;
    const std::string middle = key.substr(what.size(), key.size() - what.size() - 7);
    if (!middle.empty() && middle.size() != 3) continue;
    out = number(cells, key, bad);
    if (middle.empty()) continue;
    currency = middle;
    std::transform(currency.begin(), currency.end(), currency.begin(),
                   [](char c) { return static_cast<char>(c & ~0x20); });
  }
}

void read_token_row(const Cells& cells, const std::string& where, Importer& importer) {
  PriceRow r;
  std::string bad;
  r.where = where;
  r.vendor = cell(cells, "provider").empty() ? cell(cells, "vendor") : cell(cells, "provider");
  r.model = cell(cells, "model");
  if (!cell(cells, "mode").empty()) r.mode = cell(cells, "mode");
  r.currency = cell(cells, "currency");
  r.retired = cell(cells, "deprecationdate");
  read_price_cell(cells, "input", r.input, r.currency, bad);
  read_price_cell(cells, "cachedinput", r.cached, r.currency, bad);
  read_price_cell(cells, "output", r.output, r.currency, bad);
  read_price_cell(cells, "reasoning", r.reasoning, r.currency, bad);
  read_price_cell(cells, "batchinput", r.batch_input, r.currency, bad);
  read_price_cell(cells, "batchoutput", r.batch_output, r.currency, bad);
  r.context = context_of(number(cells, "maxinputtokens", bad).value_or(0));
  if (!bad.empty()) return importer.refuse(where, fmt::format("{} {}: {}", r.vendor, r.model, bad));
  importer.add(std::move(r));
}

std::string slug(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const char low = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    const bool letter = (low >= 'a' && low <= 'z') || (low >= '0' && low <= '9');
    if (letter) out += low;
    if (!letter && !out.empty() && out.back() != '-') out += '-';
  }
  while (out.ends_with('-')) out.pop_back();
  return out;
}

std::string machine_fault(double price, std::optional<double> spot, std::optional<double> per_gpu, double gpus) {
  if (!std::isfinite(price) || price <= 0) return fmt::format("a price of {} per hour", amount(price));
  if (gpus < 1) return "has no GPU; where the GPU is billed apart, this is no price of the whole";
  if (gpus > 64 || gpus != std::floor(gpus)) return fmt::format("{} GPUs", amount(gpus));
  if (price / gpus < ImportRules::kLeastPerGpuHour || price / gpus > ImportRules::kMostPerGpuHour)
    return fmt::format("{} per GPU and hour is absurd (from {:g} to {:g})", amount(price / gpus),
                       ImportRules::kLeastPerGpuHour, ImportRules::kMostPerGpuHour);
  if (per_gpu && std::abs(*per_gpu * gpus - price) > 0.02 * price)
    return fmt::format("{} GPUs at {} are not {}", amount(gpus), amount(*per_gpu), amount(price));
  if (spot && (*spot <= 0 || *spot > price))
    return fmt::format("the spot price ({}) is not between zero and the usual one ({})", amount(*spot), amount(price));
  return {};
}

void read_machine_row(const Cells& cells, const std::string& where, Importer& importer) {
  importer.count();
  std::string bad;
  catalog::Instance m;
  m.provider = cell(cells, "provider");
  m.name = cell(cells, "instance");
  const auto price = number(cells, "priceusdh", bad), spot = number(cells, "spotusdh", bad);
  const auto per_gpu = number(cells, "pricepergpuusdh", bad), gpus = number(cells, "gpucount", bad);
  m.vcpus = number(cells, "vcpus", bad).value_or(0);
  m.memory_gib = number(cells, "memgib", bad).value_or(0);
  const std::string who = fmt::format("{} {}", m.provider, m.name);
  if (bad.empty() && (!price || !gpus)) bad = "needs price_usd_h and gpu_count";
  if (bad.empty()) bad = machine_fault(*price, spot, per_gpu, *gpus);
  if (bad.empty() && (!is_name(m.provider) || !is_name(m.name))) bad = "needs provider and instance";
  if (!bad.empty()) return importer.refuse(where, fmt::format("{}: {}", who, bad));
  const auto* gpu = importer.present().find_gpu(cell(cells, "gpu"));
  if (!gpu) return importer.left_out("GPU " + cell(cells, "gpu"), "is not in the catalog");
  // A market of private hosts is known by country only.
  const std::string place = m.provider == "vast" ? cell(cells, "country") : cell(cells, "region");
  m.region = fmt::format("{}-{}", m.provider, slug(place));
  if (!importer.present().find_region(m.region))
    return importer.left_out("region " + m.region, "is not in the catalog");
  if (!(m.vcpus >= 0.5 && m.vcpus <= 10'000 && m.memory_gib >= 0.5 && m.memory_gib <= 100'000))
    return importer.refuse(
        where, fmt::format("{}: {} CPUs and {} GiB are no machine", who, amount(m.vcpus), amount(m.memory_gib)));
  m.id = m.region + "/" + m.name;
  m.gpu = gpu->id;
  m.gpus = static_cast<int>(*gpus);
  m.per_hour = {euros(*price), "USD"};
  if (spot) m.spot_per_hour = Price{euros(*spot), "USD"};
  m.commit = printable(cell(cells, "sourcecommit"));
  m.source = importer.rules().source;
  auto& all = importer.out().tables.instances;
  const auto old = std::find_if(all.begin(), all.end(), [&](const auto& x) { return iequals(x.id, m.id); });
  if (old == all.end()) {
    importer.out().added.push_back(fmt::format("{}: {} USD per hour", m.id, amount(*price)));
    all.push_back(std::move(m));
    return;
  }
  if (old->per_hour.amount == m.per_hour.amount && equal(old->spot_per_hour, m.spot_per_hour)) {
    ++importer.out().same;
    return;
  }
  const double factor = to_euros(m.per_hour.amount) / to_euros(old->per_hour.amount);
  const std::string moved =
      fmt::format("{}: {} -> {} USD per hour", m.id, amount(to_euros(old->per_hour.amount)), amount(*price));
  if ((factor >= ImportRules::kJump || factor <= 1 / ImportRules::kJump) && !importer.rules().accept_jumps)
    return importer.refuse(where, moved + "; so much at once is more often a slip (--accept-jumps takes it)");
  importer.out().changed.push_back(moved);
  *old = std::move(m);
}

Result<void> read_csv(const std::string& name, std::string_view text, Importer& importer) {
  std::vector<std::string> head;
  bool known = true;
  each_line(text, [&](int64_t at, std::string_view line) {
    if (!known || trim(line).empty()) return;
    const std::string where = fmt::format(":{}", at);
    const auto fields = csv_fields(line);
    if (head.empty()) {
      for (const auto& f : fields.value_or(std::vector<std::string>{})) head.push_back(column_key(f));
      const auto has = [&](std::string_view key) {
        return std::any_of(head.begin(), head.end(), [&](const auto& h) {
          return h == key || (key == "permtok" && h.starts_with("input") && h.ends_with("permtok"));
        });
      };
      importer.out().machines = has("priceusdh") && has("instance") && has("gpu");
      importer.out().tokens = !importer.out().machines && has("model") && has("permtok");
      known = importer.out().machines || importer.out().tokens;
      return;
    }
    if (!fields) return importer.refuse(where, "a quote is not closed");
    if (fields->size() != head.size())
      return importer.refuse(where, fmt::format("{} fields, the first line has {}", fields->size(), head.size()));
    Cells cells;
    for (size_t i = 0; i < head.size(); ++i) cells[head[i]] = (*fields)[i];
    importer.out().machines ? read_machine_row(cells, where, importer) : read_token_row(cells, where, importer);
  });
  if (known && !head.empty()) return {};
  return fail(Code::invalid_argument,
              "{}:1: is no price list that is known: LiteLLM's JSON; a CSV with provider, model, input_usd_per_mtok, "
              "output_usd_per_mtok; or one with provider, instance, gpu, gpu_count, region, price_usd_h.",
              name);
}

}  // namespace

Result<PriceImport> import_prices(const std::string& name, std::string_view text, const catalog::Catalog& present,
                                  const ImportRules& rules) {
  Importer importer(name, present, rules);
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return fail(Code::invalid_argument, "{}: is empty.", name);
  const auto read = text[first] == '{' ? read_litellm(name, text, importer) : read_csv(name, text, importer);
  if (!read) return tl::unexpected(read.error());
  return importer.finish();
}

}  // namespace trine::cli
