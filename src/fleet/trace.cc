#include "fleet/trace.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <memory>
#include <optional>
#include <unordered_set>

#include "base/text.h"
#include "base/time.h"
#include "json/read.h"

namespace trine::fleet {
namespace {

constexpr double kHour = 3600;
constexpr size_t kMaxHours = 10 * 8784;  // ten years: a time beyond is a mistake, and memory stays bounded
constexpr double kMaxTokens = 1e8, kMaxCount = 1e12;
constexpr int32_t kBlock = 512;  // tokens of one hash of Mooncake
constexpr size_t kMostColumns = 32;

// Lines without their ends, blank ones left out.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {
    if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);
  }
  std::optional<std::string_view> next() {
    while (!rest_.empty()) {
      const auto end = rest_.find('\n');
      auto line = rest_.substr(0, end);
      rest_ = end == std::string_view::npos ? std::string_view{} : rest_.substr(end + 1);
      ++number_;
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (!trim(line).empty()) return line;
    }
    return std::nullopt;
  }
  size_t number() const { return number_; }

 private:
  std::string_view rest_;
  size_t number_ = 0;
};

struct Cells {
  std::array<std::string_view, kMostColumns> at;
  size_t size = 0;
  explicit Cells(std::string_view line) {
    for (bool more = true; more && size < kMostColumns;) {
      const auto comma = line.find(',');
      auto cell = trim(line.substr(0, comma));
      if (cell.size() >= 2 && cell.front() == '"' && cell.back() == '"') cell = cell.substr(1, cell.size() - 2);
      at[size++] = cell;
      more = comma != std::string_view::npos;
      line = more ? line.substr(comma + 1) : std::string_view{};
    }
  }
};

enum class TimeForm { none, iso, seconds, milliseconds, hours };

// Where a CSV has what; -1: it has not.
struct Columns {
  TimeForm clock = TimeForm::none;
  int time = -1, in = -1, out = -1, count = -1, hits = -1;
  size_t size = 0;
};

std::optional<Columns> columns_of(std::string_view header) {
  const Cells cells(header);
  Columns c;
  c.size = cells.size;
  for (size_t i = 0; i < cells.size; ++i) {
    const auto name = cells.at[i];
    const auto is = [&](std::string_view known) { return iequals(name, known); };
    const int at = static_cast<int>(i);
    if (is("timestamp_ms")) c.time = at, c.clock = TimeForm::milliseconds;
    if (is("hour_index")) c.time = at, c.clock = TimeForm::hours;
    if (is("timestamp")) c.time = at, c.clock = TimeForm::seconds;  // or ISO, where ContextTokens stands beside it
    if (is("contexttokens")) c.in = at;
    if (is("input_length") || is("request tokens")) c.in = at;
    if (is("generatedtokens") || is("output_length") || is("response tokens")) c.out = at;
    if (is("requests")) c.count = at;
    if (is("prefix_block_hits")) c.hits = at;
  }
  if (c.clock == TimeForm::seconds && c.in >= 0 && iequals(cells.at[static_cast<size_t>(c.in)], "contexttokens"))
    c.clock = TimeForm::iso;
  const bool by_request = c.in >= 0 && c.out >= 0 && c.clock != TimeForm::hours;
  const bool by_hour = c.count >= 0 && c.clock == TimeForm::hours;
  if (c.time < 0 || (!by_request && !by_hour)) return std::nullopt;
  return c;
}

// Collects rows in their order. `where` of errors is file:line.
class TraceBuilder {
 public:
  TraceBuilder(const std::string& name, const Lines& lines, size_t most) : name_(name), lines_(lines), most_(most) {}

  template <class... Args>
  tl::unexpected<Error> wrong(fmt::format_string<Args...> format, Args&&... args) const {
    return fail(Code::invalid_argument, "{}:{}: {}", name_, lines_.number(),
                fmt::format(format, std::forward<Args>(args)...));
  }

  Result<double> number(std::string_view cell, const char* what, double most) const {
    const auto v = parse_number(cell);
    if (!v || !std::isfinite(*v) || *v < 0 || *v > most)
      return wrong("{} \"{}\" is not a number from 0 to {:.0e}.", what, cell.substr(0, 40), most);
    return *v;
  }

  Result<void> request(double at_s, double in, double out, uint32_t prefix, double cached) {
    if (auto ok = in_order(at_s); !ok) return ok;
    const double since = at_s - first_;
    if (since / kHour >= static_cast<double>(kMaxHours)) return wrong("it is more than ten years after the first.");
    if (trace_.requests.size() == most_)
      return wrong("there are more than {} requests; give a part of the file.", most_);
    count(static_cast<size_t>(since / kHour), 1);
    trace_.requests.push_back({since, static_cast<int32_t>(in), static_cast<int32_t>(out), prefix,
                               static_cast<int32_t>(std::min(cached, in))});
    sum_in_ += in, sum_out_ += out;
    return {};
  }

  Result<void> hour(double index, double requests) {
    if (index != std::floor(index)) return wrong("hour_index {} is no whole number.", index);
    if (seen_ && index <= last_)
      return wrong("hour {:.0f} comes after hour {:.0f}: time goes backwards.", index, last_);
    if (auto ok = in_order(index); !ok) return ok;
    const double since = index - first_;
    if (since >= static_cast<double>(kMaxHours)) return wrong("it is more than ten years after the first.");
    if (since > static_cast<double>(trace_.hourly.size()))
      return wrong("hours {:.0f} to {:.0f} are missing; an hour without requests is a row with 0.",
                   first_ + static_cast<double>(trace_.hourly.size()), index - 1);
    count(static_cast<size_t>(since), requests);
    return {};
  }

  Result<Trace> finish() {
    double all = 0;
    for (const double h : trace_.hourly) all += h;
    if (!(all > 0)) return wrong("there is no request in the file.");
    if (const auto n = static_cast<double>(trace_.requests.size()); n > 0)
      trace_.mean_in = sum_in_ / n, trace_.mean_out = sum_out_ / n;
    return std::move(trace_);
  }

 private:
  Result<void> in_order(double at) {
    if (seen_ && at < last_) return wrong("this is {:.3f} s before the line above: time goes backwards.", last_ - at);
    if (!seen_) first_ = at;
    seen_ = true;
    last_ = at;
    return {};
  }
  void count(size_t hour, double n) {
    if (hour >= trace_.hourly.size()) trace_.hourly.resize(hour + 1);
    trace_.hourly[hour] += n;
  }

  const std::string& name_;
  const Lines& lines_;
  size_t most_;
  Trace trace_;
  bool seen_ = false;
  double first_ = 0, last_ = 0, sum_in_ = 0, sum_out_ = 0;
};

// Seconds; of ISO times since the year 2000, so that a double holds their tenths of microseconds.
Result<double> time_of(const TraceBuilder& b, TimeForm clock, std::string_view cell) {
  constexpr double kLong = 1e13;
  if (clock != TimeForm::iso) {
    auto v = b.number(cell, "time", kLong);
    if (v && clock == TimeForm::milliseconds) *v /= 1e3;
    return v;
  }
  const auto t = parse_iso8601(cell);
  if (!t) return b.wrong("\"{}\" is not a time such as 2023-11-16 18:15:46.68.", cell.substr(0, 40));
  return seconds(*t - Wall(std::chrono::sys_days(std::chrono::year_month_day(
                          std::chrono::year(2000), std::chrono::month(1), std::chrono::day(1)))));
}

Result<void> csv_row(TraceBuilder& b, const Columns& c, std::string_view line) {
  const Cells cells(line);
  if (cells.size != c.size) return b.wrong("has {} columns, the first line has {}.", cells.size, c.size);
  const auto cell = [&](int i) { return cells.at[static_cast<size_t>(i)]; };
  const auto at = time_of(b, c.clock, cell(c.time));
  if (!at) return tl::unexpected(at.error());
  if (c.clock == TimeForm::hours) {
    const auto n = b.number(cell(c.count), "requests", kMaxCount);
    if (!n) return tl::unexpected(n.error());
    return b.hour(*at, *n);
  }
  const auto in = b.number(cell(c.in), "prompt tokens", kMaxTokens);
  if (!in) return tl::unexpected(in.error());
  const auto out = b.number(cell(c.out), "output tokens", kMaxTokens);
  if (!out) return tl::unexpected(out.error());
  double cached = 0;
  if (c.hits >= 0) {
    const auto hits = b.number(cell(c.hits), "prefix_block_hits", kMaxTokens);
    if (!hits) return tl::unexpected(hits.error());
    cached = *hits * kBlock;
  }
  return b.request(*at, *in, *out, 0, cached);
}

// Mooncake's JSON lines. Blocks that were seen before, from the first on, are what an endless cache would hold.
Result<void> json_row(TraceBuilder& b, std::string_view line, std::unordered_set<uint32_t>& seen) {
  const auto v = json::read(line);
  if (!v) return b.wrong("{}", v.error().message);
  if (!v->is_object()) return b.wrong("an object was expected, not {}.", json::name(v->type));
  std::optional<double> at, in, out;
  std::vector<uint32_t> blocks;
  bool bad_block = false;
  const auto walked = json::each_member(v->raw, [&](std::string_view key, json::Value value) {
    const auto number = [&](double most) {
      const auto n = value.as_double();
      return n && *n >= 0 && *n <= most ? std::optional(*n) : std::nullopt;
    };
    if (key == "timestamp") at = number(1e16);
    if (key == "input_length") in = number(kMaxTokens);
    if (key == "output_length") out = number(kMaxTokens);
    if (key == "hash_ids" && value.is_array()) {
      const auto each = json::each_element(value.raw, [&](json::Value id) {
        const auto n = id.as_double();
        if (!n || *n < 0 || *n >= 4e9) return bad_block = true, false;
        blocks.push_back(static_cast<uint32_t>(*n));
        return true;
      });
      if (!each) bad_block = true;
    }
    return true;
  });
  if (!walked) return b.wrong("{}", walked.error().message);
  if (!at || !in || !out)
    return b.wrong("timestamp, input_length and output_length must be numbers that are not negative.");
  if (bad_block) return b.wrong("hash_ids must be numbers from 0 to 4e9.");
  const auto fresh = std::find_if(blocks.begin(), blocks.end(), [&](uint32_t id) { return !seen.contains(id); });
  const auto hits = static_cast<double>(fresh - blocks.begin());
  seen.insert(blocks.begin(), blocks.end());
  // the first block is often one that all requests share: the second tells conversations apart
  const uint32_t prefix = blocks.empty() ? 0 : blocks[std::min<size_t>(1, blocks.size() - 1)] + 1;
  return b.request(*at / 1e3, *in, *out, prefix, hits * kBlock);
}

}  // namespace

Result<Trace> read_trace_text(const std::string& name, std::string_view text, size_t most) {
  Lines lines(text);
  TraceBuilder b(name, lines, most);
  auto line = lines.next();
  if (!line) return fail(Code::invalid_argument, "{}:1: the file is empty.", name);
  if (trim(*line).starts_with('{')) {
    std::unordered_set<uint32_t> seen;
    for (; line; line = lines.next())
      if (auto ok = json_row(b, trim(*line), seen); !ok) return tl::unexpected(ok.error());
    return b.finish();
  }
  const auto columns = columns_of(*line);
  if (!columns)
    return b.wrong(
        "the first line is of no known trace: TIMESTAMP,ContextTokens,GeneratedTokens (Azure), "
        "timestamp_ms,input_length,output_length (Mooncake), hour_index,...,requests or "
        "Timestamp,...,Request tokens,Response tokens (BurstGPT).");
  while ((line = lines.next()))
    if (auto ok = csv_row(b, *columns, *line); !ok) return tl::unexpected(ok.error());
  return b.finish();
}

Result<Trace> read_trace_file(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), &std::fclose);
  if (!file) return fail(Code::not_found, "{}: cannot be opened.", path);
  std::string text;
  std::array<char, 1 << 16> part{};
  while (const size_t n = std::fread(part.data(), 1, part.size(), file.get())) {
    text.append(part.data(), n);
    if (text.size() > kMaxTraceBytes) return fail(Code::invalid_argument, "{}: is larger than 1 GiB.", path);
  }
  if (std::ferror(file.get()) != 0) return fail(Code::unavailable, "{}: cannot be read.", path);
  return read_trace_text(path, text);
}

}  // namespace trine::fleet
