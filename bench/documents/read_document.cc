// read_document WORKER FILE...: what a document becomes, as text or (--json) whole; for a look by hand and for
// benchmarks.
#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include "documents/document_json.h"
#include "documents/pool.h"
#include "documents/text.h"

int main(int argc, char** argv) {
  using namespace trine::documents;
  if (argc < 3) return std::fputs("usage: read_document WORKER [--json] [--languages L] FILE...\n", stderr), 2;
  bool json = false;
  Job job;
  PoolOptions options;
  options.program = argv[1];
  options.workers = 1;
  std::unique_ptr<DocumentPool> pool;
  for (int i = 2; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--json") {
      json = true;
      continue;
    }
    if (word == "--languages" && i + 1 < argc) {
      options.languages = job.languages = argv[++i];
      continue;
    }
    if (pool == nullptr) {
      auto started = DocumentPool::start(options);
      if (!started) return fmt::print(stderr, "{}\n", started.error().message), 1;
      pool = std::move(*started);
    }
    std::ifstream in(word, std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(in)), {});
    job.name = word.substr(word.rfind('/') + 1);
    const auto r = pool->extract(job, bytes);
    if (!r) {
      fmt::print("{}: {}: {}\n", word, name(r.error().problem), r.error().message);
      continue;
    }
    fmt::print("{}\n", json ? to_json(r->document) : render(r->document).text);
    for (const auto& w : r->document.warnings) fmt::print(stderr, "{}: {}\n", word, w);
  }
}
