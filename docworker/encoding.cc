#include "docworker/encoding.h"

#include <unicode/ucnv.h>
#include <unicode/ucsdet.h>
#include <unicode/utf16.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <memory>

#include "base/text.h"

namespace trine::docworker {
namespace {

struct CloseConverter {
  void operator()(UConverter* c) const { ucnv_close(c); }
};
struct CloseDetector {
  void operator()(UCharsetDetector* d) const { ucsdet_close(d); }
};

// False: ICU does not know the name.
bool convert(std::string_view bytes, const char* from, std::string& out) {
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<UConverter, CloseConverter> source(ucnv_open(from, &status));
  const std::unique_ptr<UConverter, CloseConverter> target(ucnv_open("UTF-8", &status));
  if (U_FAILURE(status)) return false;
  out.clear();
  out.reserve(bytes.size() + bytes.size() / 8);
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  char piece[4096];
  UChar pivot[1024];
  UChar *pivot_source = pivot, *pivot_target = pivot;
  bool first = true;
  do {
    status = U_ZERO_ERROR;
    char* to = piece;
    ucnv_convertEx(target.get(), source.get(), &to, piece + sizeof piece, &at, end, pivot, &pivot_source, &pivot_target,
                   pivot + 1024, first, true, &status);
    first = false;
    out.append(piece, static_cast<size_t>(to - piece));
  } while (status == U_BUFFER_OVERFLOW_ERROR);
  return U_SUCCESS(status);
}

std::string guessed(std::string_view bytes) {
  std::string out;
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<UCharsetDetector, CloseDetector> detector(ucsdet_open(&status));
  const std::string_view head = bytes.substr(0, 65536);
  ucsdet_setText(detector.get(), head.data(), static_cast<int32_t>(head.size()), &status);
  const UCharsetMatch* match = U_SUCCESS(status) ? ucsdet_detect(detector.get(), &status) : nullptr;
  const char* name = match != nullptr ? ucsdet_getName(match, &status) : nullptr;
  // Its guesses among ISO-8859-1 and the others are of the family; Windows-1252 has the euro and quotes besides.
  if (U_FAILURE(status) || name == nullptr || iequals(name, "ISO-8859-1")) name = "windows-1252";
  if (iequals(name, "ISO-8859-2")) name = "windows-1250";
  if (iequals(name, "UTF-8") || !convert(bytes, name, out)) convert(bytes, "windows-1252", out);
  return out;
}

}  // namespace

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"  // ICU's macro narrows on purpose
int32_t next_code_point(std::string_view s, size_t& i) {
  UChar32 c = 0;
  const size_t most = std::min<size_t>(s.size() - i, 8);
  int32_t at = 0;
  const char* const from = s.data() + i;
  U8_NEXT(from, at, static_cast<int32_t>(most), c);
  i += static_cast<size_t>(at);
  return c;
}
#pragma GCC diagnostic pop

bool is_utf8(std::string_view bytes) {
  for (size_t i = 0; i < bytes.size();)
    if (next_code_point(bytes, i) < 0) return false;
  return true;
}

std::string to_utf8(std::string_view bytes) {
  std::string out;
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  if (bytes.starts_with("\xFF\xFE") && convert(bytes.substr(2), "UTF-16LE", out)) return out;
  if (bytes.starts_with("\xFE\xFF") && convert(bytes.substr(2), "UTF-16BE", out)) return out;
  const std::string_view head = bytes.substr(0, 4096);
  const auto zeros = static_cast<size_t>(std::count(head.begin(), head.end(), '\0'));
  if (zeros > head.size() / 4 && convert(bytes, head[0] == '\0' ? "UTF-16BE" : "UTF-16LE", out)) return out;
  return is_utf8(bytes) ? std::string(bytes) : guessed(bytes);
}

std::string to_utf8(std::string_view bytes, const std::string& charset) {
  std::string out;
  if (charset.empty() || iequals(charset, "utf-8") || iequals(charset, "us-ascii")) return to_utf8(bytes);
  // What says ISO-8859-1 is Windows-1252 in practice (and by the WHATWG's encoding standard).
  const bool latin1 = iequals(charset, "iso-8859-1") || iequals(charset, "latin1");
  return convert(bytes, latin1 ? "windows-1252" : charset.c_str(), out) ? out : to_utf8(bytes);
}

std::string utf8_of(std::span<const uint16_t> utf16) {
  std::string out;
  out.reserve(utf16.size());
  for (size_t i = 0; i < utf16.size();) {
    UChar32 c = 0;
    U16_NEXT_OR_FFFD(utf16.data(), i, utf16.size(), c);
    char bytes[U8_MAX_LENGTH];
    size_t n = 0;
    U8_APPEND_UNSAFE(bytes, n, c);
    out.append(bytes, n);
  }
  return out;
}

}  // namespace trine::docworker
