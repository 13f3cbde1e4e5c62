// A frozen baseline: what savings are measured against, with its prices, model sizes and zone as they were on the day
// it was made, so that neither a new price list nor a new release of the catalog moves what has been reported. A YAML
// file whose last line is the SHA-256 of all bytes before it (docs/baseline.md). The hash finds slips, it is no
// signature.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/units.h"
#include "energy/vendor.h"

namespace trine::gateway {

struct FrozenModel {
  std::string vendor, model;
  energy::VendorModel size;  // for the formula of docs/accounting.md §4d
  std::string size_from;
  energy::VendorPrice price;  // in the file's currency
  std::string price_from;
  // What was seen of it; zero where the baseline is a price list's model.
  int64_t requests = 0;
  Tokens in = 0, cached = 0, out = 0;
};

struct FrozenBaseline {
  enum class From { vendor, log, invoice };

  int version = 1;      // 1, and one more for each that replaces another
  std::string name;     // "openai gpt-4o"
  std::string created;  // "2026-11-23T17:00:00Z"
  From from = From::vendor;
  std::string file, file_hash;  // the log or the invoice: its name, and the SHA-256 of its bytes in hex
  std::string first, last;      // time of its oldest and newest row, where they have one
  int64_t refused_rows = 0;     // left out, because they could not be right
  std::optional<Money> paid;    // an invoice's total
  std::string currency = "EUR", zone;
  std::vector<FrozenModel> models;             // never empty
  std::map<std::string, std::string> control;  // docs/control-rubric.md: facts of the day
  std::string replaces;                        // hash of the version before, in hex
  std::string hash;                            // its own, in hex

  // Of all tokens of all models; equal parts where none were seen.
  double share_in(const FrozenModel& m) const;
  double share_out(const FrozenModel& m) const;
  // "openai gpt-4o (baseline version 1 of 2026-11-23)"
  std::string title() const;
};

const char* name(FrozenBaseline::From from);

// The file's text; sets `hash`.
std::string baseline_text(FrozenBaseline& b);

// Errors (invalid_argument): not a baseline file, with places; changed since it was made.
Result<FrozenBaseline> read_baseline_text(const std::string& name, std::string_view text);
Result<FrozenBaseline> read_baseline(const std::string& path);

}  // namespace trine::gateway
