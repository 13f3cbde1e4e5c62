#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "json/write.h"
#include "observe/dashboards/board.h"

namespace trine::observe {
namespace {

constexpr int kRowHeight = 8, kStatHeight = 5;

struct Variable {
  const char* name;
  const char* label;
  const char* query;
};
constexpr std::array<Variable, 3> kVariables = {{
    {"deployment", "Deployment", "label_values(trine_calls_total, deployment)"},
    {"workload", "Workload", "label_values(trine_workload_calls_total, workload)"},
    {"zone", "Zone", "label_values(trine_grid_intensity_grams_per_kwh, zone)"},
}};

bool uses(const Board& board, std::string_view variable) {
  const std::string word = "$" + std::string(variable);
  for (const BoardRow& row : board.rows)
    for (const Panel& p : row.panels)
      for (const Query& q : p.queries)
        if (q.expr && std::string_view(q.expr).find(word) != std::string_view::npos) return true;
  return false;
}

void write_source(json::Writer& w) {
  w.key("datasource").object().key("type").value("prometheus").key("uid").value("${datasource}").end();
}

void write_variables(json::Writer& w, const Board& board) {
  w.key("templating").object().key("list").array();
  w.object().key("name").value("datasource").key("label").value("Data source").key("type").value("datasource");
  w.key("query").value("prometheus").key("refresh").value(1).key("hide").value(0).key("multi").value(false);
  w.key("includeAll").value(false).key("options").array().end().key("current");
  w.object().key("text").value("default").key("value").value("default").end().end();
  for (const Variable& v : kVariables) {
    if (!uses(board, v.name)) continue;
    w.object().key("name").value(v.name).key("label").value(v.label).key("type").value("query");
    write_source(w);
    w.key("query").object().key("query").value(v.query).key("refId").value(v.name).end();
    w.key("refresh").value(2).key("sort").value(1).key("hide").value(0);
    w.key("multi").value(true).key("includeAll").value(true).key("allValue").value(".*").key("options").array().end();
    w.key("current").object().key("text").value("All").key("value").value("$__all").end().end();
  }
  w.end().end();
}

const char* type_of(Look look) {
  constexpr const char* kTypes[] = {"timeseries", "timeseries", "stat", "bargauge", "table", "heatmap"};
  return kTypes[static_cast<size_t>(look)];
}

bool is_instant(Look look) {
  return look == Look::stat || look == Look::bars || look == Look::table;
}

void write_reduction(json::Writer& w) {
  w.key("reduceOptions").object().key("calcs").array().value("lastNotNull").end();
  w.key("fields").value("").key("values").value(false).end();
}

void write_options(json::Writer& w, Look look) {
  w.key("options").object();
  switch (look) {
    case Look::series:
    case Look::stacked:
      w.key("legend").object().key("displayMode").value("table").key("placement").value("bottom");
      w.key("showLegend").value(true).key("calcs").array().value("mean").value("max").end().end();
      w.key("tooltip").object().key("mode").value("multi").key("sort").value("desc").end();
      break;
    case Look::stat:
      write_reduction(w);
      w.key("colorMode").value("none").key("graphMode").value("area").key("textMode").value("auto");
      break;
    case Look::bars:
      write_reduction(w);
      w.key("orientation").value("horizontal").key("displayMode").value("basic");
      break;
    case Look::table:
      w.key("showHeader").value(true).key("cellHeight").value("sm");
      break;
    case Look::heatmap:
      w.key("calculate").value(false).key("yAxis").object().key("unit").value("short").end();
      break;
  }
  w.end();
}

void write_fields(json::Writer& w, const Panel& p) {
  w.key("fieldConfig").object().key("defaults").object();
  w.key("unit").value(p.unit).key("noValue").value("No data");
  if (!p.may_be_negative) w.key("min").value(0);
  w.key("color").object().key("mode").value("palette-classic").end();
  w.key("custom").object();
  if (p.look == Look::series || p.look == Look::stacked) {
    w.key("drawStyle").value("line").key("lineWidth").value(1).key("showPoints").value("never");
    w.key("fillOpacity").value(p.look == Look::stacked ? 30 : 0);
    w.key("stacking").object().key("mode").value(p.look == Look::stacked ? "normal" : "none").key("group").value("A");
    w.end();
  }
  w.end().end();
  w.key("overrides").array().end().end();
}

void write_panel(json::Writer& w, const Panel& p, int id, int x, int y, int width, int height) {
  w.object().key("id").value(id).key("type").value(type_of(p.look)).key("title").value(p.title);
  w.key("description").value(p.description);
  write_source(w);
  w.key("gridPos").object().key("x").value(x).key("y").value(y).key("w").value(width).key("h").value(height).end();
  write_fields(w, p);
  write_options(w, p.look);
  w.key("targets").array();
  char ref = 'A';
  for (const Query& q : p.queries) {
    if (!q.expr) continue;
    w.object();
    write_source(w);
    w.key("refId").value(std::string(1, ref++)).key("expr").value(q.expr).key("legendFormat").value(q.legend);
    w.key("instant").value(is_instant(p.look)).key("range").value(!is_instant(p.look));
    w.key("format").value(p.look == Look::table ? "table" : p.look == Look::heatmap ? "heatmap" : "time_series");
    w.end();
  }
  w.end().end();
}

void write_row(json::Writer& w, const char* title, int id, int y) {
  w.object().key("id").value(id).key("type").value("row").key("title").value(title).key("collapsed").value(false);
  w.key("gridPos").object().key("x").value(0).key("y").value(y).key("w").value(kGridColumns).key("h").value(1).end();
  w.key("panels").array().end().end();
}

// Two panels a line, four of single figures; the last one takes what is left.
void write_panels(json::Writer& w, const Board& board, std::string_view only) {
  int id = 1, y = 0;
  for (const BoardRow& row : board.rows) {
    std::vector<const Panel*> panels;
    for (const Panel& p : row.panels)
      if (only.empty() || only == p.id) panels.push_back(&p);
    if (panels.empty()) continue;
    write_row(w, row.title, id++, y++);
    int x = 0, height = 0;
    for (size_t i = 0; i < panels.size(); ++i) {
      const bool small = panels[i]->look == Look::stat;
      int width = small ? kGridColumns / 4 : kGridColumns / 2;
      const bool fits = x + width <= kGridColumns;
      if (!fits || (i > 0 && small != (panels[i - 1]->look == Look::stat))) {
        y += height;
        x = height = 0;
      }
      if (!small && x == 0 && i + 1 == panels.size()) width = kGridColumns;
      const int h = small ? kStatHeight : kRowHeight;
      write_panel(w, *panels[i], id++, x, y, width, h);
      x += width;
      height = std::max(height, h);
    }
    y += height;
  }
}

}  // namespace

std::string to_json(const Board& board, std::string_view panel) {
  std::string out;
  json::Writer w(out);
  w.object().key("uid").value(fmt::format("trine-{}", board.name)).key("title").value(board.title);
  w.key("description").value(board.description).key("tags").array().value("trine").value("generated").end();
  w.key("schemaVersion")
      .value(kSchemaVersion)
      .key("version")
      .value(1)
      .key("editable")
      .value(true)
      .key("graphTooltip")
      .value(1);
  w.key("timezone").value("browser").key("refresh").value("30s");
  w.key("time").object().key("from").value("now-6h").key("to").value("now").end();
  w.key("timepicker").object().end().key("annotations").object().key("list").array().end().end();
  w.key("fiscalYearStartMonth").value(0).key("weekStart").value("");
  w.key("links").array().object().key("title").value("Trine").key("type").value("dashboards").key("icon");
  w.value("external link").key("tags").array().value("trine").end().key("asDropdown").value(true);
  w.key("includeVars").value(true).key("keepTime").value(true).key("targetBlank").value(false);
  w.key("tooltip").value("").key("url").value("").end().end();
  write_variables(w, board);
  w.key("panels").array();
  write_panels(w, board, panel);
  w.end().end();
  out += '\n';
  return out;
}

}  // namespace trine::observe
