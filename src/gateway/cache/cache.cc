#include "gateway/cache/cache.h"

#include <algorithm>

#include "base/text.h"
#include "gateway/cache/answer_cache.h"
#include "gateway/cache/give.h"
#include "gateway/cache/keeping.h"
#include "gateway/cache/semantic.h"
#include "llm/request_form.h"

namespace trine::gateway {
namespace {

constexpr size_t kMostBody = 4 << 20;  // a longer one is seldom sent twice, and would hold the worker
constexpr int kMostFollowed = 2;       // calls of others that failed; then it makes its own
constexpr Given kExact{"cache.exact", "hit"};
constexpr Given kSemantic{"cache.semantic", "semantic"};

// What the client asks of caches (RFC 9111 §5.2.1). Directives that nobody here knows say nothing.
struct Wishes {
  bool read = true, write = true;
  std::optional<Nanos> max_age;
};

void take_directive(std::string_view directive, Wishes& w) {
  const size_t equals = std::min(directive.find('='), directive.size());
  const std::string_view name = trim(directive.substr(0, equals));
  std::string_view value = trim(directive.substr(std::min(directive.size(), equals + 1)));
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
  if (iequals(name, "no-store")) w.read = w.write = false;
  if (iequals(name, "no-cache")) w.read = false;
  if (!iequals(name, "max-age")) return;
  constexpr int64_t kLongest = 100LL * 365 * 86400;
  const auto seconds = parse_int(value);
  // One that cannot be read is no leave to give something old.
  w.max_age = std::chrono::seconds(seconds ? std::clamp<int64_t>(*seconds, 0, kLongest) : 0);
}

Wishes wishes_of(const net::Head& head) {
  Wishes w;
  for (const net::Header& h : head.headers) {
    if (!iequals(h.name, "cache-control")) continue;
    std::string_view rest = h.value;
    while (!rest.empty()) {
      const size_t comma = std::min(rest.find(','), rest.size());
      take_directive(rest.substr(0, comma), w);
      rest.remove_prefix(std::min(rest.size(), comma + 1));
    }
  }
  return w;
}

void part(std::string& text, std::string_view what) {
  const fmt::format_int size(what.size());
  text.append(size.data(), size.size()).append(1, ':').append(what);
}

// All that an answer depends on beside the body, and who may share it.
std::string name_of(const Exchange& x, const RouteCacheConfig& c) {
  const energy::Tenant& t = x.tenant;
  std::string text;
  text.reserve(256);
  part(text, t.org);
  if (c.scope == CacheScope::team || c.scope == CacheScope::project || c.scope == CacheScope::key) part(text, t.team);
  if (c.scope == CacheScope::project || c.scope == CacheScope::key) part(text, t.project);
  // Who belongs to nothing shares with nobody.
  const bool alone = t.org.empty() && t.team.empty() && t.project.empty();
  if (c.scope == CacheScope::key || alone) part(text, t.key);
  part(text, llm::name(x.endpoint));
  part(text, x.route->model);
  part(text, x.route->cache_print);
  part(text, x.key->guard);
  // What else of the request goes to the engine and may change its answer.
  const net::Head& head = x.client.head();
  part(text, head.target.substr(head.path().size()));
  std::string betas;
  for (const net::Header& h : head.headers)
    if (iequals(h.name, "openai-beta")) betas.append(h.value).append(1, '\n');
  part(text, betas);
  const fmt::format_int cap(x.output_cap.value_or(-1)), scope(static_cast<int>(c.scope));
  text.append(cap.data(), cap.size()).append(1, ':').append(scope.data(), scope.size()).append(1, ';');
  return text;
}

bool may_use(const Exchange& x) {
  if (!x.route || !x.route->cache || !x.key->cache || !x.context.answers) return false;
  if (!llm::has_form(x.endpoint) || x.body.size > kMostBody) return false;
  // What a URL leads to may change; what is not recorded is not given either.
  return x.scan.urls.empty() && !x.context.journal.full();
}

// One look at what is kept. `by`: a key, or a question.
template <class By>
net::Task<bool> find(Exchange& x, IdempotencyClaim& claim, const By& by, const Wishes& wishes, Given as) {
  const Wall now = x.context.clock().wall();
  const auto answer = x.context.answers->store().find(by, now);
  if (!answer || (wishes.max_age && now - answer->made > *wishes.max_age)) co_return false;
  const bool given = co_await give(x, claim, *answer, as, now - answer->made);
  co_return given;
}

}  // namespace

net::Task<bool> answer_from_cache(Exchange& x, IdempotencyClaim& claim) {
  if (!may_use(x)) co_return false;
  const RouteCacheConfig& c = *x.route->cache;
  const Wishes wishes = wishes_of(x.client.head());
  if (!wishes.write) co_return false;
  CacheCounters& count = x.context.counters.cache;
  const std::string name = name_of(x, c);
  // On a route that stopped giving what may have been drawn at random, what was asked there before is another question.
  const std::string asked_name = c.sampled ? name + "sampled;" : name;
  const cache::Question question{asked_name, x.body.view()};
  if (wishes.read && c.exact && co_await find(x, claim, question, wishes, kExact)) {
    count.hits.add();
    co_return true;
  }
  const bool semantic = c.semantic && x.endpoint == llm::Endpoint::chat;
  auto form = llm::request_form(x.endpoint, x.body.view(), semantic);
  if (!form || form->looks_out || (form->drawn && !c.sampled)) co_return false;
  const cache::Key key = x.context.answers->key(name + form->text);

  if (wishes.read && c.exact && co_await find(x, claim, key, wishes, kExact)) {
    x.context.answers->store().remember(key, question);
    count.hits.add();
    co_return true;
  }
  if (wishes.read && c.coalesce) {
    for (int i = 0; i < kMostFollowed; ++i) {
      const auto flight = x.context.flights.find(key);
      if (!flight) break;
      if (co_await follow(x, claim, flight)) {
        count.followed.add();
        co_return true;
      }
      if (x.client_gone || x.now() >= x.must_end) break;
    }
  }
  std::shared_ptr<Flight> flight;
  if (c.coalesce && !x.context.flights.find(key)) flight = x.context.flights.begin(key);
  x.keeping = std::make_unique<Keeping>(x, key, std::move(flight));
  if (semantic && !form->last_text.empty()) {
    // Behind the start of the flight: who asks the very same meanwhile follows.
    if (auto unit = co_await embed(x, form->last_text)) {
      const cache::Key scope = x.context.answers->key(name + "semantic" + form->without_last);
      const auto near = wishes.read ? x.context.answers->vectors().nearest(scope, *unit) : std::nullopt;
      if (near && near->cosine >= c.semantic->threshold) {
        if (co_await find(x, claim, near->key, wishes, kSemantic)) {
          count.similar.add();
          x.keeping.reset();
          co_return true;
        }
      }
      x.keeping->found_by({scope, std::move(*unit)});
    }
  }
  count.misses.add();
  x.cached_as = "miss";
  co_return false;
}

}  // namespace trine::gateway
