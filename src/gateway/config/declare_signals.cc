// Traces and notifications.
#include <algorithm>

#include "base/text.h"
#include "gateway/config/draft.h"
#include "gateway/config/forms.h"

namespace trine::gateway {
namespace {

using yaml::Fields;
using yaml::required;

constexpr size_t kShortestSecret = 16;

// What the exporter writes itself, or what would change where the message ends.
bool is_reserved_header(std::string_view name) {
  for (const std::string_view own : {"host", "content-length", "content-type", "transfer-encoding", "connection"})
    if (iequals(own, name)) return true;
  return false;
}

bool is_token(std::string_view s) {
  constexpr std::string_view kToken = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  return !s.empty() && s.find_first_not_of(kToken) == std::string_view::npos;
}

bool has_control(std::string_view s) {
  return std::any_of(s.begin(), s.end(), [](char c) { return (c >= 0 && c < ' ' && c != '\t') || c == 0x7f; });
}

void declare_header(Fields& f, HeaderConfig& header) {
  f.text(required("name", "Such as `Authorization`."), header.name);
  f.secret(required("value", "Such as `${OTLP_TOKEN}`."), header.value);
  f.check([&f, &header] {
    if (!header.name.empty() && (!is_token(header.name) || is_reserved_header(header.name)))
      f.complain("name", "is no header that may be added.");
    if (has_control(header.value)) f.complain("value", "has control characters.");
  });
}

void declare_notification(Fields& f, NotificationConfig& n) {
  name_field(f, required("name", "Its name in the log and the metrics."), n.name);
  f.secret(required("url", "Where to send; such an address is often a secret, so `${ENV}` and file: work."), n.url);
  f.choice({"form", "`slack`: a message as Slack, Mattermost and Teams' webhooks take it; `json`: all fields."}, n.form,
           {{"json", NoticeForm::json}, {"slack", NoticeForm::slack}});
  f.secret({"secret", "Signs each message (HMAC-SHA256); see docs/notifications.md."}, n.secret);
  f.words({"about", "What it is told of; all if absent."}, n.about,
          {"meter", "grid", "deployment", "budget", "abuse", "ledger", "decision"});
  f.check([&f, &n] {
    if (!n.secret.empty() && n.secret.size() < kShortestSecret)
      f.complain("secret", "is shorter than 16 bytes; `openssl rand -hex 32` makes a good one.");
  });
}

}  // namespace

void declare_signals(Fields& f, Config& c) {
  f.object({"traces", "Spans of requests for an OpenTelemetry collector; none if absent. See docs/tracing.md."},
           c.traces, [](Fields& t, TracesConfig& traces) {
             url_field(t, required("otlp", "Its OTLP/HTTP address; `/v1/traces` where it has no path."), traces.otlp);
             t.number({"sample", "Share of requests without a traceparent of their own."}, traces.sample, 0, 1);
             t.objects({"headers", "Sent along, such as a key."}, traces.headers, declare_header);
           });
  f.objects({"notifications", "Who is told of trouble and of decisions; see docs/notifications.md."}, c.notifications,
            declare_notification);
  f.check([&f, &c] {
    for (size_t i = 0; i < c.notifications.size(); ++i)
      for (size_t k = 0; k < i; ++k)
        if (c.notifications[i].name == c.notifications[k].name)
          f.complain("notifications", "two have the name \"" + c.notifications[i].name + "\".");
  });
}

}  // namespace trine::gateway
