// A gateway at one moment, made by hand: two deployments (one simulated, with a meter that is not asked), one zone that
// nothing is known about, two workers.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "gateway/admin/admin.h"
#include "ledger/ledger.h"
#include "meter/prometheus_text.h"
#include "observe/prometheus.h"

namespace trine::observe {

inline constexpr Wall kNow = from_unix_ns(1'764'000'000'000'000'000);  // 2025-11-24T16:00:00Z

inline constexpr const char* kTwoDeployments = R"(
workers: 2
keys: [{ id: k, secret: sk-k, org: o, team: t, project: p }]
deployments:
  - { name: fr-4090, url: "http://127.0.0.1:1/v1", engine: sim, model: gpt-oss-20b, gpu: RTX-4090, zone: FR,
      price: { per_hour: 0.35 } }
  - { name: de-a100, url: "http://127.0.0.1:2/v1", model: "odd \"one\"\\", catalog_model: gpt-oss-20b,
      gpu: A100-PCIe-80GB, zone: DE, price: { per_hour: 1.2 } }
routes: [{ model: m, deployments: [fr-4090] }]
guard: { on: false }
grid: { zones: { FR: { g_per_kwh: 31 }, SE: { g_per_kwh: 25.5 } } }
ledger: { currency: EUR }
)";

// Series by name and labels: `name{a="x",b="y"}`, labels sorted.
using SeriesMap = std::map<std::string, double>;

inline std::string series_key(const meter::Series& s) {
  std::map<std::string, std::string> labels;
  for (const meter::Label& l : s.labels) labels.emplace(l.name, l.text());
  std::string key(s.name);
  key += "{";
  for (const auto& [name, value] : labels) key += (key.back() == '{' ? "" : ",") + name + "=" + value;
  return key + "}";
}

inline SeriesMap parse(const std::string& page) {
  SeriesMap found;
  const auto ok = meter::parse_text(page, meter::TextFormat::prometheus, [&](const meter::Series& s) {
    EXPECT_TRUE(found.emplace(series_key(s), s.value).second) << "twice on the page: " << series_key(s);
  });
  EXPECT_TRUE(ok) << ok.error().message;
  return found;
}

class View : public ::testing::Test {
 protected:
  View() { use(kTwoDeployments); }
  // A poll under way holds its meter: it ends with the loop's time, which costs none.
  void TearDown() override {
    metering.stop();
    loop.run_virtual(clock, std::chrono::minutes(1));
  }

  void use(std::string_view text) {
    const auto config = gateway::load_config_text("c.yaml", text);
    ASSERT_TRUE(config) << config.error().message;
    const auto catalog = gateway::load_catalog(**config);
    ASSERT_TRUE(catalog) << catalog.error().message;
    auto made = gateway::make_snapshot(*config, *catalog, snapshot.get());
    ASSERT_TRUE(made) << made.error().message;
    snapshot = *made;
  }

  gateway::DeploymentCounters& counters(size_t deployment, size_t worker) {
    return snapshot->deployments[deployment]->state->probe.of(worker);
  }

  std::string page() {
    const gateway::GatewayView view{*snapshot, workers, ledger, metering, started, now, sources};
    return render_page(view, kNow, process);
  }
  SeriesMap series() { return parse(page()); }

  std::shared_ptr<const gateway::Snapshot> snapshot;
  std::vector<gateway::WorkerCounters> workers{2};
  ledger::LedgerState ledger;
  std::vector<grid::SourceStatus> sources;
  VirtualClock clock{kNow};
  net::Loop loop{clock};
  Mono started = Mono(std::chrono::seconds(100));
  Mono now = Mono(std::chrono::seconds(160));
  ProcessFigures process{.cpu_seconds = 1.25, .resident_bytes = 12'345'678};

 private:
  static std::unique_ptr<ledger::Ledger> open_books(const std::filesystem::path& dir) {
    ledger::Ledger::Options options;
    options.dir = dir;
    return *ledger::Ledger::open(std::move(options));
  }
  struct Folder {
    Folder() {
      std::string pattern = (std::filesystem::temp_directory_path() / "trine-observe-XXXXXX").string();
      path = ::mkdtemp(pattern.data());
    }
    ~Folder() {
      std::error_code ignored;
      std::filesystem::remove_all(path, ignored);
    }
    std::filesystem::path path;
  };
  Folder folder_;
  std::unique_ptr<ledger::Ledger> books_ = open_books(folder_.path);

 protected:
  gateway::Metering metering{loop, books_->back_office()};
};

}  // namespace trine::observe
