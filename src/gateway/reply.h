// What goes back to the client: heads and errors.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "gateway/exchange.h"
#include "llm/errors.h"
#include "net/http_head.h"
#include "net/task.h"

namespace trine::gateway {

// HEAD: the answer has no body.
bool asks_for_head(const Exchange& x);
// The start of an answer's head: status line, x-trine-request-id, x-trine-route and what decided for it. No final
// empty line.
std::string own_head(const Exchange& x, int status, std::string_view content_type);
// The same with the upstream's end-to-end headers: all but those that concern one connection, the body's framing, or
// its server software. An answer to HEAD has the length that the upstream says.
std::string head_from_upstream(const Exchange& x, const net::Head& upstream);
// "connection: close" where no request may follow.
void add_connection(std::string& head, const Exchange& x);

// Sends a whole answer; `head` gets length, connection and final line here. False when the client is gone.
net::Task<bool> send_whole(Exchange& x, std::string head, std::span<const std::string_view> body);
net::Task<bool> send_whole(Exchange& x, std::string head, std::string_view body);
// An error in OpenAI's shape, with Retry-After where waiting helps. Notes status and code in x. REQUIRES: !x.head_sent.
net::Task<void> send_error(Exchange& x, const llm::ClientError& error);
// The same for a request that an endpoint of our own refuses: noted for the audit log, its reservation given back.
net::Task<void> refuse(Exchange& x, llm::ClientError error);
// A whole answer with JSON of our own.
net::Task<void> send_json(Exchange& x, int status, std::string_view json);

const char* reason_phrase(int status);
// What the server refuses before there is an exchange.
llm::ClientError refusal_error(net::Refusal why, std::string_view sentence);
// A complete error response outside any exchange (malformed heads), which ends the connection.
std::string closing_error(const llm::ClientError& error);

}  // namespace trine::gateway
