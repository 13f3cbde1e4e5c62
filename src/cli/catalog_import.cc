// trine catalog import-prices: a published price list into files that `catalog.dir` loads.
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "catalog/load.h"
#include "cli/commands.h"
#include "cli/import_prices.h"
#include "cli/say.h"
#include "cli/table.h"
#include "yaml/document.h"

namespace trine::cli {
namespace {

namespace fs = std::filesystem;
using Files = std::map<std::string, std::string>;

constexpr size_t kMostPriceBytes = size_t{64} << 20;

// The folder's own files, as path -> text; none where it does not exist yet.
Result<Files> files_of(const std::string& dir) {
  Files files;
  std::error_code ec;
  if (dir.empty() || !fs::is_directory(dir, ec)) return files;
  for (const char* name : {"sources.yaml", "zones.yaml", "profiles.yaml", "regions.yaml", "gpus.yaml", "models.yaml",
                           "curves.yaml", "instances.yaml", "vendors.yaml", "vendor_models.yaml", "exchange.yaml"}) {
    const auto path = (fs::path(dir) / name).string();
    if (!fs::exists(path, ec)) continue;
    auto text = yaml::file_contents(path, yaml::kMaxFileBytes);
    if (!text) return tl::unexpected(text.error());
    files[path] = std::move(*text);
  }
  return files;
}

// All or nothing: each file is complete under another name before the first one takes its place.
Result<void> write_all(const Files& files) {
  std::error_code ec;
  for (const auto& [path, text] : files) {
    fs::create_directories(fs::path(path).parent_path(), ec);
    std::ofstream out(path + ".new", std::ios::binary);
    out << text;
    out.close();
    if (!out) return fail(Code::unavailable, "{} could not be written.", path);
  }
  for (const auto& [path, text] : files) {
    fs::rename(path + ".new", path, ec);
    if (ec) return fail(Code::unavailable, "{} could not be written: {}.", path, ec.message());
  }
  return {};
}

// "import-price-list": what a file's name may hold need not be fit for an id.
std::string source_id(const std::string& file) {
  std::string id = "import-" + fs::path(file).stem().string();
  for (char& c : id) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
    if (!plain) c = '-';
  }
  return id;
}

ImportRules rules_of(const CatalogImportOptions& o) {
  ImportRules rules;
  rules.today = iso8601(system_clock().wall()).substr(0, 10);
  rules.date = o.date.empty() ? rules.today : o.date;
  rules.source = o.source.empty() ? source_id(o.file) : o.source;
  rules.currency = o.currency;
  rules.accept_jumps = o.accept_jumps;
  return rules;
}

std::string import_text(const PriceImport& i) {
  std::string out;
  const auto part = [&out](const char* what, const std::vector<std::string>& lines) {
    if (lines.empty()) return;
    out += fmt::format("{} ({}):\n", what, lines.size());
    for (const auto& line : lines) out += fmt::format("  {}\n", line);
  };
  part("added", i.added);
  part("changed", i.changed);
  part("refused", i.refused);
  part("left out", i.left_out);
  return out + fmt::format("{} added, {} changed, {} as they were, {} refused", i.added.size(), i.changed.size(),
                           i.same, i.refused.size());
}

}  // namespace

int run_catalog_import(const CatalogImportOptions& o) {
  const auto text = yaml::file_contents(o.file, kMostPriceBytes);
  if (!text) return complain(text.error());
  if (!o.date.empty() && (o.date.size() != 10 || !parse_iso8601(o.date)))
    return complain(fmt::format("--date {} is no date such as 2026-11-23.", o.date), kUsage);
  auto files = files_of(o.dir);
  if (!files) return complain(files.error());
  const auto present = catalog::load_texts(*files);
  if (!present) return complain(present.error());
  const auto rules = rules_of(o);
  const auto import = import_prices(o.file, *text, **present, rules);
  if (!import) return complain(import.error());

  std::vector<std::string> written;
  if (!o.dir.empty() && import->added.size() + import->changed.size() > 0) {
    Files fresh;
    for (auto& [name, content] :
         catalog_files(*import, **present, printable(fs::path(o.file).filename().string()), rules)) {
      const auto path = (fs::path(o.dir) / name).string();
      (*files)[path] = fresh[path] = std::move(content);
      written.push_back(path);
    }
    // What a gateway would refuse is not written.
    if (const auto good = catalog::load_texts(*files); !good) return complain(good.error());
    if (auto ok = write_all(fresh); !ok) return complain(ok.error());
  }
  if (o.json) {
    const nlohmann::ordered_json j{{"added", import->added},     {"changed", import->changed},   {"same", import->same},
                                   {"refused", import->refused}, {"left_out", import->left_out}, {"written", written}};
    say(j.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
    return kOk;
  }
  say(import_text(*import));
  for (const auto& path : written) say("written: " + path);
  if (o.dir.empty()) say("Nothing is written; --dir DIR writes the catalog's file, for catalog: { dir: DIR }.");
  return kOk;
}

}  // namespace trine::cli
