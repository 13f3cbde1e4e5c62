#include "gateway/cache/semantic.h"

#include <algorithm>

#include "cache/vectors.h"
#include "gateway/call/side_call.h"
#include "gateway/settle/settle.h"
#include "llm/embedding.h"
#include "llm/response.h"

namespace trine::gateway {
namespace {

constexpr size_t kMostOfEmbedder = 1 << 20;

}  // namespace

net::Task<std::optional<std::vector<float>>> embed(Exchange& x, const std::string& text) {
  const std::shared_ptr<const Deployment> d = x.route->embeddings;
  const SemanticCacheConfig& c = *x.route->cache->semantic;
  if (!d->state->health.available(x.now())) co_return std::nullopt;
  if (!open_call(x, d, true)) {
    x.call = Call{};
    co_return std::nullopt;
  }
  const std::string body = llm::embedding_request(d->model, text);
  const Mono until = std::min(x.now() + c.timeout, x.must_end);
  const auto answer = co_await side_call(x, *d, "/embeddings", body, kMostOfEmbedder, until);
  if (answer) {
    if (const auto scan = llm::scan_response(*answer)) x.call.usage = scan->usage;
    d->state->health.success();
  } else {
    d->state->health.failure(x.now(), x.call.start);
  }
  close_call(x, answer ? energy::Outcome::ok : energy::Outcome::failed, answer ? 200 : 0);
  // The answer is another's: what the client is told of its deployment, and what steps are priced at, is not this one.
  x.call = Call{};
  if (!answer) co_return std::nullopt;
  auto numbers = llm::read_embedding(*answer);
  if (!numbers) co_return std::nullopt;
  co_return cache::Vectors::unit(std::move(*numbers));
}

}  // namespace trine::gateway
