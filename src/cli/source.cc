#include "cli/source.h"

#include <thread>

namespace trine::cli {
namespace {

constexpr auto kPatience = std::chrono::seconds(5);  // a running gateway looks every second
constexpr auto kLook = std::chrono::milliseconds(50);

}  // namespace

Result<bool> wait_for_gateway(const std::function<Result<bool>()>& pending) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  for (;;) {
    const auto still = pending();
    if (!still) return still;
    if (!*still) return true;
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(kLook);
  }
}

Result<LedgerPlace> find_ledger(const LedgerSource& source) {
  LedgerPlace place{source.dir, nullptr};
  if (source.config.empty()) return place;
  auto config = gateway::load_config(source.config);
  if (!config) return tl::unexpected(config.error());
  place.config = std::move(*config);
  if (place.dir.empty()) place.dir = place.config->ledger.dir;
  return place;
}

Result<std::shared_ptr<const gateway::Snapshot>> resolve(std::shared_ptr<const gateway::Config> config) {
  auto catalog = gateway::load_catalog(*config);
  if (!catalog) return tl::unexpected(catalog.error());
  const std::string file = config->file;
  auto snapshot = gateway::make_snapshot(std::move(config), std::move(*catalog));
  if (snapshot) return snapshot;
  Error e = snapshot.error();
  if (!e.message.starts_with(file)) e.message = fmt::format("{}: {}", file, e.message);
  return tl::unexpected(std::move(e));
}

}  // namespace trine::cli
