// Options at one time as the score takes them: three axes, each with unit, 90 % range and letter, and who may not serve
// and why (docs/csoa.md §2). Pure; any thread.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "fleet/option.h"
#include "grid/grid.h"
#include "score/rank.h"

namespace trine::fleet {

struct Figure {
  double value = 0, low = 0, high = 0;  // 90 % range
  double sigma = 0;                     // of ln
  energy::Letter letter = energy::Letter::D;
};

// What all options are measured by.
struct Workload {
  Mix mix;
  Slo slo;
  double utilisation = 0.8;        // of a machine's capacity, on average while it is on
  double peak_tokens_per_min = 0;  // 0: not known, so that nobody is short of machines
};

// One input of an option, multiplied: what would be if it were other than it is.
struct Tweak {
  double price = 1, joules = 1, intensity = 1;
};

struct Scored {
  Figure cost;                       // per million input and output tokens, in the fleet's currency
  Figure carbon;                     // g CO2e, likewise; facility, idle at the utilisation, embodied
  Figure control;                    // [0.1, 1]; high: where every fact that is not known is at its best
  Figure joules_per_token;           // facility, with idle
  double g_per_kwh = 0;              // of its zone then
  double embodied_g = 0;             // of carbon
  double idle_share = 0;             // of the joules: what the machine would draw anyway
  std::optional<Capacity> capacity;  // of one machine
  double machines = 0;               // at the peak; 0: not known, or a vendor
  bool usable = false;               // it has figures
  std::string unfit;                 // why the machine cannot do the work, a clause
};

// REQUIRES: option.machine or option.vendor.
//
// A machine takes, per second at utilisation u of its capacity of r requests: on_w + joules_per_request * u * r, times
// PUE (linear()); its hour's price and embodied share are divided by the tokens of that hour. A vendor bills tokens.
// Ranges (docs/accounting.md §5): the curve's sigma is that of its joules and of its speed, so of everything that is
// divided by tokens; host, PUE, intensity and embodied have their own; a vendor's bill has the tokenizers' spread.
// Letters of carbon and joules: §5. Of cost: A by the token, B by the hour at a measured speed, C at another. Of
// control: A all facts known, C some, D none.
Scored score_option(const Option& option, const Workload& workload, const grid::Reading& intensity,
                    const Tweak& tweak = {});

// Hard constraints beside those of the options themselves. Empty lists demand nothing.
struct Constraints {
  std::vector<std::string> zones, jurisdictions, regions, banned;  // regions, banned: compared without case
  std::map<std::string, int> zone_caps;
  double min_control = 0;
};

struct Sheet {
  std::vector<Scored> scored;  // as the options
  score::Verdict verdict;      // indices into the options; reasons in words
};

// `intensities`: one for each option. The sheet keeps no view of its input.
Sheet score_options(std::span<const Option> options, std::span<const grid::Reading> intensities,
                    const Workload& workload, const Constraints& constraints, const score::Weights& weights);

score::Axes axes_of(const Scored& s);

// What the work of a month takes.
struct Amounts {
  double eur = 0, kwh = 0, kg = 0;
};
Amounts amounts_of(const Scored& s, double tokens);

}  // namespace trine::fleet
