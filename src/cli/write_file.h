// Writes a file that a command was asked for, over what was there.
#pragma once

#include <filesystem>
#include <string_view>

#include "base/error.h"

namespace trine::cli {

Result<void> write_file(const std::filesystem::path& path, std::string_view text);

}  // namespace trine::cli
