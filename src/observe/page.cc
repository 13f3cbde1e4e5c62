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
  out_.append("# HELP ").append(name).append(" ");
  escape(out_, help, false);
  out_.append("\n# TYPE ").append(name).append(" ").append(observe::name(kind)).append("\n");
}

void Page::series(std::string_view suffix, std::string_view labels, std::string_view more, std::string_view value) {
  out_.append(family_).append(suffix);
  if (!labels.empty() || !more.empty()) {
    out_.append("{").append(labels);
    if (!labels.empty() && !more.empty()) out_ += ',';
    out_.append(more).append("}");
  }
  out_.append(" ").append(value).append("\n");
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

void Page::Sum::add(const gateway::DurationHistogram& h) {
  for (size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += h.bucket(i);
  sum_s_ += h.sum_s();
}

void Page::histogram(std::string_view labels, const Sum& sum) {
  constexpr auto& kBounds = gateway::DurationHistogram::kBounds;
  int64_t below = 0;
  for (size_t i = 0; i < kBounds.size(); ++i) {
    below += sum.buckets_[i];
    series("_bucket", labels, fmt::format("le=\"{}\"", kBounds[i]), fmt::format_int(below).c_str());
  }
  below += sum.buckets_[kBounds.size()];
  series("_bucket", labels, "le=\"+Inf\"", fmt::format_int(below).c_str());
  series("_sum", labels, {}, number(sum.sum_s_));
  // Not a counter of its own: a scrape in the middle of an observation must not show a count that its buckets
  // contradict.
  series("_count", labels, {}, fmt::format_int(below).c_str());
}

}  // namespace trine::observe
