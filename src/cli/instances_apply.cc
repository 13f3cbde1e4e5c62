// trine instances apply: passes of the controller, once or again and again.
#include <pthread.h>
#include <signal.h>

#include <cstdlib>
#include <thread>

#include "base/log.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/instances.h"
#include "cli/say.h"
#include "cli/table.h"
#include "fleet/command_actuator.h"
#include "fleet/controller.h"
#include "fleet/instance_json.h"
#include "fleet/webhook_actuator.h"
#include "json/write.h"
#include "yaml/document.h"

namespace trine::cli {
namespace {

constexpr size_t kMaxSecret = 4096;

Result<Nanos> time_of(const char* option, const std::string& text) {
  const auto d = parse_duration(text);
  if (!d || *d > std::chrono::hours(24 * 365))
    return fail(Code::invalid_argument, "{}: '{}' is no time such as 30s, 15m or 2h", option, text);
  return *d;
}

// The first that is wrong.
Result<fleet::Rules> rules_of(const InstancesApplyOptions& o) {
  fleet::Rules rules;
  rules.max = o.max;
  const std::tuple<const char*, const std::string&, Nanos&> times[] = {
      {"--min-uptime", o.min_uptime, rules.min_uptime},
      {"--start-timeout", o.start_timeout, rules.start_timeout},
      {"--drain-deadline", o.drain_deadline, rules.drain_deadline},
      {"--keep", o.keep, rules.keep_stopped}};
  for (const auto& [option, text, into] : times) {
    const auto d = time_of(option, text);
    if (!d) return tl::unexpected(d.error());
    into = *d;
  }
  return rules;
}

Result<std::unique_ptr<fleet::Actuator>> command_of(net::Loop& loop, const InstancesApplyOptions& o,
                                                    std::optional<Nanos> timeout) {
  if (o.command.empty()) return fail(Code::invalid_argument, "--actuator command needs --command FILE");
  fleet::CommandOptions options;
  options.program = o.command;
  options.arguments = o.arguments;
  if (timeout) options.timeout = *timeout;
  for (const auto& name : o.pass_env) {
    const char* value = std::getenv(name.c_str());
    if (!value) return fail(Code::invalid_argument, "--pass-env {}: there is no such environment variable", name);
    options.environment[name] = value;
  }
  return fleet::command_actuator(loop, std::move(options));
}

Result<std::unique_ptr<fleet::Actuator>> webhook_of(net::Loop& loop, const InstancesApplyOptions& o,
                                                    std::optional<Nanos> timeout) {
  if (o.url.empty() || o.secret_file.empty())
    return fail(Code::invalid_argument, "--actuator webhook needs --url URL and --secret-file FILE");
  fleet::WebhookOptions options;
  options.url = o.url;
  options.tls.ca_file = o.ca_file;
  if (timeout) options.timeout = *timeout;
  auto secret = yaml::file_contents(o.secret_file, kMaxSecret);
  if (!secret) return tl::unexpected(secret.error());
  while (secret->ends_with('\n') || secret->ends_with('\r')) secret->pop_back();
  options.secret = std::move(*secret);
  return fleet::webhook_actuator(loop, std::move(options));
}

Result<std::unique_ptr<fleet::Actuator>> actuator_of(net::Loop& loop, const InstancesApplyOptions& o) {
  std::optional<Nanos> timeout;
  if (!o.timeout.empty()) {
    const auto d = time_of("--timeout", o.timeout);
    if (!d) return tl::unexpected(d.error());
    timeout = *d;
  }
  if (o.actuator == "command") return command_of(loop, o, timeout);
  if (o.actuator == "webhook") return webhook_of(loop, o, timeout);
  return std::make_unique<fleet::DryRun>();
}

// What a pass did, for people.
void tell(const fleet::PassReport& report, const fleet::Instances& fleet, bool dry) {
  for (const auto& e : report.events) {
    const auto* i = fleet.find(e.instance);
    const auto& option = i ? i->option : e.option;
    std::string line =
        fmt::format("{}{} ({}): {}", dry ? "dry run: " : "", e.instance, printable(option), fleet::name(e.kind));
    if (!e.machine.empty()) line += fmt::format(" as {}", printable(e.machine));
    if (!e.url.empty()) line += fmt::format(" at {}", printable(e.url));
    if (!e.reason.empty()) line += fmt::format(": {}", printable(e.reason));
    say(line);
  }
  for (const auto& n : report.notes) say(fmt::format("note: {}", printable(n)));
  if (report.error) return;
  std::map<fleet::Instance::State, int> counts;
  for (const auto& [id, i] : fleet.all()) ++counts[i.state];
  std::string sum;
  for (const auto& [state, n] : counts) sum += fmt::format("{}{} {}", sum.empty() ? "" : ", ", n, fleet::name(state));
  say(fmt::format("{}{}: {}.", dry ? "dry run, nothing was done; " : "", report.settled ? "as planned" : "under way",
                  sum.empty() ? "no machines" : sum));
}

void tell_json(const fleet::PassReport& report, Wall now, bool dry) {
  std::string out;
  json::Writer w(out);
  w.object().key("at").value(iso8601(now)).key("dry_run").value(dry).key("settled").value(report.settled);
  w.key("events").array();
  for (const auto& e : report.events) w.raw(to_json(e, e.at));
  w.end().key("notes").array();
  for (const auto& n : report.notes) w.value(n);
  w.end();
  if (report.error) w.key("error").value(report.error->message);
  w.end();
  say(out);
}

// Tells of SIGTERM and SIGINT while it lives. Blocks them in all threads that are made afterwards.
class Signals {
 public:
  explicit Signals(std::function<void()> on_end) {
    sigemptyset(&set_);
    for (const int s : {SIGTERM, SIGINT, SIGUSR2}) sigaddset(&set_, s);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    thread_ = std::thread([this, on_end = std::move(on_end)] {
      // A second one does not wait for the pass: what is under way is found again by the next start.
      for (int seen = 0, signal = 0; sigwait(&set_, &signal) == 0 && signal != SIGUSR2; ++seen) {
        if (seen > 0) std::_Exit(kFailed);
        on_end();
      }
    });
  }
  ~Signals() {
    pthread_kill(thread_.native_handle(), SIGUSR2);
    thread_.join();
  }

 private:
  sigset_t set_;
  std::thread thread_;
};

// Runs on an event log of its kind.
class Apply {
 public:
  Apply(net::Loop& loop, fleet::EventLog& log, fleet::InstanceStore* store, fleet::Actuator& actuator,
        const fleet::Rules& rules, const InstancesApplyOptions& o)
      : loop_(loop), log_(log), store_(store), controller_(log, actuator, system_clock(), {.rules = rules}), o_(o) {}

  int once() {
    auto wanted = fleet::read_wanted_file(o_.plan);
    if (!wanted) return complain(wanted.error());
    loop_.post([&] {
      controller_.pass(std::move(*wanted), [&](const fleet::PassReport& report) {
        end_of_pass(report);
        loop_.stop();
      });
    });
    loop_.run();
    return failed_ ? kFailed : kOk;
  }

  int again_and_again(Nanos period) {
    fleet::Watch watch(
        loop_, controller_, period, [&] { return fleet::read_wanted_file(o_.plan); },
        [&](const Result<fleet::PassReport>& report) {
          if (report)
            end_of_pass(*report);
          else
            log::warning("fleet: {}; there is no plan to carry out yet", report.error().message);
          std::fflush(stdout);
          return !failed_;
        });
    const Signals signals([&] { loop_.post([&] { watch.stop(); }); });
    loop_.post([&] { watch.start([&] { loop_.stop(); }); });
    loop_.run();
    return failed_ ? kFailed : kOk;
  }

  Result<void> check() const { return store_ ? controller_.check_actuator() : Result<void>(); }

 private:
  void end_of_pass(const fleet::PassReport& report) {
    if (o_.json)
      tell_json(report, system_clock().wall(), !store_);
    else if (!quiet(report))
      tell(report, log_.instances(), !store_);
    if (report.error) failed_ = true;
    if (report.error) complain(*report.error);
    if (!store_ || failed_) return;
    if (auto folded = store_->fold(); !folded)
      log::warning("fleet: {}; nothing is lost, trying again", folded.error().message);
  }
  // Of a watch, only what is new.
  bool quiet(const fleet::PassReport& report) {
    if (o_.watch.empty()) return false;
    const bool same = report.events.empty() && !report.error && report.notes == notes_ && report.settled == settled_;
    notes_ = report.notes;
    settled_ = report.settled;
    return same;
  }

  net::Loop& loop_;
  fleet::EventLog& log_;
  fleet::InstanceStore* store_;  // null: a dry run
  fleet::Controller controller_;
  const InstancesApplyOptions& o_;
  std::vector<std::string> notes_;
  std::optional<bool> settled_;
  bool failed_ = false;
};

int run(net::Loop& loop, fleet::EventLog& log, fleet::InstanceStore* store, fleet::Actuator& actuator,
        const fleet::Rules& rules, std::optional<Nanos> period, const InstancesApplyOptions& o) {
  Apply apply(loop, log, store, actuator, rules, o);
  if (auto checked = apply.check(); !checked) return complain(checked.error());
  return period ? apply.again_and_again(*period) : apply.once();
}

}  // namespace

int run_instances_apply(const InstancesApplyOptions& o) {
  const auto rules = rules_of(o);
  if (!rules) return complain(rules.error().message, kUsage);
  std::optional<Nanos> period;
  if (!o.watch.empty()) {
    const auto d = time_of("--watch", o.watch);
    if (!d || *d < std::chrono::milliseconds(100))
      return complain(d ? "--watch: at least 100ms" : d.error().message, kUsage);
    period = *d;
  }
  net::Loop loop;
  const auto actuator = actuator_of(loop, o);
  if (!actuator)
    return complain(actuator.error().message, actuator.error().code == Code::invalid_argument ? kUsage : kFailed);
  if (o.actuator == "dry-run") {
    auto known = known_instances(o.dir);
    if (!known && known.error().code != Code::not_found) return complain(known.error());
    fleet::MemoryLog log(known ? std::move(*known) : fleet::Instances());
    return run(loop, log, nullptr, **actuator, *rules, period, o);
  }
  const auto store = fleet::InstanceStore::open({.dir = o.dir});
  if (!store) return complain(store.error());
  return run(loop, **store, store->get(), **actuator, *rules, period, o);
}

}  // namespace trine::cli
