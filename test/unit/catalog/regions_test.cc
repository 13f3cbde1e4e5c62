// Where the providers' regions draw their power.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "catalog/load.h"

namespace trine::catalog::regions_test {
namespace {

const Catalog& shipped() {
  static const auto catalog = *load();
  return *catalog;
}
std::string zone_of(const std::string& region) {
  const auto* r = shipped().find_region(region);
  return r ? r->zone : "";
}

TEST(Regions, AreInTheZoneOfTheirCity) {
  EXPECT_EQ(zone_of("aws-eu-central-1"), "DE");
  EXPECT_EQ(zone_of("aws-eu-north-1"), "SE-SE3");
  EXPECT_EQ(zone_of("azure-northeurope"), "IE") << "Dublin, whatever its metadata say";
  EXPECT_EQ(zone_of("azure-westus"), "US-CAL-CISO");
  EXPECT_EQ(zone_of("gcp-me-central1"), "QA");
  EXPECT_EQ(zone_of("gcp-europe-west9"), "FR");
  EXPECT_EQ(zone_of("ovh-gra"), "FR");
  EXPECT_EQ(zone_of("scaleway-nl-ams"), "NL");
  EXPECT_EQ(zone_of("hetzner-hel1"), "FI");
}

TEST(Regions, OfEachProviderAreMany) {
  const auto count = [](const char* provider) {
    const auto& all = shipped().tables().regions;
    return std::count_if(all.begin(), all.end(), [&](const Region& r) { return r.provider == provider; });
  };
  EXPECT_GE(count("aws"), 37);
  EXPECT_GE(count("azure"), 60);
  EXPECT_GE(count("gcp"), 43);
  EXPECT_GE(count("ovh"), 16);
  EXPECT_EQ(count("hetzner"), 6);
  EXPECT_GE(count("scaleway"), 4);
}

// Every region that the lists beside the repository name, but for test stages.
TEST(Regions, HaveAllThatTheListsName) {
  const std::filesystem::path folder = TRINE_SOURCE_DIR "/../shared/data/grid/region-maps";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "the region lists are not beside the repository";
  const auto expect_all = [&](const char* file, const std::string& key, const std::string& prefix) {
    std::ifstream in(folder / file);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    size_t seen = 0;
    for (size_t at = text.find(key); at != std::string::npos; at = text.find(key, at + 1)) {
      const size_t begin = text.find('"', at + key.size()) + 1;
      const std::string name = text.substr(begin, text.find('"', begin) - begin);
      EXPECT_NE(zone_of(prefix + name), "") << prefix << name;
      ++seen;
    }
    EXPECT_GT(seen, 20u) << file;
  };
  expect_all("gsf_aws_regions.json", "\"code\":", "aws-");
}

}  // namespace
}  // namespace trine::catalog::regions_test
