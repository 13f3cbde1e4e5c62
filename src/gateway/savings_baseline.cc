#include "gateway/savings_baseline.h"

namespace trine::gateway {

score::SavingsBaseline savings_baseline(const FrozenBaseline& b) {
  score::MixBaseline mix;
  for (const auto& m : b.models)
    mix.parts.push_back({score::VendorBaseline{m.size, m.price}, b.share_in(m), b.share_out(m)});
  return {b.title(), b.zone, std::move(mix)};
}

score::SavingsBaseline savings_baseline(const Baseline& b) {
  if (b.frozen) return savings_baseline(*b.frozen);
  score::SavingsBaseline out{b.name, b.zone, {}};
  if (b.vendor) {
    out.what = score::VendorBaseline{b.vendor->model, b.vendor->price};
    return out;
  }
  const Deployment& d = *b.deployment;
  if (d.own) {
    score::OwnBaseline own{d.own->hardware, d.own->speed, d.token_price, d.simulated, std::nullopt};
    if (d.free) own.token_price = energy::VendorPrice{};
    out.what = own;
  } else {
    out.what = score::VendorBaseline{d.vendor->model, d.vendor->price};
  }
  return out;
}

}  // namespace trine::gateway
