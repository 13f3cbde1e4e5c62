#include "energy/tariff.h"

#include <algorithm>
#include <cmath>

namespace trine::energy {
namespace {

using namespace std::chrono;

constexpr int kDay = 24 * 60, kWeek = 7 * kDay;  // minutes
constexpr const char* kDays[] = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};

std::string spoken(int minute) {
  return fmt::format("{} {:02}:{:02}", kDays[minute / kDay % 7], minute % kDay / 60, minute % 60);
}

Nanos of_week(Wall local) {
  // 1970-01-01 was a Thursday.
  const Nanos week = minutes(kWeek), t = local.time_since_epoch() + days(3);
  const Nanos rest = t % week;
  return rest < Nanos(0) ? rest + week : rest;
}

// Begin and end of summer time in the year, in UTC.
std::pair<Wall, Wall> summer_of(year y, SummerTime rule, Nanos utc_offset) {
  if (rule == SummerTime::eu)
    return {Wall(sys_days(y / March / Sunday[last])) + hours(1), Wall(sys_days(y / October / Sunday[last])) + hours(1)};
  return {Wall(sys_days(y / March / Sunday[2])) + hours(2) - utc_offset,
          Wall(sys_days(y / November / Sunday[1])) + hours(1) - utc_offset};
}

year year_of(Wall t) {
  return year_month_day(floor<days>(t)).year();
}

}  // namespace

Result<Tariff> Tariff::make(std::optional<Money> standard, const std::vector<TariffSlot>& slots, Nanos utc_offset,
                            SummerTime summer) {
  if (utc_offset < -hours(14) || utc_offset > hours(14) || utc_offset % minutes(1) != Nanos(0))
    return fail(Code::invalid_argument, "a UTC offset is at most 14 hours, in whole minutes");
  if (standard && *standard <= Money()) return fail(Code::invalid_argument, "a price per kWh must be above zero");
  std::vector<std::optional<Money>> week(kWeek);
  for (const TariffSlot& slot : slots) {
    if (slot.per_kwh <= Money()) return fail(Code::invalid_argument, "a price per kWh must be above zero");
    if (slot.from < 0 || slot.from >= kDay || slot.to < 0 || slot.to > kDay)
      return fail(Code::invalid_argument, "a slot's hours lie from 00:00 to 24:00");
    const int length = slot.to > slot.from ? slot.to - slot.from : slot.to - slot.from + kDay;
    for (int day = 0; day < 7; ++day) {
      if (!slot.days[static_cast<size_t>(day)]) continue;
      for (int i = 0; i < length; ++i) {
        auto& minute = week[static_cast<size_t>((day * kDay + slot.from + i) % kWeek)];
        if (minute)
          return fail(Code::invalid_argument, "two slots overlap on {}", spoken((day * kDay + slot.from + i) % kWeek));
        minute = slot.per_kwh;
      }
    }
  }
  Tariff tariff;
  tariff.utc_offset_ = utc_offset;
  tariff.summer_ = summer;
  for (int minute = 0; minute < kWeek; ++minute) {
    const auto price = week[static_cast<size_t>(minute)] ? week[static_cast<size_t>(minute)] : standard;
    if (!price)
      return fail(Code::invalid_argument, "no slot has a price for {}; add one, or a default", spoken(minute));
    if (tariff.steps_.empty() || tariff.steps_.back().per_kwh != *price) tariff.steps_.push_back({minute, *price});
  }
  return tariff;
}

Nanos Tariff::offset(Wall t) const {
  if (summer_ == SummerTime::none) return utc_offset_;
  const auto [begin, end] = summer_of(year_of(t), summer_, utc_offset_);
  return t >= begin && t < end ? utc_offset_ + hours(1) : utc_offset_;
}

std::optional<Wall> Tariff::clock_change(Wall t) const {
  if (summer_ == SummerTime::none) return {};
  const auto [begin, end] = summer_of(year_of(t), summer_, utc_offset_);
  if (t < begin) return begin;
  if (t < end) return end;
  return summer_of(year_of(t) + years(1), summer_, utc_offset_).first;
}

size_t Tariff::step_at(Wall t) const {
  const auto minute = floor<minutes>(of_week(t + offset(t))).count();
  const auto after = std::upper_bound(steps_.begin(), steps_.end(), minute,
                                      [](int64_t m, const Step& step) { return m < step.minute; });
  return static_cast<size_t>(after - steps_.begin()) - 1;
}

Money Tariff::at(Wall t) const {
  return steps_[step_at(t)].per_kwh;
}

std::optional<Wall> Tariff::next_change(Wall t) const {
  if (steps_.size() == 1) return {};
  const Money now = at(t);
  for (Wall from = t;;) {
    const size_t next = step_at(from) + 1;
    const Nanos boundary = minutes(next < steps_.size() ? steps_[next].minute : kWeek);
    Wall change = from + (boundary - of_week(from + offset(from)));
    // Where clocks change on the way, it is looked at again from there.
    if (const auto clock = clock_change(from); clock && *clock < change) change = *clock;
    if (at(change) != now) return change;
    from = change;  // a week's end, or a change of clocks within one price
  }
}

Money Tariff::mean(Wall from, Wall to) const {
  if (to <= from) return at(from);
  double sum = 0;
  for (Wall begin = from; begin < to;) {
    const auto change = next_change(begin);
    const Wall end = change ? std::min(*change, to) : to;
    sum += static_cast<double>(at(begin).raw()) * seconds(end - begin);
    begin = end;
  }
  return Money::raw(std::llround(sum / seconds(to - from)));
}

}  // namespace trine::energy
