// documents_speed WORKER PDF SCAN: how long a pooled worker takes beside pdftotext, in rounds that take turns.
// Prints lines "name value"; bench/documents/run makes a table of them.
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "documents/pool.h"

namespace {

using namespace trine::documents;
using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point t) {
  return std::chrono::duration<double, std::milli>(Clock::now() - t).count();
}

double median(std::vector<double> v) {
  std::nth_element(v.begin(), v.begin() + static_cast<std::ptrdiff_t>(v.size() / 2), v.end());
  return v[v.size() / 2];
}

std::string contents(const char* file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// pdftotext FILE /dev/null, from start to end.
double run_pdftotext(const char* file) {
  const auto from = Clock::now();
  const pid_t child = ::fork();
  if (child == 0) {
    ::execlp("pdftotext", "pdftotext", file, "/dev/null", nullptr);
    ::_exit(127);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  if (status != 0) std::exit((std::fputs("pdftotext failed\n", stderr), 1));
  return ms_since(from);
}

// `scans` pages recognised by `workers` workers at once, pages per second.
double recognise(const std::string& program, const std::string& scan, int workers) {
  PoolOptions options;
  options.program = program;
  options.workers = workers;
  auto pool = DocumentPool::start(options);
  if (!pool) std::exit((fmt::print(stderr, "{}\n", pool.error().message), 1));
  const int each = 4;
  const auto work = [&](int jobs) {
    std::vector<std::thread> threads;
    for (int t = 0; t < workers; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < jobs; ++i)
          if (!(*pool)->extract({}, scan)) std::exit((std::fputs("a scan was not read\n", stderr), 1));
      });
    for (auto& t : threads) t.join();
  };
  work(1);  // the language data are unpacked with the first page
  const auto from = Clock::now();
  work(each);
  return 1000.0 * workers * each / ms_since(from);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return std::fputs("usage: documents_speed WORKER PDF SCAN\n", stderr), 2;
  PoolOptions options;
  options.program = argv[1];
  options.workers = 1;
  options.jobs_per_worker = 1'000'000;
  auto pool = DocumentPool::start(options);
  if (!pool) return fmt::print(stderr, "{}\n", pool.error().message), 1;
  const std::string pdf = contents(argv[2]), scan = contents(argv[3]);

  std::vector<double> theirs, ours;
  for (int i = 0; i < 41; ++i) {
    theirs.push_back(run_pdftotext(argv[2]));
    const auto from = Clock::now();
    const auto r = (*pool)->extract({}, pdf);
    if (!r || r->document.facts.chars < 1000) return std::fputs("the PDF was not read\n", stderr), 1;
    ours.push_back(ms_since(from));
  }
  fmt::print("pdftotext_ms {:.2f}\nworker_ms {:.2f}\n", median(theirs), median(ours));

  std::vector<double> handed_over;
  for (int i = 0; i < 500; ++i) {
    const auto from = Clock::now();
    if (!(*pool)->extract({}, "one word")) return 1;
    handed_over.push_back(ms_since(from));
  }
  std::sort(handed_over.begin(), handed_over.end());
  fmt::print("hand_over_ms_median {:.3f}\nhand_over_ms_p99 {:.3f}\n", handed_over[250], handed_over[495]);

  const int cores = static_cast<int>(std::thread::hardware_concurrency());
  const double one = recognise(argv[1], scan, 1);
  const double all = recognise(argv[1], scan, cores);
  fmt::print("cores {}\nocr_pages_per_s_one {:.2f}\nocr_pages_per_s_all {:.2f}\n", cores, one, all);
}
