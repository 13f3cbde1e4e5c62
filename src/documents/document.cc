#include "documents/document.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "base/text.h"

namespace trine::documents {
namespace {

constexpr std::array<const char*, kFormats> kNames = {"unknown", "pdf",  "docx", "xlsx", "pptx", "odt",         "ods",
                                                      "odp",     "html", "mail", "csv",  "xml",  "invoice_xml", "text",
                                                      "png",     "jpeg", "gif",  "tiff", "bmp",  "webp",        "pnm"};

constexpr std::pair<std::string_view, Format> kEndings[] = {
    {"pdf", Format::pdf},   {"docx", Format::docx},  {"xlsx", Format::xlsx}, {"pptx", Format::pptx},
    {"odt", Format::odt},   {"ods", Format::ods},    {"odp", Format::odp},   {"html", Format::html},
    {"htm", Format::html},  {"xhtml", Format::html}, {"eml", Format::mail},  {"csv", Format::csv},
    {"tsv", Format::csv},   {"xml", Format::xml},    {"txt", Format::text},  {"md", Format::text},
    {"json", Format::text}, {"log", Format::text},   {"png", Format::png},   {"jpg", Format::jpeg},
    {"jpeg", Format::jpeg}, {"gif", Format::gif},    {"tif", Format::tiff},  {"tiff", Format::tiff},
    {"bmp", Format::bmp},   {"webp", Format::webp},  {"pnm", Format::pnm},   {"pgm", Format::pnm},
    {"ppm", Format::pnm},   {"pbm", Format::pnm},
};

}  // namespace

const char* name(Format format) {
  return kNames.at(static_cast<size_t>(format));
}

Format format_named(std::string_view name) {
  const auto* const it = std::find(kNames.begin(), kNames.end(), name);
  return it == kNames.end() ? Format::unknown : static_cast<Format>(std::distance(kNames.begin(), it));
}

Format format_of_name(std::string_view name) {
  const size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return Format::unknown;
  for (const auto& [ending, format] : kEndings)
    if (iequals(name.substr(dot + 1), ending)) return format;
  return Format::unknown;
}

bool is_image(Format format) {
  return format >= Format::png;
}

const char* name(Block::Kind kind) {
  switch (kind) {
    case Block::Kind::paragraph:
      return "paragraph";
    case Block::Kind::heading:
      return "heading";
    case Block::Kind::list_item:
      return "list_item";
    case Block::Kind::table:
      return "table";
    case Block::Kind::image:
      return "image";
  }
  return "paragraph";
}

}  // namespace trine::documents
