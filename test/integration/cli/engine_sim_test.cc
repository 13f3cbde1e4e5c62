// trine engine-sim over a real socket.
#include <nlohmann/json.hpp>

#include "integration/cli/ask.h"
#include "integration/cli/program.h"

namespace trine::cli::engine_sim_test {
namespace {

using namespace testing;
using Json = nlohmann::json;

// The port behind "… http://127.0.0.1:PORT"; 0 where the line has none.
int port_in(const std::string& line) {
  const size_t at = line.rfind("http://127.0.0.1:");
  return at == std::string::npos ? 0 : std::atoi(line.c_str() + at + 17);
}

std::string get(int port, const std::string& path) {
  return ask(port, "GET " + path + " HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
}

std::string chat(int port, const Json& more = Json::object()) {
  Json j{{"model", "gpt-oss-20b"}, {"messages", {{{"role", "user"}, {"content", "Hello there"}}}}, {"max_tokens", 5}};
  j.update(more);
  const std::string body = j.dump();
  return ask(port, "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: " +
                       std::to_string(body.size()) + "\r\n\r\n" + body);
}

std::vector<std::string> engine(std::vector<std::string> more = {}) {
  std::vector<std::string> words = {"engine-sim", "--listen",       "127.0.0.1:0",  "--model", "gpt-oss-20b",
                                    "--gpu",      "A100-PCIe-80GB", "--time-scale", "100"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

TEST(TrineEngineSim, SaysWhereItListensAndAnswers) {
  Background sim(engine({"--name", "fr-1"}));
  const std::string line = sim.line();
  EXPECT_EQ(line.find("engine-sim (simulated) gpt-oss-20b on A100-PCIe-80GB listens on http://127.0.0.1:"), 0u) << line;
  const int port = port_in(line);
  ASSERT_GT(port, 0);
  const std::string answer = chat(port);
  EXPECT_EQ(answer.find("HTTP/1.1 200 OK"), 0u) << answer;
  EXPECT_NE(answer.find("\"completion_tokens\":5"), std::string::npos) << answer;
  const std::string metrics = get(port, "/metrics");
  EXPECT_NE(metrics.find("UUID=\"GPU-sim-fr-1\""), std::string::npos) << metrics;
  EXPECT_NE(metrics.find("(simulated)"), std::string::npos);
  EXPECT_EQ(sim.end(SIGTERM), 0);
}

TEST(TrineEngineSim, AnInterruptEndsItToo) {
  Background sim(engine());
  EXPECT_GT(port_in(sim.line()), 0);
  EXPECT_EQ(sim.end(SIGINT), 0);
}

TEST(TrineEngineSim, FailsAfterAsManyAnswersAsItWasTold) {
  Background sim(engine({"--fail-after", "2"}));
  const int port = port_in(sim.line());
  EXPECT_EQ(chat(port).find("HTTP/1.1 200"), 0u);
  EXPECT_EQ(chat(port).find("HTTP/1.1 200"), 0u);
  EXPECT_EQ(chat(port).find("HTTP/1.1 500"), 0u);
}

TEST(TrineEngineSim, DiesInTheMiddleOfAStream) {
  Background sim(engine({"--die-after-tokens", "2"}));
  const std::string got = chat(port_in(sim.line()), {{"stream", true}, {"ignore_eos", true}});
  EXPECT_EQ(got.find("HTTP/1.1 200"), 0u) << got;
  EXPECT_EQ(got.find("[DONE]"), std::string::npos) << got;
}

TEST(TrineEngineSim, APortThatIsTakenIsAFailure) {
  Background first(engine());
  const int port = port_in(first.line());
  const auto second = run_trine({"engine-sim", "--listen", "127.0.0.1:" + std::to_string(port), "--model",
                                 "gpt-oss-20b", "--gpu", "A100-PCIe-80GB"});
  EXPECT_EQ(second.status, 1);
  EXPECT_EQ(second.out, "");
  EXPECT_NE(second.err.find(std::to_string(port)), std::string::npos) << second.err;
}

TEST(TrineEngineSim, UnknownHardwareIsAFailureWithTheNearestName) {
  const auto ran = run_trine({"engine-sim", "--listen", "127.0.0.1:0", "--model", "gpt-oss-20b", "--gpu", "RTX-409"});
  EXPECT_EQ(ran.status, 1);
  EXPECT_EQ(ran.err, "trine: --gpu: unknown GPU \"RTX-409\"; did you mean \"RTX-4090\"?\n");
}

}  // namespace
}  // namespace trine::cli::engine_sim_test
