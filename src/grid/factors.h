// Grams of CO2e per kWh from cradle to grave, by kind of plant: for sources that say what is generated and not what it
// emits. Each factor names its source. Constant; any thread.
//
// IPCC AR5: Schlömer et al. 2014, Working Group III, Annex III, table A.III.2, medians.
// IPCC SRREN: Moomaw et al. 2011, Annex II, table A.II.4, 50th percentiles.
// Turconi: Turconi et al. 2013, Renewable and Sustainable Energy Reviews 28, 555-565: lignite 800-1300, its middle.
// Electricity Maps: what it takes for a plant of an unknown kind (it assumes thermal ones).
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace trine::grid {

struct Factor {
  std::string_view kind;  // the source's name of it: "B14", "nuclear", "nucleaire"
  double g_per_kwh;       // 0: storage, which gives back what it took: left out of the mix
  std::string_view source;
  bool storage() const { return g_per_kwh == 0; }
};

std::span<const Factor> entsoe_factors();            // by PSR type, B01 to B25
std::span<const Factor> electricity_maps_factors();  // by the keys of powerConsumptionBreakdown
std::span<const Factor> eco2mix_factors();           // by the fields of eCO2mix, without their parts

const Factor* find_factor(std::span<const Factor> table, std::string_view kind);  // null: not in the table

// A mix under way. Negative amounts (what a plant draws for itself) count as nothing.
class Mix {
 public:
  void add(const Factor& f, double megawatts);
  // Grams per kWh; nothing where nothing was generated.
  std::optional<double> intensity() const;

 private:
  double grams_ = 0, total_ = 0;
};

}  // namespace trine::grid
