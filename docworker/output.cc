#include "docworker/output.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "docworker/encoding.h"

namespace trine::docworker {
namespace {

constexpr size_t kMostWarnings = 100;

// The replacement of a code point in text, or null when it stays.
const char* instead_of(int32_t c) {
  static constexpr const char* kLigatures[] = {"ff", "fi", "fl", "ffi", "ffl", "st", "st"};
  if (c >= 0xFB00 && c <= 0xFB06) return kLigatures[c - 0xFB00];
  switch (c) {
    case 0x00AD:
    case 0x200B:
    case 0x200C:
    case 0x200D:
    case 0x2060:
    case 0xFEFF:
      return "";
    case 0x00A0:
    case 0x2007:
    case 0x202F:
    case 0x2002:
    case 0x2003:
    case 0x2009:
    case 0x3000:
      return " ";
    case 0x2028:
    case 0x2029:
      return "\n";
    default:
      break;
  }
  if (c < 0x20 || c == 0x7F || (c >= 0x80 && c < 0xA0))
    return c == '\n' ? nullptr : c == '\t' || c == '\f' || c == '\v' ? " " : "";
  // Tags and directional marks carry no text that a reader sees, and hide what a model would read.
  if ((c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || (c >= 0xE0000 && c <= 0xE007F)) return "";
  return nullptr;
}

int64_t code_points(std::string_view s) {
  return std::count_if(s.begin(), s.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

}  // namespace

void stop(Problem problem, std::string finding) {
  throw Refusal{problem, std::move(finding)};
}

void Budget::objects(int64_t n) {
  if ((objects_ += n) > limits_.objects)
    stop(Problem::too_many_objects, fmt::format("over {} elements", limits_.objects));
}

void Budget::page() {
  if (++pages_ > limits_.pages) stop(Problem::too_many_pages, fmt::format("{} are allowed", limits_.pages));
}

void Budget::ocr_page() {
  if (++ocr_pages_ > limits_.ocr_pages)
    stop(Problem::too_many_pages, fmt::format("{} scanned ones are allowed", limits_.ocr_pages));
}

void Budget::text(size_t bytes) {
  if ((text_ += static_cast<int64_t>(bytes)) > limits_.text_bytes)
    stop(Problem::too_much_text, fmt::format("over {} bytes", limits_.text_bytes));
}

void Budget::pixels(int64_t width, int64_t height) const {
  if (width > 0 && height > limits_.pixels / width)
    stop(Problem::too_many_pixels, fmt::format("{} x {}, {} in all are allowed", width, height, limits_.pixels));
}

void Budget::unpacked(int64_t packed, int64_t unpacked) {
  constexpr int64_t kFree = int64_t{1} << 20;  // small files of blanks pack well and harm nobody
  if (unpacked > kFree && unpacked / std::max<int64_t>(1, packed) > limits_.ratio)
    stop(Problem::too_compressed, fmt::format("{} bytes became over {}", packed, unpacked));
  if ((unpacked_ += unpacked) > limits_.unpacked_bytes)
    stop(Problem::too_compressed, fmt::format("over {} bytes", limits_.unpacked_bytes));
}

void Budget::depth(int64_t d) const {
  if (d > limits_.depth) stop(Problem::too_deep, fmt::format("over {} levels", limits_.depth));
}

int Output::begin_part(std::string_view name, Format format, uint64_t bytes) {
  end_page();
  budget_.objects();
  document_.parts.push_back({clean(name, true), format, bytes, true, {}});
  return part_ = static_cast<int>(document_.parts.size()) - 1;
}

void Output::note(int part, std::string why) {
  auto& p = document_.parts.at(static_cast<size_t>(part));
  p.read = false;
  p.note = std::move(why);
}

void Output::return_to(int part) {
  end_page();
  part_ = part;
}

void Output::begin_page(int number, bool ocr) {
  end_page();
  budget_.page();
  page_ = {part_, number, ocr, {}};
  open_ = true;
}

void Output::end_page() {
  if (!std::exchange(open_, false)) return;
  ++document_.facts.pages;
  if (page_.ocr) ++document_.facts.ocr_pages;
  emit_(page_);
  page_ = {};
}

void Output::add(Block block) {
  if (!open_) begin_page(1);
  budget_.objects();
  block.text = clean(block.text);
  size_t bytes = block.text.size();
  document_.facts.chars += code_points(block.text);
  for (auto& row : block.rows) {
    budget_.objects(static_cast<int64_t>(row.size()));
    for (auto& cell : row) {
      cell = clean(cell, true);
      bytes += cell.size() + 1;
      document_.facts.chars += code_points(cell);
    }
  }
  if (block.kind == Block::Kind::table) {
    std::erase_if(block.rows, [](const auto& row) {
      return std::all_of(row.begin(), row.end(), [](const auto& c) { return c.empty(); });
    });
    if (block.rows.empty()) return;
  } else if (block.text.empty() && block.kind != Block::Kind::image) {
    return;
  }
  budget_.text(bytes);
  page_.blocks.push_back(std::move(block));
}

void Output::image(std::string text) {
  ++document_.facts.images;
  add({Block::Kind::image, 0, std::move(text), {}});
}

void Output::warn(std::string_view sentence) {
  if (document_.warnings.size() < kMostWarnings) document_.warnings.push_back(clean(sentence, true));
}

std::string clean(std::string_view text, bool one_line) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const auto b = static_cast<unsigned char>(text[i]);
    if (b > 0x20 && b < 0x7F) {  // most of all text
      out += static_cast<char>(b);
      ++i;
      continue;
    }
    const size_t from = i;
    const int32_t c = next_code_point(text, i);
    if (c < 0) {
      out += "\xEF\xBF\xBD";
      continue;
    }
    const char* const other = instead_of(c);
    std::string_view piece = other != nullptr ? std::string_view(other) : text.substr(from, i - from);
    if (piece == "\n" && one_line) piece = " ";
    if (piece == " " && (out.empty() || out.back() == ' ' || out.back() == '\n')) continue;  // one blank is enough
    if (piece == "\n") {
      while (!out.empty() && out.back() == ' ') out.pop_back();
      if (out.empty() || (out.size() > 1 && out.ends_with("\n\n"))) continue;
    }
    out += piece;
  }
  while (!out.empty() && (out.back() == ' ' || out.back() == '\n')) out.pop_back();
  return out;
}

void mark_raised(std::string& text, size_t from) {
  if (from == 0 || from >= text.size()) return;
  const auto before = static_cast<unsigned char>(text[from - 1]);
  const auto is_digit = [&](size_t i) { return i < text.size() && text[i] >= '0' && text[i] <= '9'; };
  const std::string_view raised = std::string_view(text).substr(from);
  const size_t sign = raised.starts_with("\u2212") ? 3 : raised[0] == '-' || raised[0] == '+' ? 1 : 0;
  if ((std::isalnum(before) != 0 || before == ')' || before >= 0x80) && is_digit(from + sign))
    text.insert(from, 1, '^');
}

}  // namespace trine::docworker
