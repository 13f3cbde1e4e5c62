// The real program on a free port, with a played NVIDIA library and powercap tree, read as the gateway reads it.
#include "integration/cli/program.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>

#include "integration/net/certificates.h"
#include "meter/agent_page.h"
#include "meter/agent_source.h"

namespace trine::meter_agent::program_test {
namespace {

using namespace std::chrono_literals;
using cli::testing::Background;
using cli::testing::run_trine;

constexpr const char* kSecret = "0123456789abcdef0123456789abcdef";

// A GPU host: its files, which the test may change while the agent runs.
class PlayedHost {
 public:
  PlayedHost() {
    gpus("GPU-0;NVIDIA H100 80GB HBM3;1000000;245500;37\nGPU-1;NVIDIA H100 80GB HBM3;clock;700000;100\n");
    ::setenv("PLAYED_NVML", (dir_.path() / "gpus").c_str(), 1);
    const auto zone = dir_.path() / "powercap" / "intel-rapl:0";
    std::filesystem::create_directories(zone);
    std::ofstream(zone / "name") << "package-0\n";
    std::ofstream(zone / "max_energy_range_uj") << "262143328850\n";
    cpu(1'000'000);
    token_file_ = dir_.file("token", std::string(kSecret) + "\n");
  }
  void gpus(const std::string& lines) { replace("gpus", lines); }
  void cpu(int64_t energy_uj) { replace("powercap/intel-rapl:0/energy_uj", std::to_string(energy_uj) + "\n"); }

  std::vector<std::string> meters() const {
    return {"--nvml", PLAYED_NVML_LIBRARY, "--rapl", (dir_.path() / "powercap").string(), "--host", "gpu-1"};
  }
  std::vector<std::string> words(std::vector<std::string> more = {}, const std::string& at = "127.0.0.1:0") const {
    std::vector<std::string> all = meters();
    for (const char* w : {"--every", "100ms", "--log-level", "error", "--listen"}) all.emplace_back(w);
    all.push_back(at);
    if (more.empty()) more = {"--token-file", token_file_};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

 private:
  // In one step: the agent may be reading.
  void replace(const std::string& name, const std::string& text) {
    const std::string file = dir_.file("new", text);
    std::filesystem::rename(file, dir_.path() / name);
  }
  cli::testing::TempDir dir_;
  std::string token_file_;
};

std::string url_of(Background& agent) {
  const std::string line = agent.line();
  const size_t at = line.find("http");
  EXPECT_NE(at, std::string::npos) << line;
  return at == std::string::npos ? "http://127.0.0.1:1" : line.substr(at);
}

class Reader {
 public:
  explicit Reader(const meter::HttpAccess& access, std::optional<Wall> from = {}) {
    auto s = meter::trine_meter_source(loop_, access, {.from = from});
    EXPECT_TRUE(s) << s.error().message;
    source_ = std::move(*s);
  }
  Result<meter::Readings> read() {
    std::optional<Result<meter::Readings>> got;
    const auto ask = [](net::Loop& loop, meter::Source& s,
                        std::optional<Result<meter::Readings>>& into) -> net::Task<void> {
      into.emplace(co_await s.read());
      co_await loop.sleep(5ms);  // until() asks again and again
      loop.stop();
    };
    net::spawn(ask(loop_, *source_, got));
    loop_.run();
    return std::move(*got);
  }
  // Reads until `holds` of what came so far.
  template <class F>
  bool until(F holds) {
    const Mono patience = system_clock().mono() + 20s;
    while (!holds(*this)) {
      if (system_clock().mono() > patience) return false;
      auto r = read();
      if (!r) {
        ADD_FAILURE() << r.error().message;
        return false;
      }
      for (auto& d : r->devices) of[d.device].push_back(std::move(d));
      notes.insert(notes.end(), r->notes.begin(), r->notes.end());
    }
    return true;
  }
  bool seen(const std::string& device, int64_t counter_uj) {
    const auto& all = of[device];
    return std::any_of(all.begin(), all.end(), [&](const auto& d) { return d.counter_uj == counter_uj; });
  }
  std::map<std::string, std::vector<meter::DeviceReading>> of;
  std::vector<std::string> notes;

 private:
  net::Loop loop_;
  std::unique_ptr<meter::Source> source_;
};

meter::HttpAccess with_token(std::string url, std::string token = kSecret) {
  meter::HttpAccess access;
  access.url = std::move(url);
  access.bearer_token = std::move(token);
  return access;
}

TEST(TrineMeter, GivesWhatTheMetersOfItsHostCount) {
  PlayedHost host;
  Background agent(host.words());
  Reader reader(with_token(url_of(agent)));
  ASSERT_TRUE(reader.until([](Reader& r) { return r.seen("GPU-0", 1'000'000'000) && r.seen("host:gpu-1", 0); }));
  host.gpus("GPU-0;NVIDIA H100 80GB HBM3;1000250;250000;40\n");
  host.cpu(1'000'000 + 4'200'000);
  ASSERT_TRUE(
      reader.until([](Reader& r) { return r.seen("GPU-0", 1'000'250'000) && r.seen("host:gpu-1", 4'200'000); }));
  const meter::DeviceReading& gpu = reader.of["GPU-0"].front();
  EXPECT_EQ(gpu.power_w, 245.5);
  EXPECT_EQ(gpu.utilisation, 0.37);
  EXPECT_EQ(gpu.host, "gpu-1");
  EXPECT_EQ(gpu.model, "NVIDIA H100 80GB HBM3");
  EXPECT_EQ(reader.of["host:gpu-1"].front().zones, "package");
  EXPECT_LT(std::chrono::abs(reader.of["GPU-0"].back().at - system_clock().wall()), 20s);
  for (const auto& [name, all] : reader.of)
    for (size_t i = 1; i < all.size(); ++i) EXPECT_GT(*all[i].mono, *all[i - 1].mono) << name;
  EXPECT_TRUE(reader.notes.empty()) << reader.notes.front();
  EXPECT_EQ(agent.end(SIGTERM), 0);  // with a connection open
}

TEST(TrineMeter, AReaderThatComesBackGetsWhatWasKeptMeanwhile) {
  PlayedHost host;
  Background agent(host.words());
  const meter::HttpAccess access = with_token(url_of(agent));
  std::optional<meter::DeviceReading> last;
  {
    Reader reader(access);
    ASSERT_TRUE(reader.until([](Reader& r) { return r.of["GPU-1"].size() >= 3; }));
    last = reader.of["GPU-1"].back();
  }
  Reader other(access);  // tells when time has passed
  ASSERT_TRUE(other.until([](Reader& r) { return r.of["GPU-1"].size() >= 10; }));
  Reader back(access, last->at);
  ASSERT_TRUE(back.until([](Reader& r) { return r.of["GPU-1"].size() >= 10; }));
  const auto& all = back.of["GPU-1"];
  EXPECT_EQ(all.front().counter_uj, last->counter_uj);  // the window goes on where it ended
  for (const auto& d : other.of["GPU-1"]) EXPECT_TRUE(back.seen("GPU-1", *d.counter_uj));
}

TEST(TrineMeter, ItsRestartIsSaidAndTheGpusCountersGoOn) {
  PlayedHost host;
  auto first = std::make_unique<Background>(host.words());
  const std::string url = url_of(*first);
  Reader reader(with_token(url));
  ASSERT_TRUE(reader.until([](Reader& r) { return r.of["GPU-1"].size() >= 2; }));
  first->end(SIGKILL);
  const auto down = reader.read();
  ASSERT_FALSE(down);
  EXPECT_EQ(down.error().code, Code::unavailable);
  const size_t before = reader.of["GPU-1"].size();
  Background second(host.words({}, url.substr(url.find("127"))));
  ASSERT_EQ(url_of(second), url);
  ASSERT_TRUE(reader.until([&](Reader& r) { return r.of["GPU-1"].size() >= before + 2; }));
  EXPECT_TRUE(std::any_of(reader.notes.begin(), reader.notes.end(),
                          [](const std::string& n) { return n.find("started again") != std::string::npos; }));
  const auto& all = reader.of["GPU-1"];
  for (size_t i = 1; i < all.size(); ++i) {
    EXPECT_GT(*all[i].counter_uj, *all[i - 1].counter_uj);
    EXPECT_GT(all[i].at, all[i - 1].at);
  }
}

TEST(TrineMeter, LetsInWhoShowsTheToken) {
  PlayedHost host;
  Background agent(host.words());
  const auto r = Reader(with_token(url_of(agent), "not the token of this agent")).read();
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, Code::unauthenticated);
}

TEST(TrineMeter, LetsInWhoShowsACertificateOfItsAuthority) {
  PlayedHost host;
  net::Authority authority("trine test CA");
  const auto server = authority.issue("agent", "IP:127.0.0.1");
  const auto client = authority.issue("gateway", "DNS:gateway");
  Background agent(
      host.words({"--tls-cert", server.cert, "--tls-key", server.key, "--client-ca", authority.ca_file()}));
  meter::HttpAccess access;
  access.url = url_of(agent);
  ASSERT_TRUE(access.url.starts_with("https://"));
  access.tls.ca_file = authority.ca_file();
  EXPECT_FALSE(Reader(access).read());
  access.tls.cert_file = client.cert;
  access.tls.key_file = client.key;
  Reader reader(access);
  EXPECT_TRUE(reader.until([](Reader& r) { return r.seen("GPU-0", 1'000'000'000); }));
}

TEST(TrineMeter, PrintsOneReadingForWhoInstallsIt) {
  PlayedHost host;
  auto words = host.meters();
  words.emplace_back("--once");
  const auto table = run_trine(words);
  EXPECT_EQ(table.status, 0);
  EXPECT_NE(table.out.find("GPU-0"), std::string::npos) << table.out;
  EXPECT_NE(table.out.find("245.5 W"), std::string::npos) << table.out;
  EXPECT_NE(table.out.find("host:gpu-1"), std::string::npos) << table.out;
  words.emplace_back("--json");
  const auto page = meter::read_agent_page(run_trine(words).out);
  ASSERT_TRUE(page) << page.error().message;
  EXPECT_EQ(page->samples.size(), 3u);
  EXPECT_EQ(page->samples.front().counter_uj, 1'000'000'000);
}

TEST(TrineMeter, AReadingThatCannotBeWrittenIsAFailure) {
  PlayedHost host;
  auto words = host.meters();
  words.insert(words.end(), {"--once", "--json"});
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(full, 0);
  cli::testing::Pipe err;
  const int status = cli::testing::status_of(cli::testing::spawn_trine(words, full, err.write));
  ::close(full);
  err.close_write();
  std::array<char, 256> said{};
  EXPECT_GT(::read(err.read, said.data(), said.size() - 1), 0);
  EXPECT_EQ(status, 1);
  EXPECT_NE(std::string(said.data()).find("The output could not be written: No space left"), std::string::npos)
      << said.data();
}

TEST(TrineMeter, SaysWhatIsMissing) {
  const auto nothing = run_trine({"--once", "--nvml", "libno-such-nvml.so.1", "--rapl", "/nonexistent"});
  EXPECT_EQ(nothing.status, 1);
  EXPECT_NE(nothing.err.find("is NVIDIA's driver installed here"), std::string::npos) << nothing.err;
  EXPECT_NE(nothing.err.find("has no RAPL zone"), std::string::npos) << nothing.err;
  const auto open = run_trine({"--listen", "0.0.0.0:0"});
  EXPECT_EQ(open.status, 1);
  EXPECT_NE(open.err.find("--tls-cert"), std::string::npos) << open.err;
  const auto anyone = run_trine({"--listen", "127.0.0.1:0"});
  EXPECT_EQ(anyone.status, 1);
  EXPECT_NE(anyone.err.find("--token-file"), std::string::npos) << anyone.err;
  const auto no_file = run_trine({"--listen", "127.0.0.1:0", "--token-file", "/nonexistent/token"});
  EXPECT_EQ(no_file.status, 1);
  EXPECT_NE(no_file.err.find("/nonexistent/token"), std::string::npos) << no_file.err;
  EXPECT_EQ(run_trine({"--frobnicate"}).status, 2);
  EXPECT_EQ(run_trine({"--version"}).out.find("trine-meter "), 0u);
}

}  // namespace
}  // namespace trine::meter_agent::program_test
