// Locks this process up before it sees a byte of a document.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace trine::docworker {

struct Locks {
  bool whole = false;             // the system-call filter and the resource limits hold
  std::vector<std::string> held;  // "seccomp", "landlock", "namespaces", "rlimits"
  std::string missing;            // why it is not whole
};

// After this: no file can be opened, no socket made, no program started, no process or thread made; only what is open
// already is read and written. Cannot be undone. `memory_bytes` of address space (0: no limit).
Locks lock_up(int64_t memory_bytes);

}  // namespace trine::docworker
