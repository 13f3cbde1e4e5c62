#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "observe/dashboards/board.h"
#include "observe/dashboards/check.h"
#include "observe/families.h"

namespace trine::observe::dashboards_test {
namespace {

using Json = nlohmann::json;

TEST(Boards, HaveNothingToMend) {
  for (const Board& b : boards()) {
    const auto complaints = complaints_of_board(to_json(b));
    ASSERT_TRUE(complaints) << b.name;
    for (const std::string& c : *complaints) ADD_FAILURE() << b.name << ": " << c;
  }
}

TEST(Boards, EachMetricIsOnOne) {
  std::string all;
  for (const Board& b : boards())
    for (const BoardRow& row : b.rows)
      for (const Panel& p : row.panels)
        for (const Query& q : p.queries)
          if (q.expr) all.append(q.expr).append("\n");
  for (const Family& f : families()) EXPECT_NE(all.find(f.name), std::string::npos) << f.name;
}

TEST(Boards, PanelsHaveIdsOfTheirOwnAcrossAllBoards) {
  std::set<std::string> ids;
  for (const Board& b : boards())
    for (const BoardRow& row : b.rows)
      for (const Panel& p : row.panels) EXPECT_TRUE(ids.insert(p.id).second) << p.id;
}

TEST(Boards, OnePanelMakesABoardOfItsOwn) {
  const Json j = Json::parse(to_json(*find_board("energy"), "idle-power"));
  ASSERT_EQ(j["panels"].size(), 2u) << "its row and itself";
  EXPECT_EQ(j["panels"][1]["title"], "Power that is no request's");
  EXPECT_TRUE(complaints_of_board(j.dump())->empty());
}

TEST(Boards, OnlyAFewPanelsMayBeEmptyInAQuietGateway) {
  size_t n = 0;
  for (const Board& b : boards())
    for (const BoardRow& row : b.rows)
      for (const Panel& p : row.panels) n += p.needs_event;
  EXPECT_LE(n, 3u);
}

TEST(Lint, KnowsTheMetricsAndTheirLabels) {
  using Complaints = std::vector<std::string>;
  const auto first = [](const char* query) {
    const Complaints c = complaints_of_query(query);
    return c.empty() ? std::string() : c.front();
  };
  EXPECT_EQ(first("sum by (zone) (rate(trine_energy_joules_total{zone=~\"$zone\"}[$__rate_interval]))"), "");
  EXPECT_EQ(first("trine_energy_total"), "there is no metric trine_energy_total");
  EXPECT_EQ(first("trine_calls_running{color=\"red\"}"), "trine_calls_running has no label color");
  EXPECT_EQ(first("sum by (color) (trine_calls_running)"), "it groups by color, which none of its metrics has");
  EXPECT_EQ(first("avg_over_time(trine_tokens_total[$__interval])"),
            "trine_tokens_total is a counter: ask for its rate or increase");
  EXPECT_EQ(first("rate(trine_calls_running[$__rate_interval])"),
            "trine_calls_running is a gauge: rate says nothing of it");
  EXPECT_EQ(first("rate(trine_tokens_total[1m])"), "the rate of trine_tokens_total is over [1m]; use $__rate_interval");
  EXPECT_EQ(first("rate(node_cpu_seconds_total[1m])"), "") << "others' metrics are theirs";
  EXPECT_EQ(first(" "), "a query is empty");
}

// One board with one thing wrong at a time.
TEST(Lint, SaysWhatABoardLacks) {
  const Json good = Json::parse(to_json(*find_board("grid")));
  const auto complaints = [&](const char* pointer, const Json& value) {
    Json j = good;
    j[Json::json_pointer(pointer)] = value;
    const auto c = complaints_of_board(j.dump());
    return c && !c->empty() ? c->front() : std::string("nothing");
  };
  EXPECT_EQ(complaints("/schemaVersion", 36), "the board: its schemaVersion is not 42.");
  EXPECT_EQ(complaints("/templating/list", Json::array()), "the board: it has no variable \"datasource\".");
  EXPECT_EQ(complaints("/panels/1/description", ""), "\"Grid intensity\": it has no description.");
  EXPECT_EQ(complaints("/panels/1/fieldConfig/defaults/unit", ""), "\"Grid intensity\": it has no unit.");
  EXPECT_EQ(complaints("/panels/1/gridPos/x", 20), "\"Grid intensity\": its place is off the grid.");
  EXPECT_EQ(complaints("/panels/2/gridPos/x", 0), "\"Intensity now\": it lies over another panel.");
  EXPECT_EQ(complaints("/panels/2/id", 2), "\"Intensity now\": its id is missing or another's.");
  EXPECT_EQ(complaints("/panels/1/targets", Json::array()), "\"Grid intensity\": it has no query.");
  EXPECT_EQ(complaints("/panels/1/datasource/uid", "prom1"),
            "\"Grid intensity\": its data source is fixed; write ${datasource} so that others can use the board.");
  Json row = {
      {"type", "row"}, {"title", "Folded"}, {"id", 99}, {"gridPos", {{"x", 0}, {"y", 900}, {"w", 24}, {"h", 1}}}};
  row["panels"] = Json::array({good["panels"][1]});
  row["panels"][0]["id"] = 100;
  row["panels"][0]["description"] = "";
  EXPECT_EQ(complaints("/panels/-", row), "\"Grid intensity\": it has no description.") << "in a folded row";
  EXPECT_FALSE(complaints_of_board("[1]"));
  EXPECT_FALSE(complaints_of_board(R"({"schemaVersion":"x"})"));
}

TEST(Boards, WhatMayBeNegativeIsNotCutOffAtZero) {
  size_t open = 0;
  for (const Board& b : boards()) {
    const Json board = Json::parse(to_json(b));
    for (const Json& p : board["panels"]) {
      const Json::json_pointer min("/fieldConfig/defaults/min");
      const std::string title = p["title"];
      const bool may_be_negative = title.starts_with("Saved") || title.starts_with("Tokens that no engine");
      if (may_be_negative) ++open;
      if (p["type"] == "row") continue;
      EXPECT_EQ(p.contains(min), !may_be_negative) << title;
    }
  }
  EXPECT_EQ(open, 7u);
}

TEST(Rules, AskForMetricsThatThereAre) {
  std::istringstream lines(rules_yaml());
  size_t seen = 0;
  for (std::string line; std::getline(lines, line);) {
    const size_t at = line.find("expr: '");
    if (at == std::string::npos) continue;
    ++seen;
    for (const std::string& c : complaints_of_query(std::string_view(line).substr(at + 7)))
      if (c.find("there is no metric") != std::string::npos || c.find("has no label") != std::string::npos)
        ADD_FAILURE() << line << ": " << c;
  }
  EXPECT_GE(seen, 12u);
}

}  // namespace
}  // namespace trine::observe::dashboards_test
