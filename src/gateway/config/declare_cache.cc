// Which answers are given again, and where what must outlast a restart is kept (docs/caching.md).
#include "gateway/config/draft.h"
#include "gateway/config/forms.h"

namespace trine::gateway {
namespace {

using namespace std::chrono_literals;
using yaml::Fields;
using yaml::required;

void declare_semantic(Fields& f, Draft::RouteMarks& marks, SemanticCacheConfig& s) {
  f.text(required("embeddings", "Name of the deployment that is asked at /v1/embeddings."), s.embeddings);
  f.number({"threshold", "Cosine of the two texts' embeddings from which one's answer is given to the other."},
           s.threshold, 0.5, 1);
  f.integer({"entries", "Texts that one is compared with, at most; the oldest go."}, s.entries, 1, 20'000);
  f.duration({"timeout", "Of the embedding; the request goes on without it."}, s.timeout, 10ms, 1min);
  marks.embeddings = f.where("embeddings");
}

}  // namespace

void declare_route_cache(Fields& f, Draft::RouteMarks& marks, RouteCacheConfig& c) {
  f.boolean({"exact", "Give an answer again to whoever asks the same."}, c.exact);
  f.duration({"ttl", "How long."}, c.ttl, 1s, 24h * 365);
  f.choice({"scope", "Who may be given what another was answered: the same key, project, team or organisation."},
           c.scope,
           {{"key", CacheScope::key},
            {"project", CacheScope::project},
            {"team", CacheScope::team},
            {"org", CacheScope::org}});
  f.boolean({"sampled", "Also answers that are drawn at random: requests without `temperature: 0`."}, c.sampled);
  f.boolean({"coalesce", "Requests that ask the same at the same time share one call (of each worker)."}, c.coalesce);
  f.boolean({"persist", "Keep them across restarts, in the vault."}, c.persist);
  f.size({"max_answer", "Longer ones are not kept."}, c.max_answer, kKiB, 64 * kMiB);
  f.object({"semantic", "Give an answer also to who asks in almost the same words; off if absent."}, c.semantic,
           [&marks](Fields& s, SemanticCacheConfig& semantic) { declare_semantic(s, marks, semantic); });
}

void declare_cache_memory(Fields& f, Config& config) {
  f.object({"cache", "Answers that are kept in memory."}, config, [](Fields& c, Config& all) {
    c.size({"memory", "Of all routes together; the embeddings of semantic caches may take as much again."},
           all.cache_memory, kMiB, 1024 * kGiB);
  });
  f.check([&f, &config] {
    for (const RouteConfig& route : config.routes)
      if (route.cache && route.cache->persist && !config.vault)
        f.complain(f.where("routes"), fmt::format("routes.cache.persist: \"{}\" needs a vault.", route.model));
  });
}

}  // namespace trine::gateway
