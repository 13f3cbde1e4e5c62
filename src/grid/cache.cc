#include "grid/cache.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "grid/answer.h"
#include "grid/json_fields.h"
#include "json/write.h"

namespace trine::grid {
namespace {

namespace fs = std::filesystem;
using internal::JsonFields;

constexpr std::string_view kSuffix = ".feed.json";

// A zone's name may hold anything; a file's may not.
std::string file_name(const Feed& feed) {
  std::string safe;
  for (const char c : feed.zone) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
    safe += plain ? std::string(1, c) : fmt::format("%{:02x}", static_cast<unsigned char>(c));
  }
  return fmt::format("{}.{}.{}{}", safe, feed.source, name(feed.method), kSuffix);
}

void write_points(json::Writer& w, const Series& s) {
  w.array();
  for (const auto& p : s.points())
    w.array().value(iso8601(p.start)).value(p.value.g_per_kwh).value(p.estimated ? 1 : 0).end();
  w.end();
}

Result<std::vector<Series::Point>> read_points(json::Value list) {
  std::vector<Series::Point> points;
  Result<void> inner;
  auto walked = json::each_element(list.raw, [&](json::Value row) {
    std::optional<Wall> start;
    double g = 0;
    int64_t estimated = 0;
    int i = 0;
    if (row.is_array())
      inner = json::each_element(row.raw, [&](json::Value v) {
        if (i == 0) start = parse_slot_time(v.as_string().value_or(""));
        if (i == 1) g = v.as_double().value_or(0);
        if (i == 2) estimated = v.as_int().value_or(0);
        ++i;
        return true;
      });
    if (inner && (!start || !(g > 0 && g <= kMostIntensity)))
      inner = fail(Code::invalid_argument, "a point is not [time, g/kWh, 0 or 1]");
    if (inner) points.push_back({*start, Intensity{g}, estimated != 0});
    return inner.has_value();
  });
  if (!inner) return tl::unexpected(inner.error());
  if (!walked) return tl::unexpected(walked.error());
  std::sort(points.begin(), points.end(), [](const auto& a, const auto& b) { return a.start < b.start; });
  const auto same = [](const auto& a, const auto& b) { return a.start == b.start; };
  points.erase(std::unique(points.begin(), points.end(), same), points.end());
  return points;
}

Result<Feed> read(std::string_view text) {
  const auto f = JsonFields::of(text);
  if (!f) return tl::unexpected(f.error());
  Feed feed;
  feed.zone = f->text("zone");
  feed.source = f->text("source");
  const auto method = method_named(f->text("method"));
  const auto fetched = f->time("fetched");
  const double step = f->number("step_s").value_or(3600);
  const auto *points = f->find("points"), *forecast = f->find("forecast");
  if (feed.zone.empty() || feed.source.empty() || !method || !fetched || !points || !forecast || !points->is_array() ||
      !forecast->is_array() || !(step >= 60 && step <= 3600))
    return fail(Code::invalid_argument, "is no feed: zone, source, method, fetched, step_s, points, forecast");
  feed.method = *method;
  feed.fetched = *fetched;
  auto values = read_points(*points);
  if (!values) return tl::unexpected(values.error());
  auto ahead = read_points(*forecast);
  if (!ahead) return tl::unexpected(ahead.error());
  feed.values = Series(std::move(*values), from_seconds(step));
  feed.forecast = Series(std::move(*ahead), from_seconds(step));
  return feed;
}

Error system_error(const fs::path& file, const char* what) {
  return {Code::unavailable, fmt::format("{}: cannot be {}: {}", file.string(), what, std::strerror(errno))};
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    text.remove_prefix(static_cast<size_t>(n));
  }
  return ::fsync(fd) == 0;
}

}  // namespace

Result<void> replace_file(const fs::path& file, std::string_view text) {
  std::error_code e;
  fs::create_directories(file.parent_path(), e);
  fs::path fresh = file;
  fresh += ".new";
  const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return tl::unexpected(system_error(fresh, "written"));
  const bool written = write_all(fd, text);
  Error error = system_error(fresh, "written");
  ::close(fd);
  if (!written) return tl::unexpected(std::move(error));
  if (std::rename(fresh.c_str(), file.c_str()) != 0) return tl::unexpected(system_error(file, "replaced"));
  return {};
}

std::string feed_text(const Feed& feed) {
  std::string out;
  json::Writer w(out);
  w.object().key("zone").value(feed.zone).key("source").value(feed.source);
  w.key("method").value(name(feed.method)).key("fetched").value(iso8601(feed.fetched));
  w.key("step_s").value(seconds(feed.values.step()));
  write_points(w.key("points"), feed.values);
  write_points(w.key("forecast"), feed.forecast);
  w.end();
  return out;
}

Result<Feed> read_feed_text(const std::string& name, std::string_view text) {
  auto feed = read(text);
  if (!feed) return fail(Code::invalid_argument, "{}: {}", name, feed.error().message);
  return feed;
}

Result<void> save_feed(const fs::path& folder, const Feed& feed) {
  return replace_file(folder / file_name(feed), feed_text(feed) + "\n");
}

Cached load_feeds(const fs::path& folder) {
  Cached out;
  std::error_code e;
  std::vector<fs::path> files;
  for (fs::directory_iterator it(folder, e), end; !e && it != end; it.increment(e))
    if (it->path().native().ends_with(kSuffix)) files.push_back(it->path());
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    std::ifstream in(file, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(in), {}};
    auto feed = read_feed_text(file.string(), text);
    if (feed) {
      out.feeds.push_back(std::make_shared<const Feed>(std::move(*feed)));
    } else {
      out.problems.push_back(feed.error().message);
    }
  }
  return out;
}

}  // namespace trine::grid
