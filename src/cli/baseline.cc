#include "cli/baseline.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "base/human.h"
#include "base/text.h"
#include "catalog/load.h"
#include "cli/commands.h"
#include "cli/facts.h"
#include "cli/say.h"
#include "score/control.h"

namespace trine::cli {
namespace {

using gateway::FrozenBaseline;
using Json = nlohmann::ordered_json;

// A request where none were seen: the mean of the Azure conversation trace of 2023.
constexpr Tokens kUsualIn = 1155, kUsualOut = 211;

struct Reckoned {
  double requests = 1;
  Tokens in = kUsualIn, out = kUsualOut;
  bool seen = false;
  score::Amounts all;  // of all requests
  Intensity intensity;
};

// By the saving's own formula, at the zone's annual mean.
Result<Reckoned> reckon(const FrozenBaseline& b, const catalog::Catalog& catalog) {
  Reckoned r;
  Tokens in = 0, cached = 0, out = 0;
  int64_t requests = 0;
  for (const auto& m : b.models) in += m.in, cached += m.cached, out += m.out, requests += m.requests;
  r.seen = in + out > 0;
  if (r.seen) r.in = in, r.out = out, r.requests = static_cast<double>(requests);
  score::ServedHour hour;
  hour.sums.served = {1, r.in, cached, r.out};
  const auto* zone = catalog.find_zone(b.zone);
  r.intensity = zone ? zone->lifecycle.rbegin()->second : catalog::kWorldIntensity;
  hour.grid = {r.intensity.g_per_kwh, 0.45, false};  // σ of an annual mean, docs/accounting.md §3
  const auto s = score::savings(savings_baseline(b), {&hour, 1});
  if (!s) return tl::unexpected(s.error());
  r.all = s->baseline;
  return r;
}

tl::unexpected<Error> there_already(const std::string& path) {
  return fail(Code::already_exists,
              "{} is there already, and a frozen baseline is not overwritten. Give another name with -o; --replaces {} "
              "makes its next version.",
              path, path);
}

Result<void> write_new(const std::string& path, const std::string& text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (fd < 0 && errno == EEXIST) return there_already(path);
  if (fd < 0) return fail(Code::unavailable, "{} could not be written: {}.", path, std::strerror(errno));
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t n = ::write(fd, text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) break;
    done += static_cast<size_t>(n);
  }
  const int error = errno;
  if (::close(fd) == 0 && done == text.size()) return {};
  ::unlink(path.c_str());
  return fail(Code::unavailable, "{} could not be written: {}.", path, std::strerror(error));
}

std::string control_line(const FrozenBaseline& b) {
  const auto c = score::control(b.control);
  if (!c) return c.error().message;
  if (b.control.empty()) return "control 0.1, the floor: no fact is given (--facts FILE)";
  std::string facts;
  for (const auto& [fact, value] : b.control) facts += fmt::format("{}{} {}", facts.empty() ? "" : ", ", fact, value);
  std::string open;
  for (const auto& m : c->missing) open += fmt::format("{}{}", open.empty() ? "; not known: " : ", ", m);
  return fmt::format("control {}: {}{}", human_number(c->value), facts, open);
}

std::string source_line(const FrozenBaseline& b) {
  if (b.file.empty()) return "from the price list";
  std::string text = fmt::format("from the {} {}", name(b.from), b.file);
  int64_t requests = 0;
  for (const auto& m : b.models) requests += m.requests;
  if (requests > 0) text += fmt::format(", {} requests", requests);
  if (!b.first.empty()) text += fmt::format(", {} to {}", b.first.substr(0, 10), b.last.substr(0, 10));
  if (b.paid) text += fmt::format(", {} in all", human(*b.paid, b.currency));
  if (b.refused_rows > 0)
    text +=
        fmt::format(", {} {} left out that could not be right", b.refused_rows, b.refused_rows == 1 ? "row" : "rows");
  return text;
}

}  // namespace

std::string baseline_text(const FrozenBaseline& b, const catalog::Catalog& catalog) {
  std::string out = fmt::format("{}: {}, zone {}\n", b.title(), source_line(b), b.zone);
  for (const auto& m : b.models) {
    out += fmt::format("  {} {}: {:.0f} % of input, {:.0f} % of output; {} in, {} cached, {} out per million ({})\n",
                       m.vendor, m.model, 100 * b.share_in(m), 100 * b.share_out(m), human(m.price.in, b.currency),
                       human(m.price.cached, b.currency), human(m.price.out, b.currency), m.price_from);
    out += fmt::format("    {}B active of {}B parameters ({}), PUE {}\n", human_number(m.size.active_b),
                       human_number(m.size.total_b), m.size_from, human_number(m.size.pue));
  }
  const auto r = reckon(b, catalog);
  if (!r) return out + r.error().message;
  const double tokens = static_cast<double>(r->in + r->out);
  const auto mtok = [&](auto amount) { return scale(amount, 1e6 / tokens); };
  out += fmt::format("per million tokens ({:.0f} % output): {}, {}, {} CO2e; {} J/token (quality D)\n",
                     100 * static_cast<double>(r->out) / tokens, human(mtok(r->all.cost), b.currency),
                     human(mtok(r->all.energy)), human(mtok(r->all.carbon)),
                     human_number(to_joules(r->all.energy) / tokens));
  if (r->requests > 0) {
    const auto each = [&](auto amount) { return scale(amount, 1 / r->requests); };
    out +=
        fmt::format("per request ({:.0f} in, {:.0f} out{}): {}, {} ({}), {} CO2e\n",
                    static_cast<double>(r->in) / r->requests, static_cast<double>(r->out) / r->requests,
                    r->seen ? "" : ", as an example", human(each(r->all.cost), b.currency), human(each(r->all.energy)),
                    human_range(each(r->all.energy_low), each(r->all.energy_high)), human(each(r->all.carbon)));
  }
  out += control_line(b) + '\n';
  out += fmt::format("hash sha256:{}", b.hash);
  if (!b.replaces.empty()) out += fmt::format(", replaces sha256:{}", b.replaces);
  return out;
}

std::string baseline_json(const FrozenBaseline& b, const catalog::Catalog& catalog) {
  Json j{{"version", b.version}, {"name", b.name},         {"title", b.title()}, {"created", b.created},
         {"from", name(b.from)}, {"currency", b.currency}, {"zone", b.zone},     {"hash", "sha256:" + b.hash}};
  if (!b.replaces.empty()) j["replaces"] = "sha256:" + b.replaces;
  if (!b.file.empty()) {
    j["source"] = Json{{"file", b.file},
                       {"hash", "sha256:" + b.file_hash},
                       {"first", b.first},
                       {"last", b.last},
                       {"refused_rows", b.refused_rows}};
    if (b.paid) j["source"]["paid"] = to_euros(*b.paid);
  }
  j["models"] = Json::array();
  for (const auto& m : b.models) {
    j["models"].push_back(Json{{"vendor", m.vendor},
                               {"model", m.model},
                               {"share_in", b.share_in(m)},
                               {"share_out", b.share_out(m)},
                               {"requests", m.requests},
                               {"input_tokens", m.in},
                               {"cached_tokens", m.cached},
                               {"output_tokens", m.out},
                               {"input_per_mtok", to_euros(m.price.in)},
                               {"cached_input_per_mtok", to_euros(m.price.cached)},
                               {"output_per_mtok", to_euros(m.price.out)},
                               {"price_from", m.price_from},
                               {"active_b", m.size.active_b},
                               {"total_b", m.size.total_b},
                               {"pue", m.size.pue},
                               {"size_from", m.size_from}});
  }
  if (const auto r = reckon(b, catalog)) {
    const double tokens = static_cast<double>(r->in + r->out);
    j["cost_per_mtok"] = to_euros(r->all.cost) / tokens * 1e6;
    j["joules_per_token"] = to_joules(r->all.energy) / tokens;
    j["grams_per_mtok"] = to_grams(r->all.carbon) / tokens * 1e6;
    if (r->requests > 0) {
      j["cost_per_request"] = to_euros(r->all.cost) / r->requests;
      j["joules_per_request"] = to_joules(r->all.energy) / r->requests;
      j["joules_per_request_low"] = to_joules(r->all.energy_low) / r->requests;
      j["joules_per_request_high"] = to_joules(r->all.energy_high) / r->requests;
    }
    j["quality"] = "D";
  }
  j["control_facts"] = b.control;
  if (const auto c = score::control(b.control)) j["control"] = c->value;
  return j.dump(-1, ' ', false, Json::error_handler_t::replace);
}

int run_baseline_create(const BaselineCreateOptions& o) {
  const auto catalog = catalog::load({.folder = o.dir, .euro_rates = {}});
  if (!catalog) return complain(catalog.error());
  std::optional<FrozenBaseline> before;
  if (!o.replaces.empty()) {
    auto old = gateway::read_baseline(o.replaces);
    if (!old) return complain(old.error());
    before = std::move(*old);
  }
  auto made = make_baseline(**catalog, o, system_clock().wall());
  if (!made) return complain(made.error());
  auto& b = made->baseline;
  if (before) {
    b.version = before->version + 1;
    b.replaces = before->hash;
  }
  std::error_code ec;  // said before anybody is asked
  if (std::filesystem::exists(o.out, ec)) return complain(there_already(o.out).value());
  if (!o.facts.empty()) {
    auto facts = read_facts(o.facts);
    if (!facts) return complain(facts.error());
    b.control = std::move(*facts);
  } else if (::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1) {
    b.control = ask_facts(std::cin, std::cerr);
  } else {
    made->notes.emplace_back(
        "No control facts: nobody was there to ask. --facts FILE gives them (docs/control-rubric.md).");
  }
  if (auto written = write_new(o.out, gateway::baseline_text(b)); !written) return complain(written.error());
  for (const auto& line : made->refused) complain(line);
  for (const auto& note : made->notes) complain(note);
  say(baseline_text(b, **catalog));
  say(fmt::format("Written to {}. In the configuration:\n\nbaseline: {{ file: \"{}\" }}", o.out, o.out));
  return kOk;
}

int run_baseline_show(const BaselineShowOptions& o) {
  const auto catalog = catalog::load({.folder = o.dir, .euro_rates = {}});
  if (!catalog) return complain(catalog.error());
  const auto b = gateway::read_baseline(o.file);
  if (!b) return complain(b.error());
  say(o.json ? baseline_json(*b, **catalog) : baseline_text(*b, **catalog));
  return kOk;
}

}  // namespace trine::cli
