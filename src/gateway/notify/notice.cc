#include "gateway/notify/notice.h"

#include <fmt/format.h>

#include <array>

#include "json/write.h"

namespace trine::gateway {
namespace {

// Slack reads these three as its own; a name of a key must not become a link or call a whole channel.
std::string for_slack(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else
      out += c;
  }
  return out;
}

std::string title(const Notice& n) {
  const std::string_view what = n.state == NoticeState::over ? std::string_view("over") : name(n.severity);
  return fmt::format("Trine, {}: {}", what, n.subject);
}

std::string_view colour(const Notice& n) {  // words that Slack knows
  if (n.state == NoticeState::over) return "good";
  constexpr std::string_view kColours[] = {"#439FE0", "warning", "danger"};
  return kColours[static_cast<size_t>(n.severity)];
}

}  // namespace

std::string_view name(NoticeKind kind) {
  constexpr std::array<std::string_view, kNoticeKinds> kNames = {"meter", "grid",   "deployment", "budget",
                                                                 "abuse", "ledger", "decision"};
  return kNames[static_cast<size_t>(kind)];
}

std::string_view name(NoticeState state) {
  constexpr std::string_view kNames[] = {"begun", "over", "happened"};
  return kNames[static_cast<size_t>(state)];
}

std::string_view name(Severity severity) {
  constexpr std::string_view kNames[] = {"info", "warning", "critical"};
  return kNames[static_cast<size_t>(severity)];
}

std::string to_json(const Notice& n, std::string_view id, NoticeForm form) {
  std::string out;
  json::Writer w(out);
  if (form == NoticeForm::json) {
    w.object().key("id").value(id).key("kind").value(name(n.kind)).key("state").value(name(n.state));
    w.key("severity").value(name(n.severity)).key("subject").value(n.subject).key("text").value(n.sentence);
    w.key("at").value(iso8601(n.at)).end();
    return out;
  }
  // `text` is what is shown where attachments are not: on a phone's lock screen, by Mattermost's older versions.
  w.object().key("text").value(for_slack(title(n)));
  w.key("attachments").array().object();
  w.key("color").value(colour(n)).key("fallback").value(for_slack(n.sentence)).key("text").value(for_slack(n.sentence));
  w.key("footer").value(fmt::format("trine {}", name(n.kind))).key("ts").value(unix_ns(n.at) / 1'000'000'000);
  w.end().end().end();
  return out;
}

}  // namespace trine::gateway
