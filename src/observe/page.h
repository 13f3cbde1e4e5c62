// Text in Prometheus' exposition format 0.0.4, or in OpenMetrics 1.0, which differs in what a counter's family is
// called, in exemplars and in its end.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/probe.h"
#include "gateway/view.h"

namespace trine::observe {

enum class Kind : uint8_t { counter, gauge, histogram };
const char* name(Kind kind);

struct LabelValue {
  std::string_view name;
  std::string_view value;  // any bytes; escaped here
};
// `a="x",b="y"`, without braces.
std::string label_text(std::initializer_list<LabelValue> labels);

// Appends to one text. REQUIRES: all samples of a family follow its family().
class Page {
 public:
  // `expected`: bytes, where somebody knows about how many there will be.
  explicit Page(gateway::MetricsForm form = gateway::MetricsForm::prometheus, size_t expected = 0) : form_(form) {
    out_.reserve(expected);
  }
  bool shows_examples() const { return form_ == gateway::MetricsForm::openmetrics; }
  // `name` without the suffixes of a histogram's series.
  void family(std::string_view name, Kind kind, std::string_view help);

  // `labels` as label_text() gives them; empty: none. Amounts with a fraction are told by their digits, so that none
  // is lost on the way.
  void sample(std::string_view labels, int64_t value);
  void sample(std::string_view labels, uint64_t value);
  void sample(std::string_view labels, double value);
  void sample(std::string_view labels, std::string_view digits);

  // A trace that stands for one bucket.
  struct Example {
    std::string trace;  // empty: none
    double value = 0;
    double unix_s = 0;
  };
  // The sum over the workers' histograms that `add` is called with, all of one kind.
  class Sum {
   public:
    template <const auto& kBounds, int64_t kPerUnit>
    void add(const gateway::Histogram<kBounds, kPerUnit>& h) {
      bounds_ = kBounds;
      buckets_.resize(kBounds.size() + 1);
      for (size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += h.bucket(i);
      sum_ += h.sum();
    }

   private:
    friend class Page;
    std::span<const double> bounds_;
    std::vector<int64_t> buckets_;
    double sum_ = 0;
  };
  // `examples`: by bucket, or none; shown in OpenMetrics only.
  void histogram(std::string_view labels, const Sum& sum, std::span<const Example> examples = {});

  std::string take();
  size_t series() const { return series_; }

 private:
  void series(std::string_view suffix, std::string_view labels, std::string_view more, std::string_view value,
              const Example* example = nullptr);

  const gateway::MetricsForm form_;
  std::string out_;
  std::string family_;
  std::span<const double> bounds_;         // of the last histogram
  std::vector<std::string> bound_labels_;  // of these
  size_t series_ = 0;
};

}  // namespace trine::observe
