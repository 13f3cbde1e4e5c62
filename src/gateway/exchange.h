// One request on its way through the stages. What the stages learn is written here; settle makes the record of it.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/id.h"
#include "base/time.h"
#include "energy/facts.h"
#include "gateway/cache/keeping.h"
#include "gateway/context.h"
#include "gateway/guard/guarding.h"
#include "gateway/identify/identities.h"
#include "gateway/limit/reservation.h"
#include "llm/errors.h"
#include "llm/request.h"
#include "llm/usage.h"
#include "net/server.h"
#include "net/upstream.h"

namespace trine::gateway {

// The call that is under way, or ended last.
struct Call {
  std::shared_ptr<const Deployment> deployment;
  energy::CallFacts facts;  // its id, place and times; tokens once known
  ledger::Progress progress;
  Mono start{};
  Mono first_token{};          // zero: none yet
  int64_t batch_at_start = 0;  // BatchMeter::integral when it began
  std::optional<llm::Usage> usage;
  Tokens counted_out = 0;  // deltas relayed
  uint64_t bytes_out = 0;
  energy::Figures figures;  // as first settled
  Tokens fed_out = 0;       // of these, told to metering
  double fed_in = 0;        // fresh prompt tokens told to metering, estimated; what is missing is told at the end
  Wall fed_until{};
  bool open = false;  // begun and not yet recorded
  bool sent = false;  // the request, or a part of it, may have reached the engine
  std::unique_ptr<net::UpstreamConnection> upstream;
};

// Tokens that a stage spared the engine. Settle makes an energy::Avoided of it, and prices it at the deployment that
// served the rest where the stage has no figures.
struct Spared {
  const char* step;  // "documents.repeats", "cache.exact", ...
  Tokens in = 0, out = 0;
  std::optional<energy::Figures> figures;
};

// The call that served a request: the one that went well, else the last.
struct ServedCall {
  std::shared_ptr<const Deployment> deployment;
  Tokens in = 0, cached = 0, out = 0;
  bool ok = false;
};

struct Exchange {
  Exchange(Context& c, net::ServerConnection& connection) : context(c), client(connection) {}
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  Context& context;
  net::ServerConnection& client;
  std::shared_ptr<const Snapshot> snapshot;

  RequestId id;
  std::array<char, 30> id_text{};
  Wall arrived{};
  Mono arrived_mono{};
  Mono must_end{};  // timeouts.total
  llm::Endpoint endpoint = llm::Endpoint::other;

  Trail trail;
  std::shared_ptr<Trace> trace;  // null: not traced

  // identify
  std::shared_ptr<const Identities> identities;  // keeps `key`
  std::shared_ptr<const Key> token_key;          // keeps `key` of a token
  const Key* key = nullptr;
  energy::Tenant tenant;              // who pays
  const KeyPolicy* limits = nullptr;  // its limits and budgets, and those of its groups
  const char* token_fault = "";       // why its token counts for nothing; for logs
  uint64_t prefix_salt = 0;           // whose prompts may be taken together (Key::prefix_salt)

  // the body, once read
  net::Body body;
  llm::RequestScan scan;

  // limit
  Reservation reservation{context.clock()};
  std::optional<Tokens> output_cap;      // the answer may have so many tokens at most
  std::optional<score::Weights> prefer;  // a budget is over its soft limit
  std::string limit_head;                // header lines
  int64_t retry_after = 0;               // seconds; 0: the usual

  // guard, where somebody looks
  std::unique_ptr<Guarding> guarding;

  // egress, guard: what stands in the body in place of what the client wrote. Views into the body, and JSON.
  struct InPlace {
    std::string_view raw;
    std::string text;
  };
  std::vector<InPlace> in_place;

  // documents, cache
  std::vector<std::string_view> document_parts;  // of the body: parts whose text comes from a file
  std::vector<Spared> spared;
  std::unique_ptr<Keeping> keeping;  // its answer is written down to be given again
  const char* cached_as = "";        // for x-trine-cache; empty: no business of the cache

  // route
  const Route* route = nullptr;
  std::string workload;
  std::vector<const Deployment*> tried;
  std::string reason;
  const char* routed_by = "";             // what decided: score::Decider's name, "only" or "fallback"
  Tokens held_tokens = 0;                 // of the prompt, that the chosen deployment was sent before
  std::optional<score::Weights> weights;  // its own

  // call
  std::function<void()> leave_room;  // while it waits for a place
  Call call;
  uint16_t calls = 0;
  bool head_sent = false;  // the client has the status line: errors go in band from here
  bool client_gone = false;
  bool relays_more = false;  // a whole answer is kept for the Idempotency-Key

  // settle
  std::optional<ServedCall> served;        // where there is a baseline to compare with
  const Deployment* given_from = nullptr;  // of `snapshot`: whose answer was given again; likewise
  energy::Figures figures;                 // of all calls so far
  bool all_final = true;                   // no meter will correct them
  bool simulated = false;
  const char* allow = nullptr;  // methods that its path takes, where they are not the usual ones
  int status = 0;               // what the client was answered
  const char* error = "";       // our code of it
  bool recorded = false;

  std::string_view id_view() const { return {id_text.data(), id_text.size()}; }
  Mono now() const { return context.clock().mono(); }
};

}  // namespace trine::gateway
