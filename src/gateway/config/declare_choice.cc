// What binds the choice among a route's deployments, beside its weights.
#include <algorithm>

#include "gateway/config/draft.h"
#include "gateway/config/forms.h"

namespace trine::gateway {
namespace {

using namespace std::chrono_literals;
using yaml::Fields;

std::optional<std::string> parse_header_name(std::string_view s) {
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  };
  if (s.empty() || s.size() > 64 || !std::all_of(s.begin(), s.end(), good)) return {};
  return std::string(s);
}

}  // namespace

void declare_choice(yaml::Fields& f, RouteConfig& route) {
  f.object({"slo", "What 95 of 100 requests must keep; who would miss it counts less, or not at all."}, route.slo,
           [](Fields& s, SloConfig& slo) {
             s.duration({"ttft_p95", "From the call to the first token; no bound if absent."}, slo.ttft_p95, 1ms, 1h);
             s.duration({"tpot_p95", "Per further token; no bound if absent."}, slo.tpot_p95, 1ms, 1min);
             s.boolean({"strict", "Where all would miss it, refuse instead of taking the one that misses least."},
                       slo.strict);
             s.check([&s, &slo] {
               if (slo.ttft_p95 == Nanos(0) && slo.tpot_p95 == Nanos(0))
                 s.complain(s.where(), "slo: give ttft_p95 or tpot_p95.");
             });
           });
  f.object({"sticky", "A session's requests stay with one deployment while it may serve them."}, route.sticky,
           [](Fields& s, StickyConfig& sticky) {
             s.parsed({"header", "Names the session; without it prompt_cache_key does, else user."}, sticky.header,
                      form("header name", "[A-Za-z0-9-]{1,64}"), sticky.header,
                      "is not a header name: 1 to 64 of letters, digits and - are allowed.", parse_header_name);
             s.duration({"ttl", "How long after its last request."}, sticky.ttl, 1s, 24h);
           });
  f.boolean({"prefix_affinity", "Prefer who has the beginning of the prompt in its cache."}, route.prefix_affinity);
}

}  // namespace trine::gateway
