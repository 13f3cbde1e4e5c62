// The lines of one server-sent event (WHATWG HTML §9.2.6). Internal to this module.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

namespace trine::llm::internal {

// The lines of an event, without their ends (LF, CRLF or CR).
template <class F>
void each_line(std::string_view event, F&& line) {
  while (!event.empty()) {
    const size_t end = std::min(event.find_first_of("\r\n"), event.size());
    line(event.substr(0, end));
    const bool crlf = event.substr(end, 2) == "\r\n";
    event.remove_prefix(std::min(event.size(), end + (crlf ? 2 : 1)));
  }
}

// What follows `field` and its colon, less one blank; nullopt for another line.
inline std::optional<std::string_view> field_of(std::string_view line, std::string_view field) {
  if (!line.starts_with(field)) return std::nullopt;
  line.remove_prefix(field.size());
  if (line.empty()) return line;
  if (line.front() != ':') return std::nullopt;
  line.remove_prefix(1);
  if (line.starts_with(' ')) line.remove_prefix(1);
  return line;
}

struct EventLines {
  std::string_view data;  // of the only data line, or `joined`
  std::string joined;     // where there are several
  int count = 0;          // data lines
  bool error = false;     // `event: error`, or a line `error: ...` (llama.cpp before 2025)
};

inline void read_lines(std::string_view event, EventLines& out) {
  each_line(event, [&](std::string_view line) {
    if (const auto data = field_of(line, "data")) {
      if (out.count == 1) out.joined = out.data;
      if (out.count++ == 0) {
        out.data = *data;
      } else {
        out.joined.append(1, '\n').append(*data);
      }
    } else if (const auto name = field_of(line, "event")) {
      out.error |= *name == "error";
    } else if (field_of(line, "error")) {
      out.error = true;
    }
  });
  if (out.count > 1) out.data = out.joined;
}

}  // namespace trine::llm::internal
