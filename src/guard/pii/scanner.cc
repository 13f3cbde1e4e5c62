#include "guard/pii/scanner.h"

#include <algorithm>

#include "guard/pii/address.h"
#include "guard/pii/contact.h"
#include "guard/pii/field.h"
#include "guard/pii/id_rules.h"

namespace trine::guard {
namespace {

constexpr size_t kNowhere = std::string_view::npos;

// Everything that rules find has a digit or an '@' in it. 0xEF begins full-width digits.
bool may_be_anchor(unsigned char c) {
  return static_cast<unsigned char>(c - '0') < 10 || c == '@' || c == 0xEF;
}

size_t next_anchor(std::string_view text, size_t pos) {
  // Blocks without branches, which compilers turn into vector code: most text has no anchor.
  constexpr size_t kBlock = 32;
  while (pos + kBlock <= text.size()) {
    unsigned char any = 0;
    for (size_t i = 0; i < kBlock; ++i) {
      const auto c = static_cast<unsigned char>(text[pos + i]);
      any |= static_cast<unsigned char>(static_cast<unsigned char>(c - '0') < 10) |
             static_cast<unsigned char>(c == '@') | static_cast<unsigned char>(c == 0xEF);
    }
    if (any != 0) break;
    pos += kBlock;
  }
  while (pos < text.size() && !may_be_anchor(static_cast<unsigned char>(text[pos]))) ++pos;
  return pos;
}

size_t token_end(std::string_view text, size_t pos) {
  while (true) {
    const Glyph g = glyph_at(text, pos);
    if (g.kind != GlyphKind::alnum && g.kind != GlyphKind::nothing) return pos;
    pos += g.length;
  }
}

std::optional<PiiSpan> at_digit(TextWindow& window, EvidenceTrail& evidence, size_t digit, size_t floor) {
  const size_t begin = token_begin(window, digit, floor);
  if (begin == kNowhere) return std::nullopt;
  evidence.move_to(window, begin);
  if (auto ip = find_ip(window, evidence, digit, begin, floor)) return ip;
  if (digit == begin) {
    if (auto date = find_birth_date(window, evidence, begin)) return date;
  }
  const bool dialled = digit == begin && begin > floor && window.text()[begin - 1] == '+';
  const auto phone = digit == begin ? find_phone(window, evidence, begin, floor) : std::nullopt;
  if (phone && dialled) return phone;
  const Field field = read_field(window, field_begin(window, begin, floor));
  if (const auto id = find_id(window, evidence, field)) {
    // A telephone number may pass for an identifier; the nearer label decides.
    const bool is_phone = phone && evidence.distance(PiiType::phone, phone->begin) < id->distance &&
                          phone->end >= id->span.end && id->span.type != PiiType::iban &&
                          id->span.type != PiiType::credit_card;
    return is_phone ? phone : id->span;
  }
  if (phone) return phone;
  return digit == begin ? find_address(window, begin, floor) : std::nullopt;
}

}  // namespace

void PiiScanner::scan(std::string_view utf8, std::vector<PiiSpan>& out) const {
  TextWindow window(utf8, true);
  Place place;
  scan_on(window, place, out);
}

void PiiScanner::scan_on(TextWindow& window, Place& place, std::vector<PiiSpan>& out) const {
  const std::string_view text = window.text();
  EvidenceTrail evidence(labels_);
  AtSigns at_signs;
  while (true) {
    place.at = next_anchor(text, place.at);
    if (place.at >= text.size()) return;
    window.forget_cut();
    const Glyph g = window.at(place.at);
    if (window.cut()) return;
    std::optional<PiiSpan> span;
    if (text[place.at] == '@') {
      span = find_email(window, place.at, place.floor);
    } else if (g.is_digit()) {
      const size_t at_sign = at_signs.after(window, place.at);
      if (at_sign != kNowhere) span = find_email(window, at_sign, place.floor);
      if (!span) span = at_digit(window, evidence, place.at, place.floor);
    } else {
      place.at += g.length;
      continue;
    }
    if (window.cut()) return;
    if (span) {
      out.push_back(*span);
      place.at = place.floor = span->end;
    } else {
      place.at = g.is_digit() ? token_end(text, place.at) : place.at + g.length;
    }
  }
}

size_t PiiScanner::open_from(std::string_view text, const Place& place) {
  size_t end = std::min(place.at, text.size());
  const size_t floor = place.floor;
  // A character of which the rest is to come.
  for (size_t n = 0; n < 3 && end == text.size() && end > floor; ++n) {
    const auto last = static_cast<unsigned char>(text[end - n - 1]);
    if ((last & 0xC0) == 0xC0) {
      end -= n + 1;
      break;
    }
    if ((last & 0xC0) != 0x80 || end - n - 1 <= floor) break;
  }
  size_t open = std::min(local_part_begin(text, end, floor), unfinished_street_begin(text, end, floor));
  // A token, its prefixes, and the '+' and '(' of a telephone number.
  TextWindow window(text, false);
  size_t token = end;
  while (token > floor && end - token < 2 * kLongestLocalPart) {
    const Glyph g = window.before(token);
    if (g.kind != GlyphKind::alnum && g.kind != GlyphKind::nothing) break;
    token -= g.length;
  }
  open = std::min(open, std::max(field_begin(window, token, floor), floor));
  size_t mark = token;
  while (mark > floor && token - mark < 2 && (text[mark - 1] == '+' || text[mark - 1] == '(')) --mark;
  size_t hex = end;
  while (hex > floor && end - hex < 40 && (text[hex - 1] == ':' || window.before(hex).kind == GlyphKind::alnum)) {
    hex -= window.before(hex).length;
  }
  return std::max(std::min({open, mark, hex}), floor);
}

void PiiStream::push(std::string_view chunk, Sink sink) {
  // Chunks of any size in steps of a bounded one: what is held and looked at again stays small.
  constexpr size_t kStep = 16 << 10;
  while (!chunk.empty()) {
    const std::string_view step = chunk.substr(0, kStep);
    buffer_ += step;
    chunk.remove_prefix(step.size());
    go_on(false, sink);
  }
}

void PiiStream::finish(Sink sink) {
  go_on(true, sink);
  buffer_.clear();
  dropped_ = released_ = 0;
  place_ = {};
}

void PiiStream::go_on(bool is_whole, Sink sink) {
  found_.clear();
  TextWindow window(buffer_, is_whole);
  scanner_.scan_on(window, place_, found_);
  const std::string_view text = buffer_;
  size_t released = released_ - dropped_;
  const auto release_to = [&](size_t end) {
    if (end <= released) return;
    sink(text.substr(released, end - released), nullptr);
    released = end;
  };
  for (const PiiSpan& s : found_) {
    release_to(s.begin);
    PiiSpan whole = s;
    whole.begin += dropped_;
    whole.end += dropped_;
    sink(text.substr(released, s.end - released), &whole);
    released = s.end;
  }
  const size_t open = is_whole ? text.size() : scanner_.open_from(text, place_);
  release_to(open);
  released_ = dropped_ + released;
  // Drop what nobody looks at any more, not at every push.
  const size_t keep = std::min(released, place_.at);
  if (keep > 4 * PiiScanner::kLookBehind) {
    const size_t drop = keep - PiiScanner::kLookBehind;
    buffer_.erase(0, drop);
    dropped_ += drop;
    place_.at -= drop;
    place_.floor -= std::min(place_.floor, drop);
  }
}

}  // namespace trine::guard
