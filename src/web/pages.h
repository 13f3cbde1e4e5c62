// The pages of the admin port: files built into the program, the API under them, sign-in, and the live stream.
#pragma once

#include "gateway/admin/pages.h"
#include "web/views.h"

namespace trine::web {

// A gateway::MakePages.
Result<std::unique_ptr<gateway::Pages>> make_pages(gateway::Pages::Parts parts, const Snapshot& snapshot, Views views);

}  // namespace trine::web
