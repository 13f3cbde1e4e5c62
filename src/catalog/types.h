// The rows of the catalog. Plain values; every figure names a Source by its id.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "base/units.h"

namespace trine::catalog {

struct Source {
  std::string id, title, from, licence, date;
};

enum class Method : uint8_t { measured, derived };
enum class Arch : uint8_t { dense, moe, hybrid };

// -- grid ------------------------------------------------------------------------------------------------------------

struct Country {
  std::string id, name;  // ISO 3166-1 alpha-2
  Intensity lifecycle;   // annual mean, production mix
  int year = 0;
  std::string source;
};

struct Zone {
  std::string id, name, country;       // country: empty where none is known
  std::map<int, Intensity> lifecycle;  // year -> annual mean, consumption-based; never empty, never zero
  std::map<int, Intensity> direct;     // stack emissions only; shown beside, never used for a gap
  std::string source, direct_source;

  // Of the newest year that is not after `year`; the oldest one where all are after it.
  Intensity lifecycle_in(int year) const;
};

// Shape of a typical day: intensity = annual mean x factor.
struct Profile {
  std::string id;
  std::vector<std::string> zones;
  std::array<std::array<double, 24>, 4> factors{};  // [winter = Dec-Feb, spring, summer, autumn][hour UTC]
  double sigma_ln = 0;                              // of the profile (docs/accounting.md §3)
  double sigma_ln_annual = 0;                       // of the flat annual mean
  int year = 0;
  std::string source;

  double factor(Wall t) const;
};

struct Region {
  std::string id, provider, region, name, zone, country;
  std::optional<double> pue;  // none: nobody published one
  int pue_year = 0;
  std::string pue_source, source;
};

struct Pue {
  std::string provider, scope, region;  // region: empty for a mean of the provider
  double pue = 0;
  int year = 0;
  std::string from, source;
};

// -- hardware and models ---------------------------------------------------------------------------------------------

struct Embodied {
  Carbon low, mid, high;
};

struct Gpu {
  std::string id;
  std::vector<std::string> aliases;
  std::string arch, memory;
  double memory_gb = 0;       // 1e9 bytes
  double bandwidth_gb_s = 0;  // of the memory, 1e9 bytes/s
  double fp16_tflops = 0;     // dense, FP32 accumulate
  Power tdp;
  Power idle;  // driver loaded, no work; a measured idle of the device replaces it
  Method idle_method = Method::derived;
  std::string idle_source;
  Embodied embodied;
  std::string embodied_method, embodied_source, source;

  bool hbm() const { return memory.starts_with("HBM"); }
};

struct Server {
  std::string id, name;
  int gpus = 1;
  Power host;       // without GPUs, under load
  Carbon embodied;  // without GPUs
  double life_years = 3;
  std::string source;
};

struct Model {
  std::string id, name;
  std::vector<std::string> aliases;
  Arch arch = Arch::dense;
  double total_b = 0, active_b = 0;     // parameters, 1e9
  int experts = 0, active_experts = 0;  // per layer; 0 where there are none
  double weight_bits = 16;              // mean, as published
  int layers = 0;
  int64_t kv_bytes = 0;  // KV cache per token of context
  Tokens context = 0;
  std::string licence, source;

  double weight_gb() const { return total_b * weight_bits / 8; }
  // Of the experts, used by one token; 0 where that is none or all of them.
  double expert_share() const { return active_experts < experts ? static_cast<double>(active_experts) / experts : 0; }
};

// GPU joules per output token and decode step time at B running requests (docs/accounting.md §4a), all cards of the
// deployment together. Holds for B in [min_batch, max_batch]; the caller says so where it leaves the range.
struct Curve {
  std::string model, gpu;
  int gpus = 1;
  double a_joules = 0, b_joules = 0;  // joules = a + b / B
  double step_s0 = 0, step_s1 = 0;    // seconds per step = s0 + s1 * B
  double min_batch = 1, max_batch = 1;
  Power idle;  // of all cards, from the GPU's row
  Method method = Method::measured;
  std::string derived_from;  // empty where measured
  int rows = 0;              // that were fitted
  double r2 = 0, step_r2 = 0;
  std::string task, source;

  double joules_per_output_token(double batch) const { return a_joules + b_joules / batch; }
  double step_seconds(double batch) const { return step_s0 + step_s1 * batch; }
  double output_tokens_per_second(double batch) const { return batch / step_seconds(batch); }
};

// -- prices ----------------------------------------------------------------------------------------------------------

// `amount` counts 1e-9 of `currency` (ISO 4217), which need not be the ledger's.
struct Price {
  Money amount;
  std::string currency;
};

struct Instance {
  std::string id, provider, name, gpu;
  int gpus = 1;
  double vcpus = 0, memory_gib = 0;
  std::string region;
  Price per_hour;  // the whole machine, on demand
  std::optional<Price> spot_per_hour;
  std::string commit, source;
};

struct Vendor {
  std::string id, name, zone;  // zone: assumed
  std::optional<double> pue;   // assumed
  std::string source;
};

struct VendorPrice {
  enum class Mode : uint8_t { chat, embedding };
  std::string vendor, model;
  Mode mode = Mode::chat;
  Price input;                        // per million tokens, like the next two
  std::optional<Price> cached_input;  // none: cached tokens cost what fresh ones do
  std::optional<Price> output;        // none: output is not billed (embeddings)
  std::optional<Price> reasoning;     // none: reasoning tokens cost what other output does
  // Answers within a day instead of at once; none: the vendor has no such tier.
  std::optional<Price> batch_input, batch_output;
  Tokens context = 0;  // 0: not known
  std::string date, source;
};

struct Range {
  double low = 0, high = 0;
  double mid() const { return (low + high) / 2; }
};

struct VendorModel {
  std::string vendor, model;
  Arch arch = Arch::dense;
  Range total_b, active_b;  // parameters, 1e9
  bool released = false;    // false: the vendor keeps them secret, this is an estimate
  std::string source;
};

struct Rate {
  std::string from, to;
  double rate = 0;  // one `from` in `to`
  std::string date, source;
};

}  // namespace trine::catalog
