#include "grid/factors.h"

#include <algorithm>
#include <cmath>

namespace trine::grid {
namespace {

constexpr std::string_view kAr5 = "IPCC AR5", kSrren = "IPCC SRREN", kTurconi = "Turconi", kEmaps = "Electricity Maps",
                           kStorage = "storage";
constexpr double kCoal = 820, kGas = 490, kBiomass = 230, kSolar = 48, kGeothermal = 38, kHydro = 24, kNuclear = 12,
                 kWindOnshore = 11, kWindOffshore = 12, kMarine = 17;  // AR5
constexpr double kOil = 840;                                           // SRREN
constexpr double kLignite = 1050;                                      // Turconi
constexpr double kUnknown = 700;                                       // Electricity Maps

constexpr Factor kEntsoe[] = {
    {"B01", kBiomass, kAr5},       // biomass
    {"B02", kLignite, kTurconi},   // lignite
    {"B03", kCoal, kAr5},          // gas from coal
    {"B04", kGas, kAr5},           // gas
    {"B05", kCoal, kAr5},          // hard coal
    {"B06", kOil, kSrren},         // oil
    {"B07", kLignite, kTurconi},   // oil shale, taken for lignite
    {"B08", kLignite, kTurconi},   // peat, likewise
    {"B09", kGeothermal, kAr5},    // geothermal
    {"B10", 0, kStorage},          // pumped storage
    {"B11", kHydro, kAr5},         // run of river
    {"B12", kHydro, kAr5},         // reservoir
    {"B13", kMarine, kAr5},        // marine
    {"B14", kNuclear, kAr5},       // nuclear
    {"B15", kWindOnshore, kAr5},   // other renewable; the factor of its bulk matters little
    {"B16", kSolar, kAr5},         // solar
    {"B17", kUnknown, kEmaps},     // waste
    {"B18", kWindOffshore, kAr5},  // wind at sea
    {"B19", kWindOnshore, kAr5},   // wind on land
    {"B20", kUnknown, kEmaps},     // other
    {"B25", 0, kStorage},          // batteries
};

constexpr Factor kElectricityMaps[] = {
    {"nuclear", kNuclear, kAr5},
    {"geothermal", kGeothermal, kAr5},
    {"biomass", kBiomass, kAr5},
    {"coal", kCoal, kAr5},
    {"wind", kWindOnshore, kAr5},
    {"solar", kSolar, kAr5},
    {"hydro", kHydro, kAr5},
    {"gas", kGas, kAr5},
    {"oil", kOil, kSrren},
    {"unknown", kUnknown, kEmaps},
    {"hydro discharge", 0, kStorage},
    {"battery discharge", 0, kStorage},
};

constexpr Factor kEco2mix[] = {
    {"nucleaire", kNuclear, kAr5}, {"charbon", kCoal, kAr5},        {"gaz", kGas, kAr5},
    {"fioul", kOil, kSrren},       {"eolien", kWindOnshore, kAr5},  {"solaire", kSolar, kAr5},
    {"hydraulique", kHydro, kAr5}, {"bioenergies", kBiomass, kAr5},
};

}  // namespace

std::span<const Factor> entsoe_factors() {
  return kEntsoe;
}
std::span<const Factor> electricity_maps_factors() {
  return kElectricityMaps;
}
std::span<const Factor> eco2mix_factors() {
  return kEco2mix;
}

const Factor* find_factor(std::span<const Factor> table, std::string_view kind) {
  const auto it = std::find_if(table.begin(), table.end(), [&](const Factor& f) { return f.kind == kind; });
  return it == table.end() ? nullptr : &*it;
}

void Mix::add(const Factor& f, double megawatts) {
  if (f.storage() || !std::isfinite(megawatts) || megawatts <= 0) return;
  grams_ += f.g_per_kwh * megawatts;
  total_ += megawatts;
}

std::optional<double> Mix::intensity() const {
  if (total_ <= 0) return {};
  return grams_ / total_;
}

}  // namespace trine::grid
