// What the adapters' tests share.
#pragma once

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include "meter/scrape.h"

namespace trine::meter {

inline constexpr Wall kNow = from_unix_ns(1'763'900'000'000'000'000);
inline constexpr Nanos kMono{5'000'000'000};

inline Scrape scrape_of(std::string_view text) {
  Scrape s;
  s.text = text;
  s.at = kNow;
  s.mono = kMono;
  s.host = "host-1";
  return s;
}

// A recorded page beside the repository; empty where there is none.
inline std::string recorded(std::string_view file) {
  const std::filesystem::path path = std::filesystem::path(TRINE_SOURCE_DIR) / "../shared/data/metrics-examples" / file;
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return in ? text.str() : std::string();
}

}  // namespace trine::meter

#define TRINE_SKIP_WITHOUT(page) \
  if ((page).empty()) GTEST_SKIP() << "the recorded pages of real exporters are not beside this repository"
