// trine load: requests that are due when they are due, and what the answers took.
#include <pthread.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <thread>

#include "base/id.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/load_view.h"
#include "cli/say.h"
#include "load/report.h"
#include "load/run.h"

namespace trine::cli {
namespace {

constexpr size_t kSpareFiles = 64;  // beside the connections

// "20/s", "300/m", "5/h".
std::optional<double> per_second(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == text.npos) return std::nullopt;
  const auto count = parse_number(text.substr(0, slash));
  const std::string_view unit = text.substr(slash + 1);
  const double span = unit == "s" ? 1 : unit == "m" ? 60 : unit == "h" ? 3600 : 0;
  if (!count || !(*count > 0) || span == 0) return std::nullopt;
  return *count / span;
}

Result<Nanos> duration(const char* option, const std::string& text) {
  const auto d = parse_duration(text);
  if (!d || *d <= Nanos(0)) return fail(Code::invalid_argument, "{}: '{}' is no time such as 90s or 10m", option, text);
  return *d;
}

Result<load::Pattern> pattern_of(const LoadOptions& o) {
  load::Pattern p;
  p.speed = o.speed;
  p.stream_share = o.stream;
  p.document_share = o.document_share;
  p.in = o.in;
  p.out = o.out;
  p.seed = o.seed.value_or(random_seed() >> 32);  // short enough to be typed again
  if (!o.rate.empty()) {
    const auto rate = per_second(o.rate);
    if (!rate) return fail(Code::invalid_argument, "--rate: '{}' is no rate such as 20/s, 300/m or 5/h", o.rate);
    p.per_second = *rate;
  }
  if (!o.trace.empty()) {
    auto trace = fleet::read_trace_file(o.trace);
    if (!trace) return tl::unexpected(trace.error());
    p.trace = std::make_shared<const fleet::Trace>(std::move(*trace));
  }
  if (!p.trace || p.trace->requests.empty()) {  // nothing else says how long they are
    if (p.in == 0) p.in = 256;
    if (p.out == 0) p.out = 128;
  }
  const std::string span = o.duration.empty() && p.per_second > 0 ? "60s" : o.duration;
  if (!span.empty()) {
    const auto d = duration("--for", span);
    if (!d) return tl::unexpected(d.error());
    p.duration = *d;
  }
  return p;
}

std::string arrivals_of(const LoadOptions& o) {
  if (o.trace.empty()) return o.rate + ", Poisson";
  if (!o.rate.empty()) return fmt::format("{}, Poisson, sizes of {}", o.rate, o.trace);
  return fmt::format("{} at {:g} times its speed", o.trace, o.speed);
}

// As many connections as this process may have. Errors: out_of_range.
Result<void> room_for(size_t connections) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return {};
  const rlim_t wanted = connections + kSpareFiles;
  if (limit.rlim_cur >= wanted) return {};
  if (limit.rlim_max < wanted)
    return fail(
        Code::out_of_range,
        "--concurrency-limit: this process may have {} open files, too few for {} connections: take {} or fewer, "
        "or raise `ulimit -Hn`",
        limit.rlim_max, connections, limit.rlim_max > kSpareFiles ? limit.rlim_max - kSpareFiles : 1);
  limit.rlim_cur = wanted;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) return fail(Code::out_of_range, "cannot have {} open files", wanted);
  return {};
}

// The first SIGINT or SIGTERM ends the run early, the second one this process. Blocks them in all threads that are made
// afterwards.
class Interrupts {
 public:
  explicit Interrupts(std::function<void()> first) {
    sigemptyset(&set_);
    for (const int s : {SIGTERM, SIGINT, SIGUSR2}) sigaddset(&set_, s);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    thread_ = std::thread([this, first = std::move(first)] {
      for (int seen = 0, signal = 0; sigwait(&set_, &signal) == 0 && signal != SIGUSR2; ++seen) {
        if (seen > 0) std::_Exit(kFailed);
        first();
      }
    });
  }
  ~Interrupts() {
    pthread_kill(thread_.native_handle(), SIGUSR2);
    thread_.join();
  }

 private:
  sigset_t set_;
  std::thread thread_;
};

struct Prepared {
  load::Target target;
  load::RunOptions run;
};

Result<Prepared> prepare(const LoadOptions& o) {
  auto target = load::make_target(o.url, o.ca_file);
  if (!target) return tl::unexpected(target.error());
  if (!o.key_file.empty()) {
    auto key = load::read_key(o.key_file);
    if (!key) return tl::unexpected(key.error());
    target->key = std::move(*key);
  }
  load::RunOptions run;
  auto pattern = pattern_of(o);
  if (!pattern) return tl::unexpected(pattern.error());
  run.pattern = std::move(*pattern);
  if (!o.documents.empty()) {
    auto documents = load::read_documents(o.documents);
    if (!documents) return tl::unexpected(documents.error());
    run.documents = std::move(*documents);
    run.pattern.documents = run.documents.size();
  }
  if (auto ok = check(run.pattern); !ok) return tl::unexpected(ok.error());
  const auto timeout = duration("--timeout", o.timeout);
  if (!timeout) return tl::unexpected(timeout.error());
  run.timeout = *timeout;
  run.most_open = static_cast<size_t>(o.most_open);
  run.body = {.model = o.model, .ignore_eos = o.ignore_eos, .seed = run.pattern.seed};
  if (auto room = room_for(run.most_open); !room) return tl::unexpected(room.error());
  return Prepared{std::move(*target), std::move(run)};
}

}  // namespace

int run_load(const LoadOptions& o) {
  auto prepared = prepare(o);
  if (!prepared) return complain(prepared.error());
  load::Facts facts{
      .url = prepared->target.url(), .model = o.model, .arrivals = arrivals_of(o), .seed = prepared->run.pattern.seed};
  net::Loop loop;
  load::Run run(loop, std::move(prepared->target), std::move(prepared->run));
  {
    const Interrupts interrupts([&] {
      loop.post([&] {
        facts.interrupted = true;
        run.stop();
      });
    });
    loop.post([&] { run.start([&] { loop.stop(); }); });
    loop.run();
  }
  facts.elapsed = run.elapsed();
  say(o.json ? to_json(run.tally(), facts) : load_text(run.tally(), facts));
  if (const std::string slow = load_too_slow(run.tally()); !slow.empty()) return complain(slow, kTooSlow);
  if (run.tally().answered == 0 && !facts.interrupted)
    return complain(run.tally().scheduled == 0 ? "No request was due in that time." : "No request was answered.");
  return kOk;
}

}  // namespace trine::cli
