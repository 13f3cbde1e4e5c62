// A call that the gateway makes for a request beside the one that answers it: a judge's, an embedding's.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gateway/exchange.h"
#include "net/task.h"

namespace trine::gateway {

// Posts JSON and reads the answer's body; nothing where there is none with status 200 in time, or a longer one than
// `most`. REQUIRES: open_call() for this deployment, beside.
net::Task<std::optional<std::string>> side_call(Exchange& x, const Deployment& d, std::string_view path,
                                                const std::string& body, size_t most, Mono until);

}  // namespace trine::gateway
