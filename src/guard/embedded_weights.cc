// models/guard/weights.bin inside the program: the assembler copies it, no compiler reads it.
#include "guard/classifier.h"

#ifndef TRINE_GUARD_WEIGHTS
#error "TRINE_GUARD_WEIGHTS names the file of weights to build in"
#endif

#define TRINE_TEXT_(x) #x
#define TRINE_TEXT(x) TRINE_TEXT_(x)

asm(".section .rodata\n"
    ".balign 16\n"
    "trine_guard_weights_begin:\n"
    ".incbin " TRINE_TEXT(TRINE_GUARD_WEIGHTS) "\n"
    "trine_guard_weights_end:\n"
    ".globl trine_guard_weights_begin\n"
    ".globl trine_guard_weights_end\n"
    ".previous\n");

extern "C" {
extern const char trine_guard_weights_begin[];
extern const char trine_guard_weights_end[];
}

namespace trine::guard {

Result<std::shared_ptr<const Classifier>> Classifier::shipped() {
  return load({trine_guard_weights_begin, static_cast<size_t>(trine_guard_weights_end - trine_guard_weights_begin)});
}

}  // namespace trine::guard
