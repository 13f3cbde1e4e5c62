// The agent's HTTP surface: GET /v1/readings (for who shows the token), /health and /metrics (for anyone who connects).
#pragma once

#include <optional>
#include <string>

#include "meter_agent/pages.h"
#include "meter_agent/token.h"
#include "net/server.h"

namespace trine::meter_agent {

// One thread: the loop's.
class Service final : public net::Handler {
 public:
  // Without a token, who can connect may read: the TLS layer's client certificates decide, or nobody does.
  // `sampler` and `store` must outlive it.
  Service(const Store& store, const Sampler& sampler, const std::optional<Token>& token, const Clock& clock)
      : store_(store), sampler_(sampler), token_(token), clock_(clock) {}

  net::Task<void> serve(net::ServerConnection& connection) override;
  std::string refuse(net::Refusal why, std::string_view sentence) override;

 private:
  struct Reply {
    int status = 200;
    std::string body;
    std::string_view type = "application/json";
    std::string_view header = "";  // whole lines
  };
  static std::string text(const Reply& reply, bool keep_alive, bool with_body = true);
  static Reply error(int status, std::string_view code, std::string_view message);

  Reply answer(const net::Head& head);
  Reply readings(const net::Head& head);
  std::optional<Reply> stranger(const net::Head& head) const;
  Result<std::optional<Since>> since(std::string_view target) const;

  const Store& store_;
  const Sampler& sampler_;
  std::optional<Token> token_;
  const Clock& clock_;
  Served served_;
};

}  // namespace trine::meter_agent
