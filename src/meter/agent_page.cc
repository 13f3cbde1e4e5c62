#include "meter/agent_page.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <functional>
#include <optional>
#include <utility>

#include "json/read.h"
#include "meter/scrape.h"

namespace trine::meter {
namespace {

constexpr int64_t kYear2100Us = 4'102'444'800'000'000;
constexpr int64_t kLongestUpUs = int64_t{50} * 365 * 86'400 * 1'000'000;
constexpr int64_t kMostMilliwatts = 100'000'000;  // 100 kW: no device
constexpr int64_t kWhole = 10'000;                // of shares

tl::unexpected<Error> not_a_page(std::string_view what) {
  return fail(Code::data_loss, "the answer is not that of a trine-meter: {}", what);
}

bool is_id(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
  });
}

std::optional<Boundary> boundary(std::string_view text) {
  if (text == "gpu") return Boundary::gpu;
  if (text == "host") return Boundary::host;
  return std::nullopt;  // an agent sends no container's split
}

// Reads members of one object; the first that is wrong is remembered.
class Members {
 public:
  explicit Members(const AgentPageLimits& limits) : limits_(limits) {}

  void text(std::string_view key, json::Value v, std::string& into) {
    auto s = v.as_string();
    if (!s) return wrong(key, s.error().message);
    if (s->size() > limits_.text) return wrong(key, "is too long");
    into = std::move(*s);
  }
  void number(std::string_view key, json::Value v, int64_t most, int64_t& into) {
    const auto n = v.as_int();
    if (!n) return wrong(key, n.error().message);
    if (*n < 0 || *n > most) return wrong(key, "is out of range");
    into = *n;
  }
  void flag(std::string_view key, json::Value v, bool& into) {
    const auto b = v.as_bool();
    if (!b) return wrong(key, b.error().message);
    into = *b;
  }
  void wrong(std::string_view key, std::string_view why) {
    if (problem.empty()) problem = fmt::format("{} {}", key, why);
  }

  std::string problem;

 private:
  const AgentPageLimits& limits_;
};

struct PageDevice {
  int64_t id = -1;
  DeviceReading reading;
};

Result<PageDevice> read_device(std::string_view object, const AgentPageLimits& limits) {
  PageDevice d;
  Members m(limits);
  std::string kind;
  const auto walked = json::each_member(object, [&](std::string_view key, json::Value v) {
    if (key == "id") m.number(key, v, INT32_MAX, d.id);
    if (key == "device") m.text(key, v, d.reading.device);
    if (key == "boundary") m.text(key, v, kind);
    if (key == "whole_device") m.flag(key, v, d.reading.whole_device);
    if (key == "model") m.text(key, v, d.reading.model);
    if (key == "gpu_index") m.text(key, v, d.reading.gpu_index);
    if (key == "zones") m.text(key, v, d.reading.zones);
    if (key == "wrap_uj") m.number(key, v, INT64_MAX, d.reading.wrap_uj);
    return true;
  });
  if (!walked) return not_a_page(walked.error().message);
  if (!m.problem.empty()) return not_a_page("a device's " + m.problem);
  const auto where = boundary(kind);
  if (d.id < 0 || d.reading.device.empty() || !where) return not_a_page("a device lacks its id, name or boundary");
  d.reading.boundary = *where;
  return d;
}

// The seven figures of one sample; null is -1, which no figure is.
using SampleRow = std::array<int64_t, 7>;

Result<SampleRow> read_row(std::string_view array) {
  SampleRow row{};
  size_t i = 0;
  bool good = true;
  const auto walked = json::each_element(array, [&](json::Value v) {
    if (i < row.size() && v.is_null() && i > 2) {
      row[i] = -1;
    } else if (const auto n = v.as_int(); i < row.size() && n) {
      row[i] = *n < 0 ? -2 : *n;  // -2: there, and not to be believed
    } else {
      good = false;
    }
    ++i;
    return good;
  });
  if (!walked) return not_a_page(walked.error().message);
  if (!good || i != row.size()) return not_a_page("a sample is not seven whole numbers");
  return row;
}

class PageReader {
 public:
  explicit PageReader(const AgentPageLimits& limits) : limits_(limits), members_(limits) {}

  Result<AgentPage> read(std::string_view body);

 private:
  static constexpr std::array<std::string_view, 10> kWanted = {"version", "host", "run",  "wall_us", "mono_us",
                                                               "lost",    "next", "more", "devices", "samples"};
  void top(std::string_view key, json::Value v);
  Result<void> devices();
  Result<void> samples();
  Result<void> sample(const SampleRow& row);
  std::optional<int64_t> sane(int64_t value, int64_t most, std::string_view what, const AgentSample& s);

  const AgentPageLimits& limits_;
  Members members_;
  AgentPage page_;
  Readings notes_;  // for note()
  std::bitset<kWanted.size()> seen_;
  int64_t version_ = 0, wall_us_ = 0, mono_us_ = 0, next_ = 0, lost_ = 0;
  std::string_view devices_, samples_, told_;
  std::vector<int64_t> ids_;  // of page_.devices
};

void PageReader::top(std::string_view key, json::Value v) {
  const auto wanted = std::find(kWanted.begin(), kWanted.end(), key);
  if (wanted != kWanted.end()) seen_.set(static_cast<size_t>(wanted - kWanted.begin()));
  const auto array = [&](std::string_view& into) {
    if (v.is_array())
      into = v.raw;
    else
      members_.wrong(key, "must be an array");
  };
  if (key == "version") members_.number(key, v, INT32_MAX, version_);
  if (key == "agent") members_.text(key, v, page_.agent);
  if (key == "host") members_.text(key, v, page_.host);
  if (key == "run") members_.text(key, v, page_.run);
  if (key == "wall_us") members_.number(key, v, kYear2100Us, wall_us_);
  if (key == "mono_us") members_.number(key, v, kLongestUpUs, mono_us_);
  if (key == "next") members_.number(key, v, INT64_MAX, next_);
  if (key == "lost") members_.number(key, v, INT64_MAX, lost_);
  if (key == "more") members_.flag(key, v, page_.more);
  if (key == "devices") array(devices_);
  if (key == "samples") array(samples_);
  if (key == "notes") array(told_);
}

Result<AgentPage> PageReader::read(std::string_view body) {
  const auto document = json::read(body);
  if (!document) return tl::unexpected(document.error());
  if (!document->is_object()) return not_a_page("it is no JSON object");
  const auto walked = json::each_member(document->raw, [&](std::string_view key, json::Value v) {
    top(key, v);
    return true;
  });
  if (!walked) return not_a_page(walked.error().message);
  if (members_.problem.empty() && version_ != 0 && version_ != kAgentPageVersion)
    return fail(
        Code::unimplemented,
        "this trine-meter speaks version {} of its format, this gateway version {}: update the older of the two",
        version_, kAgentPageVersion);
  if (!members_.problem.empty()) return not_a_page(members_.problem);
  for (size_t i = 0; i < kWanted.size(); ++i)
    if (!seen_[i]) return not_a_page(fmt::format("{} is missing", kWanted[i]));
  if (!is_id(page_.run)) return not_a_page("run is no id");
  page_.wall = from_unix_ns(wall_us_ * 1000);
  page_.mono = Nanos(mono_us_ * 1000);
  page_.next = static_cast<uint64_t>(next_);
  page_.lost = static_cast<uint64_t>(lost_);
  if (auto r = devices(); !r) return tl::unexpected(r.error());
  if (auto r = samples(); !r) return tl::unexpected(r.error());
  if (page_.samples.size() > page_.next) return not_a_page("next is below the number of its samples");
  if (!told_.empty()) {
    const auto notes = json::each_element(told_, [&](json::Value v) {
      const auto s = v.as_string();
      if (s && page_.notes.size() < 8) page_.notes.push_back(s->substr(0, 4 * limits_.text));
      return true;
    });
    if (!notes) return not_a_page(notes.error().message);
  }
  for (std::string& n : notes_.notes) page_.notes.push_back(std::move(n));
  return std::move(page_);
}

Result<void> PageReader::devices() {
  Result<void> bad;
  const auto walked = json::each_element(devices_, [&](json::Value v) {
    if (ids_.size() == limits_.devices) {
      bad = fail(Code::out_of_range, "the answer names more than {} devices", limits_.devices);
      return false;
    }
    auto d = v.is_object() ? read_device(v.raw, limits_) : not_a_page("a device is no object");
    if (!d) {
      bad = tl::unexpected(d.error());
      return false;
    }
    const auto same = [&](const DeviceReading& r) { return r.device == d->reading.device; };
    if (std::find(ids_.begin(), ids_.end(), d->id) != ids_.end() ||
        std::any_of(page_.devices.begin(), page_.devices.end(), same)) {
      bad = not_a_page(fmt::format("{} is named twice", d->reading.device));
      return false;
    }
    ids_.push_back(d->id);
    d->reading.host = page_.host;
    page_.devices.push_back(std::move(d->reading));
    return true;
  });
  if (!bad) return bad;
  if (!walked) return not_a_page(walked.error().message);
  return {};
}

std::optional<int64_t> PageReader::sane(int64_t value, int64_t most, std::string_view what, const AgentSample& s) {
  if (value == -1) return std::nullopt;
  if (value >= 0 && value <= most) return value;
  note(notes_, fmt::format("{}: a {} that cannot be was left out", page_.devices[s.device].device, what));
  return std::nullopt;
}

Result<void> PageReader::sample(const SampleRow& row) {
  const auto id = std::find(ids_.begin(), ids_.end(), row[0]);
  if (id == ids_.end()) return not_a_page("a sample's device is not among its devices");
  AgentSample s;
  s.device = static_cast<size_t>(id - ids_.begin());
  if (row[1] < 0 || row[1] > kYear2100Us || row[2] < 0 || row[2] > kLongestUpUs)
    return not_a_page("a sample's time is out of range");
  s.wall = from_unix_ns(row[1] * 1000);
  s.mono = Nanos(row[2] * 1000);
  s.counter_uj = sane(row[3], INT64_MAX, "counter", s);
  if (const auto mw = sane(row[4], kMostMilliwatts, "power", s)) s.power_w = static_cast<double>(*mw) / 1000;
  const auto share = [&](int64_t v, std::string_view what) {
    const auto n = sane(v, kWhole, what, s);
    return n ? std::optional(static_cast<double>(*n) / kWhole) : std::nullopt;
  };
  s.utilisation = share(row[5], "utilisation");
  s.sm_activity = share(row[6], "SM activity");
  page_.samples.push_back(s);
  return {};
}

Result<void> PageReader::samples() {
  Result<void> bad;
  const auto walked = json::each_element(samples_, [&](json::Value v) {
    if (page_.samples.size() == limits_.samples) {
      bad = fail(Code::out_of_range, "the answer has more than {} samples", limits_.samples);
      return false;
    }
    const auto row = v.is_array() ? read_row(v.raw) : not_a_page("a sample is no array");
    bad = row ? sample(*row) : tl::unexpected(row.error());
    return bad.has_value();
  });
  if (!bad) return bad;
  if (!walked) return not_a_page(walked.error().message);
  return {};
}

}  // namespace

Result<AgentPage> read_agent_page(std::string_view body, const AgentPageLimits& limits) {
  return PageReader(limits).read(body);
}

}  // namespace trine::meter
