#include "guard/rules.h"

// The automata are a few megabytes: the assembler takes them in as they are, where a literal would take the compiler
// minutes.
asm(R"(
  .section .rodata
  .balign 8
  .global trine_shipped_automata
  .global trine_shipped_automata_end
trine_shipped_automata:
  .incbin ")" TRINE_SHIPPED_AUTOMATA R"("
trine_shipped_automata_end:
  .byte 0
  .text
)");

extern "C" {
extern const char trine_shipped_automata[];
extern const char trine_shipped_automata_end[];
}

namespace trine::guard {

Result<std::shared_ptr<const RuleSet>> RuleSet::shipped() {
  auto packs = shipped_packs();
  if (!packs) return tl::unexpected(packs.error());
  return restore(std::move(*packs), {trine_shipped_automata, trine_shipped_automata_end});
}

}  // namespace trine::guard
