#include <algorithm>
#include <cmath>

#include "grid/series.h"
#include "json/read.h"

namespace trine::grid {
namespace {

// Reads rows of one file; the first complaint stays in `error`.
class Rows {
 public:
  Rows(const std::string& name, std::string_view text) : name_(name), text_(text), counted_(text.data()) {}

  // Counts on from the last place asked for: rows come in order.
  size_t line(std::string_view part) {
    if (part.data() < counted_) counted_ = text_.data(), line_ = 1;
    line_ += static_cast<size_t>(std::count(counted_, part.data(), '\n'));
    counted_ = part.data();
    return line_;
  }
  bool complain(std::string_view part, std::string_view sentence) {
    if (error.empty()) error = fmt::format("{}:{}: {}", name_, line(part), sentence);
    return false;
  }

  // One {"ts"|"datetime": time, "g_per_kwh"|"carbonIntensity": number or null, ...}.
  bool row(const std::string& zone, json::Value value) {
    if (!value.is_object()) return complain(value.raw, "a row must be an object.");
    std::optional<Wall> start;
    std::optional<double> number;
    const auto walked = json::each_member(value.raw, [&](std::string_view key, json::Value v) {
      if (key == "ts" || key == "ts_utc" || key == "datetime") {
        const auto text = v.as_string();
        start = text ? parse_slot_time(*text) : std::nullopt;
        return start ? true : complain(v.raw, "the time must be like \"2026-01-31T09:00:00Z\".");
      }
      if (key == "g_per_kwh" || key == "carbonIntensity") {
        if (v.is_null()) return true;
        const auto n = v.as_double();
        if (!n || !std::isfinite(*n)) return complain(v.raw, "the intensity must be a number or null.");
        number = *n;
      }
      return true;
    });
    if (!walked) return complain(value.raw, walked.error().message);
    if (!error.empty()) return false;
    if (!start) return complain(value.raw, "the row has no time (ts or datetime).");
    if (number)
      raw[zone].push_back({*start, *number, line(value.raw)});
    else
      ++holes;
    return true;
  }

  bool rows(const std::string& zone, json::Value list) {
    if (!list.is_array()) return complain(list.raw, "the rows must be an array.");
    raw.try_emplace(zone);
    const auto walked = json::each_element(list.raw, [&](json::Value v) { return row(zone, v); });
    return walked ? error.empty() : complain(list.raw, walked.error().message);
  }

  std::string error;
  RawSeries raw;
  size_t holes = 0;

 private:
  const std::string& name_;
  std::string_view text_;
  const char* counted_;
  size_t line_ = 1;
};

}  // namespace

Result<SeriesFile> read_series_json(const std::string& name, std::string_view text) {
  const auto document = json::read(text);
  if (!document) return fail(Code::invalid_argument, "{}: {}", name, document.error().message);
  Rows rows(name, text);
  if (document->is_array()) {
    rows.rows("", *document);
  } else {
    const auto zone = json::member(text, "zone");
    const auto history = json::member(text, "history");
    const auto id = zone && *zone ? (*zone)->as_string() : Result<std::string>("");
    if (!id) return fail(Code::invalid_argument, "{}: zone {}", name, id.error().message);
    if (!history) return fail(Code::invalid_argument, "{}: {}", name, history.error().message);
    if (!*history) return fail(Code::invalid_argument, "{}: has no \"history\".", name);
    rows.rows(*id, **history);
  }
  if (!rows.error.empty()) return fail(Code::invalid_argument, "{}", rows.error);
  return finish_series(name, std::move(rows.raw), rows.holes);
}

}  // namespace trine::grid
