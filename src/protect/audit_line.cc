#include "protect/audit_line.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "json/read.h"
#include "json/write.h"

namespace trine::protect {
namespace {

constexpr size_t kMaxText = 1024;  // of one value
constexpr size_t kMaxFields = 32;
constexpr std::string_view kHashKey = ",\"hash\":\"";
constexpr std::string_view kRedacted = "[redacted]";

std::string_view cut(std::string_view text) {
  if (text.size() <= kMaxText) return text;
  size_t n = kMaxText;
  while (n > 0 && (static_cast<unsigned char>(text[n]) & 0xC0) == 0x80) --n;  // not inside a character
  return text.substr(0, n);
}

tl::unexpected<Error> broken(std::string_view what) {
  return fail(Code::data_loss, "{}", what);
}

// The members of one line, as they come.
struct Members {
  AuditLine line;
  std::string_view bad;
  unsigned seen = 0;

  void text(json::Value v, std::string& into) {
    auto s = v.as_string();
    if (s) into = std::move(*s);
  }
  void digest(json::Value v, Digest& into) {
    const auto d = v.is_string() ? parse_hex(v.escaped()) : std::nullopt;
    if (d)
      into = *d;
    else
      bad = "a hash is not 64 hexadecimal digits";
  }
  void take(std::string_view key, json::Value v) {
    ++seen;
    if (key == "seq") {
      const auto n = v.as_int();
      if (n && *n > 0)
        line.sequence = static_cast<uint64_t>(*n);
      else
        bad = "its number is none";
    } else if (key == "at") {
      const auto s = v.as_string();
      const auto t = s ? parse_iso8601(*s) : std::nullopt;
      if (t)
        line.entry.at = *t;
      else
        bad = "its time is none";
    } else if (key == "actor") {
      text(v, line.entry.actor);
    } else if (key == "address") {
      text(v, line.entry.address);
    } else if (key == "action") {
      text(v, line.entry.action);
    } else if (key == "subject") {
      text(v, line.entry.subject);
    } else if (key == "outcome") {
      text(v, line.entry.outcome);
    } else if (key == "detail") {
      const auto walked = json::each_member(v.raw, [&](std::string_view name, json::Value value) {
        text(value, line.entry.detail.emplace_back(std::string(name), "").second);
        return true;
      });
      if (!walked) bad = "its detail is broken";
    } else if (key == "before") {
      digest(v, line.before);
    } else if (key == "hash") {
      digest(v, line.hash);
    } else {
      bad = "it has a field that no version writes";
    }
  }
};

}  // namespace

bool is_secret_name(std::string_view field) {
  static constexpr std::array kWords = {"secret",  "token",  "password", "authorization", "cookie",
                                        "api_key", "apikey", "private",  "credential"};
  std::string lower(field);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c == '-' ? '_' : c;
  });
  return std::any_of(kWords.begin(), kWords.end(), [&](const char* w) { return lower.find(w) != std::string::npos; });
}

std::string write_audit_line(AuditLine& line) {
  const AuditEntry& e = line.entry;
  std::string out;
  json::Writer w(out);
  w.object().key("seq").value(line.sequence).key("at").value(iso8601(e.at)).key("actor").value(cut(e.actor));
  if (!e.address.empty()) w.key("address").value(cut(e.address));
  w.key("action").value(cut(e.action)).key("subject").value(cut(e.subject)).key("outcome").value(cut(e.outcome));
  if (!e.detail.empty()) {
    w.key("detail").object();
    std::vector<std::string_view> names;
    for (const auto& [name, value] : e.detail) {
      if (names.size() == kMaxFields || std::find(names.begin(), names.end(), name) != names.end()) continue;
      names.push_back(name);
      w.key(cut(name)).value(is_secret_name(name) ? kRedacted : cut(value));
    }
    w.end();
  }
  w.key("before").value(hex(line.before));
  // The hash is of all that stands before it.
  line.hash = sha256(out);
  out.append(kHashKey).append(hex(line.hash)).append("\"}\n");
  return out;
}

Result<AuditLine> read_audit_line(std::string_view text) {
  if (text.size() > 2 * kMaxAuditLine) return broken("the line is longer than any that is written");
  const size_t at = text.rfind(kHashKey);
  if (at == std::string_view::npos) return broken("the line has no hash");
  Members m;
  const auto walked = json::each_member(text, [&](std::string_view key, json::Value v) {
    m.take(key, v);
    return m.bad.empty();
  });
  if (!m.bad.empty()) return broken(m.bad);
  if (!walked) return broken("the line is not JSON");
  if (m.line.sequence == 0 || m.line.entry.action.empty()) return broken("the line is not whole");
  if (!same(sha256(text.substr(0, at)), m.line.hash))
    return broken("the line was changed: its hash is of another text");
  return std::move(m.line);
}

}  // namespace trine::protect
