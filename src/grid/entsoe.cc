// web-api.tp.entsoe.eu: actual generation per type of a bidding zone, as XML. What the zone's plants make, without
// imports: production, never the headline (docs/accounting.md §3).
#include <algorithm>
#include <map>
#include <pugixml.hpp>

#include "base/text.h"
#include "grid/answer.h"
#include "grid/factors.h"

namespace trine::grid {
namespace {

using namespace std::chrono_literals;

constexpr const char* kEntsoeName = "ENTSO-E";
constexpr double kLeastOfMedian = 0.5;  // a slot with less of the usual generation is not complete yet

struct Row {
  Wall start;
  Nanos length;
  const Factor* factor;
  double mw;
};

// A document may name its elements with a prefix ("ns2:Period").
std::string_view local(const char* name) {
  const std::string_view s = name;
  const size_t colon = s.rfind(':');
  return colon == std::string_view::npos ? s : s.substr(colon + 1);
}

pugi::xml_node child(const pugi::xml_node& of, std::string_view name) {
  return of.find_child([&](const pugi::xml_node& n) { return local(n.name()) == name; });
}

std::optional<Nanos> resolution(std::string_view text) {
  if (text == "PT15M") return 15min;
  if (text == "PT30M") return 30min;
  if (text == "PT60M" || text == "PT1H") return 1h;
  return {};
}

Result<void> read_period(const pugi::xml_node& period, const Factor* factor, bool repeats, std::vector<Row>& rows) {
  const auto interval = child(period, "timeInterval");
  const auto start = parse_slot_time(child(interval, "start").child_value());
  const auto end = parse_slot_time(child(interval, "end").child_value());
  const std::string_view given = child(period, "resolution").child_value();
  const auto step = resolution(given);
  if (!start || !end || *end <= *start || *end - *start > 24h * 366)
    return fail(Code::invalid_argument, "a Period has no timeInterval of at most a year");
  if (!step) return fail(Code::invalid_argument, "a resolution of \"{}\" is not known", given);
  const int64_t slots = (*end - *start) / *step;
  int64_t written = 0;  // the position of the last row
  for (const auto& point : period.children()) {
    if (local(point.name()) != "Point") continue;
    const auto position = parse_int(trim(child(point, "position").child_value()));
    const auto mw = parse_number(trim(child(point, "quantity").child_value()));
    if (!position || *position <= written || *position > slots)
      return fail(Code::invalid_argument, "a Point's position is not within its Period, or out of order");
    for (; repeats && written > 0 && written + 1 < *position; ++written) {
      Row again = rows.back();
      again.start += *step;
      rows.push_back(again);
    }
    written = *position;
    rows.push_back({*start + (*position - 1) * *step, *step, factor, mw.value_or(0)});
    if (rows.size() > kMostPoints) return fail(Code::out_of_range, "more than {} points", kMostPoints);
  }
  for (; repeats && written > 0 && written < slots; ++written) {
    Row again = rows.back();
    again.start += *step;
    rows.push_back(again);
    if (rows.size() > kMostPoints) return fail(Code::out_of_range, "more than {} points", kMostPoints);
  }
  return {};
}

Result<void> read_series(const pugi::xml_node& series, std::vector<Row>& rows) {
  // What plants take from the grid, pumps above all, stands under another domain.
  if (child(series, "outBiddingZone_Domain.mRID")) return {};
  const std::string_view type = child(child(series, "MktPSRType"), "psrType").child_value();
  const Factor* factor = find_factor(entsoe_factors(), type);
  if (!factor) factor = find_factor(entsoe_factors(), "B20");
  const bool repeats = std::string_view(child(series, "curveType").child_value()) == "A03";
  for (const auto& period : series.children()) {
    if (local(period.name()) != "Period") continue;
    if (auto ok = read_period(period, factor, repeats, rows); !ok) return ok;
  }
  return {};
}

Answer mixed(const std::vector<Row>& rows) {
  struct Slot {
    Mix mix;
    double mw = 0;
  };
  Answer out;
  if (rows.empty()) return out;
  Nanos length{0};
  for (const Row& r : rows) length = std::max(length, r.length);
  std::map<Wall, Slot> slots;
  for (const Row& r : rows) {
    const Wall start = Wall(r.start.time_since_epoch() / length * length);
    Slot& s = slots[start];
    const double share = seconds(r.length) / seconds(length);
    s.mix.add(*r.factor, r.mw * share);
    if (!r.factor->storage()) s.mw += std::max(0.0, r.mw) * share;
  }
  std::vector<double> totals;
  totals.reserve(slots.size());
  for (const auto& [_, s] : slots) totals.push_back(s.mw);
  const auto middle = totals.begin() + static_cast<std::ptrdiff_t>(totals.size() / 2);
  std::nth_element(totals.begin(), middle, totals.end());
  for (const auto& [start, s] : slots) {
    const bool whole = s.mw >= kLeastOfMedian * *middle;
    out.take({start, length, {}, Method::lifecycle_production, true, false}, whole ? s.mix.intensity() : std::nullopt);
  }
  return out;
}

Result<Answer> read(const pugi::xml_node& root) {
  const std::string_view kind = local(root.name());
  if (kind == "Acknowledgement_MarketDocument") {
    const auto reason = child(root, "Reason");
    const bool none = std::string_view(child(reason, "code").child_value()) == "999";
    return fail(none ? Code::not_found : Code::unavailable, "{}", child(reason, "text").child_value());
  }
  if (kind != "GL_MarketDocument") return fail(Code::invalid_argument, "the answer is no GL_MarketDocument");
  std::vector<Row> rows;
  for (const auto& series : root.children()) {
    if (local(series.name()) != "TimeSeries") continue;
    if (auto ok = read_series(series, rows); !ok) return tl::unexpected(ok.error());
  }
  return mixed(rows);
}

}  // namespace

Result<Answer> read_entsoe(std::string_view text) {
  pugi::xml_document document;
  const auto parsed = document.load_buffer(text.data(), text.size(), pugi::parse_minimal, pugi::encoding_utf8);
  if (!parsed) return fail(Code::invalid_argument, "{}: {}", kEntsoeName, parsed.description());
  auto answer = read(document.document_element());
  if (!answer) return fail(answer.error().code, "{}: {}", kEntsoeName, answer.error().message);
  return answer;
}

}  // namespace trine::grid
