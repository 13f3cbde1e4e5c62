#include "guard/normalise.h"

#include <algorithm>
#include <utility>

#include "guard/code_points.h"
#include "guard/decode.h"
#include "guard/fold.h"
#include "guard/scan.h"
#include "guard/words.h"

namespace trine::guard {
namespace {

constexpr size_t kContext = 80;  // bytes beside a decoded piece, on its line
constexpr uint8_t kDeepest = 2;
constexpr uint32_t kFewestFlipped = 4;

// A text to look for encodings in, and where it came from.
struct Source {
  std::string_view text;  // points into `owned`, or to what the caller keeps
  std::string owned;
  const OffsetMap* map = nullptr;  // from `text` to the input; null for the input itself
  OffsetMap owned_map;
  uint8_t depth = 0;
  // Where `text` is not just what its parent says, too: an encoding that lies in none of these was seen there. Empty:
  // anywhere.
  std::vector<ByteSpan> fresh;
};

bool meets(const std::vector<ByteSpan>& spans, const Piece& p) {
  const auto at = std::partition_point(spans.begin(), spans.end(), [&](const ByteSpan& s) { return s.end <= p.begin; });
  return spans.empty() || (at != spans.end() && at->begin < p.end);
}

// Text in which pieces are replaced by what they say, each with what stands beside it.
class Assembly {
 public:
  Assembly(std::string_view source, const OffsetMap& map, size_t most) : source_(source), map_(map), most_(most) {}

  // False when the bound was reached: what is there stands.
  bool add(const Piece& p) {
    if (any_ && p.begin < last_) return true;  // lies inside the one before
    const std::string_view gap = any_ ? source_.substr(last_, p.begin - last_) : std::string_view();
    if (any_ && p.glue && gap.find_first_not_of(" \t\r\n") == std::string_view::npos) {
      // lines of one run
    } else if (any_ && gap.size() <= 2 * kContext && gap.find('\n') == std::string_view::npos) {
      copy(last_, p.begin);
    } else {
      end_line();
      if (any_) literal("\n", p.begin);
      copy(context_before(p.begin), p.begin);
    }
    any_ = true;
    last_ = p.end;
    const ByteSpan from = map_.original(p.begin, p.end);
    const size_t at = out_.text.size();
    const bool fits = put(p.text, from.begin, from.end);
    fresh_.push_back({at, out_.text.size()});
    return fits;
  }

  void end_line() {
    if (!any_) return;
    size_t end = std::min(source_.find('\n', last_), std::min(source_.size(), last_ + kContext));
    while (end > last_ && end < source_.size() && is_continuation(source_[end])) --end;
    copy(last_, end);
    last_ = end;
  }

  Mapped take() { return std::move(out_); }
  std::vector<ByteSpan> fresh() { return std::move(fresh_); }

 private:
  static bool is_continuation(char c) { return (static_cast<uint8_t>(c) & 0xC0) == 0x80; }

  size_t context_before(size_t at) const {
    const size_t least = std::max(any_ ? last_ : 0, at - std::min(at, kContext));
    size_t begin = at;
    while (begin > least && source_[begin - 1] != '\n') --begin;
    while (begin < at && is_continuation(source_[begin])) ++begin;
    return begin;
  }

  bool put(std::string_view text, size_t begin, size_t end) {
    const size_t room = most_ - std::min(most_, out_.text.size());
    const bool fits = text.size() <= room;
    text = text.substr(0, room);
    out_.text += text;
    out_.map.append(text.size(), begin, end);
    return fits;
  }

  void copy(size_t begin, size_t end) {
    if (begin >= end || end - begin > most_ - std::min(most_, out_.text.size())) return;
    out_.text += source_.substr(begin, end - begin);
    out_.map.append_through(map_, begin, end - begin);
  }

  void literal(std::string_view text, size_t at) {
    const size_t from = map_.original(at, at).begin;
    put(text, from, from);
  }

  std::string_view source_;
  const OffsetMap& map_;
  size_t most_;
  Mapped out_;
  std::vector<ByteSpan> fresh_;
  size_t last_ = 0;
  bool any_ = false;
};

class Run {
 public:
  explicit Run(Normalised& out) : out_(out) {}

  void input(std::string_view text) {
    left_ = Normaliser::most_view_bytes(text.size());
    View& plain = out_.views.front();
    fold_.folded.text.swap(plain.text);  // storage of an earlier call
    std::swap(fold_.folded.map, plain.map);
    fold(text, fold_, out_.signals);
    plain.text.swap(fold_.folded.text);
    std::swap(plain.map, fold_.folded.map);
    left_ -= std::min(left_, plain.text.size());
    const bool is_flipped = fold_.flipped_letters >= kFewestFlipped;
    Source source;
    if (fold_.ascii) {
      source.text = text;
      source.map = &plain.map;
    } else {
      own(source, std::move(fold_.clean));
    }
    hidden(0, nullptr);
    look(source, is_flipped);
    for (size_t i = 0; i < queue_.size(); ++i) {
      Source next = std::move(queue_[i]);  // looking may add to the queue
      next.text = next.owned;
      next.map = &next.owned_map;
      look(next, false);
    }
  }

 private:
  static void own(Source& source, Mapped text) {
    source.owned = std::move(text.text);
    source.owned_map = std::move(text.map);
    source.text = source.owned;
    source.map = &source.owned_map;
  }

  // What the last fold found in characters nobody sees.
  void hidden(uint8_t depth, const OffsetMap* map) {
    Mapped tags = std::move(fold_.tags), selectors = std::move(fold_.selectors);
    fold_.tags.clear(), fold_.selectors.clear();
    if (map != nullptr) tags.map.rebase(*map), selectors.map.rebase(*map);
    if (!tags.text.empty()) decoded(ViewKind::tags, depth, std::move(tags));
    if (!selectors.text.empty() && keep_text_of(selectors)) decoded(ViewKind::selectors, depth, std::move(selectors));
  }

  static bool keep_text_of(Mapped& m) {
    const ByteSpan all = m.map.original(0, m.text.size());
    const size_t before = m.text.size();
    if (!keep_text(m.text)) return false;
    if (m.text.size() == before) return true;
    m.map.clear();
    m.map.append(m.text.size(), all.begin, all.end);
    return true;
  }

  void look(const Source& source, bool is_flipped) {
    scan(source.text, pieces_, out_.signals);
    if (is_flipped) flipped(source);
    if (pieces_.empty()) return;
    for (size_t k = 0; k < kViewKinds; ++k) {
      const auto kind = static_cast<ViewKind>(k);
      Assembly assembly(source.text, *source.map, left_);
      bool any = false, fits = true;
      for (const Piece& p : pieces_) {
        if (p.kind != kind || !meets(source.fresh, p)) continue;
        any = true;
        if (!(fits = assembly.add(p))) break;
      }
      if (!any) continue;
      assembly.end_line();
      if (!fits) out_.signals.truncated_views = true;
      decoded(kind, source.depth, assembly.take(), assembly.fresh());
    }
  }

  // All of it, last letter first.
  void flipped(const Source& source) {
    pieces_.push_back(
        {ViewKind::flipped, false, 0, static_cast<uint32_t>(source.text.size()), turn_upright(source.text)});
    ++out_.signals.decoded_spans[static_cast<size_t>(ViewKind::flipped)];
  }

  // A view of its own, to be looked through again unless it is deep enough.
  void decoded(ViewKind kind, uint8_t parent_depth, Mapped raw, std::vector<ByteSpan> fresh = {}) {
    if (out_.views.size() >= Normaliser::kMostViews || raw.text.empty()) {
      out_.signals.truncated_views |= !raw.text.empty();
      return;
    }
    const auto depth = static_cast<uint8_t>(parent_depth + 1);
    Signals unused;
    fold(raw.text, fold_, unused);
    View view{kind, depth, std::move(fold_.folded.text), std::move(fold_.folded.map)};
    fold_.folded.clear();
    if (view.text.size() > left_) {  // folding may grow a text; half a character more is no use
      out_.signals.truncated_views = true;
      return;
    }
    left_ -= view.text.size();
    view.map.rebase(raw.map);
    out_.views.push_back(std::move(view));
    if (depth >= kDeepest) return;
    Source source;
    source.depth = depth;
    if (!fold_.ascii) {
      const OffsetMap below = std::move(raw.map);
      raw = std::move(fold_.clean);
      raw.map.rebase(below);
      hidden(depth, &below);
    }
    if (fold_.ascii) source.fresh = std::move(fresh);
    own(source, std::move(raw));
    queue_.push_back(std::move(source));
  }

  Normalised& out_;
  Fold fold_;
  std::vector<Piece> pieces_;
  std::vector<Source> queue_;  // in the order of depth
  size_t left_ = 0;            // bytes that further views may take
};

}  // namespace

std::string_view name(ViewKind kind) {
  switch (kind) {
    case ViewKind::plain:
      return "plain";
    case ViewKind::tags:
      return "tags";
    case ViewKind::selectors:
      return "selectors";
    case ViewKind::joined:
      return "joined";
    case ViewKind::leet:
      return "leet";
    case ViewKind::base64:
      return "base64";
    case ViewKind::base32:
      return "base32";
    case ViewKind::ascii85:
      return "ascii85";
    case ViewKind::hex:
      return "hex";
    case ViewKind::binary:
      return "binary";
    case ViewKind::codes:
      return "codes";
    case ViewKind::url:
      return "url";
    case ViewKind::html:
      return "html";
    case ViewKind::escapes:
      return "escapes";
    case ViewKind::quoted_printable:
      return "quoted_printable";
    case ViewKind::uuencode:
      return "uuencode";
    case ViewKind::morse:
      return "morse";
    case ViewKind::braille:
      return "braille";
    case ViewKind::caesar:
      return "caesar";
    case ViewKind::reversed:
      return "reversed";
    case ViewKind::flipped:
      return "flipped";
  }
  return "";
}

bool Signals::hidden() const {
  return zero_width > 0 || bidi_controls > 0 || tag_characters > 0 || variation_selectors > 0;
}

bool Signals::obfuscated() const {
  constexpr ViewKind kDisguises[] = {ViewKind::base32,   ViewKind::ascii85, ViewKind::binary,  ViewKind::codes,
                                     ViewKind::uuencode, ViewKind::morse,   ViewKind::braille, ViewKind::caesar,
                                     ViewKind::reversed, ViewKind::flipped};
  return hidden() || mixed_script_words > 0 || marked_words > 0 || styled_words > 0 || spaced_words > 0 ||
         leet_words > 0 ||
         std::any_of(std::begin(kDisguises), std::end(kDisguises), [this](ViewKind k) { return decoded(k) > 0; });
}

Normaliser::Normaliser() {
  CodePoints::instance();
  Words::instance();
}

void Normaliser::normalise(std::string_view utf8, Normalised& out) const {
  out.signals = {};
  out.signals.bytes = utf8.size();
  out.signals.truncated_input = utf8.size() > kMostInput;
  utf8 = utf8.substr(0, kMostInput);
  out.views.reserve(kMostViews);  // sources point to the maps of views
  out.views.resize(1);
  out.views.front().kind = ViewKind::plain;
  out.views.front().depth = 0;
  Run(out).input(utf8);
}

}  // namespace trine::guard
