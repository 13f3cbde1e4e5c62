// What readers make of a file, as the model gets it; and files of several parts to give them.
#pragma once

#include <array>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "documents/text.h"
#include "docworker/output.h"

namespace trine::docworker {

// The text of all pages: cells with a bar between them, blocks with an empty line.
inline std::string read_by(const std::function<void(Output&)>& reader) {
  const Limits limits;
  Budget budget(limits);
  documents::Document document;
  Output out(budget, [&](const documents::Page& page) { document.pages.push_back(page); });
  out.begin_part({}, Format::text, 0);
  reader(out);
  out.end_page();
  return documents::render(document).text;
}

namespace reading {

inline void append_number(std::string& out, uint32_t value, int bytes) {
  for (; bytes > 0; --bytes, value >>= 8) out += static_cast<char>(value & 0xff);
}

inline uint32_t crc_of(std::string_view s) {
  uint32_t crc = ~0u;
  for (const char c : s) {
    crc ^= static_cast<unsigned char>(c);
    for (int i = 0; i < 8; ++i) crc = crc >> 1 ^ (0xEDB88320u & (~(crc & 1) + 1));
  }
  return ~crc;
}

}  // namespace reading

// A ZIP file of entries as they are, not packed.
inline std::string zip_of(const std::vector<std::pair<std::string, std::string>>& entries) {
  using reading::append_number;
  std::string out, directory;
  for (const auto& [name, data] : entries) {
    std::string head;
    append_number(head, 20, 2), append_number(head, 0, 4), append_number(head, 0x21 << 16, 4);  // stored, on 1980-01-01
    append_number(head, reading::crc_of(data), 4);
    append_number(head, static_cast<uint32_t>(data.size()), 4),
        append_number(head, static_cast<uint32_t>(data.size()), 4);
    append_number(head, static_cast<uint32_t>(name.size()), 2), append_number(head, 0, 2);
    directory += "PK\1\2";
    append_number(directory, 20, 2);
    directory += head;
    append_number(directory, 0, 6), append_number(directory, 0, 4);
    append_number(directory, static_cast<uint32_t>(out.size()), 4);
    directory += name;
    ((out += "PK\3\4") += head) += name;
    out += data;
  }
  const auto at = static_cast<uint32_t>(out.size()), count = static_cast<uint32_t>(entries.size());
  (out += directory) += "PK\5\6";
  append_number(out, 0, 4), append_number(out, count, 2), append_number(out, count, 2);
  append_number(out, static_cast<uint32_t>(directory.size()), 4), append_number(out, at, 4), append_number(out, 0, 2);
  return out;
}

}  // namespace trine::docworker
