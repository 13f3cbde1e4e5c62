// Members that are null where there is nothing to say.
#pragma once

#include <optional>
#include <string>

#include "json/write.h"

namespace trine::web {

inline void put(json::Writer& w, const char* key, std::optional<double> value) {
  w.key(key);
  value ? w.value(*value) : w.null();
}
inline void put(json::Writer& w, const char* key, const std::string& text) {
  w.key(key);
  text.empty() ? w.null() : w.value(text);
}

}  // namespace trine::web
