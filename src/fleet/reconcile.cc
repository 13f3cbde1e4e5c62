#include "fleet/reconcile.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace trine::fleet {
namespace {

// Of one option, as the events so far leave it.
struct Count {
  int wanted = 0, existing = 0, serving = 0, ready = 0;
  double eur_per_hour = 0;
  bool priced = false;
  const Wanted* plan = nullptr;
};

std::string span_text(Nanos d) {
  const auto s = std::chrono::duration_cast<std::chrono::seconds>(d).count();
  if (s >= 120 && s % 60 == 0) return fmt::format("{} min", s / 60);
  return fmt::format("{} s", s);
}

class Reconciler {
 public:
  Reconciler(const Instances& fleet, const Situation& s, const Rules& rules)
      : fleet_(fleet), situation_(s), rules_(rules), now_(s.now) {}

  Steps run(InFlight running, FunctionRef<std::string(const std::string&)> new_id) {
    look_after(running);
    count();
    for (auto& [option, c] : counts_) start(option, c, new_id);
    for (auto& [option, c] : counts_) cancel(option, c);
    drain();
    return std::move(steps_);
  }

 private:
  const Instance* emit(const std::string& id, InstanceEvent::Kind kind, std::string reason = {}) {
    const auto* i = fleet_.find(id);
    InstanceEvent e;
    e.instance = id;
    e.sequence = (i ? i->sequence : 0) + 1;
    e.kind = kind;
    e.at = now_;
    e.reason = std::move(reason);
    return take(std::move(e));
  }
  const Instance* take(InstanceEvent e) {
    const auto id = e.instance;
    if (!fleet_.apply(e)) return nullptr;  // never: each rule looks at the state first
    steps_.events.push_back(std::move(e));
    return fleet_.find(id);
  }

  void look_after(InFlight running) {
    std::vector<std::string> ids;
    for (const auto& [id, i] : fleet_.all()) ids.push_back(id);
    for (const auto& id : ids) look_after(*fleet_.find(id), running);
  }

  void look_after(const Instance& instance, InFlight running) {
    const auto id = instance.id;
    const Instance* i = &instance;
    if ((i->state == Instance::State::requested || i->state == Instance::State::provisioning) &&
        now_ - i->requested_at >= rules_.start_timeout) {
      i = emit(id, InstanceEvent::Kind::timeout, fmt::format("not ready after {}", span_text(rules_.start_timeout)));
    }
    if (i && i->state == Instance::State::draining && !i->drained) {
      const auto left = running(*i);
      if (left && *left <= 0) {
        i = emit(id, InstanceEvent::Kind::drained);
      } else if (now_ - i->draining_at >= rules_.drain_deadline) {
        i = emit(id, InstanceEvent::Kind::timeout,
                 left ? fmt::format("{} requests still in flight after {}", *left, span_text(rules_.drain_deadline))
                      : fmt::format("drained for {}; how many requests are in flight is not known",
                                    span_text(rules_.drain_deadline)));
      }
    }
    if (!i) return;
    if (!i->stopping &&
        (i->state == Instance::State::failed || (i->state == Instance::State::draining && i->drained))) {
      i = emit(id, InstanceEvent::Kind::stop);
    }
    if (i && i->state == Instance::State::stopped && now_ - i->changed_at >= rules_.keep_stopped)
      emit(id, InstanceEvent::Kind::forget);
  }

  void count() {
    for (const auto& w : situation_.wanted) {
      auto& c = counts_[w.option];
      c.wanted = w.machines;
      c.plan = &w;
      c.priced = w.eur_per_hour.has_value();
      c.eur_per_hour = w.eur_per_hour.value_or(0);
    }
    for (const auto& [id, i] : fleet_.all()) {
      auto& c = counts_[i.option];
      c.existing += i.exists() ? 1 : 0;
      c.serving += i.serves() ? 1 : 0;
      c.ready += i.state == Instance::State::ready ? 1 : 0;
    }
  }

  void start(const std::string& option, Count& c, FunctionRef<std::string(const std::string&)> new_id) {
    int missing = c.wanted - c.serving;
    if (missing <= 0) return;
    const auto failures = fleet_.failures(option, now_);
    if (failures.in_row > 0) {
      const auto next = failures.last + backoff(rules_, failures.in_row);
      if (now_ < next) {
        // A time, not a duration: the same sentence until then.
        steps_.notes.push_back(fmt::format("{}: {} failed in a row, the last because: {}; next try at {}{}", option,
                                           failures.in_row, failures.reason.empty() ? "unknown" : failures.reason,
                                           iso8601(std::chrono::ceil<std::chrono::seconds>(next)),
                                           failures.in_row >= rules_.attempts ? " (given up until then)" : ""));
        return;
      }
      // One on trial; the others when it stays.
      const bool on_trial = std::any_of(fleet_.all().begin(), fleet_.all().end(), [&](const auto& entry) {
        const auto& i = entry.second;
        return i.option == option && i.serves() && i.state != Instance::State::ready;
      });
      if (on_trial) return;
      missing = 1;
    }
    const int room = std::max(0, rules_.max - c.existing);
    if (missing > room) {
      steps_.notes.push_back(fmt::format("{}: {} wanted, but at most {} may exist and {} do{}", option, c.wanted,
                                         rules_.max, c.existing,
                                         c.existing > c.serving ? " (with those that are not stopped yet)" : ""));
      missing = room;
    }
    for (; missing > 0; --missing) {
      InstanceEvent e;
      e.instance = new_id(fleet_.last_id());
      e.sequence = 1;
      e.kind = InstanceEvent::Kind::request;
      e.at = now_;
      e.option = option;
      e.actuator = situation_.actuator;
      if (c.plan) e.spec = c.plan->spec;
      if (!take(std::move(e))) return;
      ++c.existing;
      ++c.serving;
    }
  }

  void cancel(const std::string& option, Count& c) {
    std::vector<std::string> young;  // by id: the oldest first
    for (const auto& [id, i] : fleet_.all()) {
      if (i.option == option && i.serves() && i.state != Instance::State::ready) young.push_back(id);
    }
    for (; c.serving > c.wanted && !young.empty(); young.pop_back()) {
      emit(young.back(), InstanceEvent::Kind::stop, "not wanted any more");
      --c.serving;
    }
  }

  void drain() {
    struct Candidate {
      const Count* count;
      Instance instance;
    };
    int wanted = 0, ready = 0, missing = 0;
    for (const auto& [option, c] : counts_) {
      wanted += c.wanted;
      ready += c.ready;
      missing += std::max(0, c.wanted - c.ready);
    }
    std::vector<Candidate> candidates;
    for (const auto& [id, i] : fleet_.all()) {
      const auto& c = counts_.at(i.option);
      if (i.state == Instance::State::ready && c.serving > c.wanted) candidates.push_back({&c, i});
    }
    std::sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
      const auto rank = [](const Candidate& x) {
        return std::tuple(x.count->priced, x.count->eur_per_hour, x.instance.ready_at, std::string_view(x.instance.id));
      };
      return rank(a) > rank(b);
    });
    int held = 0, young = 0;
    for (const auto& [count, i] : candidates) {
      auto& c = counts_.at(i.option);
      if (c.serving <= c.wanted) continue;
      if (now_ - i.ready_at < rules_.min_uptime) {
        ++young;
      } else if (missing > 0 && ready <= wanted) {
        ++held;
      } else {
        emit(i.id, InstanceEvent::Kind::drain, "not wanted any more");
        --c.serving;
        --ready;
      }
    }
    if (young > 0)
      steps_.notes.push_back(
          fmt::format("{} of the machines not wanted any more keep running until they were ready for {}", young,
                      span_text(rules_.min_uptime)));
    if (held > 0) {
      steps_.notes.push_back(
          fmt::format("{} of the machines not wanted any more go on serving: {} of those wanted {} not ready", held,
                      missing, missing == 1 ? "is" : "are"));
    }
  }

  Instances fleet_;
  const Situation& situation_;
  const Rules& rules_;
  Wall now_;
  std::map<std::string, Count> counts_;
  Steps steps_;
};

}  // namespace

Nanos backoff(const Rules& rules, int in_row) {
  if (in_row <= 0) return Nanos(0);
  if (in_row >= rules.attempts) return rules.give_up;
  Nanos d = rules.backoff;
  for (int i = 1; i < in_row && d < rules.backoff_limit; ++i) d *= 2;
  return std::min(d, rules.backoff_limit);
}

Steps reconcile(const Instances& fleet, const Situation& situation, const Rules& rules, InFlight running,
                FunctionRef<std::string(const std::string& last_id)> new_id) {
  return Reconciler(fleet, situation, rules).run(running, new_id);
}

}  // namespace trine::fleet
