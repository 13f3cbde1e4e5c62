// The texts of ../shared/data/guard, for tests and measurements of the guard; they are no part of the repository.
#pragma once

#include <unicode/normalizer2.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "json/read.h"

namespace trine::guard_data {

struct Item {
  std::string id, text, label, source, language;
  std::string payload;  // what was put into a clean document, if that is how it was made
};

inline std::filesystem::path folder() {
  return std::filesystem::path(TRINE_SOURCE_DIR) / "../shared/data/guard";
}

// Items of folder()/kind; none where the data is absent. Throws std::runtime_error for a file that cannot be read.
inline std::vector<Item> load(std::string_view kind) {
  std::vector<Item> items;
  std::ifstream in(folder() / kind / "data.jsonl");
  for (std::string line; std::getline(in, line);) {
    Item item;
    const auto read = json::each_member(line, [&item](std::string_view key, json::Value value) {
      std::string* field = key == "id"        ? &item.id
                           : key == "text"    ? &item.text
                           : key == "label"   ? &item.label
                           : key == "source"  ? &item.source
                           : key == "lang"    ? &item.language
                           : key == "payload" ? &item.payload
                                              : nullptr;
      if (field != nullptr && !value.is_null()) {
        auto text = value.as_string();
        if (!text) return false;
        *field = std::move(*text);
      }
      return true;
    });
    if (!read) throw std::runtime_error(std::string(kind) + ": " + read.error().message);
    items.push_back(std::move(item));
  }
  return items;
}

// NFKC, small letters, no default ignorables: what rules for folded text are written for.
inline std::string fold(std::string_view text) {
  UErrorCode status = U_ZERO_ERROR;
  const auto* folding = icu::Normalizer2::getNFKCCasefoldInstance(status);
  std::string out;
  icu::StringByteSink<std::string> sink(&out);
  folding->normalizeUTF8(0, icu::StringPiece(text.data(), static_cast<int32_t>(text.size())), sink, nullptr, status);
  if (U_FAILURE(status)) throw std::runtime_error("ICU cannot fold a text");
  return out;
}

}  // namespace trine::guard_data
