// A run of `trine load` for people.
#pragma once

#include <string>

#include "load/report.h"

namespace trine::cli {

std::string load_text(const load::Tally& tally, const load::Facts& facts);

// Why the figures are not the server's: empty where this program kept up.
std::string load_too_slow(const load::Tally& tally);

}  // namespace trine::cli
