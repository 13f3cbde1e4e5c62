// ./dev bench split: how far each request's share of the energy is from the truth (test/split), by length of the
// meter's windows and by load, as tables in Markdown on standard output.
//
// usage: bench_split FOLDER_OF_TRACES
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "split/replay.h"
#include "split/trace.h"

namespace {

using namespace trine;
using namespace trine::split;

constexpr double kLead = 300;  // the model is loaded, nobody calls
constexpr double kLoads[] = {0.2, 0.5, 0.85};
// The catalog's form for a model that nobody measured, 8e9 parameters on an H100 (docs/accounting.md §4b): what the
// gateway would go by here. Nothing in the product is told the engine's constants.
const energy::TokenWeights kCatalog = energy::TokenWeights::from({0.146, 1.35});

struct Scene {
  std::vector<Arrival> arrivals;
  Truth truth;
  std::vector<Note> notes;
  double half_s = 0;
};

Scene scene_of(const std::vector<Arrival>& trace, double load, const Gateway& gateway) {
  const EngineSpec engine;
  Scene s;
  s.arrivals = at_rate(trace, load * capacity(engine, trace), kLead);
  s.truth = serve(engine, s.arrivals, 3);
  s.notes = notes_of(s.arrivals, s.truth, gateway);
  s.half_s = s.arrivals[s.arrivals.size() / 2].at_s;
  return s;
}

// Median / 90th percentile.
std::string percent(const Deviation& e) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f / %.0f %%", 100 * e.median, 100 * e.p90);
  return text;
}

std::string cell(const Scene& s, double window_s, double lateness_s) {
  Product product;
  product.weights = kCatalog;
  product.lateness_s = lateness_s;
  const Meter meter{.every_s = window_s};
  const auto judged = [&](const Replayed& r) { return judge(s.arrivals, s.truth, r, s.half_s).product; };
  const Deviation before = judged(replay(s.arrivals, s.truth, s.notes, meter, product));
  product.calibrate_after = s.half_s;
  const Replayed fitted = replay(s.arrivals, s.truth, s.notes, meter, product);
  return (fitted.fit ? percent(judged(fitted)) : "no fit") + " (" + percent(before) + ")";
}

void rows(const char* name, const std::vector<Arrival>& trace, const Gateway& gateway = {}, double lateness_s = 2) {
  for (const double load : kLoads) {
    const Scene s = scene_of(trace, load, gateway);
    std::printf("| %s | %.0f %% |", name, 100 * load);
    for (const double window_s : {1, 5, 15, 30}) std::printf(" %s |", cell(s, window_s, lateness_s).c_str());
    const Replayed all{.joules = std::vector<double>(s.arrivals.size()),
                       .settled = std::vector<bool>(s.arrivals.size(), true),
                       .fit = {},
                       .idle_w = 0,
                       .metered = {},
                       .shared = {}};
    const Deviations naive = judge(s.arrivals, s.truth, all, s.half_s);
    std::printf(" %.2fx (%s) | %.2fx (%s) |\n", naive.by_output.factor, percent(naive.by_output).c_str(),
                naive.by_total.factor, percent(naive.by_total).c_str());
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::filesystem::path folder = argc > 1 ? argv[1] : "";
  const auto code = azure_trace(folder / "azure_llm_2023_code.csv");
  const auto conv = azure_trace(folder / "azure_llm_2023_conv.csv");
  const bool real = !code.empty() && !conv.empty();
  if (!real) std::printf("The Azure traces are not there: a synthetic mix with their means stands in.\n\n");
  const auto both = real ? merged(code, conv) : synthetic(28'000, 5);
  std::printf("| requests | load | windows of 1 s | 5 s | 15 s | 30 s | by output tokens | by all tokens |\n");
  std::printf("|---|---|---|---|---|---|---|---|\n");
  rows("code + conv", both);
  if (real) {
    rows("conv", conv);
    rows("code", code);
  }
  rows("half not streamed", both, Gateway{.streamed = 0.5});
  // What closing windows later would give: calls that are over by then are told as the engine reports them.
  constexpr double kLate = 30;
  rows("closed 30 s late", both, Gateway{.prompt_after_s = kLate - 1}, kLate);
  rows("both of these", both, Gateway{.streamed = 0.5, .prompt_after_s = kLate - 1}, kLate);
  return 0;
}
