// Reads a YAML file through a declaration (fields.h). All problems of the file are reported together.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "yaml/fields.h"

namespace trine::yaml {

// Where ${NAME} and file:PATH come from; tests bring their own. Relative paths: from the working directory.
struct Sources {
  std::function<std::optional<std::string>(const std::string& name)> variable;
  std::function<Result<std::string>(const std::string& path)> file;  // at most 64 KiB
};
const Sources& system_sources();

// The error's message holds one "file:line:column: sentence" per line, in the order of the file, 20 at most.
Result<void> read_text(const std::string& name, std::string_view text, const Declaration& declare,
                       const Sources& sources = system_sources());
Result<void> read_file(const std::string& path, const Declaration& declare, const Sources& sources = system_sources());
Result<void> read(const Document& document, const Declaration& declare, const Sources& sources = system_sources());

}  // namespace trine::yaml
