// Price lists as they are published, into rows of the catalog: LiteLLM's JSON (per token), a CSV of token prices (per
// million) and a CSV of GPU machines by the hour. Upstream lists carry rows that are wrong by 1e5, zeros that mean "not
// known" and models that are retired: a row that cannot be right is refused with its reason, never mended. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "catalog/catalog.h"

namespace trine::cli {

struct ImportRules {
  std::string today;             // "2026-11-23": what is retired by then is refused
  std::string date;              // of the list
  std::string source;            // id of its row in sources.yaml
  std::string currency = "USD";  // of a list that does not say
  bool accept_jumps = false;     // take prices that moved by 10x or more

  static constexpr double kLeastPerMtok = 1e-3;  // below: given per token where per million is meant
  static constexpr double kOutputCheaper = 2;    // output costs at least this part less than input: swapped
  static constexpr double kOutputDearer = 100;   // or so much more
  static constexpr double kJump = 10;            // against the catalog's
  static constexpr double kLeastPerGpuHour = 0.03, kMostPerGpuHour = 50;
};

struct PriceImport {
  catalog::Tables tables;             // the catalog's, with the rows that were taken
  std::vector<std::string> added;     // "openai gpt-6: 2.5 in, 10 out USD per million tokens"
  std::vector<std::string> changed;   // "openai gpt-4o: input 2.5 -> 3 USD"
  std::vector<std::string> refused;   // "file:12: wandb/...: 22000 USD per million tokens is absurd ..."
  std::vector<std::string> left_out;  // nothing wrong, but the catalog has no place for it
  int64_t same = 0;
  bool tokens = false, machines = false;  // what the list was
};

// Errors (invalid_argument): none of the forms, no row at all.
Result<PriceImport> import_prices(const std::string& name, std::string_view text, const catalog::Catalog& present,
                                  const ImportRules& rules);

// Files of a catalog folder: name -> text. Those that the import touches, and sources.yaml where the source is new.
// `name`: of the list, for its row in sources.yaml.
std::map<std::string, std::string> catalog_files(const PriceImport& import, const catalog::Catalog& present,
                                                 const std::string& name, const ImportRules& rules);

}  // namespace trine::cli
