#include "energy/attribution.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <utility>

namespace trine::energy {
namespace {

constexpr size_t kIdleSamples = 128;
constexpr std::array<Nanos, 2> kCalibrationRows = {std::chrono::seconds(10), std::chrono::seconds(60)};
// Sorts after every call: a tie goes to a request.
constexpr CallId kForeign{{std::numeric_limits<uint64_t>::max(), std::numeric_limits<uint64_t>::max()},
                          std::numeric_limits<uint16_t>::max()};

double no_nan(double tokens) {
  return std::isfinite(tokens) && tokens > 0 ? tokens : 0;
}
int64_t millionths(double tokens) {
  return std::llround(tokens * 1e6);
}
double whole(int64_t millionths) {
  return static_cast<double>(millionths) * 1e-6;
}

double sigma_of(Reading reading) {
  switch (reading) {
    case Reading::counter:
      return sigma::counter;
    case Reading::integrated_power:
      return sigma::integrated_power;
    case Reading::estimated:
      break;
  }
  return sigma::curve;
}

Letter letter_of(Reading reading, const GridValue& grid) {
  const Letter letter = letter_for(reading == Reading::estimated ? Source::curve : Source::meter, grid.hourly, false);
  return reading == Reading::integrated_power ? lowered(letter) : letter;
}

}  // namespace

Attributor::Attributor(DeviceConfig config) : config_(std::move(config)), idle_w_(config_.idle_w) {
  running_.resize(config_.models.size());
  window_.device = config_.device;
  window_.deployment = config_.deployment;
  window_.zone = config_.zone;
}

void Attributor::describe(DeviceConfig config, bool other) {
  assert(config.models.size() == config_.models.size());
  config.simulated |= config_.simulated;
  config_ = std::move(config);
  window_.device = config_.device;
  window_.deployment = config_.deployment;
  window_.zone = config_.zone;
  if (!other) return;
  rows_ = {};
  idle_seen_.clear();
  idle_next_ = 0;
  idle_w_ = config_.idle_w;
}

void Attributor::learn_from(const Attributor& from) {
  rows_ = from.rows_;
  idle_seen_ = from.idle_seen_;
  idle_next_ = from.idle_next_;
  idle_w_ = from.idle_w_;
  config_.simulated |= from.config_.simulated;
}

std::vector<std::pair<CallId, Attributor::Slot>> Attributor::take_over(Attributor& from,
                                                                       std::span<const uint16_t> models) {
  std::vector<std::pair<CallId, Slot>> moved;
  std::vector<Slot> new_slot(from.calls_.size());
  for (size_t i = 0; i < from.calls_.size(); ++i) {
    Call& old = from.calls_[i];
    if (!old.open) continue;
    new_slot[i] = open(old.id, old.start, models[old.model]);
    Call& c = calls_[new_slot[i]];
    c = old;
    c.model = models[old.model];
    moved.emplace_back(c.id, new_slot[i]);
    old.open = false;
    from.free_.push_back(static_cast<Slot>(i));
  }
  for (Piece p : from.pieces_) {
    p.slot = new_slot[p.slot];
    pieces_.push_back(p);
  }
  for (const Slot s : from.done_) done_.push_back(new_slot[s]);
  from.pieces_.clear();
  from.done_.clear();
  return moved;
}

Attributor::Slot Attributor::open(const CallId& call, Wall start, uint16_t model) {
  assert(model < config_.models.size());
  Slot slot = 0;
  if (free_.empty()) {
    slot = static_cast<Slot>(calls_.size());
    calls_.emplace_back();
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  Call& c = calls_[slot];
  c = Call{};
  c.id = call;
  c.start = start;
  c.model = model;
  c.open = true;
  return slot;
}

void Attributor::work(Slot slot, const Slice& slice) {
  Call& c = calls_[slot];
  assert(c.open && !c.closed);
  const Work w{no_nan(slice.work.fresh), no_nan(slice.work.cached), no_nan(slice.work.out), no_nan(slice.work.context)};
  if (w.fresh + w.cached + w.out <= 0) return;
  ++c.pieces;
  pieces_.push_back({slot, slice.begin, std::max(slice.begin, slice.end), w});
}

void Attributor::close(Slot slot, Wall end) {
  Call& c = calls_[slot];
  assert(c.open && !c.closed);
  c.closed = true;
  c.end = end;
  if (c.pieces == 0) done_.push_back(slot);
}

void Attributor::measure_batches(const MeterWindow& meter, const Conditions& conditions) {
  for (Concurrency& c : running_) c.begin(meter.begin, meter.end);
  for (const Piece& p : pieces_) running_[calls_[p.slot].model].add(p.begin, p.end);
  detail_.batch = 0;
  for (const Concurrency& c : running_) detail_.batch += c.mean();
  // The engine's gauge counts foreign requests too; it is divided among the models as our own calls are.
  double factor = 1;
  if (conditions.running && *conditions.running > 0 && std::isfinite(*conditions.running)) {
    if (detail_.batch > 0) factor = *conditions.running / detail_.batch;
    detail_.batch = *conditions.running;
  }
  for (Concurrency& c : running_) c.finish(factor);
}

// Takes the work up to `until` off the piece.
Work Attributor::consume(Piece& piece, Wall until) const {
  Work part = piece.work;
  if (piece.end <= until) {
    piece.work.fresh = piece.work.cached = piece.work.out = 0;
    return part;
  }
  const double f = seconds(until - piece.begin) / seconds(piece.end - piece.begin);
  part.fresh *= f;
  part.cached *= f;
  part.out *= f;
  piece.work.fresh -= part.fresh;
  piece.work.cached -= part.cached;
  piece.work.out -= part.out;
  piece.begin = until;
  return part;
}

void Attributor::gather(const MeterWindow& meter) {
  active_.clear();
  sent_ = {};
  size_t kept = 0;
  for (size_t i = 0; i < pieces_.size(); ++i) {
    Piece& p = pieces_[i];
    bool finished = false;
    if (p.begin < meter.end) {
      finished = p.end <= meter.end;
      Call& c = calls_[p.slot];
      const double per_batch = running_[c.model].per_batch(p.begin, std::min(p.end, meter.end));
      const Work part = consume(p, meter.end);
      c.q += work_joules_at(config_.models[c.model], part, per_batch);
      sent_.fresh += millionths(part.fresh);
      sent_.cached += millionths(part.cached);
      sent_.out += millionths(part.out);
      sent_.steps += millionths(part.out * per_batch);
      sent_.context += millionths(part.out * part.context / kContextUnit);
      if (!std::exchange(c.active, true)) active_.push_back(p.slot);
      if (finished && --c.pieces == 0 && c.closed) done_.push_back(p.slot);
    }
    if (!finished) {
      if (kept != i) pieces_[kept] = p;
      ++kept;
    }
  }
  pieces_.resize(kept);
}

// Joules' worth of the tokens that we did not send.
double Attributor::foreign_weight(const Conditions& conditions) {
  detail_.sent = {whole(sent_.fresh + sent_.cached), whole(sent_.out)};
  detail_.sent_fresh = whole(sent_.fresh);
  detail_.foreign = {};
  if (!conditions.foreign || config_.models.empty()) return 0;
  detail_.foreign = {no_nan(conditions.foreign->prompt), no_nan(conditions.foreign->generated)};
  const double batch = std::max(1.0, detail_.batch);
  return work_joules(config_.models.front(), {detail_.foreign.prompt, 0, detail_.foreign.generated, 0}, batch);
}

std::array<int64_t, Attributor::kAmounts> Attributor::totals(const MeterWindow& meter, const Conditions& conditions,
                                                             Energy host) {
  std::array<int64_t, kAmounts> t{};
  t[kGpu] = meter.gpu.raw();
  t[kEnergy] = facility_.take(static_cast<double>((meter.gpu + host).raw()) * config_.site.pue);
  const auto energy = static_cast<double>(t[kEnergy]);
  t[kOperational] = operational_.take(energy * conditions.grid.g_per_kwh / 3600);
  t[kEmbodied] = embodied_.take(config_.embodied.ng_per_s(config_.site.gpus) * seconds(meter.duration));
  const double hours = seconds(meter.duration) / 3600;
  t[kCost] = cost_.take(static_cast<double>(conditions.price.per_hour.raw()) * hours +
                        static_cast<double>(conditions.price.electricity_per_kwh.raw()) * energy / 3.6e12);
  return t;
}

void Attributor::share(const std::array<int64_t, kAmounts>& total, const MeterWindow& meter,
                       const Conditions& conditions, Energy host, double foreign) {
  const size_t n = active_.size();
  weights_.clear();
  keys_.clear();
  for (const Slot slot : active_) {
    weights_.push_back(calls_[slot].q);
    keys_.push_back(calls_[slot].id);
  }
  if (foreign > 0) {
    weights_.push_back(foreign);
    keys_.push_back(kForeign);
  }
  shares_.clear();
  splitter_.weigh(weights_, keys_);
  const auto as_share = [](const std::array<int64_t, kAmounts>& a) {
    return DeviceWindow::Share{Energy::raw(a[kGpu]), Energy::raw(a[kEnergy]), Carbon::raw(a[kOperational]),
                               Carbon::raw(a[kEmbodied]), Money::raw(a[kCost])};
  };
  window_.total = as_share(total);
  window_.requests = window_.foreign = window_.unattributed = {};
  if (splitter_.empty()) {
    window_.unattributed = window_.total;
  } else {
    for (size_t k = 0; k < kAmounts; ++k) {
      parts_[k].resize(weights_.size());
      splitter_.split(total[k], parts_[k]);
    }
    const double host_sigma = meter.host ? sigma::measured_host : sigma::modelled_host;
    const double device_sigma = of_sum(to_joules(meter.gpu), sigma_of(meter.reading), to_joules(host), host_sigma);
    std::array<int64_t, kAmounts> requests{};
    for (size_t i = 0; i < n; ++i) {
      Call& c = calls_[active_[i]];
      for (size_t k = 0; k < kAmounts; ++k) {
        c.sums[k] += parts_[k][i];
        requests[k] += parts_[k][i];
      }
      const auto energy = static_cast<double>(parts_[kEnergy][i]);
      c.device_sigma += energy * device_sigma;
      // A wrong weight moves a share s by (1 - s) of the error: none where a call is alone.
      c.weight_sigma += energy * sigma::token_weights * (1 - splitter_.fraction(i));
      c.grid_sigma += static_cast<double>(parts_[kOperational][i]) * conditions.grid.sigma;
      const bool coarse = c.closed && meter.duration > c.end - c.start;
      const Letter letter = coarse ? lowered(window_.letter) : window_.letter;
      c.by_letter[static_cast<size_t>(letter == Letter::S ? Letter::A : letter) - 'A'] += parts_[kEnergy][i];
      shares_.push_back({c.id, c.q, Energy::raw(parts_[kGpu][i]), Energy::raw(parts_[kEnergy][i]),
                         Carbon::raw(parts_[kOperational][i]), Carbon::raw(parts_[kEmbodied][i]),
                         Money::raw(parts_[kCost][i])});
    }
    window_.requests = as_share(requests);
    if (foreign > 0) {
      std::array<int64_t, kAmounts> last{};
      for (size_t k = 0; k < kAmounts; ++k) last[k] = parts_[k][n];
      window_.foreign = as_share(last);
    }
  }
  for (const Slot slot : active_) {
    calls_[slot].q = 0;
    calls_[slot].active = false;
  }
}

// P_idle: 5th percentile of power in windows without work.
void Attributor::learn_idle(const MeterWindow& meter) {
  if (meter.reading == Reading::estimated || meter.duration <= Nanos(0)) return;
  const double w = to_joules(meter.gpu) / seconds(meter.duration);
  if (idle_seen_.size() < kIdleSamples) {
    idle_seen_.push_back(w);
  } else {
    idle_seen_[idle_next_] = w;
  }
  idle_next_ = (idle_next_ + 1) % kIdleSamples;
  std::array<double, kIdleSamples> sorted;
  const size_t n = idle_seen_.size();
  std::copy(idle_seen_.begin(), idle_seen_.end(), sorted.begin());
  const auto nth = sorted.begin() + static_cast<std::ptrdiff_t>(n / 20);
  std::nth_element(sorted.begin(), nth, sorted.begin() + static_cast<std::ptrdiff_t>(n));
  idle_w_ = *nth;
}

const DeviceWindow* Attributor::window(const MeterWindow& meter, const Conditions& raw,
                                       std::vector<Settlement>& settled) {
  if (meter.end <= meter.begin || meter.gpu < Energy()) return nullptr;
  const auto place = std::pair(meter.epoch, meter.end);
  if (frontier_ && place <= *frontier_) return nullptr;
  frontier_ = place;
  Conditions conditions = raw;
  conditions.grid = usable(raw.grid);

  measure_batches(meter, conditions);
  gather(meter);
  const double foreign = foreign_weight(conditions);

  // A time line that begins anew cuts at the same full hours: a nanosecond tells its windows apart, in the ledger too.
  window_.begin = meter.begin + Nanos(meter.epoch);
  window_.end = meter.end;
  window_.intensity_g_per_kwh = conditions.grid.g_per_kwh;
  detail_.reading = meter.reading;
  detail_.idle_measured = !idle_seen_.empty();
  detail_.idle_w = idle_w_;
  detail_.idle = std::min(meter.gpu, joules(idle_w_ * seconds(meter.duration)));
  detail_.active = meter.gpu - detail_.idle;
  Letter letter = letter_of(meter.reading, conditions.grid);
  // Neither defect is as bad as having no meter: one step for any of them.
  if (meter.reading != Reading::estimated && (!conditions.foreign || !detail_.idle_measured)) letter = lowered(letter);
  window_.letter = config_.simulated ? Letter::S : letter;

  const Energy host = meter.host && *meter.host >= Energy() ? *meter.host : modelled_host(config_.site, meter.duration);
  const bool worked = !active_.empty() || foreign > 0;
  note_for_calibration(meter, foreign);
  share(totals(meter, conditions, host), meter, conditions, host, foreign);
  if (!worked) learn_idle(meter);
  settle(meter, settled);
  return &window_;
}

// What a reading was off by is taken back by the next one, and work that was booked to a neighbouring window is in the
// same row again: the more so, the longer the row.
void Attributor::note_for_calibration(const MeterWindow& meter, double foreign) {
  for (size_t i = 0; i < rows_.size(); ++i) {
    Rows& r = rows_[i];
    if (meter.reading != Reading::counter || foreign > 0 || config_.models.size() != 1) {
      r.open = {};
      r.time = {};
      continue;
    }
    r.open.prefill += whole(sent_.fresh);
    r.open.decode += whole(sent_.out);
    r.open.steps += whole(sent_.steps);
    r.open.context += whole(sent_.context);
    r.open.active_j += to_joules(detail_.active);
    r.time += meter.duration;
    if (r.time < std::max(kCalibrationRows[i], 2 * meter.duration)) continue;
    if (r.open.prefill + r.open.decode > 0) r.calibrator.add(r.open);
    r.open = {};
    r.time = {};
  }
}

void Attributor::settle(const MeterWindow& meter, std::vector<Settlement>& settled) {
  if (config_.settle_each_window) {
    for (const Slot slot : active_) {
      Call& c = calls_[slot];
      if (!c.closed || c.pieces > 0) settled.push_back(settlement(c, Basis::window, meter.end));
    }
  }
  for (const Slot slot : done_) {
    settled.push_back(settlement(calls_[slot], Basis::final, meter.end));
    calls_[slot].open = false;
    free_.push_back(slot);
  }
  done_.clear();
}

Settlement Attributor::settlement(Call& c, Basis basis, Wall at) const {
  Settlement s;
  s.call = c.id;
  s.version = ++c.version;
  s.basis = basis;
  s.booked_at = at;
  Figures& f = s.figures;
  f.gpu_energy = Energy::raw(c.sums[kGpu]);
  f.energy = Energy::raw(c.sums[kEnergy]);
  f.operational = Carbon::raw(c.sums[kOperational]);
  f.embodied = Carbon::raw(c.sums[kEmbodied]);
  f.cost = Money::raw(c.sums[kCost]);
  const auto energy = static_cast<double>(c.sums[kEnergy]), grams = static_cast<double>(c.sums[kOperational]);
  const double weights = energy > 0 ? c.weight_sigma / energy : 0;
  const double device = combined({energy > 0 ? c.device_sigma / energy : 0, weights, config_.site.pue_sigma});
  set_ranges(f, device, combined({device, grams > 0 ? c.grid_sigma / grams : 0}), combined({sigma::embodied, weights}));
  LetterMix letters;
  for (size_t i = 0; i < c.by_letter.size(); ++i) {
    if (c.by_letter[i] > 0) letters.add(LetterMix::letters[i], Energy::raw(c.by_letter[i]));
  }
  f.letter = config_.simulated ? Letter::S : energy > 0 ? letters.lowest() : window_.letter;
  return s;
}

MeterWindow Attributor::estimate_window(Wall begin, Wall end) const {
  MeterWindow w{begin, end, end - begin, Energy(), Reading::estimated, frontier_ ? frontier_->first : 0, std::nullopt};
  int64_t running = 0;
  for (const Piece& p : pieces_)
    running += std::max<int64_t>(0, (std::min(p.end, end) - std::max(p.begin, begin)).count());
  const double batch = std::max(1.0, static_cast<double>(running) / static_cast<double>((end - begin).count()));
  double q = 0;
  for (Piece p : pieces_)
    if (p.begin < end) q += work_joules(config_.models[calls_[p.slot].model], consume(p, end), batch);
  w.gpu = std::max(joules(q), joules(idle_w_ * seconds(w.duration)));
  return w;
}

std::optional<Calibration> Attributor::calibrated() const {
  if (config_.models.size() != 1) return std::nullopt;
  const Calibrator& clean = rows_.back().calibrator;
  return (clean.enough() ? clean : rows_.front().calibrator).fit(config_.models.front());
}

}  // namespace trine::energy
