// What the commands of `trine instances` share.
#pragma once

#include <string>

#include "base/error.h"
#include "fleet/instance_store.h"

namespace trine::cli {

// The instances of a fleet's folder, also beside a process that works on it. not_found: there is no such folder.
Result<fleet::Instances> known_instances(const std::string& dir);

}  // namespace trine::cli
