#include "meter/agent_source.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "meter/agent_clock.h"
#include "meter/agent_page.h"
#include "meter/http_access.h"
#include "meter/scrape.h"

namespace trine::meter {
namespace {

constexpr Nanos kWarnOffset = std::chrono::milliseconds(250);
// The sample that a window ended with is dated a little differently by another process.
constexpr Nanos kSameSample = std::chrono::milliseconds(50);
constexpr Nanos kLeast = std::chrono::microseconds(1);  // between two dates of one device
constexpr Nanos kNever = Nanos::min();
constexpr Nanos kFuture = std::chrono::seconds(1);

class AgentSource final : public Source {
 public:
  AgentSource(net::Loop& loop, std::unique_ptr<internal::HttpGetter> getter, Nanos from, Nanos timeout)
      : loop_(loop), getter_(std::move(getter)), from_(from), timeout_(timeout) {
    name_ = "trine-meter " + getter_->place();
  }

  net::Task<Result<Readings>> read() override;
  std::string_view name() const override { return name_; }

 private:
  struct Device {
    std::string name;
    Nanos theirs, ours;  // of its last sample, on both monotonic clocks; theirs is of this run
  };

  // Whether there is more.
  Result<bool> take(const Result<internal::Page>& answer, Readings& out);
  void take(const AgentPage& page, Wall at, Nanos mono, Readings& out);
  void take(const AgentPage& page, const AgentSample& sample, Wall at, Nanos mono, Readings& out);
  void begin_run(const AgentPage& page, Readings& out);
  void tell_offset(const AgentPage& page, Wall at, Nanos mono, Readings& out) const;
  Device& device(const std::string& name);

  net::Loop& loop_;
  std::unique_ptr<internal::HttpGetter> getter_;
  Nanos from_;     // on our monotonic clock
  Nanos timeout_;  // of all pages of one read: the rest comes with the next
  std::string name_;
  AgentClock clock_;
  std::string run_;  // empty: none seen yet
  uint64_t next_ = 0;
  std::vector<Device> devices_;
};

AgentSource::Device& AgentSource::device(const std::string& name) {
  const auto it = std::find_if(devices_.begin(), devices_.end(), [&](const Device& d) { return d.name == name; });
  return it != devices_.end() ? *it : devices_.emplace_back(Device{name, kNever, kNever});
}

void AgentSource::begin_run(const AgentPage& page, Readings& out) {
  if (!run_.empty())
    note(out, fmt::format("the trine-meter on {} started again: the energy counters of its GPUs go on, RAPL's starts "
                          "at 0",
                          page.host));
  clock_.forget();
  for (Device& d : devices_) d.theirs = kNever;
  run_ = page.run;
  next_ = 0;
}

void AgentSource::tell_offset(const AgentPage& page, Wall at, Nanos mono, Readings& out) const {
  const Wall ours = at + (clock_.to_ours(page.mono) - mono);
  out.clock_offset = page.wall - ours;
  if (std::chrono::abs(*out.clock_offset) - clock_.uncertainty() <= kWarnOffset) return;
  note(out, fmt::format("the clock of {} is {:.3f} s {} this gateway's; dates of its readings are corrected, but let "
                        "NTP (chrony, systemd-timesyncd) keep both",
                        page.host, std::abs(seconds(*out.clock_offset)),
                        *out.clock_offset > Nanos(0) ? "ahead of" : "behind"));
}

void AgentSource::take(const AgentPage& page, const AgentSample& s, Wall at, Nanos mono, Readings& out) {
  const DeviceReading& what = page.devices[s.device];
  Device& d = device(what.device);
  if (s.mono > page.mono + kFuture)
    return note(out, fmt::format("{}: a sample from the future was left out", what.device));
  if (s.mono <= d.theirs)
    return note(out, fmt::format("{}: a sample that came twice or out of order was left out", what.device));
  Nanos ours = clock_.to_ours(s.mono);
  if (d.ours != kNever) ours = std::max(ours, d.ours + kLeast);  // a better exchange may have moved it back
  d.theirs = s.mono;
  d.ours = ours;
  if (ours < from_) return;
  DeviceReading r = what;
  r.at = at + (ours - mono);
  r.mono = ours;
  r.counter_uj = s.counter_uj;
  r.power_w = s.power_w;
  r.utilisation = s.utilisation;
  r.sm_activity = s.sm_activity;
  out.devices.push_back(std::move(r));
}

void AgentSource::take(const AgentPage& page, Wall at, Nanos mono, Readings& out) {
  for (const std::string& n : page.notes) note(out, n);
  if (page.lost > 0)
    note(out, fmt::format("{} samples of {} were no longer kept when they were asked for: energy is counted on, in one "
                          "longer window (trine-meter --keep)",
                          page.lost, page.host));
  for (const AgentSample& s : page.samples) take(page, s, at, mono, out);
  tell_offset(page, at, mono, out);
  next_ = page.next;
}

Result<bool> AgentSource::take(const Result<internal::Page>& answer, Readings& out) {
  if (!answer) return tl::unexpected(answer.error());
  if (const auto ok = getter_->check(*answer); !ok) return tl::unexpected(ok.error());
  const auto page = read_agent_page(answer->response.body);
  if (!page) return fail(page.error().code, "{}: {}", getter_->place(), page.error().message);
  if (page->run != run_)
    begin_run(*page, out);
  else if (page->next < next_ || page->next - next_ != page->samples.size() + page->lost)
    return fail(Code::data_loss, "{}: its samples are not numbered from where they were asked for", getter_->place());
  clock_.exchange(answer->mono, answer->took, page->mono);
  take(*page, answer->at, answer->mono, out);
  return page->more && !page->samples.empty();
}

net::Task<Result<Readings>> AgentSource::read() {
  const Mono until = loop_.clock().mono() + timeout_;
  Readings out;
  for (bool first = true;; first = false) {
    std::string query = run_.empty() ? std::string() : fmt::format("?since={}:{}", run_, next_);
    std::string accept = "application/json";
    const auto answer = co_await getter_->get(std::move(query), std::move(accept));
    const auto more = take(answer, out);
    if (!more && first) co_return tl::unexpected(more.error());
    if (!more) note(out, more.error().message);  // what came before is not asked for again: it must not be lost
    if (!more || !*more || loop_.clock().mono() >= until) co_return out;
  }
}

}  // namespace

Result<std::unique_ptr<Source>> trine_meter_source(net::Loop& loop, const HttpAccess& access,
                                                   const AgentOptions& options) {
  auto getter = internal::HttpGetter::open(loop, access, "/v1/readings", options.dialer);
  if (!getter) return tl::unexpected(getter.error());
  Nanos from = loop.clock().mono().time_since_epoch();
  if (options.from) from -= loop.clock().wall() - *options.from + kSameSample;
  return std::make_unique<AgentSource>(loop, std::move(*getter), from, access.timeout);
}

}  // namespace trine::meter
