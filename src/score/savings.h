// "Saving €X also saved Y kWh and Z kg CO2e": what a baseline would have taken for the same requests, less what they
// took (docs/accounting.md §6). Pure: the ledger's hourly sums in, amounts with ranges and the sentence out.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "energy/provisional.h"
#include "ledger/report.h"
#include "score/quote.h"

namespace trine::score {

// An API vendor's model (docs/accounting.md §4d). Its tokens are taken as the engines here counted them, which is an
// estimate: tokenizers differ.
struct VendorBaseline {
  energy::VendorModel model;
  energy::VendorPrice price;
  double sigma = energy::sigma::vendor;
};

// Own hardware. Without its idle hours, which nobody knows for a machine that did not run: that flatters nothing here.
struct OwnBaseline {
  energy::OwnHardware hardware;
  Speed speed;
  std::optional<energy::VendorPrice> token_price;  // billed by the token instead of by the hour
  bool simulated = false;
  // Requests that run together. Absent: what the hour's load makes on average (Little's law), and the lower end of the
  // range is taken at kFullBatch, since traffic that comes in bursts fills an engine better than its mean says.
  std::optional<double> batch;
};

inline constexpr double kFullBatch = 64;
// Spread of ln(tokens) between two models' tokenizers on business documents: an assumption, about ±13 % at 90 %.
inline constexpr double kTokenizerSigma = 0.08;

// Several models of vendors, each with its share of the tokens: what a log or an invoice showed.
struct MixBaseline {
  struct Part {
    VendorBaseline vendor;
    double share_in = 1, share_out = 1;  // of prompt and of generated tokens; each sums to 1 over the parts
  };
  std::vector<Part> parts;
};

struct SavingsBaseline {
  std::string name;  // "openai gpt-4o-mini"
  std::string zone;
  std::variant<VendorBaseline, OwnBaseline, MixBaseline> what;
};

// What a baseline is to serve.
struct BaselineWork {
  double calls = 0;
  Tokens in = 0, cached = 0, out = 0;
};

// When.
struct BaselineHour {
  energy::GridValue grid = {};  // of the baseline's zone then
  Wall begin{};                 // for a baseline whose electricity costs by the time of use
  double seconds = 3600;        // that the work is spread over
};

// What was served in one hour, or in the part of it that is asked about.
struct ServedHour {
  ledger::Sums sums;                         // direct figures of the calls
  energy::DeviceWindow::Share unattributed;  // idle energy of own devices: counts against the saving
  ledger::PriorPeriod prior = {};            // what earlier months still owe: it counts when it came
  ledger::GatewayHours gateway = {};         // the gateway's own energy: counts against the saving
  energy::GridValue grid = {};               // of the baseline's zone then
  double seconds = 3600;
  Wall begin{};                      // for a baseline whose electricity costs by the time of use
  ledger::AvoidedSums avoided = {};  // what stages spared: the baseline would have served these tokens too
};

// One side of the comparison, or their difference. Low and high: 90 % range.
struct Amounts {
  Energy energy, energy_low, energy_high;
  Carbon carbon, carbon_low, carbon_high;
  Money cost, cost_low, cost_high;
  bool operator==(const Amounts&) const = default;
};

struct Savings {
  Amounts baseline, actual;
  Amounts saved;                              // baseline - actual; negative where the baseline would have taken less
  energy::Letter letter = energy::Letter::D;  // the worst of both sides
  bool simulated = false;
  // Of `saved`, and in it already: the baseline's for tokens that documents and caches kept from the engines.
  struct Part {
    Tokens tokens = 0;  // in + out
    Energy energy;
    Carbon carbon;
    Money cost;
    bool operator==(const Part&) const = default;
  } spared;
  Tokens tokens = 0;            // in + out that are compared, spared ones included
  int64_t unsettled_calls = 0;  // left out on both sides

  // The range contains 0.
  bool cost_unclear() const { return saved.cost_low <= Money() && saved.cost_high >= Money(); }
  bool energy_unclear() const { return saved.energy_low <= Energy() && saved.energy_high >= Energy(); }
  bool carbon_unclear() const { return saved.carbon_low <= Carbon() && saved.carbon_high >= Carbon(); }
};

// One side of the comparison: what the baseline takes for this work. Nothing where there are no calls.
// Errors: invalid_argument for a baseline whose figures no formula accepts.
Result<Amounts> baseline_takes(const SavingsBaseline& baseline, const BaselineWork& work, const BaselineHour& hour);

// Requests that run together on one machine when `work` is spread over that time (Little's law), at least 1;
// kFullBatch where more than one machine would be needed.
double mean_batch(const Speed& speed, const BaselineWork& work, double seconds);

// Errors: invalid_argument for a baseline whose figures no formula accepts.
Result<Savings> savings(const SavingsBaseline& baseline, std::span<const ServedHour> hours);

// For people, one sentence. `currency`: ISO 4217.
std::string sentence(const Savings& s, const SavingsBaseline& baseline, std::string_view currency);

}  // namespace trine::score
