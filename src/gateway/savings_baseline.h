// The configuration's baseline as the saving's formula takes it (docs/accounting.md §6).
#pragma once

#include "gateway/baseline_file.h"
#include "gateway/snapshot.h"
#include "score/savings.h"

namespace trine::gateway {

score::SavingsBaseline savings_baseline(const FrozenBaseline& b);
score::SavingsBaseline savings_baseline(const Baseline& b);

}  // namespace trine::gateway
