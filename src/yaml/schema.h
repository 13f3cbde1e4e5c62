// What a declaration (fields.h) says, as a JSON Schema (draft 2020-12) and as a reference in Markdown. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "yaml/fields.h"

namespace trine::yaml {

std::string json_schema(std::string_view title, const Declaration& declare);

// One section per key of the top level; keys inside are written as paths ("limits.head_bytes", "keys[].id",
// "grid.zones.<name>.file").
std::string markdown_reference(const Declaration& declare);

// The paths of what is declared as a secret, as the reference writes them: "keys[].secret".
std::vector<std::string> secret_paths(const Declaration& declare);

}  // namespace trine::yaml
