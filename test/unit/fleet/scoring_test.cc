// Options as the score takes them: the axes follow from capacity, price, grid; who may not serve says why.
#include "fleet/scoring.h"

#include <gtest/gtest.h>

#include <cmath>

#include "catalog/load.h"
#include "fleet/catalog_options.h"
#include "fleet/fleet_file.h"
#include "fleet/flips.h"

namespace trine::fleet::scoring_test {
namespace {

using energy::Letter;

const catalog::Catalog& data() {
  static const auto loaded = catalog::load();
  return **loaded;
}

Fleet read(std::string_view options) {
  const std::string text = fmt::format("peak_tokens_per_min: 3000000\nmodel: gpt-oss-20b\noptions:\n{}", options);
  auto fleet = read_fleet_text("fleet.yaml", text, data());
  EXPECT_TRUE(fleet) << fleet.error().message;
  return fleet.value_or(Fleet{});
}

grid::Reading of(double g_per_kwh, bool hourly = true) {
  grid::Reading r;
  r.value = Intensity{g_per_kwh};
  r.granularity = hourly ? grid::Granularity::hourly : grid::Granularity::annual;
  r.sigma_ln = hourly ? 0.08 : 0.45;
  return r;
}

const Workload kWork{.mix = {.in = 1155, .cached = 0, .out = 211}, .slo = {}, .utilisation = 0.8};
const score::Weights kEqual;

TEST(Scoring, TheAxesAreAnHourDividedByItsTokens) {
  const Fleet f = read("  - { name: a, gpu: H100, zone: DE, per_hour: 2.5, pue: 1.2, electricity_per_kwh: 0.2 }\n");
  const Option& o = f.options.at(0);
  const Scored s = score_option(o, kWork, of(300));
  const auto c = capacity(o, kWork.mix, {});
  const Linear l = linear(o, kWork.mix, *c);
  const double requests_h = 0.8 * c->requests_per_s * 3600, mtok = requests_h * 1366 / 1e6;
  const double kwh = (l.on_w * 3600 + l.joules_per_request * requests_h) * 1.2 / 3.6e6;
  EXPECT_NEAR(s.joules_per_token.value, kwh * 3.6 / mtok, 1e-9);
  EXPECT_NEAR(s.cost.value, (2.5 + kwh * 0.2) / mtok, 1e-9);
  EXPECT_NEAR(s.carbon.value, (kwh * 300 + l.embodied_g_per_hour) / mtok, 1e-6);
}

TEST(Scoring, MachinesAreWhatThePeakNeedsAtTheUtilisation) {
  const Fleet f = read("  - { name: a, gpu: H100, zone: DE, per_hour: 2.5 }\n");
  Workload w = kWork;
  EXPECT_EQ(score_option(f.options.at(0), w, of(300)).machines, 0) << "the peak is not known";
  w.peak_tokens_per_min = 3e6;
  const double full = score_option(f.options.at(0), w, of(300)).machines;
  const auto c = capacity(f.options.at(0), w.mix, {});
  EXPECT_EQ(full, std::ceil(3e6 / 60 / 1366 / (0.8 * c->requests_per_s)));
  w.utilisation = 0.4;
  EXPECT_GE(score_option(f.options.at(0), w, of(300)).machines, 2 * full - 1);
}

TEST(Scoring, IdleCountsTheMoreTheLessAMachineIsUsed) {
  const Fleet f = read(
      "  - { name: own, gpu: H100, zone: DE, per_hour: 2.5 }\n"
      "  - { name: api, vendor: openai, model: gpt-4o-mini }\n");
  Workload idle = kWork;
  idle.utilisation = 0.1;
  const Scored busy = score_option(f.options.at(0), kWork, of(300)),
               lazy = score_option(f.options.at(0), idle, of(300));
  EXPECT_NEAR(lazy.cost.value, 8 * busy.cost.value, 1e-9) << "rent by the hour";
  EXPECT_GT(lazy.joules_per_token.value, busy.joules_per_token.value);
  EXPECT_LT(lazy.joules_per_token.value, 8 * busy.joules_per_token.value) << "but work is work";
  EXPECT_GT(lazy.idle_share, busy.idle_share);
  EXPECT_EQ(score_option(f.options.at(1), kWork, of(300)).cost.value,
            score_option(f.options.at(1), idle, of(300)).cost.value)
      << "a vendor's idle machines are the vendor's";
}

TEST(Scoring, LettersAndRangesSayHowGoodAFigureIs) {
  const Fleet f = read(
      "  - { name: known, gpu: H100, zone: DE, per_hour: 2.5 }\n"
      "  - { name: derived, gpu: RTX-4090, zone: FR, per_hour: 0.4, control: { operator: own } }\n"
      "  - { name: api, vendor: openai, model: gpt-4o-mini }\n");
  const Scored known = score_option(f.options.at(0), kWork, of(300));
  const Scored annual = score_option(f.options.at(0), kWork, of(300, false));
  const Scored derived = score_option(f.options.at(1), kWork, of(30));
  const Scored api = score_option(f.options.at(2), kWork, of(400));
  EXPECT_EQ(known.carbon.letter, Letter::B);
  EXPECT_EQ(annual.carbon.letter, Letter::C);
  EXPECT_EQ(api.carbon.letter, Letter::D);
  EXPECT_EQ(known.cost.letter, Letter::B);
  EXPECT_EQ(derived.cost.letter, Letter::C);
  EXPECT_EQ(api.cost.letter, Letter::A);
  EXPECT_EQ(known.control.letter, Letter::D) << "no fact is given";
  EXPECT_EQ(derived.control.letter, Letter::C);
  for (const Scored* s : {&known, &annual, &derived, &api})
    for (const Figure* figure : {&s->cost, &s->carbon, &s->joules_per_token}) {
      EXPECT_LT(figure->low, figure->value);
      EXPECT_GT(figure->high, figure->value);
    }
  EXPECT_GT(annual.carbon.sigma, known.carbon.sigma);
  EXPECT_GT(derived.cost.sigma, known.cost.sigma) << "nobody has measured its speed";
  EXPECT_GT(api.joules_per_token.sigma, 0.7);
  EXPECT_EQ(known.control.value, known.control.low);
  EXPECT_EQ(known.control.high, 1) << "all facts might be at their best";
}

TEST(Scoring, WhoMayNotServeSaysWhy) {
  Fleet f = read(
      "  - { name: fine, gpu: H100, zone: DE, per_hour: 2.5, jurisdiction: DE }\n"
      "  - { name: away, gpu: H100, zone: SE, per_hour: 2.5, jurisdiction: DE }\n"
      "  - { name: foreign, gpu: H100, zone: DE, per_hour: 2.5, jurisdiction: US }\n"
      "  - { name: consumer, gpu: RTX-4090, zone: DE, per_hour: 0.4, jurisdiction: DE, licensed: false }\n"
      "  - { name: small, gpu: L4, zone: DE, per_hour: 1, model: llama-3.1-70b, jurisdiction: DE }\n"
      "  - { name: few, gpu: L4, zone: DE, per_hour: 1, jurisdiction: DE, max: 2 }\n"
      "  - { name: out, gpu: H100, zone: DE, per_hour: 1, jurisdiction: DE }\n");
  Workload w = kWork;
  w.peak_tokens_per_min = f.peak_tokens_per_min;
  Constraints constraints;
  constraints.zones = {"DE"};
  constraints.jurisdictions = {"DE"};
  constraints.banned = {"OUT"};
  const std::vector<grid::Reading> grids(f.options.size(), of(300));
  const Sheet sheet = score_options(f.options, grids, w, constraints, kEqual);
  ASSERT_EQ(sheet.verdict.ordered.size(), 1u);
  EXPECT_EQ(sheet.verdict.ordered.front().index, 0u);
  std::map<std::string, std::string> why;
  for (const auto& r : sheet.verdict.rejected) why[f.options[r.index].name] = r.message;
  EXPECT_EQ(why["away"], "zone SE is not allowed");
  EXPECT_EQ(why["foreign"], "jurisdiction US is not allowed");
  EXPECT_EQ(why["consumer"], "licence does not allow this use");
  EXPECT_NE(why["small"].find("do not fit"), std::string::npos) << why["small"];
  EXPECT_NE(why["few"].find("2 can be had"), std::string::npos) << why["few"];
  EXPECT_EQ(why["out"], "banned");

  constraints = {};
  constraints.min_control = 0.5;
  const Sheet strict = score_options(f.options, grids, w, constraints, kEqual);
  for (const auto& r : strict.verdict.rejected)
    if (r.index == 0) {
      EXPECT_EQ(r.message, "control 0.10 is under the 0.50 asked for");
    }
}

TEST(Scoring, TheCatalogsInstancesAreOptions) {
  const auto* model = data().find_model("llama-3.1-70b");
  ASSERT_TRUE(model);
  const auto options = catalog_options(data(), *model, {}, {}, "EUR");
  ASSERT_TRUE(options) << options.error().message;
  EXPECT_GT(options->size(), 20u);
  const std::vector<std::string> zones = {"FR"}, nowhere = {"FR-XX"};
  const auto french = catalog_options(data(), *model, {}, zones, "EUR");
  ASSERT_TRUE(french);
  for (const Option& o : *french) EXPECT_EQ(o.zone, "FR") << o.name;
  const auto none = catalog_options(data(), *model, {}, nowhere, "EUR");
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().message.find("FR-XX"), std::string::npos);
}

// At each flip point the answer is another one, and just before it is not.
TEST(Flips, TheAnswerChangesThereAndNotBefore) {
  const Fleet f = read(
      "  - { name: de, gpu: A100, zone: DE, per_hour: 1.6, pue: 1.2, control: { operator: own } }\n"
      "  - { name: fr, gpu: RTX-4090, zone: FR, per_hour: 0.36, pue: 1.2, control: { operator: provider } }\n"
      "  - { name: de2, gpu: H100, zone: DE, per_hour: 2.6, pue: 1.3, control: { operator: own } }\n");
  const std::vector<grid::Reading> grids = {of(342), of(31), of(342)};
  const Contest c{f.options, grids, kWork, kEqual, 1, {0, 2}};
  ASSERT_GT(lead(c), 0);
  EXPECT_GT(lead_sigma(c), 0);
  const auto found = flips(c);
  int at_all = 0;
  for (const Flip& flip : found) {
    if (!flip.at) continue;
    ++at_all;
    EXPECT_TRUE(flip.to == "de" || flip.to == "de2") << name(flip.input);
    const auto lead_at = [&](double value) {
      auto options = f.options;
      auto g = grids;
      Contest moved{options, g, kWork, kEqual, 1, {0, 2}};
      const double factor = value / flip.now;
      if (flip.input == Input::price)
        for (Option& o : options)
          if (o.name == flip.of) o.machine->hardware.price.per_hour = euros(value);
      if (flip.input == Input::intensity)
        for (size_t i = 0; i < options.size(); ++i)
          if (options[i].zone == flip.of) g[i].value.g_per_kwh *= factor;
      if (flip.input == Input::utilisation) moved.workload.utilisation = value;
      return lead(moved);
    };
    if (flip.input != Input::price && flip.input != Input::intensity && flip.input != Input::utilisation) continue;
    const double before = flip.now + (*flip.at - flip.now) * 0.999, after = flip.now + (*flip.at - flip.now) * 1.001;
    EXPECT_GT(lead_at(before), 0) << name(flip.input) << " of " << flip.of;
    EXPECT_LT(lead_at(after), 0) << name(flip.input) << " of " << flip.of;
  }
  EXPECT_GE(at_all, 4);
}

}  // namespace
}  // namespace trine::fleet::scoring_test
