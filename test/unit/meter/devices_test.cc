#include <gtest/gtest.h>

#include "meter/dcgm.h"
#include "meter/engine_sim.h"
#include "meter/hosts.h"
#include "unit/meter/pages.h"

namespace trine::meter::devices_test {
namespace {

TEST(Dcgm, ReadsTheRecordedPageOfTwoGpus) {
  const std::string page = recorded("dcgm_exporter_two_gpus_typed.prom");
  TRINE_SKIP_WITHOUT(page);
  const auto r = read_dcgm(scrape_of(page));
  ASSERT_TRUE(r) << r.error().message;
  ASSERT_EQ(r->devices.size(), 2u);
  const DeviceReading& d = *r->find("GPU-u0");
  EXPECT_EQ(d.counter_uj, 251885217371000);
  EXPECT_EQ(d.power_w, 245);
  EXPECT_EQ(d.utilisation, 0.37);
  EXPECT_EQ(d.memory_used_bytes, int64_t{71204} << 20);
  EXPECT_EQ(d.model, "NVIDIA H100 80GB HBM3");
  EXPECT_EQ(d.host, "node-a");
  EXPECT_EQ(d.gpu_index, "0");
  EXPECT_TRUE(d.whole_device);
  EXPECT_FALSE(d.simulated);
  EXPECT_EQ(d.boundary, Boundary::gpu);
  EXPECT_EQ(r->find("GPU-u1")->power_w, 61.2);
}

TEST(Dcgm, ReadsTheRecordedPageWithAMigSliceThatHasNoEnergyOfItsOwn) {
  const std::string page = recorded("dcgm_exporter_a100_mig.prom");
  TRINE_SKIP_WITHOUT(page);
  const auto r = read_dcgm(scrape_of(page));
  ASSERT_TRUE(r) << r.error().message;
  ASSERT_EQ(r->devices.size(), 2u);
  const std::string uuid = "GPU-34319582-d595-d1c7-d1d2-179bcfa61660";
  const DeviceReading& whole = *r->find(uuid);
  EXPECT_EQ(whole.counter_uj, 319159391000);
  EXPECT_DOUBLE_EQ(*whole.power_w, 409.692);
  EXPECT_DOUBLE_EQ(*whole.utilisation, 0.995630);
  EXPECT_DOUBLE_EQ(*whole.memory_used, 4845.0 / (4845 + 35690));
  const DeviceReading& slice = *r->find(uuid + "/gi13");
  EXPECT_FALSE(slice.whole_device);
  EXPECT_EQ(slice.mig_instance, "13");
  EXPECT_FALSE(slice.counter_uj.has_value());
  EXPECT_FALSE(slice.power_w.has_value());
  EXPECT_DOUBLE_EQ(*slice.utilisation, 0.995687);
}

// With MIG on, newer exporters have no series of the whole GPU and repeat its energy on each slice.
TEST(Dcgm, GivesEnergyThatEachSliceRepeatsToTheGpuOnce) {
  const auto r = read_dcgm(scrape_of(R"(DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION{gpu="0",UUID="GPU-a",GPU_I_ID="1"} 1000
DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION{gpu="0",UUID="GPU-a",GPU_I_ID="2"} 1001
DCGM_FI_DEV_POWER_USAGE{gpu="0",UUID="GPU-a",GPU_I_ID="1"} 300
DCGM_FI_DEV_POWER_USAGE{gpu="0",UUID="GPU-a",GPU_I_ID="2"} 300
)"));
  ASSERT_TRUE(r);
  ASSERT_EQ(r->devices.size(), 3u);
  EXPECT_EQ(r->find("GPU-a")->counter_uj, 1001000);
  EXPECT_EQ(r->find("GPU-a")->power_w, 300);
  EXPECT_FALSE(r->find("GPU-a/gi1")->counter_uj.has_value());
  EXPECT_FALSE(r->find("GPU-a/gi2")->power_w.has_value());
}

TEST(Dcgm, TakesAGpuThatPodsShareOnce) {
  const auto r = read_dcgm(scrape_of(R"(DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION{gpu="0",UUID="GPU-a",pod="x"} 500
DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION{gpu="0",UUID="GPU-a",pod="y"} 500
)"));
  ASSERT_TRUE(r);
  ASSERT_EQ(r->devices.size(), 1u);
  EXPECT_EQ(r->devices.front().counter_uj, 500000);
}

TEST(Dcgm, SaysWhatTheExporterShouldBeAskedFor) {
  const auto power_only = read_dcgm(scrape_of("DCGM_FI_DEV_POWER_USAGE{UUID=\"GPU-a\"} 300\n"));
  ASSERT_TRUE(power_only);
  EXPECT_FALSE(power_only->devices.front().counter_uj.has_value());
  ASSERT_EQ(power_only->notes.size(), 1u);
  EXPECT_NE(power_only->notes.front().find("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION"), std::string::npos);
  const auto neither = read_dcgm(scrape_of("DCGM_FI_DEV_GPU_UTIL{UUID=\"GPU-a\"} 3\n"));
  ASSERT_FALSE(neither);
  EXPECT_EQ(neither.error().code, Code::not_found);
}

TEST(Dcgm, LeavesOutNegativeAndAbsurdValues) {
  const auto r = read_dcgm(scrape_of(R"(DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION{UUID="GPU-a"} -5
DCGM_FI_DEV_POWER_USAGE{UUID="GPU-a"} 300
DCGM_FI_DEV_GPU_UTIL{UUID="GPU-a"} 300
DCGM_FI_DEV_FB_USED{UUID="GPU-a"} 1e300
)"));
  ASSERT_TRUE(r);
  EXPECT_FALSE(r->devices.front().counter_uj.has_value());
  EXPECT_FALSE(r->devices.front().utilisation.has_value());
  EXPECT_FALSE(r->devices.front().memory_used_bytes.has_value());
}

TEST(EngineSim, TakesTheExactCounterAndMarksAllAsSimulated) {
  const auto r = read_engine_sim(scrape_of(R"page(vllm:num_requests_running{engine="0",model_name="m"} 3
DCGM_FI_DEV_POWER_USAGE{gpu="0",UUID="GPU-s",modelName="H100 (simulated)"} 100.5
DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION{gpu="0",UUID="GPU-s",modelName="H100 (simulated)"} 1234
trine_sim_energy_microjoules_total{UUID="GPU-s"} 1234567
trine_sim_idle_energy_microjoules_total{UUID="GPU-s"} 234567
)page"));
  ASSERT_TRUE(r) << r.error().message;
  ASSERT_EQ(r->devices.size(), 1u);
  EXPECT_EQ(r->devices.front().counter_uj, 1234567);
  EXPECT_EQ(r->devices.front().power_w, 100.5);
  EXPECT_TRUE(r->devices.front().simulated);
  EXPECT_TRUE(r->engines.front().simulated);
  EXPECT_EQ(read_engine_sim(scrape_of("up 1\n")).error().code, Code::not_found);
}

// Whoever points the DCGM adapter at a simulator must not get measured joules.
TEST(EngineSim, IsKnownAsSimulatedByItsDcgmSeriesToo) {
  const auto r = read_dcgm(
      scrape_of("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION{UUID=\"GPU-s\",modelName=\"H100 (simulated)\"} 1234\n"));
  ASSERT_TRUE(r);
  EXPECT_TRUE(r->devices.front().simulated);
}

TEST(Kepler, ReadsTheRecordedPage) {
  const std::string page = recorded("kepler_node_and_container.prom");
  TRINE_SKIP_WITHOUT(page);
  const auto r = read_kepler(scrape_of(page));
  ASSERT_TRUE(r) << r.error().message;
  ASSERT_EQ(r->devices.size(), 2u);
  const DeviceReading& node = *r->find("host:node-1");
  EXPECT_EQ(node.boundary, Boundary::host);
  EXPECT_EQ(node.counter_uj, 123450250000 + 20134500000);  // package + dram; active and idle are in it
  EXPECT_EQ(node.zones, "package+dram");
  EXPECT_TRUE(node.whole_device);
  const DeviceReading& container = *r->find("container:abc123");
  EXPECT_EQ(container.counter_uj, 21000500000);
  EXPECT_FALSE(container.whole_device);
  EXPECT_TRUE(container.modelled);
  ASSERT_EQ(r->notes.size(), 1u);  // the GPU's active joules alone are no meter
  EXPECT_NE(r->notes.front().find("GPU-u0"), std::string::npos);
}

TEST(Kepler, TakesPsysAloneWhereThereIsOne) {
  const auto r = read_kepler(scrape_of(R"(kepler_node_cpu_joules_total{node_name="n",zone="psys"} 100
kepler_node_cpu_joules_total{node_name="n",zone="package"} 60
kepler_node_cpu_joules_total{node_name="n",zone="core"} 40
kepler_node_cpu_joules_total{node_name="n",zone="dram"} 10
kepler_node_cpu_watts{node_name="n",zone="psys"} 80
kepler_node_cpu_watts{node_name="n",zone="package"} 50
)"));
  ASSERT_TRUE(r);
  EXPECT_EQ(r->devices.front().counter_uj, 100000000);
  EXPECT_EQ(r->devices.front().power_w, 80);
  EXPECT_EQ(r->devices.front().zones, "psys");
}

TEST(Kepler, AddsSocketsAndModesButNoMemoryMappedCopies) {
  const auto r =
      read_kepler(scrape_of(R"(kepler_node_cpu_joules_total{zone="package",path="/sys/class/powercap/intel-rapl:0"} 1
kepler_node_cpu_joules_total{zone="package",path="/sys/class/powercap/intel-rapl:1"} 2
kepler_node_cpu_joules_total{zone="package",path="/sys/class/powercap/intel-rapl-mmio:0"} 1
)"));
  ASSERT_TRUE(r);
  EXPECT_EQ(r->devices.front().device, "host:host-1");
  EXPECT_EQ(r->devices.front().counter_uj, 3000000);
  const auto old = read_kepler(scrape_of(R"(kepler_node_package_joules_total{instance="n",package="0",mode="dynamic"} 5
kepler_node_package_joules_total{instance="n",package="0",mode="idle"} 7
kepler_node_core_joules_total{instance="n",package="0",mode="idle"} 4
)"));
  ASSERT_TRUE(old);
  EXPECT_EQ(old->devices.front().counter_uj, 12000000);
}

TEST(Kepler, GivesNoCounterWhereAZoneIsMissingOnce) {
  const auto r = read_kepler(scrape_of(R"(kepler_node_cpu_joules_total{zone="package"} 60
kepler_node_cpu_joules_total{zone="dram"} NaN
kepler_node_cpu_watts{zone="package"} 60
kepler_node_cpu_watts{zone="dram"} 6
)"));
  ASSERT_TRUE(r);
  EXPECT_FALSE(r->devices.front().counter_uj.has_value());
  EXPECT_EQ(r->devices.front().power_w, 66);
}

TEST(Kepler, TakesAGpuWhoseIdleEnergyIsIncluded) {
  const auto whole = read_kepler(scrape_of("kepler_node_gpu_joules_total{gpu=\"0\",gpu_uuid=\"GPU-a\"} 1.5\n"));
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->find("GPU-a")->counter_uj, 1500000);
  const auto parts =
      read_kepler(scrape_of("kepler_node_gpu_active_joules_total{gpu_uuid=\"GPU-a\"} "
                            "2\nkepler_node_gpu_idle_joules_total{gpu_uuid=\"GPU-a\"} 3\n"));
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->find("GPU-a")->counter_uj, 5000000);
}

TEST(Scaphandre, ReadsTheRecordedPage) {
  const std::string page = recorded("scaphandre.prom");
  TRINE_SKIP_WITHOUT(page);
  const auto r = read_scaphandre(scrape_of(page));
  ASSERT_TRUE(r) << r.error().message;
  ASSERT_EQ(r->devices.size(), 1u);
  EXPECT_EQ(r->devices.front().device, "host:host-1");
  EXPECT_EQ(r->devices.front().counter_uj, 98765432100);
  EXPECT_NEAR(*r->devices.front().power_w, 187.654321, 1e-9);
}

TEST(Scaphandre, IsNotFoundWithoutAHost) {
  const auto r = read_scaphandre(scrape_of("scaph_process_power_consumption_microwatts{pid=\"1\"} 42000000\n"));
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, Code::not_found);
}

}  // namespace
}  // namespace trine::meter::devices_test
