// trine load against simulated engines, over real sockets.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <nlohmann/json.hpp>

#include "integration/cli/program.h"

namespace trine::cli::load_test {
namespace {

using namespace testing;
using Json = nlohmann::json;

std::vector<std::string> engine(const std::vector<std::string>& more = {}) {
  std::vector<std::string> words = {"engine-sim", "--listen",       "127.0.0.1:0",  "--model", "gpt-oss-20b",
                                    "--gpu",      "A100-PCIe-80GB", "--time-scale", "100"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

std::string url_in(const std::string& line) {
  const size_t at = line.find("http://");
  return at == std::string::npos ? std::string() : line.substr(at);
}

// 20 requests, 25 ms apart.
std::string burst(const TempDir& dir) {
  std::string text = "timestamp_ms,input_length,output_length\n";
  for (int i = 0; i < 20; ++i) text += std::to_string(25 * i) + ",40,8\n";
  return dir.file("trace.csv", text);
}

// Takes connections and says nothing.
class Silent {
 public:
  Silent() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    auto* address = reinterpret_cast<sockaddr*>(&at);
    if (::bind(fd_, address, size) != 0 || ::listen(fd_, 4096) != 0 || ::getsockname(fd_, address, &size) != 0) return;
    port_ = ntohs(at.sin_port);
  }
  ~Silent() {
    if (client_ >= 0) ::close(client_);
    ::close(fd_);
  }
  Silent(const Silent&) = delete;
  Silent& operator=(const Silent&) = delete;
  int port() const { return port_; }
  void wait_for_a_request() {
    client_ = ::accept(fd_, nullptr, nullptr);
    char byte = 0;
    EXPECT_EQ(::read(client_, &byte, 1), 1);
  }

 private:
  int fd_;
  int client_ = -1;
  int port_ = 0;
};

Ran load(const std::string& url, const std::vector<std::string>& more) {
  std::vector<std::string> words = {"load", url, "--model", "gpt-oss-20b", "--json"};
  words.insert(words.end(), more.begin(), more.end());
  return run_trine(words);
}

TEST(TrineLoad, CountsEveryAnswerOfATrace) {
  Background sim(engine());
  TempDir dir;
  const Ran ran = load(url_in(sim.line()), {"--trace", burst(dir), "--stream", "0.5", "--ignore-eos", "--seed", "3"});
  ASSERT_TRUE(ran.status == 0 || ran.status == 3) << ran.err;  // 3: a machine that is busy with other tests
  const Json j = Json::parse(ran.out);
  EXPECT_EQ(j["scheduled"], 20);
  EXPECT_EQ(j["answered"], 20) << ran.out;
  EXPECT_EQ(j["tokens"]["out"], 160);
  EXPECT_EQ(j["latency_s"]["text"]["total"]["count"], 20);
  const int streams = j["latency_s"]["text"]["first_token"]["count"];
  EXPECT_TRUE(streams > 0 && streams < 20) << streams;
  EXPECT_EQ(j["seed"], 3);
}

TEST(TrineLoad, ASlowServerDelaysNoArrival) {
  Background sim(engine({"--delay", "1000"}));
  TempDir dir;
  const Ran ran = load(url_in(sim.line()), {"--trace", burst(dir)});
  const Json j = Json::parse(ran.out);
  EXPECT_EQ(j["answered"], 20) << ran.out;
  // Nobody waits for an answer: all 20 were under way before the first one ended, which took a second at least.
  EXPECT_GE(j["latency_s"]["text"]["total"]["p50"].get<double>(), 1.0 / (1 + 1.0 / 256));
  EXPECT_LT(j["seconds"].get<double>(), 10) << "one after the other would take 20 s";
}

TEST(TrineLoad, FailuresAreResultsAsWell) {
  Background sim(engine({"--fail-after", "15"}));
  TempDir dir;
  const Ran ran = load(url_in(sim.line()), {"--trace", burst(dir)});
  const Json j = Json::parse(ran.out);
  EXPECT_EQ(j["answered"], 15) << ran.out;
  ASSERT_EQ(j["failures"].size(), 1u) << ran.out;
  EXPECT_EQ(j["failures"][0]["status"], 500);
  EXPECT_EQ(j["failures"][0]["count"], 5);
}

TEST(TrineLoad, AnInterruptPrintsWhatThereIs) {
  Silent server;
  ASSERT_GT(server.port(), 0);
  Background run({"load", "http://127.0.0.1:" + std::to_string(server.port()), "--model", "m", "--rate", "200/s",
                  "--for", "1h", "--json"});
  server.wait_for_a_request();  // it is at work
  EXPECT_EQ(run.end(SIGINT), 0);
  const Json j = Json::parse(run.line());
  EXPECT_EQ(j["interrupted"], true);
  EXPECT_EQ(j["answered"], 0);
  EXPECT_GE(j["sent"], 1);
  EXPECT_EQ(j["unfinished"], j["sent"]);
}

TEST(TrineLoad, WhatCannotBeMeantIsSaidInASentence) {
  TempDir dir;
  const auto says = [&](std::vector<std::string> more, const std::string& sentence) {
    more.insert(more.begin(), {"load", "http://127.0.0.1:1", "--model", "m"});
    const Ran ran = run_trine(more);
    EXPECT_EQ(ran.status, 1);
    EXPECT_EQ(ran.out, "");
    EXPECT_NE(ran.err.find(sentence), std::string::npos) << ran.err;
  };
  says({"--rate", "20"}, "--rate: '20' is no rate such as 20/s");
  says({"--rate", "20/s", "--for", "soon"}, "--for: 'soon' is no time");
  says({"--rate", "20/s", "--timeout", "0s"}, "--timeout: '0s' is no time");
  says({"--trace", dir.file("t.csv", "a,b\n1,2\n")}, "t.csv");
  says({"--rate", "20/s", "--key-file", dir.file("key", "\n")}, "is empty");
  const TempDir empty;
  says({"--rate", "20/s", "--documents", empty.path().string()}, "there is no document in");
  EXPECT_EQ(run_trine({"load", "ftp://h", "--model", "m", "--rate", "1/s"}).err,
            "ftp://h: a URL begins with http:// or https://\n");
}

TEST(TrineLoad, AServerThatIsNotThereIsAFailure) {
  const Ran ran = load("http://127.0.0.1:1", {"--rate", "50/s", "--for", "200ms"});
  EXPECT_EQ(ran.status, 1);
  EXPECT_NE(ran.err.find("No request was answered."), std::string::npos) << ran.err;
  EXPECT_EQ(Json::parse(ran.out)["failures"][0]["code"], "no_connection") << ran.out;
}

}  // namespace
}  // namespace trine::cli::load_test
