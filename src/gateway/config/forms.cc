#include "gateway/config/forms.h"

#include <algorithm>

namespace trine::gateway {
namespace {

using yaml::Field;
using yaml::Fields;
using yaml::Type;

std::optional<std::string> parse_name(std::string_view s) {
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._:/@+-").find(c) != std::string_view::npos;
  };
  if (s.empty() || s.size() > 128 || !std::all_of(s.begin(), s.end(), good)) return {};
  return std::string(s);
}

std::optional<std::string> parse_label(std::string_view s) {
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (s.empty() || s.size() > 128 || std::any_of(s.begin(), s.end(), control)) return {};
  return std::string(s);
}

// "UTC", "+01:00", "-03:30".
std::optional<Nanos> parse_offset(std::string_view s) {
  if (s == "UTC") return Nanos(0);
  const auto digit = [&](size_t i) { return s[i] >= '0' && s[i] <= '9'; };
  if (s.size() != 6 || (s[0] != '+' && s[0] != '-') || s[3] != ':') return {};
  if (!digit(1) || !digit(2) || !digit(4) || !digit(5) || s[4] > '5') return {};
  const Nanos offset = std::chrono::minutes(((s[1] - '0') * 10 + s[2] - '0') * 60 + (s[4] - '0') * 10 + s[5] - '0');
  if (offset > std::chrono::hours(14)) return {};  // none on Earth is greater
  return s[0] == '-' ? -offset : offset;
}

}  // namespace

Type form(std::string says, std::string pattern) {
  Type type;
  type.says = std::move(says);
  type.pattern = std::move(pattern);
  return type;
}

void name_field(Fields& f, const Field& field, std::string& out) {
  f.parsed(field, out, form("name", "[A-Za-z0-9._:/@+-]{1,128}"), out,
           "is not a name: 1 to 128 of letters, digits and . _ : / @ + - are allowed.", parse_name);
}

void label_field(Fields& f, const Field& field, std::string& out) {
  f.parsed(field, out, form("text"), out, "must be one line of 1 to 128 bytes.", parse_label);
}

void url_field(Fields& f, const Field& field, Url& out) {
  f.parsed(field, out, form("URL", "https?://.+"), "",
           "is not a URL such as http://host:port/v1 (http or https, without user, query or fragment).", Url::parse);
}

void url_field(Fields& f, const Field& field, std::optional<Url>& out) {
  Url url;
  url_field(f, field, url);
  if (!url.host.empty()) out = url;
}

void offset_field(Fields& f, const Field& field, Nanos& out) {
  f.parsed(field, out, form("offset from UTC", "UTC|[+-][0-9]{2}:[0-9]{2}"), "UTC",
           "is not an offset such as UTC, +01:00 or -03:30.", parse_offset);
}

}  // namespace trine::gateway
