// What the admin port answers.
#pragma once

#include <string>

#include "llm/errors.h"

namespace trine::gateway {

struct AdminAnswer {
  int status = 200;
  std::string type = "application/json";
  std::string body;
  std::string headers;  // whole lines, each with its end
};

inline AdminAnswer admin_error(const llm::ClientError& error, std::string headers = {}) {
  return {llm::status(error), "application/json", llm::openai_error_body(error), std::move(headers)};
}

}  // namespace trine::gateway
