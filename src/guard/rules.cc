#include "guard/rules.h"

#include <fmt/format.h>
#include <hs/hs.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
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

// The rules of one automaton: indices into the set.
struct Selection {
  RuleInput input;
  Mode mode;
  std::vector<const char*> patterns;
  std::vector<unsigned> flags, ids;

  bool takes(const Rule& r) const {
    return r.input == input && (mode == Mode::block || r.applies_to(Provenance::assistant));
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

Result<void> check_expression(const Rule& r) {
  hs_expr_info_t* info = nullptr;
  hs_compile_error_t* error = nullptr;
  const auto code = hs_expression_info(r.pattern.c_str(), flags_of(r, Mode::block), &info, &error);
  const std::unique_ptr<hs_compile_error_t, Free> owned(error);
  if (code != HS_SUCCESS) return refuse(r, error ? error->message : "cannot be read");
  const bool matches_nothing = info->min_width == 0;
  std::free(info);  // NOLINT(cppcoreguidelines-no-malloc): Vectorscan allocates with malloc
  if (matches_nothing) return refuse(r, "matches the empty text, so it would match everything.");
  return {};
}

Result<Database> compile_selection(const std::vector<Rule>& rules, Selection s) {
  for (size_t i = 0; i < rules.size(); ++i) {
    if (!s.takes(rules[i])) continue;
    s.patterns.push_back(rules[i].pattern.c_str());
    s.flags.push_back(flags_of(rules[i], s.mode));
    s.ids.push_back(static_cast<unsigned>(i));
  }
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
  if (error && error->expression >= 0)
    return refuse(rules[s.ids[static_cast<size_t>(error->expression)]], error->message);
  return fail(Code::invalid_argument, "the rules cannot be compiled: {}", error ? error->message : "unknown reason");
}

Result<void> check_bounds(const std::vector<Rule>& rules) {
  std::map<std::string_view, const Rule*> seen;
  size_t positions = 0;
  for (const auto& r : rules) {
    const auto [first, fresh] = seen.try_emplace(r.id, &r);
    if (!fresh)
      return fail(Code::already_exists, "{}: rule {} is there already, at {}.", r.at, r.id, first->second->at);
    const auto count = pattern_positions(r.pattern);
    if (!count) return refuse(r, count.error().message + ".");
    positions += *count;
    if (seen.size() > kMaxRules || positions > kMaxTotalPositions)
      return fail(Code::resource_exhausted,
                  "{}: the rules up to here are {} with {} positions; {} and {} are the limits. Drop packs or shorten "
                  "repeats.",
                  r.at, seen.size(), positions, kMaxRules, kMaxTotalPositions);
    if (const auto valid = check_expression(r); !valid) return valid;
  }
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
  size_t rules = 0;

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
  std::vector<uint32_t> last;  // per rule: 1 + index in `found` of its last hit with a span
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
  Provenance provenance;
  std::vector<RuleHit>& found;
  std::vector<uint32_t>* last;  // null: no spans
  size_t spans = 0;
};

int on_match(unsigned id, unsigned long long from, unsigned long long to, unsigned, void* context) {
  auto& scan = *static_cast<Scan*>(context);
  const Rule& rule = scan.rules[id];
  if (!rule.applies_to(scan.provenance)) return 0;
  if (!rule.span || scan.last == nullptr) {
    scan.found.push_back({id, RuleHit::kUnknown, to});
    return 0;
  }
  // Every end of a match comes, from the left: the longest one counts, and one that overlaps another belongs to it.
  auto& last = (*scan.last)[id];
  if (last != 0 && from < scan.found[last - 1].end) {
    auto& hit = scan.found[last - 1];
    hit.begin = std::min<size_t>(hit.begin, from);
    hit.end = std::max<size_t>(hit.end, to);
    return 0;
  }
  if (scan.spans == kMaxSpans) return 0;
  ++scan.spans;
  scan.found.push_back({id, from, to});
  last = static_cast<uint32_t>(scan.found.size());
  return 0;
}

void take(std::vector<RuleHit>& found, std::vector<RuleHit>& hits) {
  hits.insert(hits.end(), found.begin(), found.end());
  found.clear();
}

}  // namespace

RuleSet::~RuleSet() = default;

std::shared_ptr<RuleSet> RuleSet::of(std::vector<RulePack> packs) {
  std::shared_ptr<RuleSet> set(new RuleSet);
  set->hash_ = hash_of(packs);
  for (auto& pack : packs) {
    set->version_ += fmt::format("{}{} {}", set->version_.empty() ? "" : ", ", pack.name, pack.version);
    std::move(pack.rules.begin(), pack.rules.end(), std::back_inserter(set->rules_));
  }
  return set;
}

Result<void> RuleSet::build() {
  if (const auto bounded = check_bounds(rules_); !bounded) return bounded;
  auto automata = std::make_shared<Automata>();
  for (const auto& [input, mode] : kAutomata) {
    auto database = compile_selection(rules_, {input, mode, {}, {}, {}});
    if (!database) return tl::unexpected(database.error());
    automata->at(input, mode) = std::move(*database);
  }
  automata->rules = rules_.size();
  automata_ = std::move(automata);
  return {};
}

Result<std::shared_ptr<const RuleSet>> RuleSet::compile(std::vector<RulePack> packs) {
  return restore(std::move(packs), {});
}

Result<std::shared_ptr<const RuleSet>> RuleSet::restore(std::vector<RulePack> packs, std::string_view automata) {
  if (hs_valid_platform() != HS_SUCCESS)
    return fail(Code::failed_precondition, "the rules need a processor with SSE4.2 (x86-64-v2) or NEON");
  auto set = of(std::move(packs));
  if (set->adopt(automata)) return set;
  if (const auto built = set->build(); !built) return tl::unexpected(built.error());
  return set;
}

// Format: hash of the packs (64), then for each automaton its size (8 bytes, of this machine) and what Vectorscan
// serialised. Vectorscan checks its own version, platform and CRC.
std::string RuleSet::precompiled() const {
  std::string out = hash_;
  for (const auto& [input, mode] : kAutomata) {
    char* bytes = nullptr;
    uint64_t size = 0;
    if (const auto* database = automata_->of(input, mode)) check(hs_serialize_database(database, &bytes, &size));
    out.append(reinterpret_cast<const char*>(&size), sizeof size);
    out.append(bytes, size);
    std::free(bytes);  // NOLINT(cppcoreguidelines-no-malloc): Vectorscan allocates with malloc
  }
  return out;
}

bool RuleSet::adopt(std::string_view bytes) {
  if (!bytes.starts_with(hash_)) return false;
  bytes.remove_prefix(hash_.size());
  auto automata = std::make_shared<Automata>();
  for (const auto& [input, mode] : kAutomata) {
    uint64_t size = 0;
    if (bytes.size() < sizeof size) return false;
    std::memcpy(&size, bytes.data(), sizeof size);
    bytes.remove_prefix(sizeof size);
    if (bytes.size() < size) return false;
    hs_database_t* database = nullptr;
    if (size != 0 && hs_deserialize_database(bytes.data(), size, &database) != HS_SUCCESS) return false;
    automata->at(input, mode).reset(database);
    bytes.remove_prefix(size);
  }
  automata->rules = rules_.size();
  automata_ = std::move(automata);
  return true;
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

void RuleSet::scan(std::string_view text, RuleInput input, Provenance provenance, RuleScratch& scratch,
                   std::vector<RuleHit>& hits) const {
  const auto* database = automata_->of(input, Mode::block);
  if (database == nullptr || text.empty()) return;
  scratch.fit(automata_);
  auto& state = *scratch.state_;
  Scan scan{rules_, provenance, state.found, &state.last};
  const auto size = static_cast<unsigned>(std::min<size_t>(text.size(), UINT32_MAX));
  const auto code = hs_scan(database, text.data(), size, 0, state.memory.get(), on_match, &scan);
  for (const auto& hit : state.found) state.last[hit.rule] = 0;
  take(state.found, hits);
  check(code);
}

struct RuleStream::State {
  std::shared_ptr<const RuleSet> rules;
  hs_stream_t* stream = nullptr;
  size_t bytes = 0;

  State(std::shared_ptr<const RuleSet> set, RuleInput input) : rules(std::move(set)) {
    const auto* database = rules->automata_->of(input, Mode::stream);
    if (database == nullptr) return;
    check(hs_open_stream(database, 0, &stream));
    hs_stream_size(database, &bytes);
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
  Scan scan{state_->rules->rules(), Provenance::assistant, found, nullptr};
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
  Scan scan{state_->rules->rules(), Provenance::assistant, found, nullptr};
  auto* stream = std::exchange(state_->stream, nullptr);
  const auto code = hs_close_stream(stream, scratch.state_->memory.get(), on_match, &scan);
  take(found, hits);
  check(code);
}

size_t RuleStream::bytes() const {
  return state_->bytes;
}

}  // namespace trine::guard
