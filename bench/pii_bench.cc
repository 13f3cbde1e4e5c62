// links: guard
// Personal data in documents and in a chat message. Contract: at least 100 MB/s on documents, linear on anything.
#include <benchmark/benchmark.h>

#include <string>
#include <string_view>

#include "guard/data_stream.h"
#include "guard/guard.h"

namespace {

using namespace trine::guard;

constexpr std::string_view kProse =
    "The committee met on 12 May 2026 and agreed that the report should be published before the summer. Several "
    "members "
    "asked for more time to read the annexes, which describe how the figures were collected and why two of the regions "
    "could not answer. Rechnungen werden bis zum Ende des Monats geprüft, danach entscheidet der Vorstand. Les membres "
    "peuvent consulter le dossier au secrétariat; 14 pages manquent encore. ";
constexpr std::string_view kWithData =
    "Bitte überweisen Sie das Gehalt von Jürgen Müller auf DE89370400440532013000, Steuer-ID 14628749358, Telefon "
    "+49 1741230679, oder schreiben Sie an j.mueller@example.org bis morgen. ";
constexpr std::string_view kTable = "540928288;2026-05-12;1042,50;4086725334;0.4711;192.168.1.17\n";

std::string repeated(std::string_view piece, size_t bytes) {
  std::string s;
  while (s.size() < bytes) s += piece;
  return s;
}

void scan(benchmark::State& state, const std::string& text) {
  const PiiScanner scanner;
  std::vector<PiiSpan> spans;
  for (auto _ : state) {
    spans.clear();
    scanner.scan(text, spans);
    benchmark::DoNotOptimize(spans.data());
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * text.size()));
  state.counters["spans"] = static_cast<double>(spans.size());
}

void BM_Prose(benchmark::State& state) {
  scan(state, repeated(kProse, 1 << 20));
}
BENCHMARK(BM_Prose)->Unit(benchmark::kMicrosecond);

// One page in ten is full of data.
void BM_Document(benchmark::State& state) {
  scan(state, repeated(repeated(kProse, 18'000) + repeated(kWithData, 2'000), 1 << 20));
}
BENCHMARK(BM_Document)->Unit(benchmark::kMicrosecond);

void BM_OnlyData(benchmark::State& state) {
  scan(state, repeated(kWithData, 1 << 20));
}
BENCHMARK(BM_OnlyData)->Unit(benchmark::kMicrosecond);

void BM_Table(benchmark::State& state) {
  scan(state, repeated(kTable, 1 << 20));
}
BENCHMARK(BM_Table)->Unit(benchmark::kMicrosecond);

// What costs most per byte: each is looked at as the beginning of many things.
void BM_Worst(benchmark::State& state) {
  static const std::vector<std::string> kPieces = {"1 ", "1.", "12-", "a1:", "Aa 1 ", "540928288 "};
  scan(state, repeated(kPieces[static_cast<size_t>(state.range(0))], 1 << 20));
}
BENCHMARK(BM_Worst)->DenseRange(0, 5)->Unit(benchmark::kMicrosecond);

void BM_Message(benchmark::State& state) {
  scan(state, std::string(state.range(0) == 0 ? kProse.substr(0, 170) : kWithData.substr(0, 170)));
}
BENCHMARK(BM_Message)->ArgName("data")->Arg(0)->Arg(1);

// An answer in pieces of a token.
void BM_Stream(benchmark::State& state) {
  const PiiScanner scanner;
  DataPolicy policy;
  policy.personal.set_all(PiiAction::redact);
  if (state.range(0) != 0) policy.secrets = PiiAction::redact;
  const std::string text = repeated(kProse, 16 << 10);
  RuleScratch scratch;
  std::string out;
  for (auto _ : state) {
    DataStream s(Guard::shipped()->rules(), scanner, policy);
    out.clear();
    for (size_t at = 0; at < text.size(); at += 5) s.push(std::string_view(text).substr(at, 5), scratch, out);
    s.finish(scratch, out);
    benchmark::DoNotOptimize(out.data());
  }
  state.counters["ns_per_token"] =
      benchmark::Counter(static_cast<double>(text.size()) / 5e9,
                         benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}
BENCHMARK(BM_Stream)->ArgName("secrets")->Arg(0)->Arg(1)->Unit(benchmark::kMicrosecond);

}  // namespace
