#include "gateway/documents/wording.h"

#include <fmt/format.h>

namespace trine::gateway {
namespace {

constexpr size_t kMostShownName = 160;  // bytes

// A name in quotes, on one line.
std::string quoted_name(std::string_view name) {
  std::string out;
  for (const char c : name.substr(0, kMostShownName)) out += static_cast<unsigned char>(c) < 0x20 || c == '"' ? ' ' : c;
  // Not half a character at the end.
  if (name.size() > kMostShownName) {
    while (!out.empty() && (static_cast<unsigned char>(out.back()) & 0xC0) == 0x80) out.pop_back();
    if (!out.empty() && static_cast<unsigned char>(out.back()) >= 0xC0) out.pop_back();
    out += "...";
  }
  return out.empty() ? std::string("without a name") : '"' + out + '"';
}

const char* unit(documents::Format format, int count) {
  using documents::Format;
  switch (format) {
    case Format::xlsx:
    case Format::ods:
      return count == 1 ? "sheet" : "sheets";
    case Format::pptx:
    case Format::odp:
      return count == 1 ? "slide" : "slides";
    default:
      return count == 1 ? "page" : "pages";
  }
}

}  // namespace

std::string wording(std::string_view name, const ReadDocument& d) {
  const auto format = d.parts.empty() ? documents::Format::unknown : d.parts[0].format;
  std::string out = fmt::format("File {} ({}, {} {}", quoted_name(name), documents::name(format), d.facts.pages,
                                unit(format, d.facts.pages));
  if (d.facts.ocr_pages > 0) out += fmt::format(", {} of them by OCR", d.facts.ocr_pages);
  out += ")\n";
  const std::string_view text = d.text.text;
  const bool marks = d.text.pages.size() > 1;
  size_t at = 0;
  for (const documents::PageSpan& page : d.text.pages) {
    if (marks) {
      out.append(text.substr(at, page.begin - at));
      out += fmt::format("[{} {}]\n", unit(format, 1), page.number);
      at = page.begin;
    }
  }
  out.append(text.substr(at));
  for (const documents::Part& part : d.parts)
    if (!part.read) out += fmt::format("\n[Not read: {}]", quoted_name(part.name));
  return out;
}

std::string wording_of_repetition(std::string_view name, std::string_view first_name, std::string_view place) {
  return fmt::format("File {}: the same as {} in {} above", quoted_name(name), quoted_name(first_name), place);
}

}  // namespace trine::gateway
