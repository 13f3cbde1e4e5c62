// What the system says of this process.
#pragma once

#include <cstdint>

namespace trine::observe {

struct ProcessFigures {
  double cpu_seconds = 0;       // user + system, all threads
  uint64_t resident_bytes = 0;  // 0 where the system does not say
};

// Any thread; two system calls and a small file.
ProcessFigures process_figures();

}  // namespace trine::observe
