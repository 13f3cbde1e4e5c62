#include "meter/prometheus_query.h"

#include <algorithm>
#include <array>
#include <utility>

#include "json/read.h"
#include "meter/http_access.h"
#include "meter/scrape.h"

namespace trine::meter {
namespace {

constexpr std::array<std::string_view, 9> kQuantities = {
    "joules",     "millijoules", "microjoules",       "kilowatt-hours",     "watts",
    "milliwatts", "microwatts",  "utilisation-ratio", "utilisation-percent"};

// Energy: value x factor x 10^exponent is µJ.
struct Scale {
  int64_t factor = 1;
  int exponent = 0;
};

std::optional<Scale> energy_scale(Quantity q) {
  switch (q) {
    case Quantity::joules:
      return Scale{1, 6};
    case Quantity::millijoules:
      return Scale{1, 3};
    case Quantity::microjoules:
      return Scale{1, 0};
    case Quantity::kilowatt_hours:
      return Scale{36, 11};  // 3.6e12 µJ
    default:
      return std::nullopt;
  }
}

// One element of the answer.
struct Element {
  std::string device;
  Series series;  // name, value, digits
  std::string digits;
  Wall at{};
};

tl::unexpected<Error> not_the_api() {
  return fail(Code::data_loss, "the answer is not that of Prometheus' /api/v1/query");
}

// [1763900000.123, "42.5"]
Result<void> read_value(std::string_view pair, Element& e) {
  size_t i = 0;
  bool good = true;
  const auto walked = json::each_element(pair, [&](json::Value v) {
    if (i == 0) {
      const auto ms = v.type == json::Value::Type::number ? decimal(v.raw, 3) : std::nullopt;
      good = good && ms && *ms > 0 && *ms < 4'102'444'800'000;  // before 2100
      if (good) e.at = from_unix_ns(*ms * 1'000'000);
    } else if (i == 1 && v.is_string()) {
      e.digits = v.escaped();
    }
    ++i;
    return true;
  });
  if (!walked || !good || i != 2 || e.digits.empty()) return not_the_api();
  // The text format's own reading of numbers, on one line of it.
  const std::string line = "v " + e.digits + "\n";
  const auto parsed = parse_text(line, TextFormat::prometheus, [&](const Series& s) { e.series.value = s.value; });
  if (!parsed) return not_the_api();
  return {};
}

void take(DeviceReading& r, const Element& e, const PromQuery& q, Readings& out) {
  Series s = e.series;
  s.name = q.promql;
  s.digits = e.digits;
  if (const auto scale = energy_scale(q.quantity)) {
    const auto scaled = sane_integer(s, scale->exponent, out);
    int64_t uj = 0;
    if (scaled && !__builtin_mul_overflow(*scaled, scale->factor, &uj)) r.counter_uj = uj;
    return;
  }
  const auto watts = [&](double unit) {
    if (const auto v = sane(s, out)) r.power_w = *v * unit;
  };
  switch (q.quantity) {
    case Quantity::watts:
      return watts(1);
    case Quantity::milliwatts:
      return watts(1e-3);
    case Quantity::microwatts:
      return watts(1e-6);
    case Quantity::utilisation_ratio:
      r.utilisation = share(s, 1, out);
      return;
    default:
      r.utilisation = share(s, 100, out);
  }
}

// {"metric": {...}, "value": [...]}
Result<void> read_element(std::string_view object, const PromQuery& q, Element& e) {
  const auto value = json::member(object, "value");
  if (!value || !*value || !(*value)->is_array()) return not_the_api();
  if (q.device_label.empty()) {
    e.device = q.device;
  } else if (const auto metric = json::member(object, "metric"); metric && *metric && (*metric)->is_object()) {
    const auto label = json::member((*metric)->raw, q.device_label);
    if (label && *label && (*label)->is_string()) e.device = (*label)->as_string().value_or("");
  }
  return read_value((*value)->raw, e);
}

Result<std::vector<Element>> read_elements(std::string_view data, const PromQuery& q) {
  const auto type = json::member(data, "resultType");
  const auto result = json::member(data, "result");
  if (!type || !*type || !(*type)->is_string() || !result || !*result || !(*result)->is_array()) return not_the_api();
  std::vector<Element> elements;
  const std::string_view kind = (*type)->escaped();
  if (kind == "scalar") {
    Element e;
    e.device = q.device;
    if (auto r = read_value((*result)->raw, e); !r) return tl::unexpected(r.error());
    elements.push_back(std::move(e));
    return elements;
  }
  if (kind != "vector")
    return fail(Code::invalid_argument,
                "the query gives a {}: an instant vector is wanted, without a [range] around it", kind);
  Result<void> bad;
  const auto walked = json::each_element((*result)->raw, [&](json::Value v) {
    Element e;
    bad = v.is_object() ? read_element(v.raw, q, e) : not_the_api();
    if (bad) elements.push_back(std::move(e));
    return bad.has_value();
  });
  if (!bad) return tl::unexpected(bad.error());
  if (!walked) return not_the_api();
  return elements;
}

class QuerySource final : public Source {
 public:
  QuerySource(std::unique_ptr<internal::HttpGetter> getter, std::vector<PromQuery> queries, std::string host)
      : getter_(std::move(getter)), queries_(std::move(queries)), host_(std::move(host)) {
    name_ = "prometheus " + getter_->place();
  }

  net::Task<Result<Readings>> read() override {
    Readings out;
    for (const PromQuery& q : queries_) {
      std::string target = "?query=" + net::percent_encoded(q.promql);
      std::string accept = "application/json";
      auto page = co_await getter_->get(std::move(target), std::move(accept));
      if (!page) co_return tl::unexpected(page.error());
      // 400 and 422 bring the server's own sentence about the query.
      const int status = page->response.status;
      const auto ok = getter_->check(*page);
      if (!ok && status != 400 && status != 422) co_return tl::unexpected(ok.error());
      const auto read = read_prometheus_query(page->response.body, q, host_, out);
      if (!read)
        co_return fail(read.error().code, "{}: {} (query: {})", getter_->place(), read.error().message, q.promql);
    }
    co_return out;
  }

  std::string_view name() const override { return name_; }

 private:
  std::unique_ptr<internal::HttpGetter> getter_;
  std::vector<PromQuery> queries_;
  std::string host_;
  std::string name_;
};

}  // namespace

std::string_view name(Quantity q) {
  return kQuantities[static_cast<size_t>(q)];
}

std::optional<Quantity> quantity(std::string_view text) {
  const auto it = std::find(kQuantities.begin(), kQuantities.end(), text);
  if (it == kQuantities.end()) return std::nullopt;
  return static_cast<Quantity>(it - kQuantities.begin());
}

std::span<const std::string_view> quantity_names() {
  return kQuantities;
}

Result<void> read_prometheus_query(std::string_view body, const PromQuery& query, std::string_view host,
                                   Readings& out) {
  const auto document = json::read(body);
  if (!document || !document->is_object()) return not_the_api();
  const auto status = json::member(document->raw, "status");
  if (!status || !*status || !(*status)->is_string()) return not_the_api();
  if ((*status)->escaped() != "success") {
    const auto why = json::member(document->raw, "error");
    const bool told = why && *why && (*why)->is_string();
    return fail(Code::invalid_argument, "Prometheus refuses the query: {}",
                told ? (*why)->as_string().value_or("") : "no reason given");
  }
  const auto data = json::member(document->raw, "data");
  if (!data || !*data || !(*data)->is_object()) return not_the_api();
  const auto elements = read_elements((*data)->raw, query);
  if (!elements) return tl::unexpected(elements.error());
  if (elements->empty())
    return fail(Code::unavailable, "the query gives no series: is the exporter behind it down, or the name wrong?");
  std::vector<std::string> seen;
  for (const Element& e : *elements) {
    if (e.device.empty()) {
      note(out,
           fmt::format("a series without the label {} was left out (query: {})", query.device_label, query.promql));
      continue;
    }
    if (std::find(seen.begin(), seen.end(), e.device) != seen.end())
      return fail(Code::invalid_argument,
                  "the query gives several series for {}: say how to make them one, as in max by ({}) (...)", e.device,
                  query.device_label.empty() ? "instance" : query.device_label);
    seen.push_back(e.device);
    auto it = std::find_if(out.devices.begin(), out.devices.end(), [&](const auto& d) { return d.device == e.device; });
    if (it == out.devices.end()) {
      DeviceReading r;
      r.device = e.device;
      r.boundary = query.boundary;
      r.whole_device = query.boundary != Boundary::container;
      r.host = host;
      r.at = e.at;
      it = out.devices.insert(out.devices.end(), std::move(r));
    }
    take(*it, e, query, out);
    if (energy_scale(query.quantity)) it->at = e.at;  // the counter's own time, whatever else was asked when
  }
  return {};
}

Result<std::unique_ptr<Source>> prometheus_query_source(net::Loop& loop, const HttpAccess& access,
                                                        std::vector<PromQuery> queries, std::string host) {
  if (queries.empty()) return fail(Code::invalid_argument, "a Prometheus meter needs at least one query");
  for (const PromQuery& q : queries)
    if (q.promql.empty() || (q.device.empty() && q.device_label.empty()))
      return fail(Code::invalid_argument, "a query needs its PromQL, and a device or the label that names it");
  HttpAccess api = access;
  const size_t path = api.url.find_first_of("?#");
  if (path != std::string::npos) return fail(Code::invalid_argument, "the server's URL has no query of its own");
  while (api.url.ends_with('/')) api.url.pop_back();
  api.url += "/api/v1/query";
  auto getter = internal::HttpGetter::open(loop, api, "/api/v1/query");
  if (!getter) return tl::unexpected(getter.error());
  return std::make_unique<QuerySource>(std::move(*getter), std::move(queries), std::move(host));
}

}  // namespace trine::meter
