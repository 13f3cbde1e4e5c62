// Trains the guard's classifier on ../shared/data/guard, prints what it reaches by left-out source, and says whether
// the weights in models/guard are those (exit status 1 when not). About 30 s of one core.
//
//   guard_classifier [--write] [DATA]      --write puts the weights into models/guard
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>

#include "guard/evaluate.h"

int main(int argc, char** argv) {
  const std::string root = TRINE_SOURCE_DIR;
  trine::guard::TrainOptions options;
  options.data = root + "/../shared/data/guard";
  options.model = root + "/models/guard";
  bool write = false;
  for (int i = 1; i < argc; ++i) {
    const std::string_view arg = argv[i];
    if (arg == "--write") {
      write = true;
    } else {
      options.data = arg;
    }
  }
  const auto trained = trine::guard::train_guard(options);
  if (!trained) {
    std::cerr << trained.error().message << '\n';
    return 2;
  }
  std::cout << markdown(trained->evaluation);
  const std::string path = options.model + "/weights.bin";
  std::ostringstream committed;
  committed << std::ifstream(path, std::ios::binary).rdbuf();
  const bool same = committed.str() == trained->file;
  if (write) std::ofstream(path, std::ios::binary) << trained->file;
  std::cout << (same ? "\nmodels/guard/weights.bin is what training gives.\n"
                     : "\nmodels/guard/weights.bin is not what training gives.\n");
  return same || write ? 0 : 1;
}
