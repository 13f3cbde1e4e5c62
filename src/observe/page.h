// Text in Prometheus' exposition format 0.0.4.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "gateway/probe.h"

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
  // `name` without the suffixes of a histogram's series.
  void family(std::string_view name, Kind kind, std::string_view help);

  // `labels` as label_text() gives them; empty: none. Amounts with a fraction are told by their digits, so that none
  // is lost on the way.
  void sample(std::string_view labels, int64_t value);
  void sample(std::string_view labels, uint64_t value);
  void sample(std::string_view labels, double value);
  void sample(std::string_view labels, std::string_view digits);

  // The sum over the workers' histograms that `each` adds to one. `add` may be called any number of times before end().
  class Sum {
   public:
    void add(const gateway::DurationHistogram& h);

   private:
    friend class Page;
    std::array<int64_t, gateway::DurationHistogram::kBounds.size() + 1> buckets_{};
    double sum_s_ = 0;
  };
  void histogram(std::string_view labels, const Sum& sum);

  std::string take() { return std::move(out_); }

 private:
  void series(std::string_view suffix, std::string_view labels, std::string_view more, std::string_view value);

  std::string out_;
  std::string family_;
};

}  // namespace trine::observe
