#include "gateway/traces/trace.h"

#include <fmt/format.h>

#include <utility>

namespace trine::gateway {
namespace {

// Lower case only, as the specification asks; nothing else is a digit.
std::optional<uint64_t> hex_number(std::string_view digits) {
  uint64_t n = 0;
  for (const char c : digits) {
    const int d = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (d < 0) return {};
    n = n << 4 | static_cast<uint64_t>(d);
  }
  return n;
}

}  // namespace

std::string TraceId::text() const {
  return fmt::format("{:016x}{:016x}", hi, lo);
}

std::string span_text(uint64_t span) {
  return fmt::format("{:016x}", span);
}

std::string TraceParent::text() const {
  return fmt::format("00-{}-{}-{}", trace.text(), span_text(span), sampled ? "01" : "00");
}

std::optional<TraceParent> parse_traceparent(std::string_view h) {
  constexpr size_t kLength = 55;  // of version 00
  if (h.size() < kLength || h[2] != '-' || h[35] != '-' || h[52] != '-') return {};
  const auto version = hex_number(h.substr(0, 2)), hi = hex_number(h.substr(3, 16)), lo = hex_number(h.substr(19, 16)),
             span = hex_number(h.substr(36, 16)), flags = hex_number(h.substr(53, 2));
  if (!version || !hi || !lo || !span || !flags || *version == 0xff) return {};
  if (h.size() > kLength && (*version == 0 || h[kLength] != '-')) return {};
  if ((*hi == 0 && *lo == 0) || *span == 0) return {};
  return TraceParent{{*hi, *lo}, *span, (*flags & 1) != 0};
}

uint64_t TraceFeed::new_span() {
  uint64_t id = 0;
  while (id == 0) id = random_();
  return id;
}

std::shared_ptr<Trace> TraceFeed::begin(std::optional<std::string_view> traceparent, double sample) {
  if (!hand_) return nullptr;
  const auto caller = traceparent ? parse_traceparent(*traceparent) : std::nullopt;
  if (caller ? !caller->sampled : std::generate_canonical<double, 53>(random_) >= sample) return nullptr;
  auto trace = std::make_shared<Trace>();
  trace->id = caller ? caller->trace : TraceId{new_span(), new_span()};
  trace->parent = caller ? caller->span : 0;
  trace->span = new_span();
  return trace;
}

void TraceFeed::add(std::shared_ptr<const Trace> trace) {
  if (traces_.size() >= kMost) return dropped_.add();
  traces_.push_back(std::move(trace));
}

void TraceFeed::flush() {
  if (!traces_.empty() && hand_) hand_(std::exchange(traces_, {}));
}

}  // namespace trine::gateway
