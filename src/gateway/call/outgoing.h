// The request as it goes to a deployment.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/exchange.h"
#include "json/splice.h"

namespace trine::gateway {

// Head and body, as slices that point into this, the exchange and the deployment. Of the client's headers only those
// pass that concern the request itself (content type, tracing, vendor betas): never its key, cookies or addresses.
class Outgoing {
 public:
  Outgoing(const Exchange& x, const Deployment& d);
  Outgoing(const Outgoing&) = delete;
  Outgoing& operator=(const Outgoing&) = delete;

  const std::vector<std::string_view>& slices() const { return slices_; }
  bool hides_usage() const { return hides_usage_; }

 private:
  json::Splice splice_;
  std::string head_;
  std::vector<std::string_view> slices_;
  bool hides_usage_ = false;
};

}  // namespace trine::gateway
