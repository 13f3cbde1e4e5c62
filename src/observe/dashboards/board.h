// Grafana boards as tables: what `trine dashboards` generates, lists and checks.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

namespace trine::observe {

inline constexpr int kSchemaVersion = 42;  // of Grafana's boards
inline constexpr int kGridColumns = 24;    // of a board

enum class Look : uint8_t { series, stacked, stat, bars, table, heatmap };

struct Query {
  const char* expr = nullptr;    // PromQL; $deployment, $workload, $zone and $__rate_interval are Grafana's to fill in
  const char* legend = nullptr;  // "{{deployment}}"
};

struct Panel {
  const char* id;           // of `--panel`: letters, digits and dashes; unique over all boards
  const char* title;        //
  const char* description;  // what it shows and how to read it
  Look look;
  const char* unit;              // Grafana's name of it: "watt", "joule", "s", "reqps", "massg", ...
  std::array<Query, 4> queries;  // those without an expression are none
  bool needs_event = false;      // without data until something happens (a failure, a refusal): says so by "No data"
  bool may_be_negative = false;  // what is saved, say: its axis does not begin at 0
};

struct BoardRow {
  const char* title;
  std::span<const Panel> panels;
};

struct Board {
  const char* name;  // of the file, and its uid "trine-<name>"
  const char* title;
  const char* description;
  std::span<const BoardRow> rows;
};

// Constant.
std::span<const Board> boards();
const Board* find_board(std::string_view name);

// Classic dashboard JSON, schema 42: what Grafana imports from a file. The data source is a variable of the board.
// Deterministic. `panel`: only the one with this id; empty: all.
std::string to_json(const Board& board, std::string_view panel = {});

// Recording and alert rules for Prometheus, as YAML.
std::string rules_yaml();

}  // namespace trine::observe
