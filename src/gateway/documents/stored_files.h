// Files that requests name by an id, for the document stage: whoever keeps them implements this.
#pragma once

#include <string>

#include "base/error.h"
#include "net/task.h"

namespace trine::gateway {

struct Exchange;

struct StoredFile {
  std::string name;
  std::string bytes;
};

// One per worker, on its thread.
class StoredFiles {
 public:
  virtual ~StoredFiles() = default;
  // Of who asks in `x`. Errors: not_found (also where it is somebody else's).
  virtual net::Task<Result<StoredFile>> read(Exchange& x, std::string id) = 0;
};

}  // namespace trine::gateway
