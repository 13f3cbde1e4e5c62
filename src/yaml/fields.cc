#include "yaml/fields.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace trine::yaml {
namespace {

struct Unit {
  std::string_view name;
  int64_t bytes;
};
constexpr Unit kSizes[] = {
    {"TiB", int64_t{1} << 40}, {"GiB", 1 << 30},  {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"TB", 1'000'000'000'000},
    {"GB", 1'000'000'000},     {"MB", 1'000'000}, {"KB", 1'000},    {"kB", 1'000},    {"B", 1}};

std::string wrong_word(const Fields::Names& names, std::string_view word) {
  const auto near = nearest(word, names);
  if (!near.empty()) return fmt::format("is not known; did you mean \"{}\"?", near);
  return fmt::format("is not one of {}.", fmt::join(names, ", "));
}

Type text_type() {
  return {};
}

Type number_type(double min, double max) {
  Type type{Type::Kind::number, "number", {}, {}, false, {}, {}};
  if (std::isfinite(min)) type.minimum = min;
  if (std::isfinite(max)) type.maximum = max;
  return type;
}

std::string range_text(const Type& type) {
  if (type.minimum && type.maximum)
    return fmt::format("from {} to {}", number_text(*type.minimum), number_text(*type.maximum));
  if (type.minimum) return fmt::format("of at least {}", number_text(*type.minimum));
  if (type.maximum) return fmt::format("of at most {}", number_text(*type.maximum));
  return {};
}

std::optional<double> finite(std::string_view s) {
  const auto v = parse_number(s);
  return v && std::isfinite(*v) ? v : std::nullopt;
}

}  // namespace

std::optional<int64_t> parse_size(std::string_view text) {
  if (const auto bytes = parse_int(text)) return *bytes >= 0 ? bytes : std::nullopt;
  for (const auto& unit : kSizes) {
    if (!text.ends_with(unit.name)) continue;
    const auto v = finite(trim(text.substr(0, text.size() - unit.name.size())));
    if (!v || *v < 0 || *v * static_cast<double>(unit.bytes) > 9e18) return {};
    return static_cast<int64_t>(*v * static_cast<double>(unit.bytes));
  }
  return {};
}

std::string size_text(int64_t bytes) {
  for (const auto& unit : kSizes) {
    if (unit.name == "TB") break;
    if (bytes != 0 && bytes % unit.bytes == 0) return fmt::format("{}{}", bytes / unit.bytes, unit.name);
  }
  return std::to_string(bytes);
}

std::string duration_text(Nanos d) {
  const int64_t ns = d.count();
  if (ns == 0) return "0s";
  if (ns % 86'400'000'000'000 == 0) return fmt::format("{}d", ns / 86'400'000'000'000);
  if (ns % 3'600'000'000'000 == 0) return fmt::format("{}h", ns / 3'600'000'000'000);
  if (ns % 1'000'000'000 == 0) return fmt::format("{}s", ns / 1'000'000'000);
  return number_text(static_cast<double>(ns) * 1e-6) + "ms";
}

std::string number_text(double v) {
  if (std::abs(v) < 1e15 && v == std::floor(v)) return std::to_string(static_cast<int64_t>(v));
  return fmt::format("{}", v);
}

void Fields::text(const Field& field, std::string& out) {
  scalar(field, text_type(), out, [&](std::string_view s) -> std::string {
    if (s.empty()) return "must not be empty.";
    out = s;
    return {};
  });
}

void Fields::text(const Field& field, std::optional<std::string>& out) {
  std::string value = out.value_or("");
  text(field, value);
  if (!value.empty()) out = std::move(value);
}

void Fields::boolean(const Field& field, bool& out) {
  scalar(field, {Type::Kind::boolean, "true or false", {}, {}, false, {}, {}}, out ? "true" : "false",
         [&](std::string_view s) -> std::string {
           if (s != "true" && s != "false") return "must be true or false.";
           out = s == "true";
           return {};
         });
}

void Fields::whole(const Field& field, const std::string& standard, int64_t min, int64_t max,
                   const std::function<void(int64_t)>& set) {
  Type type{Type::Kind::integer, "whole number", {}, {}, false, {}, {}};
  if (min != std::numeric_limits<int64_t>::min()) type.minimum = static_cast<double>(min);
  if (max != std::numeric_limits<int64_t>::max()) type.maximum = static_cast<double>(max);
  scalar(field, type, standard, [&](std::string_view s) -> std::string {
    const auto v = parse_int(s);
    if (!v) return "is not a whole number.";
    if (*v < min || *v > max) return fmt::format("must be a whole number {}.", range_text(type));
    set(*v);
    return {};
  });
}

void Fields::real(const Field& field, const std::string& standard, double min, double max,
                  const std::function<void(double)>& set) {
  const Type type = number_type(min, max);
  scalar(field, type, standard, [&](std::string_view s) -> std::string {
    const auto v = finite(s);
    if (!v) return "is not a number.";
    if (*v < min || *v > max) return fmt::format("must be a number {}.", range_text(type));
    set(*v);
    return {};
  });
}

void Fields::number(const Field& field, double& out, double min, double max) {
  real(field, number_text(out), min, max, [&](double v) { out = v; });
}

void Fields::number(const Field& field, std::optional<double>& out, double min, double max) {
  real(field, out ? number_text(*out) : "", min, max, [&](double v) { out = v; });
}

void Fields::duration(const Field& field, Nanos& out, Nanos min, Nanos max) {
  Type type{Type::Kind::text, "duration", {}, {}, false, {}, "[0-9]+(\\.[0-9]+)?(ms|s|m|h|d)"};
  scalar(field, type, duration_text(out), [&](std::string_view s) -> std::string {
    const auto v = parse_duration(s);
    if (!v) return "is not a duration such as 500ms, 30s, 15m, 1h or 7d.";
    if (*v < min || *v > max) return fmt::format("must be from {} to {}.", duration_text(min), duration_text(max));
    out = *v;
    return {};
  });
}

void Fields::size(const Field& field, int64_t& out, int64_t min, int64_t max) {
  Type type{Type::Kind::text, "size", {}, {}, false, {}, "[0-9]+(\\.[0-9]+)? ?([KMGT]i?B|kB|B)?"};
  scalar(field, type, size_text(out), [&](std::string_view s) -> std::string {
    const auto v = parse_size(s);
    if (!v) return "is not a size such as 16KiB or 32MiB.";
    if (*v < min || *v > max) return fmt::format("must be from {} to {}.", size_text(min), size_text(max));
    out = *v;
    return {};
  });
}

void Fields::price(const Field& field, std::optional<Money>& out) {
  Type type = number_type(0, 1e6);
  type.says = "price";
  type.above_minimum = true;
  scalar(field, type, out ? number_text(to_euros(*out)) : "", [&](std::string_view s) -> std::string {
    const auto v = finite(s);
    if (!v) return "is not a number.";
    if (*v <= 0 || *v > 1e6) return "must be above 0 and at most 1000000 (what costs nothing is written free: true).";
    if (euros(*v).raw() == 0) return "is below the smallest price, 0.000000001.";
    out = euros(*v);
    return {};
  });
}

void Fields::secret(const Field& field, std::string& out) {
  scalar(field, {Type::Kind::secret, "secret", {}, {}, false, {}, {}}, "", [&](std::string_view s) -> std::string {
    if (s.empty()) return "is empty.";
    out = s;
    return {};
  });
}

void Fields::one_of(const Field& field, const std::string& standard, const Names& names,
                    const std::function<void(size_t)>& set) {
  Type type{Type::Kind::text, "one of", {}, {}, false, {names.begin(), names.end()}, {}};
  scalar(field, type, standard, [&](std::string_view s) -> std::string {
    const auto found = std::find(names.begin(), names.end(), s);
    if (found == names.end()) return wrong_word(names, s);
    set(static_cast<size_t>(found - names.begin()));
    return {};
  });
}

void Fields::texts(const Field& field, std::vector<std::string>& out) {
  scalars(field, text_type(), [&](std::string_view s) -> std::string {
    if (s.empty()) return "must not be empty.";
    out.emplace_back(s);
    return {};
  });
}

void Fields::words(const Field& field, std::vector<std::string>& out, const Names& allowed) {
  Type type{Type::Kind::text, "one of", {}, {}, false, {allowed.begin(), allowed.end()}, {}};
  scalars(field, type, [&](std::string_view s) -> std::string {
    if (std::find(allowed.begin(), allowed.end(), s) == allowed.end()) return wrong_word(allowed, s);
    out.emplace_back(s);
    return {};
  });
}

void Fields::text_map(const Field& field, std::map<std::string, std::string>& out) {
  scalar_map(field, text_type(), [&](const std::string& key, std::string_view s) -> std::string {
    if (s.empty()) return "must not be empty.";
    out[key] = s;
    return {};
  });
}

void Fields::number_map(const Field& field, std::map<std::string, double>& out, double min, double max) {
  const Type type = number_type(min, max);
  scalar_map(field, type, [&](const std::string& key, std::string_view s) -> std::string {
    const auto v = finite(s);
    if (!v) return "is not a number.";
    if (*v < min || *v > max) return fmt::format("must be a number {}.", range_text(type));
    out[key] = *v;
    return {};
  });
}

}  // namespace trine::yaml
