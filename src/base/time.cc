#include "base/time.h"

#include <fmt/format.h>

#include <charconv>
#include <limits>

namespace trine {
namespace {

using namespace std::chrono;

class SystemClock final : public Clock {
 public:
  Wall wall() const override { return time_point_cast<Nanos>(std::chrono::system_clock::now()); }
  Mono mono() const override { return steady_clock::now(); }
};

// Exactly `n` digits at the front of `s`, which is shortened; -1 otherwise.
int digits(std::string_view& s, size_t n) {
  if (s.size() < n) return -1;
  int v = 0;
  for (size_t i = 0; i < n; ++i) {
    if (s[i] < '0' || s[i] > '9') return -1;
    v = v * 10 + (s[i] - '0');
  }
  s.remove_prefix(n);
  return v;
}

bool eat(std::string_view& s, char c) {
  if (s.empty() || s.front() != c) return false;
  s.remove_prefix(1);
  return true;
}

}  // namespace

const Clock& system_clock() {
  static const SystemClock clock;
  return clock;
}

std::string iso8601(Wall t) {
  const auto day = floor<days>(t);
  const year_month_day date(day);
  const hh_mm_ss time(floor<milliseconds>(t - day));
  auto out = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                         static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time.hours().count(),
                         time.minutes().count(), time.seconds().count());
  if (time.subseconds().count() != 0) out += fmt::format(".{:03}", time.subseconds().count());
  return out + 'Z';
}

std::optional<Wall> parse_iso8601(std::string_view s) {
  const int y = digits(s, 4);
  if (y < 0 || !eat(s, '-')) return {};
  const int mo = digits(s, 2);
  if (mo < 0 || !eat(s, '-')) return {};
  const int d = digits(s, 2);
  const year_month_day date{year(y), month(static_cast<unsigned>(mo)), day(static_cast<unsigned>(d))};
  if (d < 0 || !date.ok()) return {};
  if (y < 1970 || y > 2261) return {};  // the difference of any two fits 64 bits of nanoseconds
  Wall t = sys_days(date);
  if (s.empty()) return t;
  if (!eat(s, 'T') && !eat(s, ' ')) return {};
  const int h = digits(s, 2);
  if (h < 0 || h > 23 || !eat(s, ':')) return {};
  const int mi = digits(s, 2);
  if (mi < 0 || mi > 59) return {};
  t += hours(h) + minutes(mi);
  if (eat(s, ':')) {
    const int sec = digits(s, 2);
    if (sec < 0 || sec > 60) return {};
    t += std::chrono::seconds(sec);
    if (eat(s, '.')) {
      int64_t unit = 1'000'000'000;
      if (s.empty() || s.front() < '0' || s.front() > '9') return {};
      while (!s.empty() && s.front() >= '0' && s.front() <= '9') {
        unit /= 10;
        t += Nanos((s.front() - '0') * unit);
        s.remove_prefix(1);
      }
    }
  }
  if (s.empty() || s == "Z") return t;
  const bool plus = eat(s, '+');
  if (!plus && !eat(s, '-')) return {};
  const int oh = digits(s, 2);
  eat(s, ':');
  const int om = s.empty() ? 0 : digits(s, 2);
  if (oh < 0 || oh > 14 || om < 0 || om > 59 || !s.empty()) return {};
  const auto offset = hours(oh) + minutes(om);
  return plus ? t - offset : t + offset;
}

std::optional<Nanos> parse_duration(std::string_view s) {
  double value = 0;
  const auto [rest, ec] = std::from_chars(s.data(), s.data() + s.size(), value);
  if (ec != std::errc() || !(value >= 0)) return {};
  const std::string_view unit(rest, static_cast<size_t>(s.data() + s.size() - rest));
  double factor = 0;
  if (unit == "ms")
    factor = 1e6;
  else if (unit == "s")
    factor = 1e9;
  else if (unit == "m")
    factor = 60e9;
  else if (unit == "h")
    factor = 3600e9;
  else if (unit == "d")
    factor = 86400e9;
  else
    return {};
  if (value * factor > 9e18) return {};
  return Nanos(static_cast<int64_t>(value * factor));
}

}  // namespace trine
