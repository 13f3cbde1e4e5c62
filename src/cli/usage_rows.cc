#include "cli/usage_rows.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/csv.h"
#include "cli/table.h"

namespace trine::cli {
namespace {

using PlainJson = nlohmann::json;

enum Column : size_t {
  kModel,
  kVendor,
  kIn,     // with what came from a cache
  kInput,  // likewise, but for Anthropic, who counts that beside it
  kCached,
  kCacheRead,
  kCacheWrite,
  kOut,
  kTime,
  kRequests,
  kCost,
  kCurrency,
  kColumns
};

// Sums of as many rows as fit into a file stay far from the end of 64 bits.
constexpr int64_t kMostPerRow = 1'000'000'000'000;
constexpr double kMostCost = 1e7;

// By column_key().
constexpr std::pair<std::string_view, Column> kNames[] = {
    {"model", kModel},
    {"modelname", kModel},
    {"modelid", kModel},
    {"vendor", kVendor},
    {"provider", kVendor},
    {"inputtokens", kInput},
    {"prompttokens", kIn},
    {"contexttokens", kIn},
    {"ncontexttokenstotal", kIn},
    {"tokensin", kIn},
    {"cachedtokens", kCached},
    {"cachedinputtokens", kCached},
    {"inputcachedtokens", kCached},
    {"cachereadinputtokens", kCacheRead},
    {"cachecreationinputtokens", kCacheWrite},
    {"outputtokens", kOut},
    {"completiontokens", kOut},
    {"generatedtokens", kOut},
    {"ngeneratedtokenstotal", kOut},
    {"tokensout", kOut},
    {"timestamp", kTime},
    {"time", kTime},
    {"date", kTime},
    {"starttime", kTime},
    {"starttimeiso", kTime},
    {"createdat", kTime},
    {"created", kTime},
    {"requests", kRequests},
    {"nummodelrequests", kRequests},
    {"nrequests", kRequests},
    {"cost", kCost},
    {"costusd", kCost},
    {"costeur", kCost},
    {"costgbp", kCost},
    {"amount", kCost},
    {"amountvalue", kCost},
    {"totalcost", kCost},
    {"currency", kCurrency},
    {"amountcurrency", kCurrency},
};

std::optional<Column> column_of(std::string_view name) {
  const std::string key = column_key(name);
  for (const auto& [known, column] : kNames)
    if (known == key) return column;
  return {};
}

// "cost_usd" says what it counts.
std::string currency_in(std::string_view name) {
  std::string key = column_key(name);
  if (!key.starts_with("cost") || key.size() != 7) return {};
  std::transform(key.begin(), key.end(), key.begin(), [](char c) { return static_cast<char>(c & ~0x20); });
  return key.substr(4);
}

using UsageCells = std::array<std::optional<std::string>, kColumns>;

// Also "2023-11-16 18:17:03.9799600" of the Azure traces, and seconds since 1970.
std::optional<Wall> parse_time(std::string text) {
  if (const auto unix = parse_int(text)) {
    if (*unix < 0 || *unix > 9'000'000'000) return {};
    return from_unix_ns(*unix * 1'000'000'000);
  }
  if (const size_t space = text.find(' '); space == 10) text[space] = 'T';
  if (const size_t dot = text.find('.'); dot != std::string::npos) {
    size_t end = dot + 1;
    while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
    text.erase(dot, end - dot);
  }
  if (const auto t = parse_iso8601(text)) return t;
  return parse_iso8601(text + "Z");
}

std::string take_count(const std::optional<std::string>& cell, const char* what, int64_t& out) {
  if (!cell || cell->empty()) return {};
  auto n = parse_int(*cell);
  if (!n) {
    const auto d = parse_number(*cell);
    if (d && *d == std::floor(*d) && std::abs(*d) < 1e15) n = static_cast<int64_t>(*d);
  }
  if (!n) return fmt::format("{} \"{}\" is no whole number", what, *cell);
  if (*n < 0) return fmt::format("{} are below zero ({})", what, *n);
  if (*n > kMostPerRow) return fmt::format("{} {} in one row are absurd", *n, what);
  out = *n;
  return {};
}

// Sets `row`; what is wrong, or empty.
std::string fill(const UsageCells& cells, bool needs_cost, Wall now, UsageRow& row) {
  row.model = cells[kModel].value_or("");
  row.vendor = cells[kVendor].value_or("");
  const auto given = [&](Column c) { return cells[c] && !cells[c]->empty(); };
  if (auto bad = take_count(cells[given(kIn) ? kIn : kInput], "input tokens", row.in); !bad.empty()) return bad;
  if (auto bad = take_count(cells[kCached], "cached tokens", row.cached); !bad.empty()) return bad;
  if (auto bad = take_count(cells[kOut], "output tokens", row.out); !bad.empty()) return bad;
  Tokens read = 0, written = 0;
  if (auto bad = take_count(cells[kCacheRead], "cached tokens", read); !bad.empty()) return bad;
  if (auto bad = take_count(cells[kCacheWrite], "cached tokens", written); !bad.empty()) return bad;
  // Anthropic's input_tokens leave these out. LiteLLM copies the names beside OpenAI's, whose counts have them already.
  if (!given(kIn) && !given(kCached)) row.in += read + written;
  row.cached = std::max(row.cached, read);
  row.requests = needs_cost ? 0 : 1;
  if (auto bad = take_count(cells[kRequests], "requests", row.requests); !bad.empty()) return bad;
  if (row.in + row.out == 0) return "no tokens at all";
  if (row.cached > row.in) return fmt::format("{} cached tokens of {} input tokens", row.cached, row.in);
  if (!needs_cost && row.requests == 0) return "no request";
  if (row.requests > 0 && (row.in + row.out) / row.requests > kMostTokensPerRequest)
    return fmt::format("{} tokens in one request are absurd (the limit is {})", (row.in + row.out) / row.requests,
                       kMostTokensPerRequest);
  if (cells[kTime] && !cells[kTime]->empty()) {
    row.at = parse_time(*cells[kTime]);
    if (!row.at) return fmt::format("\"{}\" is no time such as 2026-11-23T09:00:00Z", *cells[kTime]);
    if (*row.at > now + std::chrono::hours(24)) return fmt::format("{} lies in the future", *cells[kTime]);
  }
  row.currency = cells[kCurrency].value_or("");
  for (char& c : row.currency)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c & ~0x20);
  if (!needs_cost) return {};
  if (!cells[kCost] || cells[kCost]->empty()) return "no cost";
  std::string_view cost = *cells[kCost];
  for (const auto& [sign, currency] : {std::pair{"$", "USD"}, {"€", "EUR"}, {"£", "GBP"}}) {
    if (!cost.starts_with(sign)) continue;
    cost.remove_prefix(std::string_view(sign).size());
    if (row.currency.empty()) row.currency = currency;
  }
  row.cost = parse_number(trim(cost));
  if (!row.cost || !std::isfinite(*row.cost)) return fmt::format("the cost \"{}\" is no number", *cells[kCost]);
  if (*row.cost < 0) return fmt::format("a cost below zero ({}); credits are no price: leave them out", *row.cost);
  if (*row.cost == 0) return "a cost of zero; free tokens are no price: leave them out";
  if (*row.cost > kMostCost) return fmt::format("a cost of {} is absurd", *row.cost);
  return {};
}

std::string text_of(const PlainJson& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

void collect(const PlainJson& object, UsageCells& cells, std::string& currency) {
  for (const auto& [key, value] : object.items()) {
    if (value.is_object()) {
      if (key == "usage" || key.ends_with("_tokens_details")) collect(value, cells, currency);
      continue;
    }
    const auto column = column_of(key);
    if (!column || value.is_null() || value.is_array()) continue;
    if (!cells[*column]) cells[*column] = text_of(value);
    if (*column == kCost && !currency_in(key).empty()) currency = currency_in(key);
  }
}

class Reader {
 public:
  Reader(const std::string& name, bool needs_cost, Wall now, const std::function<std::string(const UsageRow&)>& take)
      : name_(name), needs_cost_(needs_cost), now_(now), take_(take) {}

  void row(int64_t line, const UsageCells& cells) {
    UsageRow row;
    row.line = line;
    std::string bad = fill(cells, needs_cost_, now_, row);
    if (bad.empty()) bad = take_(row);
    if (!bad.empty()) return refuse(line, bad);
    ++read_.taken;
  }
  void refuse(int64_t line, const std::string& why) {
    if (read_.refused_rows++ < 20) read_.refused.push_back(printable(fmt::format("{}:{}: {}.", name_, line, why)));
  }
  UsageRead& read() { return read_; }

 private:
  const std::string& name_;
  bool needs_cost_;
  Wall now_;
  const std::function<std::string(const UsageRow&)>& take_;
  UsageRead read_;
};

void read_json_lines(std::string_view text, Reader& reader) {
  each_line(text, [&](int64_t number, std::string_view line) {
    if (trim(line).empty()) return;
    const PlainJson object = PlainJson::parse(line, nullptr, false);
    if (!object.is_object()) return reader.refuse(number, "is no JSON object");
    UsageCells cells;
    std::string currency;
    collect(object, cells, currency);
    if (!cells[kCurrency] && !currency.empty()) cells[kCurrency] = currency;
    if (!cells[kIn] && !cells[kInput] && !cells[kOut])
      return reader.refuse(number, "no input_tokens and no output_tokens");
    reader.row(number, cells);
  });
}

Result<void> read_csv(const std::string& name, std::string_view text, bool needs_cost, Reader& reader) {
  std::vector<std::optional<Column>> columns;
  std::string currency, missing;
  char separator = ',';
  each_line(text, [&](int64_t number, std::string_view line) {
    if (!missing.empty() || trim(line).empty()) return;
    if (columns.empty()) {
      if (line.find(',') == std::string_view::npos && line.find(';') != std::string_view::npos) separator = ';';
      bool has[kColumns] = {};
      for (const auto& head : csv_fields(line, separator).value_or(std::vector<std::string>{})) {
        auto column = column_of(head);
        if (column && has[*column]) column.reset();  // the first one stands
        if (column) has[*column] = true;
        if (column == kCost) currency = currency_in(head);
        columns.push_back(column);
      }
      if (!has[kIn] && !has[kInput]) missing += "input_tokens";
      if (!has[kOut]) missing += missing.empty() ? "output_tokens" : ", output_tokens";
      if (needs_cost && !has[kCost]) missing += missing.empty() ? "cost" : ", cost";
      return;
    }
    const auto fields = csv_fields(line, separator);
    if (!fields) return reader.refuse(number, "a quote is not closed");
    if (fields->size() != columns.size())
      return reader.refuse(number, fmt::format("{} fields, the first line has {}", fields->size(), columns.size()));
    UsageCells cells;
    for (size_t i = 0; i < columns.size(); ++i)
      if (columns[i]) cells[*columns[i]] = (*fields)[i];
    if (!cells[kCurrency] && !currency.empty()) cells[kCurrency] = currency;
    reader.row(number, cells);
  });
  if (!missing.empty())
    return fail(Code::invalid_argument, "{}:1: the first line must name the columns; there is none for {}.", name,
                missing);
  return {};
}

}  // namespace

Result<UsageRead> read_usage(const std::string& name, std::string_view text, bool needs_cost, Wall now,
                             const std::function<std::string(const UsageRow&)>& take) {
  Reader reader(name, needs_cost, now, take);
  const size_t first = text.find_first_not_of("\xEF\xBB\xBF \t\r\n");
  if (first == std::string_view::npos) return fail(Code::invalid_argument, "{}: is empty.", name);
  if (text[first] == '{') {
    read_json_lines(text, reader);
  } else if (auto ok = read_csv(name, text, needs_cost, reader); !ok) {
    return tl::unexpected(ok.error());
  }
  if (reader.read().taken == 0 && reader.read().refused_rows == 0)
    return fail(Code::invalid_argument, "{}: has no rows.", name);
  return std::move(reader.read());
}

}  // namespace trine::cli
