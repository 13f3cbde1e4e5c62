// How commands speak: results on standard output, failures as sentences on standard error.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include "base/error.h"
#include "cli/options.h"

namespace trine::cli {

inline void say(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  if (!text.ends_with('\n')) std::fputc('\n', stdout);
}

// Several lines ("file:line:column: sentence" each) stay as they are; a single sentence gets the program's name.
inline int complain(std::string_view text, int exit_code = kFailed) {
  const bool placed =
      text.find('\n') != std::string_view::npos || (!text.starts_with('-') && text.find(": ") < text.find(' '));
  if (!placed) std::fputs("trine: ", stderr);
  std::fwrite(text.data(), 1, text.size(), stderr);
  if (!text.ends_with('\n')) std::fputc('\n', stderr);
  return exit_code;
}
inline int complain(const Error& e) {
  return complain(e.message);
}

}  // namespace trine::cli
