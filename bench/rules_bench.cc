// links: guard
// What tier 1 costs. Budget: shipped packs compile in 3 s, folded text > 200 MB/s, original text > 250 MB/s.
#include <benchmark/benchmark.h>

#include <string>

#include "guard/rules.h"

namespace {

using namespace trine::guard;

constexpr std::string_view kText =
    "our supplier has sent an invoice that differs from the order by four per cent. please compare both documents, "
    "list "
    "every line that does not match, and write a short, polite letter. unser lieferant hat eine rechnung geschickt, "
    "die "
    "um vier prozent von der bestellung abweicht. ";

const std::shared_ptr<const RuleSet>& shipped() {
  static const auto set = RuleSet::shipped().value();
  return set;
}

void compile(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(RuleSet::shipped());
  state.SetLabel(std::to_string(shipped()->bytes() / 1024) + " KiB");
}
BENCHMARK(compile)->Unit(benchmark::kMillisecond);

// A set at the bounds: as many positions as may be, of one shape. `gap` stands between alternatives.
void compile_at_bounds(benchmark::State& state, const char* gap) {
  const auto letter = [](size_t n) { return std::string(1, static_cast<char>('a' + n % 26)); };
  RulePack pack;
  size_t positions = 0;
  for (size_t i = 0; pack.rules.size() < kMaxRules; ++i) {
    Rule r;
    r.id = std::to_string(i);
    r.provenances = 31;
    std::string words;
    for (size_t k = 0; k < 12; ++k)
      words += (k == 0 ? "(" : "|") + letter(i + k) + letter(i / 26 + k) + "ord" + letter(7 * k);
    r.pattern = words + ")" + gap + words + ")" + gap + "x" + letter(i);
    const size_t cost = pattern_positions(r.pattern).value();
    if (positions + cost > kMaxTotalPositions) break;
    positions += cost;
    pack.rules.push_back(r);
  }
  for (auto _ : state) benchmark::DoNotOptimize(RuleSet::compile({pack}));
  state.SetLabel(std::to_string(pack.rules.size()) + " rules");
}
BENCHMARK_CAPTURE(compile_at_bounds, loops, "[^\\n.]*")->Unit(benchmark::kMillisecond)->Iterations(1);
BENCHMARK_CAPTURE(compile_at_bounds, repeats, "[^\\n.]{0,60}")->Unit(benchmark::kMillisecond)->Iterations(1);

void scan(benchmark::State& state, RuleInput input) {
  std::string text;
  while (text.size() < static_cast<size_t>(state.range(0))) text += kText;
  RuleScratch scratch;
  std::vector<RuleHit> hits;
  for (auto _ : state) {
    hits.clear();
    shipped()->scan(text, input, Provenance::user, scratch, hits);
    benchmark::DoNotOptimize(hits);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(text.size()));
}
BENCHMARK_CAPTURE(scan, folded, RuleInput::folded)->Arg(170)->Arg(100 << 10);
BENCHMARK_CAPTURE(scan, original, RuleInput::original)->Arg(170)->Arg(100 << 10);

void stream_pieces_of_5_bytes(benchmark::State& state) {
  RuleScratch scratch;
  std::vector<RuleHit> hits;
  RuleStream stream(shipped(), RuleInput::original);
  size_t at = 0;
  for (auto _ : state) {
    stream.feed(kText.substr(at, 5), scratch, hits);
    at = at + 10 > kText.size() ? 0 : at + 5;
  }
  state.SetLabel(std::to_string(stream.bytes()) + " bytes of state");
}
BENCHMARK(stream_pieces_of_5_bytes);

}  // namespace
