// An actuator that posts each order to a URL of the user's (docs/instances.md, "Web hook").
//
// POST, JSON, with the headers Idempotency-Key (start only), X-Trine-Timestamp (Unix seconds) and X-Trine-Signature:
// "v1=" + HMAC-SHA256(secret, timestamp + "." + body) in hexadecimal. Any 2xx with a report as its body counts. 404 and
// 410 to all but a start: `gone`. 408, 425, 429, 5xx and what the network does: tried again, first within the order
// (`attempts`, with a pause that doubles), then with the next pass. Any other status is final.
#pragma once

#include <memory>
#include <string>

#include "fleet/actuator.h"
#include "net/loop.h"
#include "net/tls.h"
#include "net/upstream.h"

namespace trine::fleet {

struct WebhookOptions {
  std::string url;
  std::string secret;  // never logged
  net::TlsClientOptions tls;
  Nanos timeout = std::chrono::seconds(30);  // of one attempt
  int attempts = 3;
  Nanos pause = std::chrono::seconds(1);  // before the second
};

// invalid_argument: the URL, the TLS files, or a secret under 16 bytes. A `dialer` other than TCP is for tests. All
// that was ordered must have ended before it goes.
Result<std::unique_ptr<Actuator>> webhook_actuator(net::Loop& loop, WebhookOptions options,
                                                   net::Dialer* dialer = nullptr);

}  // namespace trine::fleet
