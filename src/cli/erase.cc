// trine erase: an identity becomes a pseudonym, figures stay.
#include "cli/commands.h"
#include "cli/say.h"
#include "cli/source.h"
#include "ledger/ledger.h"

namespace trine::cli {

int run_erase(const EraseOptions& o) {
  const auto place = find_ledger(o.source);
  if (!place) return complain(place.error());
  const bool user = !o.user.empty();
  const ledger::Subject subject{user ? ledger::Subject::Kind::user : ledger::Subject::Kind::key, user ? o.user : o.key};
  const char* kind = user ? "user" : "key";
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
