// The ring, the store, the token, the command line, and meters that are opened when they are read.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

#include "meter_agent/local_meters.h"
#include "meter_agent/options.h"
#include "meter_agent/store.h"
#include "meter_agent/token.h"

namespace trine::meter_agent::parts_test {
namespace {

using namespace std::chrono_literals;

Sample sample(int64_t counter) {
  Sample s;
  s.counter_uj = counter;
  return s;
}

TEST(Ring, KeepsTheLastSamplesAndTheirNumbers) {
  Ring ring;
  EXPECT_EQ(ring.last(), 0u);
  EXPECT_EQ(ring.first(), 1u);
  ring.reserve(3);
  for (int i = 1; i <= 5; ++i) ring.push(sample(i * 10));
  EXPECT_EQ(ring.first(), 3u);
  EXPECT_EQ(ring.last(), 5u);
  for (uint64_t n = 3; n <= 5; ++n) EXPECT_EQ(ring[n].counter_uj, static_cast<int64_t>(n) * 10);
}

TEST(Ring, GrowsWithoutLosingASample) {
  Ring ring;
  ring.reserve(3);
  for (int i = 1; i <= 5; ++i) ring.push(sample(i));
  ring.reserve(7);
  ring.reserve(2);  // never fewer
  EXPECT_EQ(ring.capacity(), 7u);
  for (int i = 6; i <= 8; ++i) ring.push(sample(i));
  EXPECT_EQ(ring.first(), 3u);
  for (uint64_t n = 3; n <= 8; ++n) EXPECT_EQ(ring[n].counter_uj, static_cast<int64_t>(n));
}

TEST(Ring, ASliceIsBoundedAndSaysWhatIsLost) {
  Ring ring;
  ring.reserve(4);
  EXPECT_EQ(ring.after(0, 10).end, ring.after(0, 10).begin);  // nothing there
  for (int i = 1; i <= 6; ++i) ring.push(sample(i));
  const auto gone = ring.after(1, 10);
  EXPECT_EQ(gone.begin, 3u);
  EXPECT_EQ(gone.end, 7u);
  EXPECT_EQ(gone.lost, 1u);
  const auto few = ring.after(3, 2);
  EXPECT_EQ(few.begin, 4u);
  EXPECT_EQ(few.end, 6u);
  EXPECT_EQ(few.lost, 0u);
  const auto none = ring.after(6, 2);
  EXPECT_EQ(none.begin, none.end);
}

meter::Readings one_reading(std::string device) {
  meter::Readings r;
  r.devices.emplace_back();
  r.devices.back().device = std::move(device);
  r.devices.back().mono = 5s;
  return r;
}

TEST(Store, TakesMemoryPerDeviceAndNoMoreThanItsMost) {
  Store store("h", "run_A", 10);
  for (size_t i = 0; i < Store::kMostDevices; ++i) EXPECT_TRUE(store.add(one_reading(std::to_string(i))));
  EXPECT_FALSE(store.add(one_reading("one too many")));
  EXPECT_TRUE(store.add(one_reading("0")));
  EXPECT_EQ(store.devices().size(), Store::kMostDevices);
  EXPECT_EQ(store.ring().capacity(), 10 * Store::kMostDevices);
}

TEST(Store, WhatAMeterDoesNotTellOrCannotBeIsLeftOut) {
  Store store("h", "run_A", 10);
  meter::Readings r = one_reading("GPU-0");
  store.add(r);
  r.devices[0].counter_uj = 0;
  r.devices[0].power_w = 1e12;
  r.devices[0].utilisation = 1.5;
  r.devices[0].sm_activity = 1.0;
  store.add(r);
  r.devices[0].mono.reset();  // no meter of this machine
  store.add(r);
  ASSERT_EQ(store.ring().last(), 2u);
  EXPECT_EQ(store.ring()[1].counter_uj, -1);
  EXPECT_EQ(store.ring()[1].power_mw, -1);
  EXPECT_EQ(store.ring()[2].counter_uj, 0);
  EXPECT_EQ(store.ring()[2].power_mw, -1);
  EXPECT_EQ(store.ring()[2].utilisation, -1);
  EXPECT_EQ(store.ring()[2].sm_activity, 10'000);
}

TEST(Token, MatchesItselfAloneAndIgnoresTheLineEnd) {
  const auto token = Token::of("0123456789abcdef\n");
  ASSERT_TRUE(token);
  EXPECT_TRUE(token->matches("0123456789abcdef"));
  for (const char* other : {"", "0123456789abcde", "0123456789abcdeF", "0123456789abcdef0"})
    EXPECT_FALSE(token->matches(other)) << other;
}

TEST(Token, AShortOneIsRefusedWithTheCommandThatMakesAGoodOne) {
  for (const char* text : {"", "   \n", "hunter2"}) {
    const auto token = Token::of(text);
    ASSERT_FALSE(token) << text;
    EXPECT_NE(token.error().message.find("openssl rand -hex 32"), std::string::npos);
    EXPECT_EQ(token.error().message.find("hunter2"), std::string::npos);
  }
  EXPECT_EQ(Token::from_file("/nonexistent/token").error().code, Code::not_found);
  EXPECT_EQ(Token::from_file(TRINE_SOURCE_DIR "/LICENSE").error().code, Code::invalid_argument);
}

TEST(Options, HaveSafeDefaults) {
  const auto p = parse({});
  ASSERT_TRUE(p.options);
  EXPECT_EQ(p.options->listen.host, "127.0.0.1");
  EXPECT_EQ(p.options->listen.port, 9410);
  EXPECT_EQ(p.options->keep, 1h);
  EXPECT_EQ(p.options->every, 1s);
  EXPECT_FALSE(check_secure(*p.options, false));
  EXPECT_TRUE(check_secure(*p.options, true));
}

TEST(Options, AreTakenWithABlankOrAnEqualsSign) {
  const auto p = parse({"--listen", "[::1]:9", "--keep=2h", "--nvml=", "--every", "250ms", "--log-level", "error"});
  ASSERT_TRUE(p.options) << p.err;
  EXPECT_EQ(p.options->listen.host, "::1");
  EXPECT_EQ(p.options->keep, 2h);
  EXPECT_EQ(p.options->every, 250ms);
  EXPECT_EQ(p.options->nvml, "");
  EXPECT_EQ(p.options->log_level, log::Level::error);
}

TEST(Options, WrongOnesEndInASentence) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"--tokenfile", "x"}, "did you mean --token-file?"},
      {{"serve"}, "there is no serve"},
      {{"--listen"}, "--listen wants a value"},
      {{"--listen", "nowhere"}, "--listen "},
      {{"--once=yes"}, "--once takes no value"},
      {{"--keep", "30h"}, "--keep wants 1m to 24h, not \"30h\""},
      {{"--every", "1"}, "--every wants 100ms to 1m"},
      {{"--log-level", "loud"}, "--log-level wants debug"},
      {{"--tls-cert", "x"}, "go together"},
      {{"--client-ca", "x"}, "--client-ca needs --tls-cert"},
      {{"--keep", "24h", "--every", "100ms"}, "more than 86400 readings"},
      {{"--json"}, "--json goes with --once"},
      {{"--nvml", "", "--rapl", ""}, "nothing to read"},
  };
  for (const auto& [words, sentence] : cases) {
    const auto p = parse(words);
    EXPECT_FALSE(p.options);
    EXPECT_EQ(p.exit_code, kUsage);
    EXPECT_NE(p.err.find(sentence), std::string::npos) << p.err << "\n" << sentence;
  }
}

TEST(Options, HelpNamesEveryOption) {
  const auto p = parse({"--help"});
  EXPECT_EQ(p.exit_code, kOk);
  for (const char* name : {"--listen", "--tls-cert", "--tls-key", "--client-ca", "--token-file", "--keep", "--every",
                           "--nvml", "--rapl", "--host", "--log-level", "--insecure", "--once", "--json", "--version"})
    EXPECT_NE(p.out.find(name), std::string::npos) << name;
}

// The lines of a file that begin with `begin` or with # and then that, cut after it.
std::vector<std::string> lines_with(const std::string& path, const std::string& begin) {
  std::ifstream file(std::string(TRINE_SOURCE_DIR "/deploy/trine-meter/etc/") + path);
  EXPECT_TRUE(file.is_open()) << path;
  std::vector<std::string> found;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) line.erase(0, 1);
    if (line.starts_with(begin)) found.push_back(line.substr(begin.size()));
  }
  return found;
}

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream in(line);
  return {std::istream_iterator<std::string>(in), {}};
}

TEST(Deploy, TheUnitAndItsOptionsFileGiveOptionsThatExistAndAreSecure) {
  const auto start = lines_with("systemd/system/trine-meter.service", "ExecStart=/usr/local/bin/trine-meter ");
  ASSERT_EQ(start.size(), 1u);
  const auto examples = lines_with("trine-meter/options", "OPTIONS=");
  ASSERT_EQ(examples.size(), 3u);
  for (const std::string& example : examples) {
    std::vector<std::string> words = words_of(start.front());
    ASSERT_EQ(words.back(), "$OPTIONS");
    words.pop_back();
    for (auto& w : words_of(example)) words.push_back(w);
    const auto p = parse(words);
    ASSERT_TRUE(p.options) << p.err;
    EXPECT_TRUE(check_secure(*p.options, !p.options->token_file.empty())) << example;
  }
}

TEST(Options, StrangersAreLetInOnlyOnDemand) {
  Options o;
  o.listen.host = "0.0.0.0";
  EXPECT_NE(check_secure(o, true).error().message.find("--tls-cert"), std::string::npos);
  o.tls_cert = o.tls_key = "x";
  EXPECT_TRUE(check_secure(o, true));
  EXPECT_FALSE(check_secure(o, false));
  o.client_ca = "ca";
  EXPECT_TRUE(check_secure(o, false));  // the certificate tells who asks
}

TEST(LocalMeters, OneThatIsMissingIsTriedAgainAfterAWhile) {
  struct Meter final : meter::LocalMeter {
    Result<meter::Readings> read() override { return one_reading("GPU-0"); }
    std::string_view name() const override { return "m"; }
  };
  VirtualClock clock;
  int tries = 0;
  const auto open = [&]() -> Result<std::unique_ptr<meter::LocalMeter>> {
    if (++tries < 3) return fail(Code::not_found, "try {}", tries);
    return std::make_unique<Meter>();
  };
  const auto m = opened_when_read("nvml", open, clock, 1min);
  EXPECT_EQ(tries, 0);
  EXPECT_EQ(m->read().error().message, "try 1");
  clock.advance(59s);
  EXPECT_EQ(m->read().error().message, "try 1");
  clock.advance(1s);
  EXPECT_EQ(m->read().error().message, "try 2");
  clock.advance(1min);
  EXPECT_TRUE(m->read());
  EXPECT_TRUE(m->read());
  EXPECT_EQ(tries, 3);
}

}  // namespace
}  // namespace trine::meter_agent::parts_test
