#include "fleet/option.h"

#include <gtest/gtest.h>

#include "catalog/load.h"
#include "fleet/fleet_file.h"

namespace trine::fleet::option_test {
namespace {

const catalog::Catalog& data() {
  static const auto loaded = catalog::load();
  return **loaded;
}

Fleet read(std::string_view options) {
  const std::string text = fmt::format("peak_tokens_per_min: 3000000\nmodel: llama-3.1-8b\noptions:\n{}", options);
  auto fleet = read_fleet_text("fleet.yaml", text, data());
  EXPECT_TRUE(fleet) << fleet.error().message;
  return fleet.value_or(Fleet{});
}

TEST(AFleetFile, CapsZonesThatItHas) {
  const auto problem = [](const char* caps) {
    const auto fleet =
        read_fleet_text("fleet.yaml",
                        fmt::format("peak_tokens_per_min: 3000000\nmodel: llama-3.1-8b\nzone_caps: {}\noptions:\n"
                                    "  - {{ name: a, gpu: A100, zone: DE, per_hour: 1.6 }}\n",
                                    caps),
                        data());
    return fleet ? std::string() : fleet.error().message;
  };
  EXPECT_EQ(problem("{ DE: 1 }"), "");
  EXPECT_NE(problem("{ DE: 1, XX: 2 }").find("zone_caps: no option is in zone \"XX\"."), std::string::npos);
}

const Mix kChat{.in = 1155, .cached = 0, .out = 211};

TEST(Capacity, AFullMachineHasNoSecondLeft) {
  const Fleet fleet = read("  - { name: a, gpu: A100, zone: DE, per_hour: 1.6 }\n");
  const Option& o = fleet.options.at(0);
  const auto c = capacity(o, kChat, {});
  ASSERT_TRUE(c) << c.error().message;
  const score::Speed& s = o.machine->speed;
  const double prefill = c->requests_per_s * kChat.in / s.prefill_tokens_per_s;
  const double decode = c->requests_per_s * kChat.out * (s.step_s0 + s.step_s1 * c->batch) / c->batch;
  EXPECT_NEAR(prefill + decode, 1, 1e-9);
  // Little's law: what runs is what arrives times how long its tokens take
  EXPECT_NEAR(c->requests_per_s * kChat.out * c->tpot_s, c->batch, 1e-6 * c->batch);
}

TEST(Capacity, ATighterSloMeansASmallerBatch) {
  const Fleet fleet = read("  - { name: a, gpu: A100, zone: DE, per_hour: 1.6 }\n");
  const auto loose = capacity(fleet.options.at(0), kChat, {.ttft_s = 0, .tpot_s = 0.2});
  const auto tight = capacity(fleet.options.at(0), kChat, {.ttft_s = 0, .tpot_s = 0.05});
  ASSERT_TRUE(loose && tight);
  EXPECT_LT(tight->batch, loose->batch);
  EXPECT_LT(tight->requests_per_s, loose->requests_per_s);
  EXPECT_LE(tight->tpot_s, 0.05);
  EXPECT_EQ(tight->bound, Capacity::Bound::tpot);
}

TEST(Capacity, SaysWhyAMachineCannotServe) {
  const Fleet fleet = read(
      "  - { name: small, gpu: L4, zone: DE, per_hour: 1, model: llama-3.1-70b }\n"
      "  - { name: slow, gpu: L4, zone: DE, per_hour: 1 }\n");
  const auto big = capacity(fleet.options.at(0), kChat, {});
  ASSERT_FALSE(big);
  EXPECT_NE(big.error().message.find("do not fit"), std::string::npos) << big.error().message;
  const auto slow = capacity(fleet.options.at(1), kChat, {.ttft_s = 0, .tpot_s = 0.01});
  ASSERT_FALSE(slow);
  EXPECT_NE(slow.error().message.find("over the 10 ms"), std::string::npos) << slow.error().message;
}

TEST(Linear, AFullHourIsTheCurvesEnergy) {
  const Fleet fleet = read("  - { name: a, gpu: H100, zone: DE, per_hour: 2.5 }\n");
  const Option& o = fleet.options.at(0);
  const auto c = capacity(o, kChat, {.ttft_s = 0, .tpot_s = 0.08});
  ASSERT_TRUE(c);
  const Linear l = linear(o, kChat, *c);
  const energy::Work work{.fresh = kChat.in, .cached = 0, .out = kChat.out, .context = kChat.in + kChat.out / 2};
  const double whole = energy::work_joules(o.machine->hardware.weights, work, c->batch) * c->requests_per_s * 3600;
  const double host = o.machine->hardware.site.host_w_per_gpu * 3600;
  EXPECT_NEAR(l.on_w * 3600 + l.joules_per_request * c->requests_per_s * 3600, whole + host, 1e-6 * whole);
}

TEST(FleetFile, SaysWhatIsWrongAndWhere) {
  const auto wrong = read_fleet_text("fleet.yaml",
                                     "peak_tokens_per_min: 3000000\n"
                                     "options:\n"
                                     "  - { name: a, gpu: RTX-409, zone: DE, model: llama-3.1-8b }\n"
                                     "  - { name: a, gpu: A100, model: llama-3.1-8b, zone: DE, per_hour: 0 }\n"
                                     "  - { name: c, vendor: openai }\n",
                                     data());
  ASSERT_FALSE(wrong);
  const std::string& m = wrong.error().message;
  EXPECT_NE(m.find("fleet.yaml:3:21: gpu: unknown GPU \"RTX-409\"; did you mean"), std::string::npos) << m;
  EXPECT_NE(m.find("fleet.yaml:4:"), std::string::npos) << m;
  EXPECT_NE(m.find("\"c\" has no model"), std::string::npos) << m;
}

}  // namespace
}  // namespace trine::fleet::option_test
