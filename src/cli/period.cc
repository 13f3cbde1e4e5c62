#include "cli/period.h"

namespace trine::cli {
namespace {

Result<Wall> parse_point(std::string_view option, std::string_view text, Wall now) {
  if (const auto ago = parse_duration(text)) {
    if (*ago > now.time_since_epoch()) return Wall{};  // the beginning of time as we count it
    return now - *ago;
  }
  if (const auto t = parse_iso8601(text)) return *t;
  return fail(Code::invalid_argument,
              "{} {} is neither a duration (15m, 1h, 7d) nor a time (2026-11-23, 2026-11-23T09:00:00Z).", option, text);
}

}  // namespace

Result<Period> parse_period(std::string_view since, std::string_view until, Wall now) {
  const auto from = parse_point("--since", since, now);
  if (!from) return tl::unexpected(from.error());
  // What happens in this very instant belongs to "until now".
  const auto to = until.empty() ? Result<Wall>(now + Nanos(1)) : parse_point("--until", until, now);
  if (!to) return tl::unexpected(to.error());
  if (*from >= *to) {
    return fail(Code::invalid_argument, "The period is empty: it begins at {} and ends at {}.", iso8601(*from),
                iso8601(*to));
  }
  return Period{*from, *to};
}

}  // namespace trine::cli
