// XML as lines "name: value" and tables of what repeats: what an invoice in UBL or CII says, without its wrapping.
#pragma once

#include <functional>
#include <string_view>

#include "docworker/output.h"

namespace trine::docworker {

using Inner = std::function<void(std::string_view bytes, const std::string& name)>;

void read_xml(std::string_view bytes, Output& out, const Inner& inner);

}  // namespace trine::docworker
