// What a document worker makes of a file: pages of blocks, and the facts about them. Plain data.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace trine::documents {

enum class Format : uint8_t {
  unknown,
  pdf,
  docx,
  xlsx,
  pptx,
  odt,
  ods,
  odp,
  html,
  mail,
  csv,
  xml,
  invoice_xml,  // UBL 2 or UN/CEFACT CII: the exact fields of an invoice
  text,
  png,
  jpeg,
  gif,
  tiff,
  bmp,
  webp,
  pnm,
};
inline constexpr int kFormats = 21;
const char* name(Format format);               // "pdf"; as JSON has it
Format format_named(std::string_view name);    // unknown when there is none
Format format_of_name(std::string_view name);  // what the ending of a file's name promises; unknown when nothing
bool is_image(Format format);

struct Block {
  enum class Kind : uint8_t { paragraph, heading, list_item, table, image };
  Kind kind = Kind::paragraph;
  int level = 0;                               // of a heading (1 to 6) or a list item (0 is outermost)
  std::string text;                            // UTF-8; lines end in '\n' between them; empty for a table
  std::vector<std::vector<std::string>> rows;  // of a table: cells without line ends
  bool operator==(const Block&) const = default;
};
const char* name(Block::Kind kind);

// A page, a sheet, a slide, or a whole document of a format without pages.
struct Page {
  int part = 0;    // index into Document::parts
  int number = 1;  // within its part, from 1
  bool ocr = false;
  std::vector<Block> blocks;
  bool operator==(const Page&) const = default;
};

// The document itself (always the first part), and what it has inside: attachments, embedded files.
struct Part {
  std::string name;  // as the job or the container gave it; "mail.eml/scan.pdf" for what is inside
  Format format = Format::unknown;
  uint64_t bytes = 0;
  bool read = true;  // false: listed only, `note` says why
  std::string note;
  bool operator==(const Part&) const = default;
};

struct Facts {
  int pages = 0;
  int ocr_pages = 0;
  int images = 0;
  uint64_t chars = 0;  // code points of text in all blocks
  uint64_t cpu_us = 0;
  bool operator==(const Facts&) const = default;
};

struct Document {
  std::vector<Part> parts;
  std::vector<Page> pages;
  std::vector<std::string> warnings;  // sentences: a wrong ending, a page that could not be read, text left out
  Facts facts;
  Format format() const { return parts.empty() ? Format::unknown : parts[0].format; }
  bool operator==(const Document&) const = default;
};

}  // namespace trine::documents
