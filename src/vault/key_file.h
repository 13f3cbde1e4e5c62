// The secret that a vault is sealed with, kept in a file.
#pragma once

#include <filesystem>
#include <string>

#include "base/error.h"

namespace trine::vault {

// The file's line. Where there is no file it is made: 64 hexadecimal digits at random, mode 0600, on the disk before
// this returns. Errors: others may read the file; it cannot be read or written; it holds no secret.
Result<std::string> read_or_make_secret(const std::filesystem::path& file);

}  // namespace trine::vault
