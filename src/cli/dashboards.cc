// trine dashboards generate, list, check: boards for Grafana and rules for Prometheus.
#include <algorithm>
#include <cstring>
#include <filesystem>

#include "cli/commands.h"
#include "cli/say.h"
#include "cli/table.h"
#include "cli/write_file.h"
#include "observe/dashboards/board.h"
#include "observe/dashboards/check.h"
#include "yaml/reader.h"

namespace trine::cli {
namespace {

constexpr size_t kMostSeriesBytes = size_t{16} << 20;

int list(const DashboardsOptions& o) {
  Table table({{"board"}, {"row"}, {"panel"}, {"title"}, {"unit"}});
  for (const observe::Board& b : observe::boards())
    for (const observe::BoardRow& row : b.rows)
      for (const observe::Panel& p : row.panels)
        if (o.board.empty() || o.board == b.name) table.row({b.name, row.title, p.id, p.title, p.unit});
  say(table.text());
  return kOk;
}

const observe::Board* board_with(std::string_view panel) {
  for (const observe::Board& b : observe::boards())
    for (const observe::BoardRow& row : b.rows)
      for (const observe::Panel& p : row.panels)
        if (panel == p.id) return &b;
  return nullptr;
}

int generate(const DashboardsOptions& o) {
  if (!o.board.empty() && !observe::find_board(o.board))
    return complain(fmt::format("There is no board \"{}\"; `trine dashboards list` has them.", o.board));
  if (!o.panel.empty()) {
    const observe::Board* board = board_with(o.panel);
    if (!board) return complain(fmt::format("There is no panel \"{}\"; `trine dashboards list` has them.", o.panel));
    if (o.out.empty()) return say(observe::to_json(*board, o.panel)), kOk;
  }
  const std::filesystem::path dir = o.out.empty() ? "." : o.out;
  std::error_code error;
  std::filesystem::create_directories(dir, error);
  if (error) return complain(fmt::format("{} could not be made: {}.", dir.string(), error.message()));
  size_t files = 0;
  for (const observe::Board& b : observe::boards()) {
    if (!o.board.empty() && o.board != b.name) continue;
    if (!o.panel.empty() && board_with(o.panel) != &b) continue;
    const std::string name = o.panel.empty() ? std::string(b.name) : o.panel;
    if (auto ok = write_file(dir / fmt::format("trine-{}.json", name), observe::to_json(b, o.panel)); !ok)
      return complain(ok.error());
    ++files;
  }
  if (o.panel.empty() && o.board.empty()) {
    if (auto ok = write_file(dir / "trine.rules.yaml", observe::rules_yaml()); !ok) return complain(ok.error());
    ++files;
  }
  say(fmt::format("{} file{} in {}.", files, files == 1 ? "" : "s", dir.string()));
  return kOk;
}

int tell(const std::string& name, const Result<std::vector<std::string>>& complaints, size_t& found) {
  if (!complaints) return complain(fmt::format("{}: {}.", name, complaints.error().message));
  for (const std::string& c : *complaints) say(fmt::format("{}: {}", name, printable(c)));
  found += complaints->size();
  return kOk;
}

// The files of a folder, or the boards as they would be generated.
int check(const DashboardsOptions& o) {
  size_t found = 0, boards = 0;
  if (o.out.empty()) {
    for (const observe::Board& b : observe::boards()) {
      if (const int code = tell(b.name, observe::complaints_of_board(observe::to_json(b)), found); code != kOk)
        return code;
      ++boards;
    }
  } else {
    std::error_code error;
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(o.out, error))
      if (entry.path().extension() == ".json") files.push_back(entry.path());
    if (error) return complain(fmt::format("{} could not be read: {}.", o.out, error.message()));
    std::sort(files.begin(), files.end());
    for (const auto& file : files) {
      const auto text = yaml::file_contents(file.string(), kMostSeriesBytes);
      if (!text) return complain(text.error());
      if (const int code = tell(file.filename().string(), observe::complaints_of_board(*text), found); code != kOk)
        return code;
      ++boards;
    }
    if (boards == 0) return complain(fmt::format("There is no board (*.json) in {}.", o.out));
  }
  if (found > 0) return complain(fmt::format("{} to mend.", found));
  say(fmt::format("{} board{}: nothing to mend.", boards, boards == 1 ? "" : "s"));
  return kOk;
}

}  // namespace

int run_dashboards(const DashboardsOptions& o) {
  switch (o.what) {
    case DashboardsOptions::What::generate:
      return generate(o);
    case DashboardsOptions::What::list:
      return list(o);
    case DashboardsOptions::What::check:
      return check(o);
  }
  return kUsage;
}

}  // namespace trine::cli
