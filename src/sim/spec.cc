#include "sim/spec.h"

#include <algorithm>
#include <cmath>

namespace trine::sim {

Result<EngineSpec> validated(EngineSpec s) {
  const auto wrong = [](const char* field, const char* need) {
    return fail(Code::invalid_argument, "engine-sim: {} must be {}.", field, need);
  };
  if (s.model.empty()) return wrong("model", "a name");
  const Energy zero;
  const Energy most = joules(1e6);  // a million joules a token: far above any engine, far below overflow
  for (const auto& [field, e] :
       {std::pair{"a", s.curve.a}, {"b", s.curve.b}, {"e_in", s.curve.e_in}, {"e_hit", s.curve.e_hit}}) {
    if (e < zero || e > most) return wrong(field, "between 0 and 1e6 J");
  }
  if (!(s.idle.w >= 0 && s.idle.w <= 1e6)) return wrong("idle", "between 0 and 1e6 W");
  const Nanos minute = std::chrono::minutes(1);
  if (s.step_base < Nanos(0) || s.step_base > minute) return wrong("step_base", "between 0 and 1 minute");
  if (s.step_per_sequence < Nanos(0) || s.step_per_sequence > minute) {
    return wrong("step_per_sequence", "between 0 and 1 minute");
  }
  if (s.step_base + s.step_per_sequence <= Nanos(0)) return wrong("step_base + step_per_sequence", "above 0");
  if (!(s.prefill_tokens_per_s >= 1 && s.prefill_tokens_per_s <= 1e9)) {
    return wrong("prefill_tokens_per_s", "between 1 and 1e9");
  }
  if (s.max_num_seqs < 1 || s.max_num_seqs > 65'536) return wrong("max_num_seqs", "between 1 and 65536");
  if (s.max_batched_tokens < 1 || s.max_batched_tokens > 1'000'000) {
    return wrong("max_batched_tokens", "between 1 and 1000000");
  }
  if (s.context_length < 2 || s.context_length > 100'000'000) return wrong("context_length", "between 2 and 1e8");
  if (s.kv_tokens < s.context_length) return wrong("kv_tokens", "at least context_length");
  if (!(s.jitter >= 0 && s.jitter < 1)) return wrong("jitter", "at least 0 and below 1");
  return s;
}

Curve above_idle(const Curve& whole, const EngineSpec& spec) {
  const auto less = [](Energy e, double j) { return std::max(Energy(), e - joules(j)); };
  Curve c = whole;
  c.a = less(whole.a, spec.idle.w * seconds(spec.step_per_sequence));
  c.b = less(whole.b, spec.idle.w * seconds(spec.step_base));
  c.e_in = less(whole.e_in, spec.idle.w / spec.prefill_tokens_per_s);
  return c;
}

}  // namespace trine::sim
