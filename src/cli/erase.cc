// trine erase: an identity becomes a pseudonym, figures stay.
#include <filesystem>

#include "cli/commands.h"
#include "cli/say.h"
#include "cli/source.h"
#include "gateway/vault_keeper.h"
#include "ledger/ledger.h"

namespace trine::cli {

namespace {

Result<void> erase_in_vault(const gateway::VaultConfig& config, const ledger::Subject& subject) {
  std::error_code none;
  if (!std::filesystem::exists(std::filesystem::path(config.dir) / "vault.db", none)) return {};
  const auto vault = gateway::open_vault(config);
  if (!vault) return tl::unexpected(vault.error());
  const bool user = subject.kind == ledger::Subject::Kind::user;
  const auto gone = (*vault)->erase(user ? vault::Identity::user : vault::Identity::key, subject.name);
  if (!gone) return tl::unexpected(gone.error());
  if (*gone > 0) say(fmt::format("Erased {} kept answers and files of this {}.", *gone, user ? "user" : "key"));
  return {};
}

}  // namespace

int run_erase(const EraseOptions& o) {
  const auto place = find_ledger(o.source);
  if (!place) return complain(place.error());
  const bool user = !o.user.empty();
  const ledger::Subject subject{user ? ledger::Subject::Kind::user : ledger::Subject::Kind::key, user ? o.user : o.key};
  const char* kind = user ? "user" : "key";
  if (place->config && place->config->vault) {
    // Also where a gateway runs: it empties its memory itself, and may not be the last that puts something there.
    const auto erased = erase_in_vault(*place->config->vault, subject);
    if (!erased) return complain(erased.error());
  }
  const auto pseudonym = ledger::erase(place->dir, subject);
  if (!pseudonym) return complain(pseudonym.error());
  if (!pseudonym->empty()) {
    say(fmt::format("Erased: this {} is now {} in every record of {}. Figures are unchanged.", kind, *pseudonym,
                    place->dir.string()));
    return kOk;
  }
  const auto done = wait_for_gateway([&] { return ledger::erasure_pending(place->dir); });
  if (!done) return complain(done.error());
  say(*done ? fmt::format("Erased by the gateway that runs on {}. Figures are unchanged.", place->dir.string())
            : fmt::format("Asked the gateway that runs on {}: it erases this {} with its next pass over the ledger.",
                          place->dir.string(), kind));
  return kOk;
}

}  // namespace trine::cli
