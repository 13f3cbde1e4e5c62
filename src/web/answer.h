// Small things that all answers of the pages share.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "gateway/admin/answer.h"

namespace trine::web {

// An error of ours as the client is told it.
gateway::AdminAnswer answer_of(const Error& error);
gateway::AdminAnswer busy();

// The value of a cookie; empty: there is none.
std::string_view cookie(std::string_view header, std::string_view name);

}  // namespace trine::web
