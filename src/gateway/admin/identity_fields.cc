// Queries and bodies of the admin API: every field is known and bounded, or the request is refused.
#include <algorithm>

#include "base/text.h"
#include "gateway/admin/identity_calls.h"
#include "json/read.h"

namespace trine::gateway {
namespace {

using llm::ClientError;
using llm::ErrorCode;

constexpr size_t kMostText = 256, kMostItems = 100;

ClientError wrong_field(std::string detail, std::string_view field) {
  return {ErrorCode::invalid_request, std::move(detail), std::string(field.substr(0, 64))};
}

// Whether `field` is one of the words of `allowed`.
bool listed(std::string_view allowed, std::string_view field) {
  while (!allowed.empty()) {
    const size_t blank = std::min(allowed.find(' '), allowed.size());
    std::string_view word = allowed.substr(0, blank);
    if (word.starts_with('!')) word.remove_prefix(1);
    if (word == field) return true;
    allowed.remove_prefix(std::min(blank + 1, allowed.size()));
  }
  return false;
}

std::optional<ClientError> missing(const IdentityRoute& route, const IdentityCall& call) {
  const std::string_view all = route.texts;
  const size_t at = all.find('!');
  if (at == std::string_view::npos) return {};
  const std::string_view field = all.substr(at + 1, std::min(all.find(' ', at), all.size()) - at - 1);
  if (!call.text(std::string(field)).empty()) return {};
  return wrong_field(fmt::format("`{}` is missing", field), field);
}

// One line of text, not too long.
bool good_text(std::string_view text) {
  return text.size() <= kMostText && std::none_of(text.begin(), text.end(), [](char c) {
           return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
         });
}

std::optional<ClientError> take(const IdentityRoute& route, std::string_view key, const json::Value& value,
                                IdentityCall& call) {
  const std::string field(key);
  const bool text = listed(route.texts, key), list = listed(route.lists, key);
  if (!text && !list) return wrong_field("there is no such field here", key);
  const auto bad = [&](const char* what) { return wrong_field(fmt::format("`{}` {}", field, what), key); };
  if (text) {
    auto read = value.as_string();
    if (!read || !good_text(*read)) return bad("must be a text of one line and 256 bytes at most");
    call.texts[field] = std::move(*read);
    return {};
  }
  if (!value.is_array()) return bad("must be a list of texts");
  std::vector<std::string>& items = call.lists[field];
  bool good = true;
  const auto each = json::each_element(value.raw, [&](json::Value v) {
    auto item = v.as_string();
    good = item && !item->empty() && good_text(*item) && items.size() < kMostItems;
    if (good) items.push_back(std::move(*item));
    return good;
  });
  if (!each || !good) return bad("must be a list of 100 texts at most, none empty");
  return {};
}

}  // namespace

std::optional<std::string> percent_decoded(std::string_view text) {
  const auto digit = [](char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
  };
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? digit(text[i + 2]) : -1;
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

std::optional<ClientError> read_query(const IdentityRoute& route, std::string_view query, IdentityCall& call) {
  const bool takes = std::string_view(route.method) == "GET";  // what changes something says so in its body
  while (!query.empty()) {
    const size_t end = std::min(query.find('&'), query.size());
    const std::string_view part = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (part.empty()) continue;
    const size_t is = std::min(part.find('='), part.size());
    const auto name = percent_decoded(part.substr(0, is));
    const auto value = percent_decoded(part.substr(std::min(is + 1, part.size())));
    if (!name || !takes || !listed(route.texts, *name))
      return wrong_field("there is no such field in the query here", "");
    if (!value || !good_text(*value)) return wrong_field(fmt::format("`{}` must be one line of text", *name), *name);
    if (!call.texts.emplace(*name, *value).second) return wrong_field(fmt::format("`{}` stands twice", *name), *name);
  }
  return {};
}

std::optional<ClientError> read_body(const IdentityRoute& route, std::string_view body, IdentityCall& call) {
  if (!trim(body).empty()) {
    const auto document = json::read(body);
    if (!document || !document->is_object()) return ClientError{ErrorCode::invalid_json, "it must be one object", {}};
    std::optional<ClientError> error;
    const auto walked = json::each_member(document->raw, [&](std::string_view key, json::Value value) {
      error = take(route, key, value, call);
      return !error;
    });
    if (!walked) return ClientError{ErrorCode::invalid_json, "a field stands twice or is malformed", {}};
    if (error) return error;
  }
  return missing(route, call);
}

}  // namespace trine::gateway
