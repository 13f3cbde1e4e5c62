// Requests to URLs that somebody else wrote: OIDC discovery documents and keys, what a client's request names. What is
// not allowed is refused, so that nobody makes the gateway fetch what only the gateway can reach (SSRF).
//
// A host must be on the list. Its name is resolved once; if one of its addresses is not a public host's (net/ip.h) and
// not in `internal`, nothing is connected to, and the connection goes to an address that was checked, never to a second
// look-up. Redirects are checked like the first URL; across hosts they lose the caller's headers. Bytes and time are
// bounded over all of it. A CONNECT proxy is not used: it would resolve names itself.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "net/fetch.h"
#include "net/ip.h"

namespace trine::net {

struct EgressPolicy {
  // "files.example.org", "*.example.org" (any name below it), with ":port" where it is not the scheme's own. Empty:
  // nothing is allowed.
  std::vector<std::string> hosts;
  std::vector<IpBlock> internal;  // not public, and allowed all the same: the operator's own
  bool plain_http = false;
  int max_redirects = 3;
  FetchLimits limits;               // of all redirects together
  std::shared_ptr<TlsContext> tls;  // null: the system's certificates
};

// The URL where it may be asked. Errors: permission_denied, invalid_argument; a sentence that shows the host at most.
Result<FetchUrl> check_egress(const EgressPolicy& policy, std::string_view url);

// As a rule for connect(). The policy must outlive it.
AddressRule egress_rule(const EgressPolicy& policy);

// check_egress, and that the name, resolved now, leads to addresses that egress_rule lets pass; within
// policy.limits.timeout. Whoever fetches the URL later resolves it again: this is exact for egress_fetch alone.
// Errors: permission_denied, invalid_argument, unavailable, deadline_exceeded. The policy must outlive the task.
Task<Result<void>> check_egress_address(Loop& loop, const EgressPolicy& policy, std::string url);

// The answer that is not a redirect. `dialer`: for tests; null: TCP with egress_rule(). Errors: those of check_egress
// (also for a redirect), permission_denied for an address, out_of_range, deadline_exceeded, unavailable, data_loss.
// The policy must outlive the task.
Task<Result<FetchResponse>> egress_fetch(Loop& loop, const EgressPolicy& policy, std::string url, FetchRequest request,
                                         Dialer* dialer = nullptr);

}  // namespace trine::net
