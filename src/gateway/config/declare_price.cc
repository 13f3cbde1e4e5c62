// price: of a deployment, and what its electricity costs by the time of use.
#include <algorithm>

#include "gateway/config/draft.h"
#include "gateway/config/forms.h"

namespace trine::gateway {
namespace {

using yaml::Fields;
using yaml::required;

struct Hours {
  int from = 0, to = 24 * 60;  // minutes
};

// "06:30" -> minutes; at most `most`.
std::optional<int> parse_minutes(std::string_view s, int most) {
  const auto digit = [&](size_t i) { return s[i] >= '0' && s[i] <= '9'; };
  if (s.size() != 5 || s[2] != ':' || !digit(0) || !digit(1) || !digit(3) || !digit(4) || s[3] > '5') return {};
  const int n = ((s[0] - '0') * 10 + s[1] - '0') * 60 + (s[3] - '0') * 10 + s[4] - '0';
  return n <= most ? std::optional(n) : std::nullopt;
}

std::optional<Hours> parse_hours(std::string_view s) {
  if (s.size() != 11 || s[5] != '-') return {};
  const auto from = parse_minutes(s.substr(0, 5), 23 * 60 + 59), to = parse_minutes(s.substr(6), 24 * 60);
  if (!from || !to) return {};
  return Hours{*from, *to};
}

struct Slot {
  std::vector<std::string> days;
  Hours hours;
  std::optional<Money> price;
};

struct TariffDraft {
  std::optional<Money> standard;
  std::vector<Slot> slots;
  Nanos utc_offset{};
  energy::SummerTime summer = energy::SummerTime::none;
};

void declare_slot(Fields& s, Slot& slot) {
  static const Fields::Names kDays = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
  s.words({"days", "Days of the week on which it begins; all if absent."}, slot.days, kDays);
  s.parsed({"hours", "From and to, such as 22:00-06:00 (over midnight); the whole day if absent."}, slot.hours,
           form("hours", "[0-2][0-9]:[0-5][0-9]-[0-2][0-9]:[0-5][0-9]"), "00:00-24:00",
           "is not a time of the day such as 22:00-06:00.", parse_hours);
  s.price(required("price", "Per kWh."), slot.price);
}

std::vector<energy::TariffSlot> slots_of(const TariffDraft& draft) {
  constexpr const char* kDays[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
  std::vector<energy::TariffSlot> slots;
  for (const Slot& s : draft.slots) {
    energy::TariffSlot slot;
    slot.from = s.hours.from;
    slot.to = s.hours.to;
    slot.per_kwh = s.price.value_or(Money());
    for (size_t day = 0; day < slot.days.size(); ++day)
      slot.days[day] = s.days.empty() || std::find(s.days.begin(), s.days.end(), kDays[day]) != s.days.end();
    slots.push_back(slot);
  }
  return slots;
}

void declare_tariff(Fields& f, PriceConfig& price) {
  std::optional<TariffDraft> draft;
  f.object({"electricity_tariff", "Or by the time of use, where electricity is dearer by day than by night:"}, draft,
           [&price](Fields& t, TariffDraft& d) {
             t.price({"default", "Per kWh outside all slots; without it they must fill the week."}, d.standard);
             t.objects({"slots", "Hours with another price; they may not overlap."}, d.slots, declare_slot);
             offset_field(t, {"utc_offset", "Of the local time that the hours are in."}, d.utc_offset);
             t.choice(
                 {"summer_time",
                  "Whether clocks go an hour ahead in summer, and by whose rule; the offset is that "
                  "of winter."},
                 d.summer,
                 {{"none", energy::SummerTime::none}, {"eu", energy::SummerTime::eu}, {"us", energy::SummerTime::us}});
             t.check([&t, &d, &price] {
               auto tariff = energy::Tariff::make(d.standard, slots_of(d), d.utc_offset, d.summer);
               if (tariff)
                 price.electricity_tariff = std::move(*tariff);
               else
                 t.complain(t.where(), fmt::format("electricity_tariff: {}.", tariff.error().message));
             });
           });
}

}  // namespace

void declare_price(Fields& f, PriceConfig& price) {
  f.price({"per_hour", "Of all its GPUs together."}, price.per_hour);
  f.price({"capex", "Or what was paid for its GPUs and their part of the server, written off over life_years,"},
          price.capex);
  f.number({"life_years", "years of use,"}, price.life_years, 0.5, 15);
  f.price({"maintenance_per_year", "and what it takes beside electricity: racks, staff, spares."},
          price.maintenance_per_year);
  f.price({"electricity_per_kwh", "Where per_hour or capex do not have it: of the facility's energy, PUE included."},
          price.electricity_per_kwh);
  declare_tariff(f, price);
  f.price({"input_per_mtok", "Per million prompt tokens."}, price.input_per_mtok);
  f.price({"cached_input_per_mtok", "Per million prompt tokens from the prefix cache; default: the input price."},
          price.cached_input_per_mtok);
  f.price({"output_per_mtok", "Per million generated tokens."}, price.output_per_mtok);
  f.boolean({"free", "It costs nothing (a price of 0 is refused, being usually a slip)."}, price.free);
  f.check([&f, &price] {
    const bool tokens = price.input_per_mtok || price.cached_input_per_mtok || price.output_per_mtok;
    const int ways = (price.free ? 1 : 0) + (price.per_hour ? 1 : 0) + (price.capex ? 1 : 0) + (tokens ? 1 : 0);
    if (ways == 0) f.complain(f.where(), "price: give per_hour, capex, prices per Mtok, or free: true.");
    if (ways > 1) f.complain(f.where(), "price: give one of per_hour, capex, prices per Mtok, and free: true.");
    for (const auto key : {"life_years", "maintenance_per_year"})
      if (!price.capex && f.has(key)) f.complain(key, "goes with capex.");
    if (price.electricity_per_kwh && !price.capex && !price.per_hour)
      f.complain("electricity_per_kwh", "goes with per_hour or capex.");
    if (price.electricity_tariff && !price.capex && !price.per_hour)
      f.complain("electricity_tariff", "goes with per_hour or capex.");
    if (price.electricity_tariff && price.electricity_per_kwh)
      f.complain("electricity_tariff", "give it or electricity_per_kwh, not both.");
    if (tokens && (!price.input_per_mtok || !price.output_per_mtok))
      f.complain(f.where(), "price: input_per_mtok and output_per_mtok belong together.");
    if (price.input_per_mtok && price.cached_input_per_mtok && *price.cached_input_per_mtok > *price.input_per_mtok)
      f.complain("cached_input_per_mtok", "must not be above input_per_mtok.");
  });
}

}  // namespace trine::gateway
