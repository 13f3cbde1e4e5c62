#include "fleet/controller.h"

#include <algorithm>

namespace trine::fleet {
namespace {

constexpr Nanos kLongestRetry = std::chrono::minutes(5);

uint64_t seed_of(uint64_t given) {
  while (given == 0) given = random_seed();
  return given;
}

// The order that an instance's state asks for.
Order order_of(const Instance& i) {
  using enum Order::Kind;
  if (i.stopping) return {stop, fmt::format("{}.{}", i.id, i.stop_sequence), i};
  if (i.state == Instance::State::requested) return {start, fmt::format("{}.1", i.id), i};
  return {i.state == Instance::State::draining ? drain : status, fmt::format("{}.{}", i.id, i.sequence), i};
}

}  // namespace

Controller::Controller(EventLog& log, Actuator& actuator, const Clock& clock, Options options)
    : log_(log), actuator_(actuator), clock_(clock), options_(options), ids_(seed_of(options.seed)) {}

Result<void> Controller::check_actuator() const {
  for (const auto& [id, i] : log_.instances().all()) {
    if (i.exists() && i.actuator != actuator_.name()) {
      return fail(
          Code::failed_precondition,
          "{} ({}) was started by the actuator {} and is not stopped yet: only that one can stop it; apply a plan "
          "without it with --actuator {} first",
          id, i.option, i.actuator, i.actuator);
    }
  }
  return {};
}

bool Controller::write(InstanceEvent event) {
  if (report_.error) return false;
  if (auto kept = log_.append(event); !kept) {
    report_.error = kept.error();
    return false;
  }
  report_.events.push_back(std::move(event));
  return true;
}

bool Controller::note(const Instance& i, InstanceEvent::Kind kind, InstanceEvent fields) {
  const auto* now = log_.instances().find(i.id);
  if (!now) return false;
  fields.instance = i.id;
  fields.sequence = now->sequence + 1;
  fields.kind = kind;
  fields.at = clock_.wall();
  return write(std::move(fields));
}

// 1. What is there, and what was intended before a crash (or did not work).
std::vector<Order> Controller::questions() const {
  std::vector<Order> orders;
  const auto now = clock_.mono();
  for (const auto& [id, i] : log_.instances().all()) {
    if (!i.exists() || (i.state == Instance::State::failed && !i.stopping)) continue;
    const auto retry = retries_.find(id);
    if (retry == retries_.end() || now >= retry->second.next) orders.push_back(order_of(i));
  }
  return orders;
}

void Controller::pass(std::vector<Wanted> wanted, std::function<void(PassReport)> done) {
  wanted_ = std::move(wanted);
  done_ = std::move(done);
  report_ = {};
  seen_.clear();
  give(questions(), [this] { decide(); });
}

// 2. What to do about it, written down.
void Controller::decide() {
  if (report_.error) return finish();
  const Situation situation{wanted_, actuator_.name(), clock_.wall()};
  auto steps = reconcile(
      log_.instances(), situation, options_.rules,
      [&](const Instance& i) -> std::optional<int64_t> {
        const auto it = seen_.find(i.id);
        return it == seen_.end() ? std::nullopt : it->second;
      },
      [&](const std::string& last) { return next_instance_id(ids_, clock_.wall(), last); });
  for (auto& n : steps.notes) report_.notes.push_back(std::move(n));
  const size_t before = report_.events.size();
  for (auto& event : steps.events) {
    if (!write(std::move(event))) break;
  }
  // 3. What follows from what is on the disk, done.
  std::vector<Order> orders;
  for (size_t n = before; n < report_.events.size(); ++n) {
    const auto& e = report_.events[n];
    const auto* i = log_.instances().find(e.instance);
    const bool effect = e.kind == InstanceEvent::Kind::request || e.kind == InstanceEvent::Kind::drain ||
                        e.kind == InstanceEvent::Kind::stop;
    if (!i || !effect) continue;
    retries_.erase(e.instance);
    orders.push_back(order_of(*i));
  }
  give(std::move(orders), [this] { finish(); });
}

void Controller::finish() {
  std::erase_if(retries_, [&](const auto& r) {
    const auto* i = log_.instances().find(r.first);
    return !i || !i->exists();
  });
  report_.settled = !report_.error && settled();
  auto done = std::move(done_);
  done(std::move(report_));
}

bool Controller::settled() const {
  std::map<std::string, int> left;
  for (const auto& w : wanted_) left[w.option] = w.machines;
  for (const auto& [id, i] : log_.instances().all()) {
    if (!i.exists()) continue;
    if (i.state != Instance::State::ready || !seen_.contains(id)) return false;
    --left[i.option];
  }
  return std::all_of(left.begin(), left.end(), [](const auto& l) { return l.second == 0; });
}

void Controller::give(std::vector<Order> orders, std::function<void()> then) {
  orders_ = std::move(orders);
  next_order_ = 0;
  then_ = std::move(then);
  give_next();
}

// Actuators may answer from inside begin(): then the loop goes on here, not deeper.
void Controller::give_next() {
  if (giving_) return;
  giving_ = true;
  while (next_order_ < orders_.size() && open_orders_ < options_.at_once) {
    // By value: an answer may end the pass and begin another.
    const Order order = orders_[next_order_++];
    ++open_orders_;
    actuator_.begin(order, [this, order](Result<MachineReport> report) {
      --open_orders_;
      answered(order, std::move(report));
      give_next();
    });
  }
  giving_ = false;
  if (next_order_ < orders_.size() || open_orders_ > 0 || !then_) return;
  auto then = std::move(then_);
  then_ = nullptr;
  then();
}

void Controller::answered(const Order& order, Result<MachineReport> report) {
  const auto* i = log_.instances().find(order.instance.id);
  if (!i) return;
  if (!report) return did_not_work(order, report.error());
  const Instance at = *i;
  if (order.kind == Order::Kind::stop) {
    if (report->state == MachineReport::State::gone) {
      retries_.erase(at.id);
      (void)note(at, InstanceEvent::Kind::stopped);
      return;
    }
    const auto what = report->reason.empty() ? std::string("is being stopped") : report->reason;
    report_.notes.push_back(fmt::format("{} ({}): {}", at.id, at.option, what));
    return;
  }
  retries_.erase(at.id);
  seen_[at.id] = report->running;
  if (order.kind == Order::Kind::start)
    started(at, *report);
  else
    looked(at, *report);
}

void Controller::started(const Instance& i, const MachineReport& r) {
  using enum MachineReport::State;
  if (i.state != Instance::State::requested) return;
  InstanceEvent fields;
  if (r.state == failed || r.state == gone) {
    fields.reason = !r.reason.empty() ? r.reason
                    : r.state == gone ? "gone as soon as it was started"
                                      : "the actuator says so";
    (void)note(i, InstanceEvent::Kind::failed, std::move(fields));
    return;
  }
  if (r.id.empty()) {
    fields.reason = "the actuator gave the machine no id";
    (void)note(i, InstanceEvent::Kind::failed, std::move(fields));
    return;
  }
  fields.machine = r.id;
  if (!note(i, InstanceEvent::Kind::accepted, std::move(fields)) || r.state != ready) return;
  InstanceEvent served;
  served.url = r.url;
  (void)note(i, InstanceEvent::Kind::became_ready, std::move(served));
}

void Controller::looked(const Instance& i, const MachineReport& r) {
  using enum MachineReport::State;
  if (i.stopping || i.state == Instance::State::failed) return;
  InstanceEvent fields;
  if (r.state == failed || r.state == gone) {
    fields.reason = !r.reason.empty() ? r.reason
                    : r.state == gone ? "the machine is gone, and nobody asked for that"
                                      : "the actuator says so";
    (void)note(i, InstanceEvent::Kind::failed, std::move(fields));
  } else if (r.state == ready && i.state == Instance::State::provisioning) {
    fields.url = r.url;
    (void)note(i, InstanceEvent::Kind::became_ready, std::move(fields));
  }
}

void Controller::did_not_work(const Order& order, const Error& e) {
  const auto& i = order.instance;
  report_.notes.push_back(fmt::format("{} ({}): {}: {}", i.id, i.option, name(order.kind), e.message));
  if (order.kind == Order::Kind::start && is_final(e)) {
    InstanceEvent fields;
    fields.reason = fit_text(e.message, kMaxReason);
    (void)note(i, InstanceEvent::Kind::failed, std::move(fields));
    return;
  }
  auto& retry = retries_[i.id];
  Nanos wait = options_.retry;
  for (int n = 0; n < retry.failures && wait < kLongestRetry; ++n) wait *= 2;
  ++retry.failures;
  retry.next = clock_.mono() + std::min(wait, kLongestRetry);
}

Watch::Watch(net::Loop& loop, Controller& controller, Nanos period, Plan plan, OnPass on_pass)
    : controller_(controller),
      period_(period),
      plan_(std::move(plan)),
      on_pass_(std::move(on_pass)),
      pause_(loop, *this) {}

void Watch::start(std::function<void()> done) {
  done_ = std::move(done);
  next();
}

void Watch::next() {
  auto plan = plan_();
  if (plan)
    last_ = std::move(*plan);
  else if (!last_)
    return passed(tl::unexpected(plan.error()));
  controller_.pass(*last_, [this, plan_error = plan ? std::nullopt : std::optional(plan.error())](PassReport report) {
    if (plan_error) report.notes.insert(report.notes.begin(), plan_error->message + "; the plan before stays in force");
    passed(std::move(report));
  });
}

void Watch::stop() {
  stopping_ = true;
  if (!pause_.armed()) return;
  pause_.disarm();
  done_();
}

void Watch::passed(Result<PassReport> report) {
  if (on_pass_(std::move(report)) && !stopping_)
    pause_.arm(period_);
  else
    done_();
}

}  // namespace trine::fleet
