// Exporters and engines, scraped over HTTP.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "meter/source.h"
#include "net/loop.h"
#include "net/tls.h"

namespace trine::meter {

enum class HttpKind : uint8_t { engine_sim, vllm, sglang, llama_cpp, dcgm, kepler, scaphandre };

std::string_view name(HttpKind kind);  // "engine-sim", "vllm", "llama.cpp", …
std::optional<HttpKind> http_kind(std::string_view name);
std::span<const std::string_view> http_kind_names();  // for "did you mean"

struct HttpAccess {
  std::string url;           // "http://gpu-1:9400/metrics"; without a path: the kind's own
  std::string bearer_token;  // empty: none
  net::TlsClientOptions tls;
  std::string server_name;  // to expect in its certificate; empty: the URL's host
  Nanos timeout = std::chrono::seconds(5);
  size_t max_bytes = 16 << 20;  // of one page
};

// `host` names the server where the page does not (Scaphandre, engines). The page is dated at the middle of the
// exchange. Errors: invalid_argument (URL, TLS files). read(): also the adapters' errors, unauthenticated (401),
// permission_denied (403), not_found (404), unavailable (any other status).
Result<std::unique_ptr<Source>> http_source(net::Loop& loop, HttpKind kind, const HttpAccess& access, std::string host);

}  // namespace trine::meter
