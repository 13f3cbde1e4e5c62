#include "guard/rules.h"

#include <fmt/format.h>
#include <hs/hs.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iterator>
#include <map>
#include <new>
#include <utility>

#include "base/text.h"

namespace trine::guard {
namespace {

struct Free {
  void operator()(hs_database_t* p) const { hs_free_database(p); }
  void operator()(hs_scratch_t* p) const { hs_free_scratch(p); }
  void operator()(hs_compile_error_t* p) const { hs_free_compile_error(p); }
};
using Database = std::unique_ptr<hs_database_t, Free>;

enum class Mode { block, stream };

constexpr std::pair<RuleInput, Mode> kAutomata[] = {{RuleInput::folded, Mode::block},
                                                    {RuleInput::folded, Mode::stream},
                                                    {RuleInput::original, Mode::block},
                                                    {RuleInput::original, Mode::stream}};

// What one automaton finds. Ids: index of a rule, or number of rules + index of a step of phrases.
struct Selection {
  RuleInput input;
  Mode mode;
  std::vector<const char*> patterns;
  std::vector<unsigned> flags, ids;

  bool takes(RuleInput of, uint8_t provenances) const {
    return of == input && (mode == Mode::block || (provenances >> static_cast<int>(Provenance::assistant) & 1) != 0);
  }
  void add(const std::string& pattern, unsigned flag, size_t id) {
    patterns.push_back(pattern.c_str());
    flags.push_back(flag);
    ids.push_back(static_cast<unsigned>(id));
  }
};

// Folded text needs no caseless matching, and bytes need no UTF-8 mode: each makes compiling several times slower. One
// match per rule is all that is asked for, but where a span is, Vectorscan can only report every end with its begin.
unsigned flags_of(const Rule& r, Mode mode) {
  return r.span && mode == Mode::block ? HS_FLAG_SOM_LEFTMOST : HS_FLAG_SINGLEMATCH;
}

// "at: pattern: reason", without the empty parts.
tl::unexpected<Error> refuse(const Rule& r, std::string_view reason) {
  return fail(Code::invalid_argument, "{}: rule {}: pattern: {}", r.at, r.id, reason);
}

Result<void> check_expression(const Rule& r, const std::string& pattern) {
  hs_expr_info_t* info = nullptr;
  hs_compile_error_t* error = nullptr;
  const auto code = hs_expression_info(pattern.c_str(), flags_of(r, Mode::block), &info, &error);
  const std::unique_ptr<hs_compile_error_t, Free> owned(error);
  if (code != HS_SUCCESS) return refuse(r, error ? error->message : "cannot be read");
  const bool matches_nothing = info->min_width == 0;
  std::free(info);  // NOLINT(cppcoreguidelines-no-malloc): Vectorscan allocates with malloc
  if (matches_nothing) return refuse(r, "matches the empty text, so it would match everything.");
  return {};
}

Result<Database> compile_selection(const std::vector<Rule>& rules, const Phrases& phrases, Selection s) {
  for (size_t i = 0; i < rules.size(); ++i)
    if (!rules[i].pattern.empty() && s.takes(rules[i].input, rules[i].provenances))
      s.add(rules[i].pattern, flags_of(rules[i], s.mode), i);
  const auto steps = phrases.steps();
  for (size_t i = 0; i < steps.size(); ++i)  // all matches: the next step may follow any of them
    if (s.takes(steps[i].input, steps[i].provenances)) s.add(*steps[i].pattern, 0, rules.size() + i);
  if (s.ids.empty()) return Database();
  // For any processor, not just this one: what is built here runs elsewhere.
  const hs_platform_info_t platform{HS_TUNE_FAMILY_GENERIC, 0, 0, 0};
  hs_database_t* database = nullptr;
  hs_compile_error_t* error = nullptr;
  const auto code =
      hs_compile_multi(s.patterns.data(), s.flags.data(), s.ids.data(), static_cast<unsigned>(s.ids.size()),
                       s.mode == Mode::block ? HS_MODE_BLOCK : HS_MODE_STREAM, &platform, &database, &error);
  const std::unique_ptr<hs_compile_error_t, Free> owned(error);
  if (code == HS_SUCCESS) return Database(database);
  if (error && error->expression >= 0) {
    const size_t id = s.ids[static_cast<size_t>(error->expression)];
    return refuse(id < rules.size() ? rules[id] : *steps[id - rules.size()].of, error->message);
  }
  return fail(Code::invalid_argument, "the rules cannot be compiled: {}", error ? error->message : "unknown reason");
}

// Adds a pattern of `r` to what the set costs.
Result<void> check_cost(const Rule& r, const std::string& pattern, size_t& positions) {
  const auto count = pattern_positions(pattern);
  if (!count) return refuse(r, count.error().message + ".");
  positions += *count;
  if (positions > kMaxTotalPositions)
    return fail(Code::resource_exhausted,
                "{}: the rules up to here have {} positions; {} is the limit. Drop packs or shorten repeats.", r.at,
                positions, kMaxTotalPositions);
  return check_expression(r, pattern);
}

Result<void> check_bounds(const std::vector<Rule>& rules, const Phrases& phrases) {
  if (rules.size() > kMaxRules)
    return fail(Code::resource_exhausted, "{}: the packs have {} rules; {} is the limit.", rules[kMaxRules].at,
                rules.size(), kMaxRules);
  std::map<std::string_view, const Rule*> seen;
  size_t positions = 0;
  for (const auto& r : rules) {
    const auto [first, fresh] = seen.try_emplace(r.id, &r);
    if (!fresh)
      return fail(Code::already_exists, "{}: rule {} is there already, at {}.", r.at, r.id, first->second->at);
    if (r.pattern.empty()) continue;
    if (auto checked = check_cost(r, r.pattern, positions); !checked) return checked;
  }
  for (const auto& step : phrases.steps())
    if (auto checked = check_cost(*step.of, *step.pattern, positions); !checked) return checked;
  return {};
}

std::string hash_of(const std::vector<RulePack>& packs) {
  std::string all;
  for (const auto& p : packs) all += p.text_hash;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (EVP_Digest(all.data(), all.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) throw std::bad_alloc();
  return hex({digest.data(), size});
}

void check(hs_error_t code) {
  // With a database, a scratch of it and no callback that stops, memory is all that can fail.
  if (code != HS_SUCCESS && code != HS_SCAN_TERMINATED) throw std::bad_alloc();
}

}  // namespace

struct RuleSet::Automata {
  std::array<Database, 2> block, stream;  // by RuleInput; null: no rules
  size_t rules = 0, slots = 0;

  Database& at(RuleInput input, Mode mode) {
    return (mode == Mode::block ? block : stream)[static_cast<size_t>(input)];
  }
  const hs_database_t* of(RuleInput input, Mode mode) const {
    return (mode == Mode::block ? block : stream)[static_cast<size_t>(input)].get();
  }
};

struct RuleScratch::State {
  std::unique_ptr<hs_scratch_t, Free> memory;
  std::shared_ptr<const RuleSet::Automata> automata;
  // One scan's hits. Their room is made beforehand, since nothing may be thrown through the C code of Vectorscan.
  std::vector<RuleHit> found;
  std::vector<uint32_t> last;  // per rule: 1 + index in `found` of its last hit
  PhraseProgress phrases;
};

RuleScratch::RuleScratch() : state_(std::make_unique<State>()) {}
RuleScratch::~RuleScratch() = default;
RuleScratch::RuleScratch(RuleScratch&&) noexcept = default;
RuleScratch& RuleScratch::operator=(RuleScratch&&) noexcept = default;

void RuleScratch::fit(const std::shared_ptr<const RuleSet::Automata>& automata) {
  if (state_->automata == automata) return;
  auto* memory = state_->memory.release();
  for (const auto* group : {&automata->block, &automata->stream})
    for (const auto& database : *group) {
      if (!database) continue;
      const auto code = hs_alloc_scratch(database.get(), &memory);  // grows it, or frees it and sets it to null
      if (code != HS_SUCCESS) {
        state_->automata = nullptr;
        state_->memory.reset(memory);
        check(code);
      }
    }
  state_->memory.reset(memory);
  state_->found.reserve(automata->rules + kMaxSpans);
  state_->last.assign(automata->rules, 0);
  state_->automata = automata;
}

namespace {

// What a match is turned into a hit with.
struct Scan {
  std::span<const Rule> rules;
  std::span<const PhraseStep> steps;
  Provenance provenance;
  std::vector<RuleHit>& found;
  std::vector<uint32_t>& last;
  PhraseProgress& phrases;
  bool with_spans;
  size_t spans = 0;
  bool full = false;

  void hit(uint32_t rule, size_t begin, size_t end) {
    found.push_back({rule, begin, end});
    last[rule] = static_cast<uint32_t>(found.size());
  }

  void step(const PhraseStep& step, size_t end) {
    for (const auto& place : step.places)
      if (last[place.rule] == 0 && rules[place.rule].applies_to(provenance) && phrases.advance(place, end))
        hit(place.rule, RuleHit::kUnknown, end);
  }

  // Every end of a match comes, from the left: the longest one counts, and one that overlaps another belongs to it.
  void span(uint32_t rule, size_t begin, size_t end) {
    if (last[rule] != 0 && begin < found[last[rule] - 1].end) {
      auto& hit = found[last[rule] - 1];
      hit.begin = std::min(hit.begin, begin);
      hit.end = std::max(hit.end, end);
    } else if (spans < kMaxSpans) {
      ++spans;
      hit(rule, begin, end);
    } else {
      full = true;
    }
  }
};

int on_match(unsigned id, unsigned long long from, unsigned long long to, unsigned, void* context) {
  auto& scan = *static_cast<Scan*>(context);
  if (id >= scan.rules.size())
    scan.step(scan.steps[id - scan.rules.size()], to);
  else if (!scan.rules[id].applies_to(scan.provenance))
    return 0;
  else if (scan.rules[id].span && scan.with_spans)
    scan.span(id, from, to);
  else
    scan.hit(id, RuleHit::kUnknown, to);
  return 0;
}

void take(std::vector<RuleHit>& found, std::vector<RuleHit>& hits) {
  hits.insert(hits.end(), found.begin(), found.end());
  found.clear();
}

}  // namespace

RuleSet::~RuleSet() = default;

Result<void> RuleSet::build() {
  auto phrases = Phrases::of(rules_);
  if (!phrases) return tl::unexpected(phrases.error());
  phrases_ = std::move(*phrases);
  if (const auto bounded = check_bounds(rules_, phrases_); !bounded) return bounded;
  auto automata = std::make_shared<Automata>();
  for (const auto& [input, mode] : kAutomata) {
    auto database = compile_selection(rules_, phrases_, {input, mode, {}, {}, {}});
    if (!database) return tl::unexpected(database.error());
    automata->at(input, mode) = std::move(*database);
  }
  automata->rules = rules_.size();
  automata->slots = phrases_.slots();
  automata_ = std::move(automata);
  return {};
}

Result<std::shared_ptr<const RuleSet>> RuleSet::compile(std::vector<RulePack> packs) {
  if (hs_valid_platform() != HS_SUCCESS)
    return fail(Code::failed_precondition, "the rules need a processor with SSE4.2 (x86-64-v2) or NEON");
  std::shared_ptr<RuleSet> set(new RuleSet);
  set->hash_ = hash_of(packs);
  for (auto& pack : packs) {
    set->version_ += fmt::format("{}{} {}", set->version_.empty() ? "" : ", ", pack.name, pack.version);
    std::move(pack.rules.begin(), pack.rules.end(), std::back_inserter(set->rules_));
  }
  if (const auto built = set->build(); !built) return tl::unexpected(built.error());
  return set;
}

Result<std::shared_ptr<const RuleSet>> RuleSet::shipped() {
  auto packs = shipped_packs();
  if (!packs) return tl::unexpected(packs.error());
  return compile(std::move(*packs));
}

size_t RuleSet::bytes() const {
  size_t sum = 0;
  for (const auto* group : {&automata_->block, &automata_->stream})
    for (const auto& database : *group) {
      size_t size = 0;
      if (database && hs_database_size(database.get(), &size) == HS_SUCCESS) sum += size;
    }
  return sum;
}

bool RuleSet::scan(std::string_view text, RuleInput input, Provenance provenance, RuleScratch& scratch,
                   std::vector<RuleHit>& hits) const {
  const auto* database = automata_->of(input, Mode::block);
  if (database == nullptr || text.empty()) return true;
  scratch.fit(automata_);
  auto& state = *scratch.state_;
  state.phrases.begin(phrases_.slots());
  Scan scan{rules_, phrases_.steps(), provenance, state.found, state.last, state.phrases, true};
  const auto size = static_cast<unsigned>(std::min<size_t>(text.size(), UINT32_MAX));
  const auto code = hs_scan(database, text.data(), size, 0, state.memory.get(), on_match, &scan);
  for (const auto& hit : state.found) state.last[hit.rule] = 0;
  take(state.found, hits);
  check(code);
  return !scan.full;
}

struct RuleStream::State {
  std::shared_ptr<const RuleSet> rules;
  hs_stream_t* stream = nullptr;
  size_t bytes = 0;
  PhraseProgress phrases;
  std::vector<uint32_t> last;  // per rule: not 0 once it was hit

  State(std::shared_ptr<const RuleSet> set, RuleInput input) : rules(std::move(set)) {
    const auto* database = rules->automata_->of(input, Mode::stream);
    if (database == nullptr) return;
    check(hs_open_stream(database, 0, &stream));
    hs_stream_size(database, &bytes);
    phrases.begin(rules->phrases_.slots());
    last.assign(rules->rules_.size(), 0);
  }
  ~State() {
    if (stream != nullptr) hs_close_stream(stream, nullptr, nullptr, nullptr);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

RuleStream::RuleStream(std::shared_ptr<const RuleSet> rules, RuleInput input)
    : state_(std::make_unique<State>(std::move(rules), input)) {}
RuleStream::~RuleStream() = default;
RuleStream::RuleStream(RuleStream&&) noexcept = default;
RuleStream& RuleStream::operator=(RuleStream&&) noexcept = default;

void RuleStream::feed(std::string_view piece, RuleScratch& scratch, std::vector<RuleHit>& hits) {
  if (state_->stream == nullptr || piece.empty()) return;
  scratch.fit(state_->rules->automata_);
  auto& found = scratch.state_->found;
  Scan scan{state_->rules->rules(),
            state_->rules->phrases_.steps(),
            Provenance::assistant,
            found,
            state_->last,
            state_->phrases,
            false};
  const auto size = static_cast<unsigned>(std::min<size_t>(piece.size(), UINT32_MAX));
  const auto code =
      hs_scan_stream(state_->stream, piece.data(), size, 0, scratch.state_->memory.get(), on_match, &scan);
  take(found, hits);
  check(code);
}

void RuleStream::finish(RuleScratch& scratch, std::vector<RuleHit>& hits) {
  if (state_->stream == nullptr) return;
  scratch.fit(state_->rules->automata_);
  auto& found = scratch.state_->found;
  Scan scan{state_->rules->rules(),
            state_->rules->phrases_.steps(),
            Provenance::assistant,
            found,
            state_->last,
            state_->phrases,
            false};
  auto* stream = std::exchange(state_->stream, nullptr);
  const auto code = hs_close_stream(stream, scratch.state_->memory.get(), on_match, &scan);
  take(found, hits);
  check(code);
}

size_t RuleStream::bytes() const {
  return state_->bytes;
}

}  // namespace trine::guard
