// Runs when the program is built: compiles the shipped packs, which takes Vectorscan longer than a start may take.
//   precompile_rules OUT
#include <cstdio>
#include <fstream>

#include "guard/rules.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  auto packs = trine::guard::shipped_packs();
  auto set = packs ? trine::guard::RuleSet::compile(std::move(*packs)) : tl::unexpected(packs.error());
  if (!set) {
    std::fprintf(stderr, "%s\n", set.error().message.c_str());
    return 1;
  }
  std::ofstream out(argv[1], std::ios::binary);
  out << (*set)->precompiled();
  return out.flush() ? 0 : 1;
}
