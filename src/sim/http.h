// The engine's HTTP surface without sockets: what comes in, what goes out.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trine::sim {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string_view method;
  std::string_view path;  // with or without a query
  std::string_view body;
};

struct Reply {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  Headers headers;  // besides content-type and content-length
};

}  // namespace trine::sim
