// What a gateway of ours says of an answer: its energy, carbon and cost.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/units.h"
#include "net/http_head.h"

namespace trine::load {

struct Figures {
  Energy energy;
  Carbon carbon;
  Money cost;
  std::string currency;  // empty: not said
  char quality = '-';    // a letter of docs/accounting.md
  bool simulated = false;
};

// The object `usage.trine`; nullopt where it holds no energy, or something that is no figure.
std::optional<Figures> read_figures(std::string_view trine_json);
// The x-trine-* headers.
std::optional<Figures> read_figures(const net::Head& head);

}  // namespace trine::load
