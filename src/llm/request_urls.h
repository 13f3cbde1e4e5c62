// The URLs of a request's body that whoever serves it would fetch: by the fields in which OpenAI's API, and the engines
// and vendors that speak it with additions of their own, take them. Internal to this module.
//
// What reads as a URL and is fetched by nobody is left alone: texts, citations of former answers, the JSON Schemas of
// functions.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "json/read.h"
#include "llm/errors.h"
#include "llm/request.h"

namespace trine::llm {

// Of whose value each text is a URL: "image_url", "file_url", "server_url", "url".
bool is_url_field(std::string_view key);
// Of a message, a part of one or an item: whether its value may hold a URL.
bool holds_url(std::string_view key);

// Adds those in the value of `key`, which stands in `place` (may be empty), at whatever depth. The error:
// invalid_request.
std::optional<ClientError> find_urls(std::string_view place, std::string_view key, const json::Value& value,
                                     std::vector<RequestUrl>& into);

}  // namespace trine::llm
