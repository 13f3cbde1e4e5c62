#include "meter_agent/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"

namespace trine::meter_agent {
namespace {

constexpr std::string_view kHelp =
    R"(trine-meter reads the energy meters of this host every second and keeps them for a Trine gateway.

usage: trine-meter [options]            serve until SIGTERM or SIGINT
       trine-meter --once [--json]      print one reading and end: is everything found?

  --listen HOST:PORT   where to serve (127.0.0.1:9410); port 0 takes a free one
  --token-file FILE    the secret that a gateway must show; or set TRINE_METER_TOKEN. Make one: openssl rand -hex 32
  --tls-cert FILE      serve HTTPS with this certificate (PEM, with its chain) ...
  --tls-key FILE       ... and its key
  --client-ca FILE     let in only clients whose certificate this CA signed (mutual TLS)
  --insecure           allow plain HTTP on other addresses than loopback, and no token: for tests
  --keep DURATION      how long readings are kept for a gateway that does not ask (1h; 1m to 24h)
  --every DURATION     how often the meters are read (1s; 100ms to 1m)
  --nvml LIBRARY       NVIDIA's management library (libnvidia-ml.so.1); "" for none
  --rapl FOLDER        Linux's powercap files (/sys/class/powercap); "" for none
  --host NAME          what this host is called in readings (its host name)
  --log-level LEVEL    debug, info, warning or error (info)
  --once, --json       see above
  --version, --help

It serves GET /v1/readings?since=RUN:NUMBER (with 'Authorization: Bearer TOKEN'), /health and /metrics.
Exit status: 0 done, 1 failed, 2 wrong usage. More: docs/meters.md.
)";

using Set = Result<void> (*)(Options&, const std::string&);

Result<void> duration(Nanos& into, const std::string& text, Nanos least, Nanos most, std::string_view words) {
  const auto d = parse_duration(text);
  if (!d || *d < least || *d > most) return fail(Code::invalid_argument, "wants {}, not \"{}\"", words, text);
  into = *d;
  return {};
}

Result<void> set_level(Options& o, const std::string& text) {
  constexpr std::array<std::pair<std::string_view, log::Level>, 4> kLevels = {{{"debug", log::Level::debug},
                                                                               {"info", log::Level::info},
                                                                               {"warning", log::Level::warning},
                                                                               {"error", log::Level::error}}};
  for (const auto& [name, level] : kLevels) {
    if (name != text) continue;
    o.log_level = level;
    return {};
  }
  return fail(Code::invalid_argument, "wants debug, info, warning or error, not \"{}\"", text);
}

Result<void> set_listen(Options& o, const std::string& text) {
  auto at = net::parse_host_port(text);
  if (!at) return tl::unexpected(at.error());
  o.listen = std::move(*at);
  return {};
}

template <auto member>
Result<void> text(Options& o, const std::string& value) {
  o.*member = value;
  return {};
}

template <auto member>
Result<void> flag(Options& o, const std::string&) {
  o.*member = true;
  return {};
}

struct Option {
  std::string_view name;
  bool takes_value;
  Set set;
};

constexpr std::array kOptions = {
    Option{"--listen", true, set_listen},
    Option{"--token-file", true, text<&Options::token_file>},
    Option{"--tls-cert", true, text<&Options::tls_cert>},
    Option{"--tls-key", true, text<&Options::tls_key>},
    Option{"--client-ca", true, text<&Options::client_ca>},
    Option{"--insecure", false, flag<&Options::insecure>},
    Option{"--keep", true,
           [](Options& o, const std::string& t) {
             return duration(o.keep, t, std::chrono::minutes(1), std::chrono::hours(24), "1m to 24h");
           }},
    Option{"--every", true,
           [](Options& o, const std::string& t) {
             return duration(o.every, t, std::chrono::milliseconds(100), std::chrono::minutes(1), "100ms to 1m");
           }},
    Option{"--nvml", true, text<&Options::nvml>},
    Option{"--rapl", true, text<&Options::rapl>},
    Option{"--host", true, text<&Options::host>},
    Option{"--log-level", true, set_level},
    Option{"--once", false, flag<&Options::once>},
    Option{"--json", false, flag<&Options::json>},
};

Parsed wrong(std::string sentence) {
  return {{}, kUsage, {}, std::move(sentence)};
}

Parsed unknown(const std::string& word) {
  std::array<std::string_view, kOptions.size()> names;
  std::transform(kOptions.begin(), kOptions.end(), names.begin(), [](const Option& o) { return o.name; });
  const std::string_view near = nearest(word, names);
  return wrong(near.empty() ? fmt::format("there is no {}; trine-meter --help shows what there is", word)
                            : fmt::format("there is no {}; did you mean {}?", word, near));
}

std::string contradiction(const Options& o) {
  if (o.tls_cert.empty() != o.tls_key.empty()) return "--tls-cert and --tls-key go together";
  if (!o.client_ca.empty() && o.tls_cert.empty()) return "--client-ca needs --tls-cert and --tls-key";
  if (o.json && !o.once) return "--json goes with --once";
  constexpr int64_t kMost = 86'400;  // a day by the second, 3.5 MB a device
  if (o.keep / o.every > kMost)
    return fmt::format("--keep and --every make more than {} readings: too many to keep", kMost);
  if (o.nvml.empty() && o.rapl.empty()) return "with --nvml \"\" and --rapl \"\" there is nothing to read";
  return {};
}

bool loopback(const std::string& host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

}  // namespace

Parsed parse(const std::vector<std::string>& words) {
  Options options;
  for (size_t i = 0; i < words.size(); ++i) {
    const size_t equals = words[i].find('=');
    const std::string name = words[i].substr(0, equals);
    if (name == "--help" || name == "-h") return {{}, kOk, std::string(kHelp), {}};
    if (name == "--version") return {{}, kOk, fmt::format("trine-meter {}", TRINE_VERSION), {}};
    const auto option = std::find_if(kOptions.begin(), kOptions.end(), [&](const Option& o) { return o.name == name; });
    if (option == kOptions.end()) return unknown(name);
    std::string value;
    if (!option->takes_value) {
      if (equals != std::string::npos) return wrong(fmt::format("{} takes no value", name));
    } else if (equals != std::string::npos) {
      value = words[i].substr(equals + 1);
    } else if (++i < words.size()) {
      value = words[i];
    } else {
      return wrong(fmt::format("{} wants a value", name));
    }
    if (const auto set = option->set(options, value); !set)
      return wrong(fmt::format("{} {}", name, set.error().message));
  }
  if (std::string why = contradiction(options); !why.empty()) return wrong(std::move(why));
  return {std::move(options), kOk, {}, {}};
}

Result<void> check_secure(const Options& o, bool has_token) {
  if (o.tls_cert.empty() && !loopback(o.listen.host))
    return fail(Code::failed_precondition,
                "{} is not a loopback address, and without TLS anyone on the way can read along: give --tls-cert and "
                "--tls-key (--insecure allows it)",
                o.listen.host);
  if (!has_token && o.client_ca.empty())
    return fail(
        Code::failed_precondition,
        "nothing tells the gateway from a stranger: give --token-file ('openssl rand -hex 32' makes a token) or "
        "--client-ca (--insecure allows it)");
  return {};
}

}  // namespace trine::meter_agent
