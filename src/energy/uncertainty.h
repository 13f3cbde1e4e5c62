// Lognormal uncertainty, 90 % ranges and quality letters (docs/accounting.md §5).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include "base/units.h"
#include "energy/facts.h"

namespace trine::energy {

namespace sigma {  // of ln
inline constexpr double counter = 0.03;
inline constexpr double integrated_power = 0.08;
inline constexpr double measured_host = 0.03;
inline constexpr double modelled_host = 0.25;
inline constexpr double token_weights = 0.15;
inline constexpr double pue_measured = 0.03;
inline constexpr double pue_table = 0.08;
inline constexpr double pue_unknown = 0.20;
inline constexpr double embodied = 0.5;
inline constexpr double curve = 0.30;
inline constexpr double other_gpu = 0.35;  // scaled to another card than the measured one
inline constexpr double vendor = 0.8;
}  // namespace sigma

// Independent factors of a product.
double combined(std::initializer_list<double> sigmas);
// Independent terms of a sum: relative sigma of v1 + v2.
double of_sum(double v1, double s1, double v2, double s2);

struct Range {
  double low = 0, high = 0;
};
Range range90(double value, double sigma);  // value * exp(-+1.645 sigma)

enum class Source : uint8_t { meter, curve, vendor };

// A meter + hourly grid; B meter + annual, or curve + hourly; C curve + annual; D vendor estimate; S simulated.
Letter letter_for(Source source, bool hourly_grid, bool simulated);
// One letter lower, not under C: hardware of one's own never reads like a vendor estimate. D and S stay.
Letter lowered(Letter letter);

// Shares per letter, weighted by energy.
class LetterMix {
 public:
  static constexpr std::array<Letter, 5> letters = {Letter::A, Letter::B, Letter::C, Letter::D, Letter::S};
  void add(Letter letter, Energy energy);
  double share(Letter letter) const;  // of the energy; 0 where there is none
  // The lowest letter that holds over 5 %. Without any energy the lowest that was added; D for nothing at all.
  Letter lowest() const;

 private:
  std::array<double, 5> energy_{};
  std::array<bool, 5> seen_{};
};

// Factors that all requests of a report share: fully correlated, they add linearly, no 1/sqrt(n).
enum class Factor : uint8_t { meter, host, pue, intensity, embodied, curve };
inline constexpr size_t kFactors = 6;

// A sum of uncertain parts: per factor linear, per part's own sigma quadratic, factors independent of each other.
class UncertainSum {
 public:
  struct Part {
    double value = 0;
    std::array<double, kFactors> shared{};  // sigma per factor
    double own = 0;                         // sigma of this part alone (token weights)
    Part& with(Factor f, double s) { return shared[static_cast<size_t>(f)] = s, *this; }
  };
  void add(const Part& part);
  double value() const { return value_; }
  double relative_sigma() const;
  Range range() const { return range90(value_, relative_sigma()); }

 private:
  double value_ = 0;
  std::array<double, kFactors> shared_{};
  double own_squared_ = 0;
};

// Sums settled figures: exact in the integers, ranges added linearly (their factors are shared).
class Aggregate {
 public:
  void add(const Figures& figures);
  Figures total() const;  // its letter is letters().lowest()
  const LetterMix& letters() const { return letters_; }

 private:
  Figures sum_;
  LetterMix letters_;
};

// Sets energy_low/high and carbon_low/high. Operational and embodied are propagated apart.
void set_ranges(Figures& figures, double energy_sigma, double operational_sigma, double embodied_sigma);

}  // namespace trine::energy
