// What is known about grids, places, hardware, models and prices. Immutable after load; any thread.
//
// Names are compared without case. A pointer that a lookup returns lives as long as the Catalog; null = not known, and
// unknown() makes the sentence for the user.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "catalog/types.h"

namespace trine::catalog {

enum class Kind : uint8_t { source, country, zone, region, gpu, model, instance, vendor };

inline constexpr Intensity kWorldIntensity{475};  // docs/accounting.md §3
inline constexpr double kAbsurdPerMtok = 200;     // USD or EUR per million tokens: a row above is a slip upstream

// The tables, as read.
struct Tables {
  std::vector<Source> sources;
  std::vector<Country> countries;
  std::vector<Zone> zones;
  std::vector<Profile> profiles;
  std::vector<Region> regions;
  std::vector<Pue> pue;
  std::vector<Gpu> gpus;
  std::vector<Server> servers;
  std::vector<Model> models;
  std::vector<Curve> curves;
  std::vector<Instance> instances;
  std::vector<Vendor> vendors;
  std::vector<VendorPrice> prices;
  std::vector<VendorModel> vendor_models;
  std::vector<Rate> rates;
};

class Catalog {
 public:
  explicit Catalog(Tables tables);  // load.h makes checked ones

  const Tables& tables() const { return tables_; }

  const Source* find_source(std::string_view id) const;
  const Country* find_country(std::string_view id) const;
  const Zone* find_zone(std::string_view id) const;
  const Profile* find_profile(std::string_view zone) const;
  const Region* find_region(std::string_view id) const;
  const Gpu* find_gpu(std::string_view id_or_alias) const;
  const Server* find_server(std::string_view id) const;
  // Id, alias ("openai/gpt-oss-20b", "gpt-oss:20b"), or either with an Ollama tag or quantisation after it
  // ("llama3.1:8b-instruct-q4_K_M").
  const Model* find_model(std::string_view id_or_alias) const;
  // `gpus` 0: the smallest number of cards that has a curve.
  const Curve* find_curve(std::string_view model, std::string_view gpu, int gpus = 1) const;
  const Instance* find_instance(std::string_view id) const;
  const Vendor* find_vendor(std::string_view id) const;
  // Also with or without a date or "-latest" at the end ("gpt-4o-2024-08-06", "claude-3-haiku").
  const VendorPrice* find_vendor_price(std::string_view vendor, std::string_view model) const;
  const VendorModel* find_vendor_model(std::string_view vendor, std::string_view model) const;

  // The region's own; else the world's mean (then `published` is false: docs/accounting.md §5).
  struct PueFigure {
    double pue = 1;
    bool published = false;
    std::string_view source;
  };
  PueFigure pue_of(const Region& region) const;
  PueFigure world_pue() const;

  // Host power per GPU of a server with `gpus` cards of one deployment: the 8-GPU class, or a workstation's for a
  // consumer card (one without HBM and not of the data-centre line).
  const Server& server_of(const Gpu& gpu) const;

  // Not found: there is no rate between the two currencies, in neither direction.
  Result<Money> convert(const Price& price, std::string_view currency) const;

  // `unknown GPU "RTX-409"; did you mean "RTX-4090"?`
  std::string unknown(Kind kind, std::string_view name) const;

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view s) const { return std::hash<std::string_view>{}(s); }
  };
  using Index = std::unordered_map<std::string, uint32_t, Hash, std::equal_to<>>;

  Tables tables_;
  Index sources_, countries_, zones_, profiles_, regions_, gpus_, models_, curves_, instances_, vendors_, prices_,
      vendor_models_;
};

}  // namespace trine::catalog
