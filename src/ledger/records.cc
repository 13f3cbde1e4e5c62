#include "ledger/records.h"

#include <bit>
#include <cstring>
#include <type_traits>

namespace trine::ledger {
namespace {

static_assert(std::endian::native == std::endian::little, "the journal is little-endian");

// A text and the most of it that is kept.
template <class S>
struct Text {
  S& value;
  size_t max;
};
template <class S>
Text<S> sentence(S& s) {
  return {s, kMaxSentence};
}

// Two of them in a byte: 1 and 2.
template <class B>
struct Flags {
  B& one;
  B& two;
};

// N names kept as the bytes they are.
template <size_t N>
struct Packed {
  std::string_view& value;
};

// One list of fields per record serves measuring, writing and reading. The structured bindings name every member, so a
// field added to a struct does not compile until it is stored here too.
template <class Io, class T>
void fields(Io& io, T& v) {
  using U = std::remove_const_t<T>;
  if constexpr (std::is_same_v<U, CallIntent>) {
    auto& [id, tenant, user, workload, route, endpoint, deployment, zone, model, start, in, streamed, simulated,
           beside] = v;
    auto flags = Flags<std::remove_reference_t<decltype(streamed)>>{streamed, beside};
    io(id, tenant, user, workload, route, endpoint, deployment, zone, model, start, in, flags, simulated);
  } else if constexpr (std::is_same_v<U, CallFacts>) {
    auto& [id, deployment, zone, model, start, first, end, in, cached, out, source, streamed, simulated, beside,
           outcome, status, batch] = v;
    auto flags = Flags<std::remove_reference_t<decltype(streamed)>>{streamed, beside};
    io(id, deployment, zone, model, start, first, end, in, cached, out, source, flags, simulated, outcome, status,
       batch);
  } else if constexpr (std::is_same_v<U, RequestFacts>) {
    auto& [id, tenant, workload, route, endpoint, start, end, streamed, outcome, status, error, reason, calls, user] =
        v;
    auto e = sentence(error), r = sentence(reason);
    io(id, tenant, workload, route, endpoint, start, end, streamed, outcome, status, e, r, calls, user);
  } else if constexpr (std::is_same_v<U, CallRow>) {  // the bytes of CallFacts
    auto& [id, target, start, first, end, in, cached, out, source, streamed, beside, simulated, outcome, status,
           batch] = v;
    Packed<3> names{target};
    auto flags = Flags<std::remove_reference_t<decltype(streamed)>>{streamed, beside};
    io(id, names, start, first, end, in, cached, out, source, flags, simulated, outcome, status, batch);
  } else if constexpr (std::is_same_v<U, RequestRow>) {  // the bytes of RequestFacts
    auto& [id, origin, start, end, streamed, outcome, status, error, reason, calls, user] = v;
    Packed<7> names{origin};
    auto e = sentence(error), r = sentence(reason);
    io(id, names, start, end, streamed, outcome, status, e, r, calls, user);
  } else if constexpr (std::is_same_v<U, Settlement>) {
    auto& [call, version, basis, booked, figures] = v;
    io(call, version, basis, booked, figures);
  } else if constexpr (std::is_same_v<U, DeviceWindow>) {
    auto& [device, deployment, zone, begin, end, total, requests, foreign, unattributed, intensity, letter] = v;
    io(device, deployment, zone, begin, end, total, requests, foreign, unattributed, intensity, letter);
  } else if constexpr (std::is_same_v<U, Event>) {
    auto& [kind, at, key, user, json] = v;
    Text<std::remove_reference_t<decltype(json)>> body{json, kMaxEventJson};
    io(kind, at, key, user, body);
  } else if constexpr (std::is_same_v<U, GatewayUse>) {
    auto& [begin, end, cpu, zone, energy, low, high, carbon, carbon_low, carbon_high] = v;
    io(begin, end, cpu, zone, energy, low, high, carbon, carbon_low, carbon_high);
  } else if constexpr (std::is_same_v<U, Avoided>) {
    auto& [request, step, at, in, out, figures] = v;
    io(request, step, at, in, out, figures);
  } else if constexpr (std::is_same_v<U, CallId>) {
    auto& [request, attempt] = v;
    io(request, attempt);
  } else if constexpr (std::is_same_v<U, RequestId>) {
    auto& [hi, lo] = v;
    io(hi, lo);
  } else if constexpr (std::is_same_v<U, Tenant>) {
    auto& [org, team, project, key] = v;
    io(org, team, project, key);
  } else if constexpr (std::is_same_v<U, energy::Figures>) {
    auto& [gpu, energy, low, high, operational, embodied, carbon_low, carbon_high, cost, letter] = v;
    io(gpu, energy, low, high, operational, embodied, carbon_low, carbon_high, cost, letter);
  } else if constexpr (std::is_same_v<U, DeviceWindow::Share>) {
    auto& [gpu, energy, operational, embodied, cost] = v;
    io(gpu, energy, operational, embodied, cost);
  } else {
    static_assert(!sizeof(U), "no field list for this type");
  }
}

template <class T>
constexpr bool is_amount = false;
template <class K>
constexpr bool is_amount<Amount<K>> = true;

// Texts: u32 length + bytes.
struct Measure {
  size_t size = 0;

  template <class... T>
  void operator()(T&... v) {
    (one(v), ...);
  }
  template <class T>
  void one(T& v) {
    using U = std::remove_const_t<T>;
    if constexpr (std::is_same_v<U, std::string>)
      size += 4 + clip(v, kMaxName).size();
    else if constexpr (std::is_arithmetic_v<U> || std::is_enum_v<U>)
      size += sizeof(U);
    else if constexpr (std::is_same_v<U, Wall> || std::is_same_v<U, Nanos> || is_amount<U>)
      size += 8;
    else
      fields(*this, v);
  }
  template <class S>
  void one(Text<S>& t) {
    size += 4 + clip(t.value, t.max).size();
  }
  template <class B>
  void one(Flags<B>&) {
    size += 1;
  }
};

struct Write {
  std::byte* at;

  template <class... T>
  void operator()(T&... v) {
    (one(v), ...);
  }
  template <class T>
  void raw(T v) {
    std::memcpy(at, &v, sizeof v);
    at += sizeof v;
  }
  void text(std::string_view s) {
    raw(static_cast<uint32_t>(s.size()));
    if (!s.empty()) std::memcpy(at, s.data(), s.size());
    at += s.size();
  }
  template <class T>
  void one(T& v) {
    using U = std::remove_const_t<T>;
    if constexpr (std::is_same_v<U, std::string>)
      text(clip(v, kMaxName));
    else if constexpr (std::is_same_v<U, bool>)
      raw(static_cast<uint8_t>(v));
    else if constexpr (std::is_arithmetic_v<U> || std::is_enum_v<U>)
      raw(v);
    else if constexpr (std::is_same_v<U, Wall>)
      raw(unix_ns(v));
    else if constexpr (std::is_same_v<U, Nanos>)
      raw(int64_t{v.count()});
    else if constexpr (is_amount<U>)
      raw(v.raw());
    else
      fields(*this, v);
  }
  template <class S>
  void one(Text<S>& t) {
    text(clip(t.value, t.max));
  }
  template <class B>
  void one(Flags<B>& f) {
    raw(static_cast<uint8_t>((f.one ? 1 : 0) | (f.two ? 2 : 0)));
  }
};

// Which enumerators are on record; anything else in a file is damage.
bool known(energy::Outcome v) {
  return v <= energy::Outcome::refused;
}
bool known(energy::TokenSource v) {
  return v <= energy::TokenSource::counted;
}
bool known(energy::Basis v) {
  return v <= energy::Basis::final;
}
bool known(energy::Letter v) {
  switch (v) {
    case energy::Letter::A:
    case energy::Letter::B:
    case energy::Letter::C:
    case energy::Letter::D:
    case energy::Letter::S:
      return true;
  }
  return false;
}

struct Read {
  std::span<const std::byte> rest;
  bool good = true;

  template <class... T>
  void operator()(T&... v) {
    (one(v), ...);
  }
  template <class T>
  T raw() {
    T v{};
    if (rest.size() < sizeof v) {
      good = false;
      return v;
    }
    std::memcpy(&v, rest.data(), sizeof v);
    rest = rest.subspan(sizeof v);
    return v;
  }
  template <class S>
  void text(S& s, size_t max) {
    const auto n = raw<uint32_t>();
    if (!good || n > max || n > rest.size()) {
      good = false;
      return;
    }
    s = S(reinterpret_cast<const char*>(rest.data()), n);
    rest = rest.subspan(n);
  }
  template <class T>
  void one(T& v) {
    if constexpr (std::is_same_v<T, std::string> || std::is_same_v<T, std::string_view>) {
      text(v, kMaxName);
    } else if constexpr (std::is_same_v<T, bool>) {
      const auto b = raw<uint8_t>();
      good = good && b <= 1;
      v = b == 1;
    } else if constexpr (std::is_enum_v<T>) {
      const auto e = static_cast<T>(raw<std::underlying_type_t<T>>());
      if (good && known(e))
        v = e;
      else
        good = false;
    } else if constexpr (std::is_arithmetic_v<T>) {
      v = raw<T>();
    } else if constexpr (std::is_same_v<T, Wall>) {
      v = from_unix_ns(raw<int64_t>());
    } else if constexpr (std::is_same_v<T, Nanos>) {
      v = Nanos(raw<int64_t>());
    } else if constexpr (is_amount<T>) {
      v = T::raw(raw<int64_t>());
    } else {
      fields(*this, v);
    }
  }
  template <class S>
  void one(Text<S>& t) {
    text(t.value, t.max);
  }
  void one(Flags<bool>& f) {
    const auto b = raw<uint8_t>();
    good = good && b <= 3;
    f.one = (b & 1) != 0;
    f.two = (b & 2) != 0;
  }
  template <size_t N>
  void one(Packed<N>& names) {
    const auto* begin = reinterpret_cast<const char*>(rest.data());
    std::string_view skipped;
    for (size_t i = 0; i < N && good; ++i) text(skipped, kMaxName);
    if (good) names.value = {begin, reinterpret_cast<const char*>(rest.data())};
  }
};

template <class T>
size_t measure(const T& v) {
  Measure m;
  fields(m, v);
  return m.size;
}

template <class T>
void put(const T& v, std::byte* out) {
  Write w{out};
  fields(w, v);
}

template <class T>
Result<void> get(std::span<const std::byte> payload, T& v) {
  Read r{payload};
  fields(r, v);
  if (!r.good) return fail(Code::data_loss, "a journal record does not decode");
  if (r.rest.size() >= 8) return fail(Code::data_loss, "a journal record is longer than its fields");
  for (const auto b : r.rest) {
    if (b != std::byte{0}) return fail(Code::data_loss, "a journal record is longer than its fields");
  }
  return {};
}

template <class T>
Result<Record> get(std::span<const std::byte> payload) {
  T v;
  if (auto got = get(payload, v); !got) return tl::unexpected(got.error());
  return Record(std::move(v));
}

Result<void> known_version(uint16_t version) {
  if (version == kPayloadVersion) return {};
  return fail(Code::data_loss, "journal record of unknown version {}", version);
}

template <class T>
Result<void> get(uint16_t version, std::span<const std::byte> payload, T& v) {
  if (auto known = known_version(version); !known) return known;
  return get(payload, v);
}

}  // namespace

std::string_view clip(std::string_view text, size_t max) {
  if (text.size() <= max) return text;
  size_t n = max;
  while (n > 0 && (static_cast<unsigned char>(text[n]) & 0xC0) == 0x80) --n;
  return text.substr(0, n);
}

RecordType type_of(const Record& record) {
  return static_cast<RecordType>(record.index() + 1);
}

size_t encoded_size(const CallIntent& v) {
  return measure(v);
}
size_t encoded_size(const CallFacts& v) {
  return measure(v);
}
size_t encoded_size(const RequestFacts& v) {
  return measure(v);
}
size_t encoded_size(const Settlement& v) {
  return measure(v);
}
size_t encoded_size(const DeviceWindow& v) {
  return measure(v);
}
size_t encoded_size(const Event& v) {
  return measure(v);
}
size_t encoded_size(const GatewayUse& v) {
  return measure(v);
}
size_t encoded_size(const Avoided& v) {
  return measure(v);
}

void encode(const CallIntent& v, std::byte* out) {
  put(v, out);
}
void encode(const CallFacts& v, std::byte* out) {
  put(v, out);
}
void encode(const RequestFacts& v, std::byte* out) {
  put(v, out);
}
void encode(const Settlement& v, std::byte* out) {
  put(v, out);
}
void encode(const DeviceWindow& v, std::byte* out) {
  put(v, out);
}
void encode(const Event& v, std::byte* out) {
  put(v, out);
}
void encode(const GatewayUse& v, std::byte* out) {
  put(v, out);
}
void encode(const Avoided& v, std::byte* out) {
  put(v, out);
}

Result<Record> decode(RecordType type, uint16_t version, std::span<const std::byte> payload) {
  if (auto known = known_version(version); !known) return tl::unexpected(known.error());
  switch (type) {
    case RecordType::call_intent:
      return get<CallIntent>(payload);
    case RecordType::call_facts:
      return get<CallFacts>(payload);
    case RecordType::request_facts:
      return get<RequestFacts>(payload);
    case RecordType::settlement:
      return get<Settlement>(payload);
    case RecordType::device_window:
      return get<DeviceWindow>(payload);
    case RecordType::event:
      return get<Event>(payload);
    case RecordType::gateway_use:
      return get<GatewayUse>(payload);
    case RecordType::avoided:
      return get<Avoided>(payload);
    case RecordType::erased:
      break;
  }
  return fail(Code::data_loss, "journal record of unknown type {}", static_cast<unsigned>(type));
}

Result<void> decode(uint16_t version, std::span<const std::byte> payload, CallRow& out) {
  return get(version, payload, out);
}
Result<void> decode(uint16_t version, std::span<const std::byte> payload, RequestRow& out) {
  return get(version, payload, out);
}
Result<void> decode(uint16_t version, std::span<const std::byte> payload, Settlement& out) {
  return get(version, payload, out);
}
Result<CallId> decode_intent_id(uint16_t version, std::span<const std::byte> payload) {
  if (auto known = known_version(version); !known) return tl::unexpected(known.error());
  CallId id;
  Read r{payload};
  fields(r, id);
  if (!r.good) return fail(Code::data_loss, "a journal record does not decode");
  return id;
}

}  // namespace trine::ledger
