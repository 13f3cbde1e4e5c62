#include "meter/rapl.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "base/text.h"
#include "meter/scrape.h"

namespace trine::meter {
namespace {

std::string_view without_newline(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

}  // namespace

Result<std::string> read_small_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  ssize_t n = -1;
  std::array<char, 256> buffer{};
  if (fd >= 0) n = ::read(fd, buffer.data(), buffer.size());
  const int error = errno;
  if (fd >= 0) ::close(fd);
  if (n >= 0) return std::string(buffer.data(), static_cast<size_t>(n));
  const Code code = error == EACCES || error == EPERM ? Code::permission_denied
                    : error == ENOENT                 ? Code::not_found
                                                      : Code::unavailable;
  return fail(code, "{}: {}", path, std::generic_category().message(error));
}

Result<int64_t> Rapl::number(const std::string& path) const {
  const auto text = options_.read_file(path);
  if (!text && text.error().code == Code::permission_denied)
    return fail(Code::permission_denied,
                "{} is readable by root only, since Linux 5.10 (CVE-2020-8694): give this program's group the right to "
                "read it with a udev or tmpfiles rule (docs/meters.md has both)",
                path);
  if (!text) return tl::unexpected(text.error());
  const auto v = parse_int(without_newline(*text));
  if (!v || *v < 0) return fail(Code::data_loss, "{} holds no counter", path);
  return *v;
}

Result<std::unique_ptr<Rapl>> Rapl::open(const RaplOptions& options) {
  std::vector<std::string> folders;
  std::error_code ec;
  for (std::filesystem::directory_iterator it(options.root, ec), end; !ec && it != end; it.increment(ec)) {
    // "intel-rapl:0", "intel-rapl:0:1" (AMD too); "intel-rapl-mmio:…" shows the same packages a second time.
    const std::string folder = it->path().filename().string();
    if (folder.starts_with("intel-rapl:")) folders.push_back(options.root + "/" + folder);
  }
  std::sort(folders.begin(), folders.end());

  std::unique_ptr<Rapl> rapl(new Rapl(options));
  std::vector<Zone> zones;
  std::vector<Counter> counters;
  for (const std::string& folder : folders) {
    const auto kind = options.read_file(folder + "/name");
    if (!kind) continue;
    const Zone zone = zone_of(without_newline(*kind));
    if (zone == Zone::other) continue;
    Counter c;
    c.path = folder + "/energy_uj";
    const auto now = rapl->number(c.path);
    if (!now && now.error().code == Code::permission_denied) return tl::unexpected(now.error());
    if (!now || (zone == Zone::psys && *now == 0)) continue;  // a psys that the firmware does not feed stays at 0
    c.last = *now;
    c.range = rapl->number(folder + "/max_energy_range_uj").value_or(0);
    zones.push_back(zone);
    counters.push_back(std::move(c));
  }
  const auto picked = without_overlap(zones);
  if (picked.empty())
    return fail(Code::not_found,
                "{} has no RAPL zone: this is a virtual machine, or the kernel's intel_rapl_msr module is not loaded",
                options.root);
  for (const size_t i : picked) rapl->counters_.push_back(std::move(counters[i]));
  rapl->zones_ = zones_text(zones, picked);
  rapl->read_at_ = options.clock->mono();
  return rapl;
}

std::optional<int64_t> Rapl::gained(const Counter& c, int64_t now, double most_uj) {
  if (c.range > 0 && most_uj >= static_cast<double>(c.range)) return std::nullopt;  // it may have wrapped unseen
  const int64_t gain = now >= c.last ? now - c.last : c.range - c.last + now;
  if (gain < 0 || static_cast<double>(gain) > most_uj) return std::nullopt;
  return gain;
}

Result<Readings> Rapl::read() {
  const Wall wall = options_.clock->wall();
  const Mono mono = options_.clock->mono();
  std::vector<int64_t> now;
  for (const Counter& c : counters_) {
    auto v = number(c.path);
    if (!v) return tl::unexpected(v.error());  // the others' last values stay: the next read covers this time too
    now.push_back(*v);
  }
  const Nanos half = (options_.clock->mono() - mono) / 2;
  // Counters refresh in steps: a second's worth of slack.
  const double most_uj = options_.max_power_w * (seconds(mono - *read_at_) + 1) * 1e6;
  std::optional<int64_t> gain = 0;
  for (size_t i = 0; i < now.size(); ++i) {
    const auto g = gained(counters_[i], now[i], most_uj);
    gain = gain && g ? std::optional(*gain + *g) : std::nullopt;
    counters_[i].last = now[i];
  }
  read_at_ = mono;
  sum_uj_ = gain ? sum_uj_ + *gain : 0;

  Readings out;
  if (!gain)
    note(out, "a RAPL counter was reset, or may have wrapped more than once since it was read: the sum starts again");
  DeviceReading r;
  r.device = "host:" + options_.host;
  r.boundary = Boundary::host;
  r.host = options_.host;
  r.zones = zones_;
  r.at = wall + half;
  r.mono = mono.time_since_epoch() + half;
  r.counter_uj = sum_uj_;
  out.devices.push_back(std::move(r));
  return out;
}

}  // namespace trine::meter
