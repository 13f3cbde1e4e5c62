// Pieces of SQL about rows. Internal to this module.
#pragma once

namespace trine::ledger {

// The rows of a table whose times may lie in the period, by the table `blocks`.
constexpr auto kBlocks = " b.kind={} AND b.high_ns >= ?1 AND b.low_ns < ?2";
constexpr auto kInBlock = "{0}.n >= b.block*4096 AND {0}.n < (b.block+1)*4096";

// A call that has figures, was to answer its request, and is the last one that was or the one that went well. Only
// where there are several is it looked at: most requests have one.
constexpr auto kServed =
    "(c.settled >= 0 AND c.beside=0 AND (coalesce(r.calls, 2) < 2 OR NOT EXISTS (SELECT 1 FROM calls k WHERE"
    " k.request=c.request AND k.beside=0 AND k.attempt<>c.attempt AND (k.outcome=0) >= (c.outcome=0) AND"
    " (k.attempt > c.attempt OR (k.outcome=0) > (c.outcome=0)))))";

// The latest settlement of a call: its own first one, unless a later one has replaced it.
constexpr auto kLatest =
    "later_settlements s ON s.request=c.request AND s.attempt=c.attempt AND s.version=c.settled AND c.settled IS NOT"
    " c.first_version";

}  // namespace trine::ledger
