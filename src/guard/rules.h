// Tier 1: one pass of an automaton over a text finds every rule that matches it (Vectorscan; linear in the text, no
// backtracking, whatever the rules).
//
// A RuleSet is immutable: any thread may scan with it, each with a RuleScratch of its own. To swap rules, compile a new
// set and replace the shared pointer; scans and streams under way end on the set they began with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "guard/part.h"
#include "guard/phrases.h"
#include "guard/rule_pack.h"

namespace trine::guard {

struct RuleHit {
  static constexpr size_t kUnknown = SIZE_MAX;

  uint32_t rule = 0;        // index into RuleSet::rules()
  size_t begin = kUnknown;  // first byte; known only for rules with `span`
  size_t end = 0;           // behind the last byte of the first match; of the longest one for rules with `span`
};

// Bounds of a whole set; rule_pack.h has those of one pattern. What a set at these bounds costs depends on its
// patterns: bench/rules_bench.cc measures two (docs/guard-rules.md).
inline constexpr size_t kMaxRules = 4096;
inline constexpr size_t kMaxTotalPositions = 90'000;  // sum of pattern_positions()
inline constexpr size_t kMaxSpans = 256;              // hits with a span that one scan reports

class RuleScratch;

class RuleSet {
 public:
  // invalid_argument names file:line:column of the rule that cannot be; a rule id must be there once only.
  static Result<std::shared_ptr<const RuleSet>> compile(std::vector<RulePack> packs);
  // The packs built into the program; about a second.
  static Result<std::shared_ptr<const RuleSet>> shipped();
  ~RuleSet();
  RuleSet(const RuleSet&) = delete;
  RuleSet& operator=(const RuleSet&) = delete;

  std::span<const Rule> rules() const { return rules_; }
  const std::string& version() const { return version_; }  // "extraction 1, overriding 1": the packs and their versions
  const std::string& hash() const { return hash_; }        // SHA-256 of all packs' texts, 64 hex digits
  size_t bytes() const;                                    // memory of the automata

  // False: there are more places than kMaxSpans, and those behind are not told.
  // Appends to `hits` each rule for `input` and `provenance` that `text` matches: once, or for a rule with `span` once
  // for each place. `text`: UTF-8 below 4 GiB; for RuleInput::folded the views of tier 0, for ::original the bytes as
  // they came. Throws std::bad_alloc only, when a scratch first meets this set.
  bool scan(std::string_view text, RuleInput input, Provenance provenance, RuleScratch& scratch,
            std::vector<RuleHit>& hits) const;

 private:
  friend class RuleScratch;
  friend class RuleStream;
  struct Automata;
  RuleSet() = default;
  Result<void> build();

  std::vector<Rule> rules_;
  Phrases phrases_;  // of rules_
  std::string version_, hash_;
  std::shared_ptr<const Automata> automata_;
};

// Working memory of one thread. Fits any set; keeps the automata of the last one alive.
class RuleScratch {
 public:
  RuleScratch();
  ~RuleScratch();
  RuleScratch(RuleScratch&&) noexcept;
  RuleScratch& operator=(RuleScratch&&) noexcept;

 private:
  friend class RuleSet;
  friend class RuleStream;
  struct State;
  void fit(const std::shared_ptr<const RuleSet::Automata>& automata);

  std::unique_ptr<State> state_;
};

// An answer as it comes: the rules for Provenance::assistant over text in pieces, as if it were one. Offsets count from
// the beginning of the answer; begin is never known (secret_stream.h cuts secrets out).
class RuleStream {
 public:
  RuleStream(std::shared_ptr<const RuleSet> rules, RuleInput input);
  ~RuleStream();
  RuleStream(RuleStream&&) noexcept;
  RuleStream& operator=(RuleStream&&) noexcept;

  void feed(std::string_view piece, RuleScratch& scratch, std::vector<RuleHit>& hits);
  void finish(RuleScratch& scratch, std::vector<RuleHit>& hits);  // rules that end at "$"; nothing may be fed after it
  size_t bytes() const;                                           // memory of the stream's state

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace trine::guard
