// The command line of trine-meter.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/log.h"
#include "base/time.h"
#include "net/tcp.h"

namespace trine::meter_agent {

inline constexpr int kOk = 0, kFailed = 1, kUsage = 2;

struct Options {
  net::HostPort listen{"127.0.0.1", 9410};
  std::string tls_cert, tls_key, client_ca;
  std::string token_file;
  Nanos keep = std::chrono::hours(1);
  Nanos every = std::chrono::seconds(1);
  std::string nvml = "libnvidia-ml.so.1";    // empty: not wanted
  std::string rapl = "/sys/class/powercap";  // empty: not wanted
  std::string host;                          // empty: this machine's name
  log::Level log_level = log::Level::info;
  bool insecure = false;
  bool once = false, json = false;
};

struct Parsed {
  std::optional<Options> options;  // nothing: print `out` or `err`, end with `exit_code`
  int exit_code = kOk;
  std::string out, err;
};

// `words`: the arguments behind the program's name.
Parsed parse(const std::vector<std::string>& words);

// What would let strangers read: plain HTTP on another address than loopback, or nobody asked who they are.
// Nothing where all is well; `has_token`: there is one, from wherever.
Result<void> check_secure(const Options& options, bool has_token);

}  // namespace trine::meter_agent
