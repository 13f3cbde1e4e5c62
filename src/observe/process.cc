#include "observe/process.h"

#include <sys/resource.h>
#include <unistd.h>

#include <fstream>

namespace trine::observe {

ProcessFigures process_figures() {
  ProcessFigures p;
  rusage used{};
  if (::getrusage(RUSAGE_SELF, &used) == 0) {
    const auto s = [](const timeval& t) {
      return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
    };
    p.cpu_seconds = s(used.ru_utime) + s(used.ru_stime);
  }
  std::ifstream statm("/proc/self/statm");  // in pages: all, resident, ...
  uint64_t all = 0, resident = 0;
  if (statm >> all >> resident) p.resident_bytes = resident * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  return p;
}

}  // namespace trine::observe
