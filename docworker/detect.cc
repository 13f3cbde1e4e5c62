#include "docworker/detect.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "docworker/csv.h"

namespace trine::docworker {
namespace {

using documents::Format;
using namespace std::literals;

constexpr std::pair<std::string_view, Format> kMagic[] = {
    {"%PDF-"sv, Format::pdf},         {"\x89PNG\r\n\x1a\n"sv, Format::png},
    {"\xFF\xD8\xFF"sv, Format::jpeg}, {"GIF87a"sv, Format::gif},
    {"GIF89a"sv, Format::gif},        {"II*\0"sv, Format::tiff},
    {"MM\0*"sv, Format::tiff},        {"BM"sv, Format::bmp},
    {"P4\n"sv, Format::pnm},          {"P5\n"sv, Format::pnm},
    {"P6\n"sv, Format::pnm},          {"P5 "sv, Format::pnm},
    {"P6 "sv, Format::pnm},
};

constexpr std::pair<std::string_view, const char*> kNotRead[] = {
    {"{\\rtf"sv, "an RTF document"},
    {"\x1f\x8b"sv, "a gzip archive"},
    {"7z\xBC\xAF\x27\x1C"sv, "a 7z archive"},
    {"Rar!\x1a\x07"sv, "a RAR archive"},
    {"BZh"sv, "a bzip2 archive"},
    {"\xFD"
     "7zXZ\0"sv,
     "an xz archive"},
    {"\x28\xB5\x2F\xFD"sv, "a zstd archive"},
    {"MZ"sv, "a program"},
    {"\x7F"
     "ELF"sv,
     "a program"},
    {"%!PS"sv, "a PostScript file"},
    {"ID3"sv, "a sound file"},
    {"OggS"sv, "a sound file"},
    {"\0asm"sv, "a program"},
    {"SQLite format 3\0"sv, "a database"},
};

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

bool is_binary(std::string_view bytes) {
  const std::string_view head = bytes.substr(0, 65536);
  if (head.starts_with("\xFF\xFE") || head.starts_with("\xFE\xFF")) return false;  // UTF-16
  const auto odd = std::count_if(head.begin(), head.end(), [](char c) {
    const auto b = static_cast<unsigned char>(c);
    return b < 0x20 && b != '\n' && b != '\r' && b != '\t' && b != '\f' && b != 0x1b;
  });
  if (contains(head, "\0"sv)) {
    // UTF-16 without a mark: every other byte of European text is 0, always on the same side.
    size_t zeros[2] = {};
    for (size_t i = 0; i < head.size(); ++i) zeros[i & 1] += head[i] == '\0' ? 1 : 0;
    const size_t fewer = std::min(zeros[0], zeros[1]), more = std::max(zeros[0], zeros[1]);
    return more < head.size() / 4 || fewer > head.size() / 64 || static_cast<size_t>(odd) > more + head.size() / 64;
  }
  return static_cast<size_t>(odd) > head.size() / 64;
}

// Microsoft's compound file: what programs before 2007 wrote, and what encrypted OOXML is wrapped in.
Detected compound(std::string_view bytes) {
  const auto has = [&](std::string_view ascii) {
    std::string wide;
    for (const char c : ascii) wide += c, wide += '\0';
    return contains(bytes.substr(0, 1 << 20), wide);
  };
  if (has("EncryptedPackage")) return {Format::unknown, "an encrypted Office document", true, {}};
  if (has("WordDocument")) return {Format::unknown, "a Word 97 document", false, {}};
  if (has("Workbook") || has("Book")) return {Format::unknown, "an Excel 97 workbook", false, {}};
  if (has("PowerPoint Document")) return {Format::unknown, "a PowerPoint 97 presentation", false, {}};
  if (has("__properties_version1")) return {Format::unknown, "an Outlook message", false, {}};
  return {Format::unknown, "a Microsoft compound file", false, {}};
}

std::string_view first_lines(std::string_view s, size_t bytes = 4096) {
  return s.substr(0, bytes);
}

std::string lower(std::string_view s) {
  std::string out(s);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  return out;
}

// At least two of the headers that a mail has, each line of the head of a header's form.
bool is_mail(std::string_view s) {
  static constexpr std::array<std::string_view, 14> kKnown = {
      "from",        "to",           "subject",  "date", "received",     "mime-version", "message-id",
      "return-path", "delivered-to", "reply-to", "cc",   "content-type", "x-mailer",     "dkim-signature"};
  int known = 0, lines = 0;
  if (s.starts_with("From ")) s = s.substr(std::min(s.size(), s.find('\n') + 1));
  while (!s.empty() && lines < 60) {
    const size_t end = std::min(s.find('\n'), s.size());
    std::string_view line = s.substr(0, end);
    s = s.substr(std::min(s.size(), end + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) break;
    ++lines;
    if (line[0] == ' ' || line[0] == '\t') continue;
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0 || contains(line.substr(0, colon), " ")) return false;
    if (std::find(kKnown.begin(), kKnown.end(), lower(line.substr(0, colon))) != kKnown.end()) ++known;
  }
  return known >= 2;
}

Format detect_markup(std::string_view s) {
  const std::string head = lower(first_lines(s));
  for (const std::string_view tag : {"<!doctype html", "<html", "<head", "<body", "<table", "<div", "<p>", "<h1"})
    if (head.starts_with(tag)) return Format::html;
  if (contains(head.substr(0, 2048), "<html")) return Format::html;  // after a comment, a processing instruction
  if (!head.starts_with("<?xml") && !contains(head, "xmlns")) return contains(head, "</") ? Format::html : Format::text;
  const bool invoice = contains(head, "urn:oasis:names:specification:ubl:schema:xsd:") ||
                       contains(head, "urn:un:unece:uncefact:data:standard:crossindustryinvoice") ||
                       contains(head, "urn:ferd:crossindustrydocument");
  return invoice ? Format::invoice_xml : Format::xml;
}

}  // namespace

Detected detect_zip(std::string_view names, std::string_view mimetype) {
  const std::string lines = "\n" + std::string(names) + "\n";
  if (mimetype.starts_with("application/vnd.oasis.opendocument.text")) return {Format::odt, {}, false, {}};
  if (mimetype.starts_with("application/vnd.oasis.opendocument.spreadsheet")) return {Format::ods, {}, false, {}};
  if (mimetype.starts_with("application/vnd.oasis.opendocument.presentation")) return {Format::odp, {}, false, {}};
  if (mimetype.starts_with("application/epub")) return {Format::unknown, "an EPUB book", false, {}};
  if (contains(lines, "\n[Content_Types].xml\n")) {
    if (contains(lines, "\nword/document.xml\n")) return {Format::docx, {}, false, {}};
    if (contains(lines, "\nxl/workbook.xml\n")) return {Format::xlsx, {}, false, {}};
    if (contains(lines, "\nppt/presentation.xml\n")) return {Format::pptx, {}, false, {}};
  }
  return {Format::unknown, "a ZIP archive", false, {}};
}

Format detect_text(std::string_view utf8) {
  size_t i = 0;
  while (i < utf8.size() && (utf8[i] == ' ' || utf8[i] == '\n' || utf8[i] == '\r' || utf8[i] == '\t')) ++i;
  const std::string_view s = utf8.substr(i);
  if (s.starts_with('<')) return detect_markup(s);
  if (is_mail(s)) return Format::mail;
  return csv_delimiter(utf8) != '\0' ? Format::csv : Format::text;
}

Detected detect(std::string_view bytes) {
  Detected d;
  if (bytes.starts_with("PK\3\4")) {
    d.what = "zip";  // the caller opens it and asks detect_zip()
  } else if (bytes.starts_with("PK\5\6")) {
    return {Format::unknown, "an empty ZIP archive", false, {}};
  } else if (bytes.starts_with("RIFF") && bytes.size() > 12 && bytes.substr(8, 4) == "WEBP") {
    d.format = Format::webp;
  } else if (bytes.starts_with("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")) {
    return compound(bytes);
  } else if (bytes.size() > 12 && bytes.substr(4, 4) == "ftyp") {
    return {
        Format::unknown,
        contains(bytes.substr(8, 24), "hei") || contains(bytes.substr(8, 24), "mif1") ? "a HEIF image" : "a video file",
        false,
        {}};
  } else {
    for (const auto& [magic, format] : kMagic)
      if (bytes.starts_with(magic)) d.format = format;
    if (d.format == Format::bmp && is_binary(bytes) == false)
      d.format = Format::unknown;  // a text that begins with "BM"
    if (d.format == Format::unknown)
      for (const auto& [magic, what] : kNotRead)
        if (bytes.starts_with(magic) && (magic.size() > 3 || is_binary(bytes)))
          return {Format::unknown, what, false, {}};
    if (d.format == Format::unknown && contains(bytes.substr(0, 1024 + 5), "%PDF-")) d.format = Format::pdf;
    if (d.format == Format::unknown) {
      if (is_binary(bytes)) return {Format::unknown, "binary data", false, {}};
      d.what = "text";  // the caller decodes it and asks detect_text()
    }
  }
  // Said, not acted upon: other programs may see another document in the same bytes.
  const std::string_view tail = bytes.substr(bytes.size() - std::min<size_t>(bytes.size(), 65557));
  if (d.what != "zip" && contains(tail, "PK\5\6")) d.also = "a ZIP archive";
  if (d.format != Format::pdf && d.what != "text" && contains(bytes.substr(0, 1024), "%PDF-")) d.also = "a PDF";
  return d;
}

}  // namespace trine::docworker
