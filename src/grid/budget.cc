#include "grid/budget.h"

#include <algorithm>
#include <cmath>
#include <fstream>

#include "grid/cache.h"

namespace trine::grid {
namespace {

using namespace std::chrono;

Wall day_of(Wall t) {
  return floor<days>(t);
}
Wall month_of(Wall t) {
  const year_month_day d{floor<days>(t)};
  return sys_days(d.year() / d.month() / 1);
}
Wall next_month(Wall t) {
  const year_month_day d{floor<days>(t)};
  return sys_days(year_month(d.year(), d.month()) / 1 + months(1));
}

}  // namespace

Budget::Budget(int64_t per_day, int64_t per_month, std::filesystem::path file)
    : per_day_(per_day), per_month_(per_month), file_(std::move(file)) {
  if (file_.empty() || (per_day_ == 0 && per_month_ == 0)) return;
  std::ifstream in(file_);
  std::string day, month;
  int64_t of_day = 0, of_month = 0;
  if (!(in >> day >> of_day >> month >> of_month)) return;  // none yet
  const auto d = parse_iso8601(day), m = parse_iso8601(month);
  if (!d || !m || of_day < 0 || of_month < 0) return;
  day_ = *d;
  month_ = *m;
  of_day_ = of_day;
  of_month_ = of_month;
}

void Budget::turn(Wall now) {
  if (day_ != day_of(now)) {
    day_ = day_of(now);
    of_day_ = 0;
  }
  if (month_ != month_of(now)) {
    month_ = month_of(now);
    of_month_ = 0;
  }
}

bool Budget::take(Wall now) {
  turn(now);
  if (wait(now) > Nanos(0)) return false;
  ++of_day_;
  ++of_month_;
  save();
  return true;
}

Nanos Budget::wait(Wall now) const {
  Nanos longest{0};
  if (per_day_ > 0 && day_ == day_of(now) && of_day_ >= per_day_) longest = day_ + days(1) - now;
  if (per_month_ > 0 && month_ == month_of(now) && of_month_ >= per_month_)
    longest = std::max<Nanos>(longest, next_month(now) - now);
  return longest;
}

Nanos Budget::pace(int64_t requests) const {
  const auto spread = [&](double seconds_of, int64_t budget) {
    return budget > 0 ? from_seconds(seconds_of * static_cast<double>(requests) / (0.9 * static_cast<double>(budget)))
                      : Nanos(0);
  };
  return std::max(spread(86'400, per_day_), spread(31 * 86'400.0, per_month_));
}

void Budget::save() const {
  if (file_.empty() || (per_day_ == 0 && per_month_ == 0)) return;
  // Where it cannot be written, a restart begins anew: no reason to ask less now.
  (void)replace_file(file_, fmt::format("{} {}\n{} {}\n", iso8601(day_), of_day_, iso8601(month_), of_month_));
}

}  // namespace trine::grid
