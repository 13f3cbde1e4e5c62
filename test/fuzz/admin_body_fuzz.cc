// links: gateway
// Queries and bodies of the admin API. The first byte chooses the route, the first line is the query, the rest the
// body.
#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "gateway/admin/identity_calls.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace trine::gateway;
  if (size == 0) return 0;
  const auto routes = identity_routes();
  const IdentityRoute& route = routes[data[0] % routes.size()];
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  const size_t end = std::min(input.find('\n'), input.size());
  IdentityCall call;
  const bool query = !read_query(route, input.substr(0, end), call);
  const bool body = !read_body(route, input.substr(std::min(end + 1, input.size())), call);
  if (!query || !body) return 0;
  // What passed is bounded, one line each, and of fields that the route names: it goes to the database and the log.
  const std::string_view texts = route.texts, lists = route.lists;
  const auto good = [](std::string_view text) {
    return text.size() <= 256 && std::none_of(text.begin(), text.end(), [](char c) { return c == '\n' || c == '\0'; });
  };
  for (const auto& [name, text] : call.texts)
    if (texts.find(name) == std::string_view::npos || !good(text)) std::abort();
  for (const auto& [name, list] : call.lists)
    if (lists.find(name) == std::string_view::npos || list.size() > 100 || !std::all_of(list.begin(), list.end(), good))
      std::abort();
  return 0;
}
