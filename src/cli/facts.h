// Today's control facts of a baseline ("what can't you customise?"), from a file or from the person at the terminal.
#pragma once

#include <iosfwd>
#include <map>
#include <string>

#include "base/error.h"

namespace trine::cli {

using Facts = std::map<std::string, std::string>;

// YAML: `control: { operator: vendor, ... }`. Errors: invalid_argument with place, or the nearest right name.
Result<Facts> read_facts(const std::string& path);
Result<Facts> read_facts_text(const std::string& name, const std::string& text);

// One question for each fact of docs/control-rubric.md; a number or a value answers, an empty line leaves it open, the
// end of the input all that follow.
Facts ask_facts(std::istream& in, std::ostream& out);

}  // namespace trine::cli
