#include "cli/write_file.h"

#include <cerrno>
#include <cstring>
#include <fstream>

namespace trine::cli {

Result<void> write_file(const std::filesystem::path& path, std::string_view text) {
  std::ofstream out(path, std::ios::trunc | std::ios::binary);
  out << text;
  out.close();
  if (!out) return fail(Code::unavailable, "{} could not be written: {}.", path.string(), std::strerror(errno));
  return {};
}

}  // namespace trine::cli
