#include "fleet/wanted.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <set>

#include "fleet/instance.h"
#include "json/read.h"

namespace trine::fleet {
namespace {

constexpr size_t kMaxBytes = size_t{16} << 20;

// Reads with places: a value's raw text is a view into the document.
class Reader {
 public:
  Reader(std::string_view text, std::string_view file) : text_(text), file_(file) {}

  Result<std::vector<Wanted>> read() {
    auto wanted = json::member(text_, "wanted");
    if (!wanted) return fail(Code::invalid_argument, "{}: {}", file_, wanted.error().message);
    if (*wanted) return list(**wanted, "wanted");
    const auto hours = json::member(text_, "hours");
    if (!hours) return fail(Code::invalid_argument, "{}: {}", file_, hours.error().message);
    if (!*hours) return fail(Code::invalid_argument, "{}: a plan has \"wanted\" or \"hours\"; this has neither", file_);
    if (!(*hours)->is_array()) return complain(**hours, "hours must be an array");
    std::optional<json::Value> first;
    (void)json::each_element((*hours)->raw, [&](json::Value v) { return first = v, false; }, false);
    if (!first) return complain(**hours, "hours is empty: the plan covers no time");
    if (!first->is_object()) return complain(*first, "an hour must be an object");
    const auto machines = json::member(first->raw, "machines");
    if (!machines) return complain(*first, machines.error().message);
    if (!*machines) return complain(*first, "an hour has \"machines\": how many of each option");
    return (*machines)->is_object() ? counts(**machines) : list(**machines, "machines");
  }

 private:
  tl::unexpected<Error> complain(const json::Value& at, std::string_view sentence) const {
    const auto before = text_.substr(0, static_cast<size_t>(at.raw.data() - text_.data()));
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    const auto start = before.rfind('\n');
    const auto column = before.size() - (start == before.npos ? 0 : start + 1) + 1;
    return fail(Code::invalid_argument, "{}:{}:{}: {}", file_, line, column, sentence);
  }

  Result<std::vector<Wanted>> list(const json::Value& array, std::string_view what) {
    if (!array.is_array()) return complain(array, fmt::format("{} must be an array of options", what));
    std::vector<Wanted> all;
    Result<void> problem;
    const auto walked = json::each_element(array.raw, [&](json::Value v) {
      auto one = entry(v);
      if (one)
        problem = add(all, std::move(*one), v);
      else
        problem = tl::unexpected(one.error());
      return problem.has_value();
    });
    if (!problem) return tl::unexpected(problem.error());
    if (!walked) return complain(array, walked.error().message);
    return all;
  }

  Result<std::vector<Wanted>> counts(const json::Value& object) {
    std::vector<Wanted> all;
    Result<void> problem;
    const auto walked = json::each_member(object.raw, [&](std::string_view key, json::Value v) {
      Wanted one;
      one.option = key;
      problem = machines(v, one.machines);
      if (problem) problem = add(all, std::move(one), v);
      return problem.has_value();
    });
    if (!problem) return tl::unexpected(problem.error());
    if (!walked) return complain(object, walked.error().message);
    return all;
  }

  Result<Wanted> entry(const json::Value& v) {
    if (!v.is_object()) return complain(v, "each option must be an object");
    Wanted one;
    bool has_option = false, has_machines = false;
    Result<void> problem;
    const auto walked = json::each_member(v.raw, [&](std::string_view key, json::Value value) {
      if (key == "option") {
        has_option = true;
        auto name = value.as_string();
        if (name)
          one.option = std::move(*name);
        else
          problem = complain(value, "option " + name.error().message);
      } else if (key == "machines") {
        has_machines = true;
        problem = machines(value, one.machines);
      } else if (key == "eur_per_hour" && !value.is_null()) {
        const auto price = value.as_double();
        if (!price || !std::isfinite(*price) || *price < 0)
          problem = complain(value, "eur_per_hour must be a number from 0");
        else
          one.eur_per_hour = *price;
      } else if (key == "spec" && !value.is_null()) {
        if (!value.is_object() || value.raw.size() > kMaxSpec)
          problem = complain(value, fmt::format("spec must be an object of at most {} bytes", kMaxSpec));
        else if (auto whole = json::read(value.raw); !whole)
          problem = complain(value, whole.error().message);
        else
          one.spec = value.raw;
      }
      return problem.has_value();
    });
    if (!problem) return tl::unexpected(problem.error());
    if (!walked) return complain(v, walked.error().message);
    if (!has_option || !has_machines) return complain(v, "an entry needs \"option\" and \"machines\"");
    return one;
  }

  Result<void> machines(const json::Value& v, int& into) const {
    const auto n = v.as_int();
    if (!n || *n < 0 || *n > kMostMachines)
      return complain(v, fmt::format("machines must be a whole number from 0 to {}", kMostMachines));
    into = static_cast<int>(*n);
    return {};
  }

  Result<void> add(std::vector<Wanted>& all, Wanted one, const json::Value& at) {
    if (one.option.empty() || one.option != fit_text(one.option, kMaxOption))
      return complain(at,
                      fmt::format("an option's name has 1 to {} bytes, none of them a control character", kMaxOption));
    if (!seen_.insert(one.option).second)
      return complain(at, fmt::format("option \"{}\" stands twice: say once how many are wanted", one.option));
    if (all.size() >= kMostOptions) return complain(at, fmt::format("more than {} options", kMostOptions));
    all.push_back(std::move(one));
    return {};
  }

  std::string_view text_, file_;
  std::set<std::string> seen_;
};

}  // namespace

Result<std::vector<Wanted>> read_wanted(std::string_view text, std::string_view file) {
  if (text.size() > kMaxBytes) return fail(Code::out_of_range, "{}: a plan of more than {} bytes", file, kMaxBytes);
  return Reader(text, file).read();
}

Result<std::vector<Wanted>> read_wanted_file(const std::string& path) {
  std::error_code ec;
  if (std::filesystem::is_directory(path, ec)) return fail(Code::not_found, "{}: is a folder, not a plan", path);
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail(Code::not_found, "{}: cannot be read", path);
  std::string text(kMaxBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) return fail(Code::unavailable, "{}: cannot be read to its end", path);
  text.resize(static_cast<size_t>(in.gcount()));
  return read_wanted(text, path);
}

}  // namespace trine::fleet
