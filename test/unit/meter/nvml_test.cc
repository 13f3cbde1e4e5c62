#include "meter/nvml.h"

#include <dlfcn.h>
#include <gtest/gtest.h>

#include "unit/meter/fake_nvml.h"

namespace trine::meter::nvml_test {
namespace {

constexpr int kNotSupported = 3, kDriverNotLoaded = 9, kGpuIsLost = 15, kVersionMismatch = 18;

class NvmlTest : public testing::Test {
 protected:
  // A fresh state of the played library; the same instance as the one that the meter loads.
  FakeNvml& play(const char* library, unsigned gpus) {
    handle_ = ::dlopen(library, RTLD_NOW | RTLD_LOCAL);
    EXPECT_NE(handle_, nullptr);
    FakeNvml& state = *reinterpret_cast<FakeNvml* (*)()>(::dlsym(handle_, "fake_nvml"))();
    state = {};
    state.gpus = gpus;
    options_.library = library;
    options_.host = "host-1";
    options_.clock = &clock_;
    return state;
  }
  ~NvmlTest() override {
    if (handle_ != nullptr) ::dlclose(handle_);
  }

  VirtualClock clock_;
  NvmlOptions options_;

 private:
  void* handle_ = nullptr;
};

TEST_F(NvmlTest, ReadsEachGpuInMicrojoulesAndWatts) {
  FakeNvml& nvml = play(FAKE_NVML_NEW, 2);
  nvml.gpu[0].energy_mj = 251'885'217'371;
  nvml.gpu[0].power_mw = 245'500;
  nvml.gpu[0].utilisation = 37;
  nvml.gpu[0].memory_total = 80ull << 30;
  nvml.gpu[0].memory_used = 20ull << 30;
  nvml.gpu[1].uuid = "GPU-1";
  const auto meter = Nvml::open(options_);
  ASSERT_TRUE(meter) << meter.error().message;
  const auto r = (*meter)->read();
  ASSERT_TRUE(r) << r.error().message;
  ASSERT_EQ(r->devices.size(), 2u);
  const DeviceReading& d = *r->find("GPU-0");
  EXPECT_EQ(d.counter_uj, 251'885'217'371'000);
  EXPECT_EQ(d.power_w, 245.5);
  EXPECT_EQ(d.utilisation, 0.37);
  EXPECT_EQ(d.memory_used, 0.25);
  EXPECT_EQ(d.model, "NVIDIA H100 80GB HBM3");
  EXPECT_EQ(d.host, "host-1");
  EXPECT_EQ(d.at, clock_.wall());
  EXPECT_EQ(d.mono, clock_.mono().time_since_epoch());
  EXPECT_EQ(d.boundary, Boundary::gpu);
  EXPECT_TRUE(r->notes.empty());
  options_.memory = false;
  EXPECT_FALSE((*Nvml::open(options_))->read()->find("GPU-0")->memory_used.has_value());
}

TEST_F(NvmlTest, GoesOnByPowerWhereThereIsNoEnergyCounter) {
  FakeNvml& pascal = play(FAKE_NVML_NEW, 1);
  pascal.gpu[0].energy_code = kNotSupported;
  pascal.gpu[0].power_mw = 180'000;
  const auto r = (*Nvml::open(options_))->read();
  ASSERT_TRUE(r);
  EXPECT_FALSE(r->devices.front().counter_uj.has_value());
  EXPECT_EQ(r->devices.front().power_w, 180);
  ASSERT_EQ(r->notes.size(), 1u);
  EXPECT_NE(r->notes.front().find("before Volta"), std::string::npos);
}

TEST_F(NvmlTest, GoesOnByPowerWithAnOldDriver) {
  play(FAKE_NVML_OLD, 1).gpu[0].power_mw = 70'000;
  const auto r = (*Nvml::open(options_))->read();
  ASSERT_TRUE(r);
  EXPECT_FALSE(r->devices.front().counter_uj.has_value());
  EXPECT_EQ(r->devices.front().power_w, 70);
}

TEST_F(NvmlTest, HasNoUtilisationOfAGpuInSlices) {
  FakeNvml& nvml = play(FAKE_NVML_NEW, 1);
  nvml.gpu[0].mig_mode = 1;
  nvml.gpu[0].utilisation = 50;
  nvml.gpu[0].energy_mj = 5;
  const auto r = (*Nvml::open(options_))->read();
  ASSERT_TRUE(r);
  EXPECT_EQ(r->devices.front().counter_uj, 5000);
  EXPECT_TRUE(r->devices.front().whole_device);
  EXPECT_FALSE(r->devices.front().utilisation.has_value());
}

TEST_F(NvmlTest, LeavesOutAGpuThatIsLostAndKeepsTheOthers) {
  FakeNvml& nvml = play(FAKE_NVML_NEW, 2);
  nvml.gpu[0].open_code = kGpuIsLost;
  nvml.gpu[1].uuid = "GPU-1";
  const auto meter = Nvml::open(options_);
  const auto r = (*meter)->read();
  ASSERT_TRUE(r);
  ASSERT_EQ(r->devices.size(), 1u);
  EXPECT_EQ(r->devices.front().device, "GPU-1");
  EXPECT_EQ(r->notes.front(), "GPU 0: NVML could not open it: GPU is lost");
  nvml.gpu[1].energy_code = nvml.gpu[1].power_code = kGpuIsLost;
  const auto none = (*meter)->read();
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Code::unavailable);
}

TEST_F(NvmlTest, StartsAgainAfterTheDriverWasReloaded) {
  FakeNvml& nvml = play(FAKE_NVML_NEW, 1);
  {
    const auto meter = Nvml::open(options_);
    ASSERT_TRUE(meter);
    nvml.running = false;
    EXPECT_TRUE((*meter)->read());
    EXPECT_EQ(nvml.inits, 2);
  }
  EXPECT_EQ(nvml.shutdowns, 1);
}

TEST_F(NvmlTest, SaysWhatIsMissing) {
  options_.library = "libno-such-nvml.so.1";
  const auto missing = Nvml::open(options_);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Code::not_found);
  EXPECT_NE(missing.error().message.find("is NVIDIA's driver installed here"), std::string::npos)
      << missing.error().message;
  options_.library = "libm.so.6";
  EXPECT_EQ(Nvml::open(options_).error().code, Code::unimplemented);
  FakeNvml& nvml = play(FAKE_NVML_NEW, 0);
  EXPECT_EQ(Nvml::open(options_).error().code, Code::not_found);  // no GPU
  nvml.running = false;
  nvml.init_code = kDriverNotLoaded;
  EXPECT_EQ(Nvml::open(options_).error().code, Code::failed_precondition);
  nvml.init_code = kVersionMismatch;
  EXPECT_NE(Nvml::open(options_).error().message.find("restart the host"), std::string::npos);
}

}  // namespace
}  // namespace trine::meter::nvml_test
