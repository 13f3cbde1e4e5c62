#include "load/tally.h"

#include <algorithm>
#include <limits>

namespace trine::load {
namespace {

void add_figures(FigureSums& sums, const Figures& f) {
  ++sums.answers;
  sums.energy += f.energy;
  sums.carbon += f.carbon;
  sums.cost += f.cost;
  if (sums.currency.empty()) sums.currency = f.currency;
  if (!f.currency.empty() && f.currency != sums.currency) sums.mixed_currencies = true;
  if (f.simulated) ++sums.simulated;
  if (f.quality >= 'A' && f.quality <= 'Z') ++sums.quality[static_cast<size_t>(f.quality - 'A')];
}

}  // namespace

void Tally::due(Nanos late_by) {
  ++scheduled;
  late.add(late_by);
  if (late_by > kLate) ++late_count;
}

double Tally::late_share() const {
  return scheduled == 0 ? 0 : static_cast<double>(late_count) / static_cast<double>(scheduled);
}

void Tally::over(const Sent& sent, const Outcome& o) {
  if (o.kind == Outcome::Kind::unfinished) {
    ++unfinished;
    return;
  }
  if (o.kind == Outcome::Kind::failed) {
    ++failed;
    std::pair<int, std::string> key{o.status, o.code};
    if (failures.size() >= kMaxFailures && !failures.contains(key)) key.second = "other";
    Failure& f = failures[std::move(key)];
    if (f.count++ == 0) f.example = o.problem;
    return;
  }
  ++answered;
  Times& times = sent.document ? documents : text;
  times.total.add(o.end - sent.scheduled);
  if (o.first_token) times.first_token.add(*o.first_token - sent.scheduled);
  const int64_t tokens = o.usage ? o.usage->out : o.deltas;
  if (o.first_token && tokens > 1) times.per_token.add((*o.last_token - *o.first_token) / (tokens - 1));
  if (o.usage) {
    usage.in += o.usage->in;
    usage.cached += o.usage->cached;
    usage.out += o.usage->out;
    usage.reasoning += o.usage->reasoning;
  } else {
    ++without_usage;
    deltas += static_cast<uint64_t>(o.deltas);
  }
  if (o.figures) add_figures(figures, *o.figures);
}

}  // namespace trine::load
