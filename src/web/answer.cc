#include "web/answer.h"

#include "base/text.h"

namespace trine::web {

gateway::AdminAnswer answer_of(const Error& error) {
  using enum llm::ErrorCode;
  std::string detail = error.message;
  while (detail.ends_with('.')) detail.pop_back();  // the table's sentence goes on
  switch (error.code) {
    case Code::invalid_argument:
    case Code::out_of_range:
      return gateway::admin_error({invalid_request, detail, {}});
    case Code::not_found:
      return gateway::admin_error({not_found, detail, {}});
    case Code::failed_precondition:
    case Code::already_exists:
      return gateway::admin_error({conflict, detail, {}});
    default:
      return gateway::admin_error({internal, detail, {}});
  }
}

gateway::AdminAnswer busy() {
  return gateway::admin_error({llm::ErrorCode::rate_limited, "too much is asked of the ledger at the moment", {}},
                              "retry-after: 1\r\n");
}

std::string_view cookie(std::string_view header, std::string_view name) {
  while (!header.empty()) {
    const size_t end = std::min(header.find(';'), header.size());
    const std::string_view part = trim(header.substr(0, end));
    header.remove_prefix(std::min(end + 1, header.size()));
    const size_t is = part.find('=');
    if (is != std::string_view::npos && part.substr(0, is) == name) return part.substr(is + 1);
  }
  return {};
}

}  // namespace trine::web
