// A signature over a message by a shared secret (RFC 2104 with SHA-256): who has the secret knows that the message is
// whole and from us. Any thread.
#pragma once

#include <string>
#include <string_view>

namespace trine::net {

// 64 hexadecimal digits, lower case.
std::string hmac_sha256(std::string_view secret, std::string_view message);

}  // namespace trine::net
