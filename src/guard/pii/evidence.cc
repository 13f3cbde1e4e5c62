#include "guard/pii/evidence.h"

#include <algorithm>

namespace trine::guard {

void EvidenceTrail::move_to(TextWindow& window, size_t limit) {
  window_ = &window;
  limit_ = limit;
}

void EvidenceTrail::read() {
  TextWindow& window = *window_;
  const size_t limit = limit_;
  size_t pos = std::max(cursor_, limit > kReach ? limit - kReach : size_t{0});
  cursor_ = std::max(cursor_, limit);
  const std::string_view text = window.text();
  while (pos < limit && (static_cast<unsigned char>(text[pos]) & 0xC0) == 0x80) ++pos;
  const Glyph before = window.before(pos);
  bool in_word = before.is_word() || before.is_digit();
  while (pos < limit) {
    const Glyph g = glyph_at(text, pos);
    const bool word = g.is_word();
    if (word && !in_word) {
      const auto m = labels_.match(window, pos, limit);
      if (m.label != nullptr) hits_[count_++ % hits_.size()] = {pos, m.end, m.label};
    }
    in_word = word || g.is_digit() || (in_word && g.kind == GlyphKind::nothing);
    pos += g.length;
  }
}

template <class Visit>
void EvidenceTrail::each_before(size_t at, Visit visit) {
  if (cursor_ < limit_) read();
  const size_t first = limit_ > kReach ? limit_ - kReach : 0;
  for (size_t i = count_; i > 0 && count_ - i < hits_.size(); --i) {
    const Hit& hit = hits_[(i - 1) % hits_.size()];
    if (hit.begin < first) return;
    if (hit.end <= at && !visit(hit)) return;
  }
}

size_t EvidenceTrail::distance(PiiType type, size_t at) {
  size_t found = kNone;
  each_before(at, [&](const Hit& hit) {
    if ((hit.label->types & bit(type)) != 0) found = at - hit.end;
    return found == kNone && !hit.label->denies;
  });
  return found;
}

bool EvidenceTrail::is_denied(PiiType type, size_t at) {
  bool denied = false;
  each_before(at, [&](const Hit& hit) {
    if (at - hit.end > kNear) return false;
    const TypeMask types = hit.label->types;
    denied = hit.label->denies || (types >= bit(PiiType::at_svnr) && (types & bit(type)) == 0);
    return !denied && types == 0;
  });
  return denied;
}

LanguageMask EvidenceTrail::languages(size_t at) {
  LanguageMask mask = 0;
  each_before(at, [&](const Hit& hit) {
    mask |= hit.label->languages;
    return true;
  });
  return mask;
}

bool EvidenceTrail::follows(PiiType type, size_t end) {
  TextWindow& window = *window_;
  constexpr size_t kAfter = 32;  // bytes in which the label begins
  constexpr size_t kItsOwn = 8;  // bytes after it in which a digit is the label's own number
  bool in_word = false;
  for (size_t pos = end; pos < end + kAfter;) {
    const Glyph g = window.at(pos);
    if (g.kind == GlyphKind::end || g.is_digit() || window.text()[pos] == '\n' || window.text()[pos] == ',' ||
        window.text()[pos] == ';') {
      return false;
    }
    if (g.is_word() && !in_word) {
      const auto m = labels_.match(window, pos, end + 2 * kAfter);
      if (m.label != nullptr && m.label->denies) return false;
      if (m.label != nullptr && (m.label->types & bit(type)) != 0) {
        for (size_t after = m.end; after < m.end + kItsOwn;) {
          const Glyph next = window.at(after);
          if (next.is_digit()) return false;
          if (next.kind == GlyphKind::end || window.text()[after] == ')') return true;
          after += next.length;
        }
        return true;
      }
    }
    in_word = g.is_word();
    pos += g.length;
  }
  return false;
}

}  // namespace trine::guard
