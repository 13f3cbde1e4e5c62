#include "observe/page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace trine::observe {
namespace {

std::string number(double v) {
  if (std::isnan(v)) return "NaN";
  if (std::isinf(v)) return v > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", v);
}

// Valid while `number` is: to the end of the expression that made it.
std::string_view digits(const fmt::format_int& number) {
  return {number.data(), number.size()};
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
  const std::string text = fmt::format("{}", v);
  return fmt::format("le=\"{}{}\"", text, text.find_first_of(".e") == std::string::npos ? ".0" : "");
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

// A page may have 100,000 lines: one check of the room for each, then its pieces as they are.
void Page::series(std::string_view suffix, std::string_view labels, std::string_view more, std::string_view value,
                  const Example* example) {
  ++series_;
  const bool marked = !labels.empty() || !more.empty(), both = !labels.empty() && !more.empty();
  const size_t at = out_.size();
  out_.resize(at + family_.size() + suffix.size() + labels.size() + more.size() + value.size() + (marked ? 2 : 0) +
              (both ? 1 : 0) + 2);
  char* to = out_.data() + at;
  const auto put = [&to](std::string_view piece) { to = std::copy_n(piece.data(), piece.size(), to); };
  put(family_);
  put(suffix);
  if (marked) *to++ = '{';
  put(labels);
  if (both) *to++ = ',';
  put(more);
  if (marked) *to++ = '}';
  *to++ = ' ';
  put(value);
  *to = '\n';
  if (!example || example->trace.empty() || !shows_examples()) return;
  out_.pop_back();
  fmt::format_to(std::back_inserter(out_), " # {{trace_id=\"{}\"}} {} {:.3f}\n", example->trace, example->value,
                 example->unix_s);
}

void Page::sample(std::string_view labels, int64_t value) {
  series({}, labels, {}, digits(fmt::format_int(value)));
}
void Page::sample(std::string_view labels, uint64_t value) {
  series({}, labels, {}, digits(fmt::format_int(value)));
}
void Page::sample(std::string_view labels, double value) {
  series({}, labels, {}, number(value));
}
void Page::sample(std::string_view labels, std::string_view value) {
  series({}, labels, {}, value);
}

void Page::histogram(std::string_view labels, const Sum& sum, std::span<const Example> examples) {
  const auto example = [&](size_t i) { return i < examples.size() ? &examples[i] : nullptr; };
  // All deployments' histograms of a family have the same bounds.
  if (sum.bounds_.data() != bounds_.data() || sum.bounds_.size() != bounds_.size()) {
    bounds_ = sum.bounds_;
    bound_labels_.clear();
    for (const double b : bounds_) bound_labels_.push_back(bound(b));
  }
  int64_t below = 0;
  for (size_t i = 0; i < bounds_.size(); ++i) {
    below += sum.buckets_[i];
    series("_bucket", labels, bound_labels_[i], digits(fmt::format_int(below)), example(i));
  }
  if (!sum.buckets_.empty()) below += sum.buckets_.back();
  series("_bucket", labels, "le=\"+Inf\"", digits(fmt::format_int(below)), example(bounds_.size()));
  series("_sum", labels, {}, number(sum.sum_));
  // Not a counter of its own: a scrape in the middle of an observation must not show a count that its buckets
  // contradict.
  series("_count", labels, {}, digits(fmt::format_int(below)));
}

std::string Page::take() {
  if (form_ == gateway::MetricsForm::openmetrics) out_ += "# EOF\n";
  return std::move(out_);
}

}  // namespace trine::observe
