#include "meter/rapl.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>

namespace trine::meter::rapl_test {
namespace {

using namespace std::chrono_literals;

class RaplTest : public testing::Test {
 protected:
  RaplTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "trine-rapl-XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
    options_.root = root_;
    options_.host = "host-1";
    options_.clock = &clock_;
  }
  ~RaplTest() override { std::filesystem::remove_all(root_); }

  void zone(const std::string& folder, const std::string& name, int64_t uj, int64_t range = 262'143'328'850) {
    std::filesystem::create_directory(root_ + "/" + folder);
    std::ofstream(root_ + "/" + folder + "/name") << name << "\n";
    std::ofstream(root_ + "/" + folder + "/max_energy_range_uj") << range << "\n";
    set(folder, uj);
  }
  void set(const std::string& folder, int64_t uj) { std::ofstream(root_ + "/" + folder + "/energy_uj") << uj << "\n"; }

  std::unique_ptr<Rapl> open() {
    auto r = Rapl::open(options_);
    EXPECT_TRUE(r) << r.error().message;
    return std::move(*r);
  }
  static int64_t counter(Rapl& rapl) {
    const auto r = rapl.read();
    EXPECT_TRUE(r) << r.error().message;
    return r->devices.front().counter_uj.value();
  }

  VirtualClock clock_;
  RaplOptions options_;
  std::string root_;
};

TEST_F(RaplTest, AddsPackagesAndMemoryAndNothingTwice) {
  zone("intel-rapl:0", "package-0", 1000);
  zone("intel-rapl:0:0", "core", 500);
  zone("intel-rapl:0:1", "dram", 70);
  zone("intel-rapl:1", "package-1", 2000);
  zone("intel-rapl-mmio:0", "package-0", 1000);
  const auto rapl = open();
  set("intel-rapl:0", 1100);
  set("intel-rapl:0:0", 590);
  set("intel-rapl:0:1", 77);
  set("intel-rapl:1", 2010);
  set("intel-rapl-mmio:0", 1100);
  clock_.advance(1s);
  const auto r = rapl->read();
  ASSERT_TRUE(r) << r.error().message;
  ASSERT_EQ(r->devices.size(), 1u);
  const DeviceReading& d = r->devices.front();
  EXPECT_EQ(d.counter_uj, 100 + 7 + 10);
  EXPECT_EQ(d.device, "host:host-1");
  EXPECT_EQ(d.zones, "package+dram");
  EXPECT_EQ(d.boundary, Boundary::host);
  EXPECT_EQ(d.at, clock_.wall());
  EXPECT_EQ(d.mono, clock_.mono().time_since_epoch());
}

TEST_F(RaplTest, TakesPsysAloneIfTheFirmwareFeedsIt) {
  zone("intel-rapl:0", "package-0", 1000);
  zone("intel-rapl:1", "psys", 5000);
  const auto rapl = open();
  set("intel-rapl:0", 1100);
  set("intel-rapl:1", 5200);
  EXPECT_EQ(counter(*rapl), 200);
  zone("intel-rapl:1", "psys", 0);
  const auto without = open();
  set("intel-rapl:0", 1105);
  EXPECT_EQ(counter(*without), 5);
}

TEST_F(RaplTest, UndoesEachZonesOwnWrap) {
  zone("intel-rapl:0", "package-0", 990, 1'000'000'000'000);
  zone("intel-rapl:1", "package-1", 999'999'999'900, 1'000'000'000'000);
  const auto rapl = open();
  set("intel-rapl:0", 1000);
  set("intel-rapl:1", 50);
  clock_.advance(1s);
  EXPECT_EQ(counter(*rapl), 10 + 150);
  set("intel-rapl:1", 60);
  EXPECT_EQ(counter(*rapl), 170);
}

TEST_F(RaplTest, StartsItsSumAgainWhereAWrapMayHaveBeenMissed) {
  zone("intel-rapl:0", "package-0", 100, 262'143'328'850);
  const auto rapl = open();
  set("intel-rapl:0", 200);
  clock_.advance(1s);
  EXPECT_EQ(counter(*rapl), 100);
  set("intel-rapl:0", 300);
  clock_.advance(10min);  // at 1000 W the counter wraps within 263 s
  const auto r = rapl->read();
  ASSERT_TRUE(r);
  EXPECT_EQ(r->devices.front().counter_uj, 0);
  EXPECT_EQ(r->notes.size(), 1u);
  set("intel-rapl:0", 450);
  clock_.advance(1s);
  EXPECT_EQ(counter(*rapl), 150);
}

TEST_F(RaplTest, DoesNotBelieveAReset) {
  zone("intel-rapl:0", "package-0", 1'000'000, 262'143'328'850);
  const auto rapl = open();
  set("intel-rapl:0", 5);  // as a wrap it would be 262 kJ in one second
  clock_.advance(1s);
  EXPECT_EQ(counter(*rapl), 0);
}

TEST_F(RaplTest, CoversTheTimeOfAReadThatFailed) {
  zone("intel-rapl:0", "package-0", 100);
  const auto rapl = open();
  set("intel-rapl:0", 150);
  std::filesystem::rename(root_ + "/intel-rapl:0/energy_uj", root_ + "/away");
  clock_.advance(1s);
  EXPECT_EQ(rapl->read().error().code, Code::not_found);
  std::filesystem::rename(root_ + "/away", root_ + "/intel-rapl:0/energy_uj");
  clock_.advance(1s);
  EXPECT_EQ(counter(*rapl), 50);
}

TEST_F(RaplTest, ExplainsWhyItMayNotRead) {
  zone("intel-rapl:0", "package-0", 100);
  options_.read_file = [](const std::string& path) -> Result<std::string> {
    if (path.ends_with("energy_uj")) return fail(Code::permission_denied, "{}: Permission denied", path);
    return read_small_file(path);
  };
  const auto r = Rapl::open(options_);
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, Code::permission_denied);
  EXPECT_NE(r.error().message.find("root only, since Linux 5.10"), std::string::npos) << r.error().message;
}

TEST_F(RaplTest, IsNotFoundInAVirtualMachine) {
  const auto empty = Rapl::open(options_);
  ASSERT_FALSE(empty);
  EXPECT_EQ(empty.error().code, Code::not_found);
  options_.root = root_ + "/missing";
  EXPECT_EQ(Rapl::open(options_).error().code, Code::not_found);
}

TEST_F(RaplTest, RefusesACounterThatIsNone) {
  zone("intel-rapl:0", "package-0", 100);
  const auto rapl = open();
  std::ofstream(root_ + "/intel-rapl:0/energy_uj") << "-5\n";
  EXPECT_EQ(rapl->read().error().code, Code::data_loss);
}

}  // namespace
}  // namespace trine::meter::rapl_test
