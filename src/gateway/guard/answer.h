// Stage 8: what goes back. An answer that gives its system prompt away is stopped, personal data and secrets are cut
// out, and what placeholders stand for is put back; in a stream as it comes. Only bytes wait that may be the beginning
// of what must not go out.
#pragma once

#include <list>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "base/function_ref.h"
#include "gateway/exchange.h"
#include "gateway/guard/guarding.h"
#include "guard/data_stream.h"
#include "guard/leak.h"
#include "guard/rules.h"
#include "json/splice.h"
#include "llm/texts.h"
#include "net/sse_relay.h"

namespace trine::gateway {

// One answer. One thread; the exchange outlives it. REQUIRES: x.guarding.
class AnswerGuard {
 public:
  explicit AnswerGuard(Exchange& x);
  ~AnswerGuard();
  AnswerGuard(const AnswerGuard&) = delete;
  AnswerGuard& operator=(const AnswerGuard&) = delete;

  // ---- a stream ----
  // What becomes of an event. `ends`: choices end with it, those that it gives a finish reason; where it names none,
  // the whole answer.
  net::EventVerdict event(std::string_view bytes, bool ends);
  // The answer must not go on: nothing passes any more.
  bool stopped() const { return stopped_; }

  // ---- a whole answer ----
  // The body as it may go out; nothing where it must not.
  std::optional<json::Splice> whole(std::string_view body);

  // It has ended: writes down what was found.
  void finish();

 private:
  struct Lane;  // one text of the answer that comes in deltas
  Lane& lane_of(const llm::TextPiece& piece);
  std::string through(Lane& lane, std::string_view text, bool whole);
  std::string event_with(const Lane& lane, std::string_view text);
  std::string rest(FunctionRef<bool(uint32_t)> ended);
  void find(guard::Risk risk, guard::Action action, std::string what);
  void found_leak(const guard::Leak& leak);
  void judge_hits();

  Exchange& x_;
  Guarding& g_;
  const guard::DataPolicy data_policy_;
  const bool reads_data_;  // some personal data, or a secret, is cut out or stops the answer
  bool stops_leaks_;
  std::list<Lane> lanes_;
  std::pmr::monotonic_buffer_resource arena_;
  std::vector<llm::TextPiece> pieces_;
  std::vector<guard::RuleHit> hits_;
  std::vector<uint32_t> rules_seen_;
  guard::Action action_ = guard::Action::allow;
  std::vector<std::string> found_;
  bool stopped_ = false;
};

}  // namespace trine::gateway
