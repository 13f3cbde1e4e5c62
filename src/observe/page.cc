#include "observe/page.h"

#include <fmt/format.h>

#include <cmath>

namespace trine::observe {
namespace {

std::string number(double v) {
  if (std::isnan(v)) return "NaN";
  if (std::isinf(v)) return v > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", v);
}

void escape(std::string& out, std::string_view text, bool quotes) {
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || (quotes && c == '"')) out += '\\';
    out += c;
  }
}

// Both formats show 1 as it is; OpenMetrics wants "1.0", which the other reads as well.
std::string bound(double v) {
  const std::string digits = fmt::format("{}", v);
  return fmt::format("le=\"{}{}\"", digits, digits.find_first_of(".e") == std::string::npos ? ".0" : "");
}

}  // namespace

const char* name(Kind kind) {
  constexpr const char* kNames[] = {"counter", "gauge", "histogram"};
  return kNames[static_cast<size_t>(kind)];
}

std::string label_text(std::initializer_list<LabelValue> labels) {
  std::string out;
  for (const LabelValue& l : labels) {
    if (!out.empty()) out += ',';
    out.append(l.name).append("=\"");
    escape(out, l.value, true);
    out += '"';
  }
  return out;
}

void Page::family(std::string_view name, Kind kind, std::string_view help) {
  family_ = name;
  constexpr std::string_view kTotal = "_total";
  if (form_ == gateway::MetricsForm::openmetrics && kind == Kind::counter && name.ends_with(kTotal))
    name.remove_suffix(kTotal.size());
  out_.append("# HELP ").append(name).append(" ");
  escape(out_, help, form_ == gateway::MetricsForm::openmetrics);
  out_.append("\n# TYPE ").append(name).append(" ").append(observe::name(kind)).append("\n");
}

void Page::series(std::string_view suffix, std::string_view labels, std::string_view more, std::string_view value,
                  const Example* example) {
  ++series_;
  out_.append(family_).append(suffix);
  if (!labels.empty() || !more.empty()) {
    out_.append("{").append(labels);
    if (!labels.empty() && !more.empty()) out_ += ',';
    out_.append(more).append("}");
  }
  out_.append(" ").append(value);
  if (example && !example->trace.empty() && shows_examples())
    fmt::format_to(std::back_inserter(out_), " # {{trace_id=\"{}\"}} {} {:.3f}", example->trace, example->value,
                   example->unix_s);
  out_ += '\n';
}

void Page::sample(std::string_view labels, int64_t value) {
  series({}, labels, {}, fmt::format_int(value).c_str());
}
void Page::sample(std::string_view labels, uint64_t value) {
  series({}, labels, {}, fmt::format_int(value).c_str());
}
void Page::sample(std::string_view labels, double value) {
  series({}, labels, {}, number(value));
}
void Page::sample(std::string_view labels, std::string_view digits) {
  series({}, labels, {}, digits);
}

void Page::histogram(std::string_view labels, const Sum& sum, std::span<const Example> examples) {
  const auto example = [&](size_t i) { return i < examples.size() ? &examples[i] : nullptr; };
  int64_t below = 0;
  for (size_t i = 0; i < sum.bounds_.size(); ++i) {
    below += sum.buckets_[i];
    series("_bucket", labels, bound(sum.bounds_[i]), fmt::format_int(below).c_str(), example(i));
  }
  if (!sum.buckets_.empty()) below += sum.buckets_.back();
  series("_bucket", labels, "le=\"+Inf\"", fmt::format_int(below).c_str(), example(sum.bounds_.size()));
  series("_sum", labels, {}, number(sum.sum_));
  // Not a counter of its own: a scrape in the middle of an observation must not show a count that its buckets
  // contradict.
  series("_count", labels, {}, fmt::format_int(below).c_str());
}

std::string Page::take() {
  if (form_ == gateway::MetricsForm::openmetrics) out_ += "# EOF\n";
  return std::move(out_);
}

}  // namespace trine::observe
