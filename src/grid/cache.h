// Feeds on disk: one small JSON file per zone, source and method, written whole and renamed, so that a restart without
// a network still has hourly values. Blocks on the disk; one writer per file at a time.
//
//   {"zone": "FR", "source": "electricity_maps", "method": "lifecycle", "fetched": "…Z", "step_s": 3600,
//    "points": [["2026-11-23T09:00:00Z", 56.1, 0], …], "forecast": [["…", 48, 0], …]}     third: 1 = estimated
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "grid/feed.h"

namespace trine::grid {

// Makes the folder where it is missing. Errors: unavailable.
Result<void> save_feed(const std::filesystem::path& folder, const Feed& feed);

struct Cached {
  Feeds feeds;
  std::vector<std::string> problems;  // files that could not be read, each as a sentence
};
// Every file of the folder; none where there is no folder.
Cached load_feeds(const std::filesystem::path& folder);

std::string feed_text(const Feed& feed);
// Errors: invalid_argument, `name: sentence`. Any value that no grid has is refused: the file is ours.
Result<Feed> read_feed_text(const std::string& name, std::string_view text);

// Writes the whole file and renames it into its place.
Result<void> replace_file(const std::filesystem::path& file, std::string_view text);

}  // namespace trine::grid
