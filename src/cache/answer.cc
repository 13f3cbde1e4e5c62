#include "cache/answer.h"

#include <bit>
#include <cstring>

#include "llm/response.h"

namespace trine::cache {
namespace {

constexpr uint32_t kVersion = 1;

// Calls f with each part in the order of the bytes.
template <class A, class F>
void each_part(A& a, F&& f) {
  f(a.request), f(a.deployment), f(a.key), f(a.user), f(a.content_type), f(a.whole), f(a.events.content);
  f(a.events.usage), f(a.streamed), f(a.events.usage_within), f(a.in), f(a.out), f(a.made), f(a.expires);
  auto& g = a.figures;
  f(g.gpu_energy), f(g.energy), f(g.energy_low), f(g.energy_high), f(g.operational), f(g.embodied), f(g.carbon_low);
  f(g.carbon_high), f(g.cost), f(g.letter);
}

struct Put {
  std::string& out;
  void number(uint64_t v) {
    for (int i = 0; i < 8; ++i) out += static_cast<char>(v >> (8 * i) & 0xFF);
  }
  void operator()(const std::string& s) {
    number(s.size());
    out += s;
  }
  void operator()(bool v) { number(v ? 1 : 0); }
  void operator()(int64_t v) { number(std::bit_cast<uint64_t>(v)); }
  void operator()(Wall v) { (*this)(unix_ns(v)); }
  void operator()(energy::Letter v) { number(static_cast<unsigned char>(v)); }
  template <class Kind>
  void operator()(Amount<Kind> v) {
    (*this)(v.raw());
  }
};

struct Take {
  std::string_view rest;
  bool good = true;
  uint64_t number() {
    if (rest.size() < 8) {
      good = false;
      rest = {};
      return 0;
    }
    uint64_t v = 0;
    for (size_t i = 0; i < 8; ++i) v |= uint64_t{static_cast<unsigned char>(rest[i])} << (8 * i);
    rest.remove_prefix(8);
    return v;
  }
  void operator()(std::string& s) {
    const uint64_t n = number();
    if (n > rest.size()) {
      good = false;
      rest = {};
      return;
    }
    s = rest.substr(0, n);
    rest.remove_prefix(n);
  }
  void operator()(bool& v) { v = number() != 0; }
  void operator()(int64_t& v) { v = std::bit_cast<int64_t>(number()); }
  void operator()(Wall& v) { v = from_unix_ns(std::bit_cast<int64_t>(number())); }
  void operator()(energy::Letter& v) {
    const uint64_t n = number();
    good = good && ((n >= 'A' && n <= 'D') || n == 'S');
    if (good) v = static_cast<energy::Letter>(n);
  }
  template <class Kind>
  void operator()(Amount<Kind>& v) {
    v = Amount<Kind>::raw(std::bit_cast<int64_t>(number()));
  }
};

}  // namespace

size_t Answer::bytes() const {
  return sizeof(Answer) + request.size() + deployment.size() + key.size() + user.size() + content_type.size() +
         whole.size() + events.content.size() + events.usage.size();
}

bool Answer::operator==(const Answer& o) const {
  return to_bytes(*this) == to_bytes(o);
}

void find_places(Answer& a) {
  a.places.reset();
  const auto scan = llm::scan_response(a.whole);
  if (!scan) return;
  const auto at = [&](std::string_view part) {
    return part.empty() ? 0 : static_cast<size_t>(part.data() - a.whole.data());
  };
  a.places = {at(scan->usage_raw), scan->usage_raw.size(), at(scan->trine_raw), scan->trine_raw.size()};
}

std::string to_bytes(const Answer& a) {
  std::string out;
  out.reserve(a.bytes() + 256);
  Put put{out};
  put.number(kVersion);
  each_part(a, put);
  return out;
}

std::optional<Answer> from_bytes(std::string_view bytes) {
  Take take{bytes};
  if (take.number() != kVersion) return std::nullopt;
  Answer a;
  each_part(a, take);
  if (!take.good || !take.rest.empty()) return std::nullopt;
  return a;
}

}  // namespace trine::cache
