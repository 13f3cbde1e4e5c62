// Amounts for people: the unit that fits and three significant digits, "1.23 kWh", "0.456 mg", "€0.0000123". Pure.
// Never for storing or for computing: that is what the integers of units.h are for.
#pragma once

#include <string>
#include <string_view>

#include "base/units.h"

namespace trine {

std::string human(Energy e);                            // µJ, mJ, J, kJ, then kWh, MWh from 0.1 kWh on
std::string human(Carbon c);                            // ng, µg, mg, g, kg, t (of CO2e: the caller says so)
std::string human(Money m, std::string_view currency);  // "€1.23", "$0.00450", "CHF 12.30": cents at least
std::string human_number(double v);                     // "0.00123", "12.3", "1230"; "-" where it is not finite
std::string human_range(Energy low, Energy high);       // "1.20 to 3.40 kJ"
std::string human_range(Carbon low, Carbon high);
std::string human_range(Money low, Money high, std::string_view currency);

}  // namespace trine
