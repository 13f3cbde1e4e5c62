// The stages of a request, in their order.
#pragma once

#include "gateway/context.h"
#include "gateway/exchange.h"
#include "gateway/jobs/errand.h"
#include "gateway/own_endpoints.h"
#include "net/server.h"

namespace trine::gateway {

// One worker's. One thread.
class Pipeline final : public net::Handler, public ErrandHandler {
 public:
  Pipeline(Context& context, OwnEndpoints& own) : context_(context), own_(own) {}
  net::Task<void> serve(net::ServerConnection& connection) override { return serve(connection, nullptr); }
  net::Task<void> serve(net::ServerConnection& connection, const Errand& errand) override {
    return serve(connection, &errand);
  }
  std::string refuse(net::Refusal why, std::string_view sentence) override;

 private:
  void begin(Exchange& x);
  // `errand`: whose it is, where it is no client's.
  net::Task<void> serve(net::ServerConnection& connection, const Errand* errand);

  Context& context_;
  OwnEndpoints& own_;
};

}  // namespace trine::gateway
