// Whom the requests go to.
#pragma once

#include <string>

#include "base/error.h"
#include "net/upstream.h"

namespace trine::load {

struct Target {
  net::Origin origin;
  std::string authority;  // as the Host header has it
  std::string path;       // of chat completions
  std::string key;        // a secret; empty: none is sent

  std::string url() const;  // for people
};

// `url` may be the server ("http://host:8000"), its API ("…/v1") or the whole address ("…/v1/chat/completions").
// `ca_file`: besides the system's certificates, or empty. Errors: invalid_argument.
Result<Target> make_target(const std::string& url, const std::string& ca_file);

// The first line of the file, without blanks around it. Errors say what is wrong and never show the key: not_found,
// invalid_argument (empty, or what no header may hold).
Result<std::string> read_key(const std::string& file);

}  // namespace trine::load
