#include "energy/uncertainty.h"

#include <cmath>

namespace trine::energy {
namespace {

constexpr double kZ90 = 1.645;

size_t index(Letter letter) {
  return letter == Letter::S ? 4 : static_cast<size_t>(letter) - 'A';
}

}  // namespace

double combined(std::initializer_list<double> sigmas) {
  double sum = 0;
  for (const double s : sigmas) sum += s * s;
  return std::sqrt(sum);
}

double of_sum(double v1, double s1, double v2, double s2) {
  const double sum = v1 + v2;
  return sum > 0 ? std::hypot(v1 * s1, v2 * s2) / sum : 0;
}

Range range90(double value, double sigma) {
  const double factor = std::exp(kZ90 * sigma);
  return {value / factor, value * factor};
}

Letter letter_for(Source source, bool hourly_grid, bool simulated) {
  if (simulated) return Letter::S;
  switch (source) {
    case Source::meter:
      return hourly_grid ? Letter::A : Letter::B;
    case Source::curve:
      return hourly_grid ? Letter::B : Letter::C;
    case Source::vendor:
      break;
  }
  return Letter::D;
}

Letter lowered(Letter letter) {
  if (letter == Letter::A) return Letter::B;
  if (letter == Letter::B) return Letter::C;
  return letter;
}

void LetterMix::add(Letter letter, Energy energy) {
  const size_t i = index(letter);
  seen_[i] = true;
  if (energy.raw() > 0) energy_[i] += static_cast<double>(energy.raw());
}

double LetterMix::share(Letter letter) const {
  double total = 0;
  for (const double e : energy_) total += e;
  return total > 0 ? energy_[index(letter)] / total : 0;
}

Letter LetterMix::lowest() const {
  double total = 0;
  for (const double e : energy_) total += e;
  for (size_t i = letters.size(); i-- > 0;) {
    if (total > 0 ? energy_[i] > 0.05 * total : seen_[i]) return letters[i];
  }
  return Letter::D;
}

void UncertainSum::add(const Part& part) {
  value_ += part.value;
  for (size_t i = 0; i < kFactors; ++i) shared_[i] += part.value * part.shared[i];
  own_squared_ += part.value * part.own * part.value * part.own;
}

double UncertainSum::relative_sigma() const {
  if (!(value_ > 0)) return 0;
  double squares = own_squared_;
  for (const double s : shared_) squares += s * s;
  return std::sqrt(squares) / value_;
}

void Aggregate::add(const Figures& f) {
  sum_.gpu_energy += f.gpu_energy;
  sum_.energy += f.energy;
  sum_.energy_low += f.energy_low;
  sum_.energy_high += f.energy_high;
  sum_.operational += f.operational;
  sum_.embodied += f.embodied;
  sum_.carbon_low += f.carbon_low;
  sum_.carbon_high += f.carbon_high;
  sum_.cost += f.cost;
  letters_.add(f.letter, f.energy);
}

Figures Aggregate::total() const {
  Figures f = sum_;
  f.letter = letters_.lowest();
  return f;
}

void set_ranges(Figures& f, double energy_sigma, double operational_sigma, double embodied_sigma) {
  const Range e = range90(static_cast<double>(f.energy.raw()), energy_sigma);
  f.energy_low = Energy::raw(std::llround(e.low));
  f.energy_high = Energy::raw(std::llround(e.high));
  const auto operational = static_cast<double>(f.operational.raw()), embodied = static_cast<double>(f.embodied.raw());
  const Range c = range90(operational + embodied, of_sum(operational, operational_sigma, embodied, embodied_sigma));
  f.carbon_low = Carbon::raw(std::llround(c.low));
  f.carbon_high = Carbon::raw(std::llround(c.high));
}

}  // namespace trine::energy
