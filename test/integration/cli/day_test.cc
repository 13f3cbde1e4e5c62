// A day of traffic through the gateway, two regions with a meter each, and what `trine report` says of it: its parts
// add up to the meters' totals, in integers.
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>

#include "gateway/metering/metering.h"
#include "integration/cli/program.h"
#include "integration/gateway/harness.h"
#include "integration/gateway/meter_page.h"

namespace trine::gateway::test::day_test {
namespace {

using Json = nlohmann::json;

struct Asked {
  int in = 0, out = 0;
};

// Token counts of real requests (Azure, conversation, 2023) and how many came in each hour of a real day (BurstGPT).
struct Traffic {
  std::vector<Asked> requests;
  std::vector<int> by_hour;
};

std::optional<Traffic> read_traffic() {
  const std::filesystem::path dir = TRINE_SOURCE_DIR "/../shared/data/traces";
  std::ifstream conversation(dir / "azure_llm_2023_conv.csv"), hours(dir / "burstgpt1_hourly_days0-29.csv");
  if (!conversation || !hours) return std::nullopt;
  Traffic t;
  string line;
  std::getline(conversation, line);
  while (t.requests.size() < 4000 && std::getline(conversation, line)) {
    Asked a;
    if (std::sscanf(line.c_str(), "%*[^,],%d,%d", &a.in, &a.out) == 2) t.requests.push_back(a);
  }
  std::getline(hours, line);
  while (t.by_hour.size() < 24 && std::getline(hours, line)) {
    int index = 0, day = 0, hour = 0, n = 0;
    if (std::sscanf(line.c_str(), "%d,%d,%d,%d", &index, &day, &hour, &n) == 4 && day == 5) t.by_hour.push_back(n);
  }
  return t;
}

struct Region {
  explicit Region(net::Loop& loop, string gpu) : page(loop), uuid(std::move(gpu)) {
    page.body = [this] {
      return fmt::format("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION{{gpu=\"0\",UUID=\"{}\",Hostname=\"{}\"}} {}\n", uuid,
                         uuid, mj);
    };
  }
  MeterPage page;
  string uuid;
  const int64_t first_mj = 123'456'789;
  int64_t mj = first_mj;
};

struct Day : testing::Test {
  static constexpr Nanos kStep = 30s;

  void configure(const std::filesystem::path& grid) {
    config = grid.parent_path() / "gateway.yaml";
    Sample sample;
    sample.deployments = fmt::format(
        "\n"
        "  - {{ name: fr, url: \"http://fr.test/v1\", model: gpt-oss-20b, gpu: RTX-4090, zone: FR, pue: 1.2, meter: "
        "m-fr, "
        "price: {{ per_hour: 0.36 }} }}\n"
        "  - {{ name: de, url: \"http://de.test/v1\", model: gpt-oss-20b, gpu: A100-PCIe-80GB, zone: DE, pue: 1.3, "
        "meter: "
        "m-de, price: {{ per_hour: 1.2 }} }}\n");
    sample.routes = "\n  - { model: small, deployments: [fr, de] }\n  - { model: second, deployments: [de] }\n";
    sample.grid = fmt::format("{{ zones: {{ FR: {{ file: \"{}\" }}, DE: {{ g_per_kwh: 400 }} }} }}", grid.string());
    sample.more = fmt::format(
        "meters:\n"
        "  - {{ name: m-fr, kind: dcgm, url: \"http://127.0.0.1:{}\", every: 30s }}\n"
        "  - {{ name: m-de, kind: dcgm, url: \"http://127.0.0.1:{}\", every: 30s }}\n",
        fr.page.port(), de.page.port());
    std::ofstream(config) << sample.yaml();
    h.reload(sample);
    metering.use(h.context.snapshot());
    ASSERT_TRUE(h.until([&] { return metering.set_of("fr")->frontier() && metering.set_of("de")->frontier(); }));
  }
  void step() {
    const int before_fr = fr.page.reads, before_de = de.page.reads;
    h.advance(kStep);
    ASSERT_TRUE(h.until([&] { return fr.page.reads > before_fr && de.page.reads > before_de; }));
    h.settle();
    hand_over();
  }
  void hand_over() { test::hand_over(h, metering); }
  void finish() {
    test::finish(h, metering);
    close_page(h, fr.page);
    close_page(h, de.page);
    ASSERT_TRUE(h.ledger->flush());
  }

  std::filesystem::path config;
  Harness h;
  Region fr{h.loop, "GPU-fr"}, de{h.loop, "GPU-de"};
  Metering metering{h.loop, h.ledger->back_office()};
};

TEST_F(Day, TheReportsPartsAddUpToTheMetersTotals) {
  const auto traffic = read_traffic();
  if (!traffic) GTEST_SKIP() << "needs the traces of ../shared/data, which are not here";
  ASSERT_EQ(traffic->by_hour.size(), 24u);
  TempDir dir;
  const auto grid = dir.path() / "fr.csv";
  {
    std::ofstream csv(grid);
    csv << "ts,g_per_kwh\n";
    for (int hour = -1; hour <= 25; ++hour)
      if (hour != 7)
        csv << iso8601(h.clock.wall() + std::chrono::hours(hour)).substr(0, 13) << ":00:00Z," << 20 + hour << "\n";
  }
  configure(grid);

  const double per_hour = *std::max_element(traffic->by_hour.begin(), traffic->by_hour.end());
  std::mt19937_64 random(20261123);
  const auto chance = [&](double p) { return std::uniform_real_distribution<>(0, 1)(random) < p; };
  EngineSide* asked_engine = nullptr;
  for (const char* engine : {"fr.test", "de.test"})
    h.engines[engine].on_request = [&](EngineSide& side, const Message&) { asked_engine = &side; };
  struct Running {
    Client* client = nullptr;  // null: nothing runs
    EngineSide* engine = nullptr;
    Asked asked;
  } running;
  size_t next = 0, sent = 0, left = 0;
  string some_answer;
  for (int s = 0; s < 24 * 120; ++s) {
    // The answer to what was asked in the step before; now and then the client has left.
    if (running.client && chance(0.03)) {
      running.client->leave();
      ++left;
    } else if (running.client) {
      running.engine->send(json_answer(completion(usage_json(running.asked.in, running.asked.out))));
      h.settle();
      if (s > 1500 && some_answer.empty()) some_answer = running.client->answer().header("x-trine-request-id");
    }
    h.settle();
    hand_over();
    running = {};
    // As busy as that hour: in the busiest one a request in nearly each step.
    const bool last = s + 1 == 24 * 120;
    if (!last && chance(0.9 * traffic->by_hour[static_cast<size_t>(s / 120)] / per_hour)) {
      const Asked asked = traffic->requests[next++ % traffic->requests.size()];
      Client& client = h.send(chat());
      ASSERT_NE(asked_engine, nullptr);
      running = {&client, std::exchange(asked_engine, nullptr), asked};
      ++sent;
    }
    fr.mj += 30 * (!running.client ? 22'000 : 310'000) + static_cast<int64_t>(random() % 50'000);
    de.mj += 30 * 55'000 + static_cast<int64_t>(random() % 50'000);
    // Now and then a meter cannot be read, and three times in a row it is stood in for: the sum stays the counter's.
    fr.page.broken = chance(0.05);
    de.page.broken = chance(0.05);
    step();
  }
  fr.page.broken = de.page.broken = false;
  step();
  step();
  finish();
  ASSERT_GT(sent, 200u);
  ASSERT_GT(left, 0u);

  const auto ran = cli::testing::run_trine(
      {"report", "--ledger", h.dir.path().string(), "--since", iso8601(h.clock.wall() - std::chrono::hours(48)),
       "--until", iso8601(h.clock.wall() + std::chrono::hours(48)), "--by", "deployment", "--json"});
  ASSERT_EQ(ran.status, 0) << ran.err;
  const Json report = Json::parse(ran.out);
  const auto whole = [](const Json& row, const char* field) {
    return row.at(field).get<int64_t>() + row.at("unattributed").at(field).get<int64_t>() +
           row.at("foreign").at(field).get<int64_t>();
  };
  EXPECT_EQ(report.at("total").at("requests").get<size_t>(), sent);
  EXPECT_EQ(whole(report.at("total"), "gpu_energy_uj"), (fr.mj - fr.first_mj + de.mj - de.first_mj) * 1000);
  for (const Json& row : report.at("rows")) {
    const Region& region = row.at("name") == "fr" ? fr : de;
    EXPECT_EQ(whole(row, "gpu_energy_uj"), (region.mj - region.first_mj) * 1000) << row.at("name");
  }
  // Each figure has a letter and a range; the hour without a value lowered some, and 0 g is nowhere.
  const Json& total = report.at("total");
  EXPECT_LT(total.at("energy_low_uj").get<int64_t>(), total.at("energy_uj").get<int64_t>());
  EXPECT_GT(total.at("energy_high_uj").get<int64_t>(), total.at("energy_uj").get<int64_t>());
  EXPECT_FALSE(total.at("quality").get<string>().empty());
  EXPECT_GT(total.at("operational_ng").get<int64_t>(), 0);

  // One request's derivation leads to what it was settled at.
  const auto explained = cli::testing::run_trine(
      {"explain", "--config", config.string(), "--ledger", h.dir.path().string(), some_answer, "--json"});
  ASSERT_EQ(explained.status, 0) << explained.err;
  const Json call = Json::parse(explained.out).at("calls").at(0);
  const Json& settled = call.at("settlements").back();
  EXPECT_EQ(settled.at("basis"), "final");
  int64_t found = 0;
  ASSERT_FALSE(call.at("windows").empty());
  for (const Json& w : call.at("windows")) found += w.at("ours").at("energy_uj").get<int64_t>();
  EXPECT_NEAR(static_cast<double>(found), settled.at("energy_uj").get<double>(),
              1e-3 * settled.at("energy_uj").get<double>())
      << "it was alone, so that its windows are its own";

  const auto verified = cli::testing::run_trine({"ledger", "verify", "--ledger", h.dir.path().string()});
  EXPECT_EQ(verified.status, 0) << verified.out << verified.err;
}

}  // namespace
}  // namespace trine::gateway::test::day_test
