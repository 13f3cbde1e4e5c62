// What the gateway tells others of itself: traces, notifications.
#pragma once

#include <string>
#include <vector>

#include "gateway/config/address.h"

namespace trine::gateway {

struct HeaderConfig {
  std::string name;
  std::string value;  // a secret
};

struct TracesConfig {
  Url otlp;
  double sample = 0.01;
  std::vector<HeaderConfig> headers;
};

enum class NoticeForm { json, slack };

struct NotificationConfig {
  std::string name;
  std::string url;  // with path and query; a secret, as Slack's are
  NoticeForm form = NoticeForm::json;
  std::string secret;              // of the signature; empty: none
  std::vector<std::string> about;  // names of NoticeKind; empty: all
};

}  // namespace trine::gateway
